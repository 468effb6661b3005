/// Keys that wait for a look: each at most once, first come first served. A key that is added while it is looked at is
/// looked at once more afterwards.
actor KeyQueue {
  private var waiting: [LocalKey] = []
  private var queued: Set<LocalKey> = []
  private var later: [LocalKey: (due: ContinuousClock.Instant, timer: Task<Void, Never>)] = [:]
  private var reader: CheckedContinuation<LocalKey?, Never>?
  private var isFinished = false

  func add(_ key: LocalKey) {
    guard !isFinished, queued.insert(key).inserted else { return }
    if let reader {
      self.reader = nil
      queued.remove(key)
      reader.resume(returning: key)
    } else {
      waiting.append(key)
    }
  }

  /// Of several delays for one key the earliest counts.
  func add(_ key: LocalKey, after delay: Duration) {
    let due = ContinuousClock.now.advanced(by: max(delay, .zero))
    if let present = later[key] {
      guard due < present.due else { return }
      present.timer.cancel()
    }
    let timer = Task {
      try? await Task.sleep(until: due, clock: .continuous)
      guard !Task.isCancelled else { return }
      self.ripen(key)
    }
    later[key] = (due, timer)
  }

  private func ripen(_ key: LocalKey) {
    later[key] = nil
    add(key)
  }

  /// nil: the queue was finished. One reader at a time.
  func next() async -> LocalKey? {
    if isFinished { return nil }
    if !waiting.isEmpty {
      let key = waiting.removeFirst()
      queued.remove(key)
      return key
    }
    return await withCheckedContinuation { reader = $0 }
  }

  func finish() {
    isFinished = true
    for (_, timer) in later.values { timer.cancel() }
    later = [:]
    reader?.resume(returning: nil)
    reader = nil
  }
}
