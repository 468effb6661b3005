import Exposition
import KubernetesClient
public import KubernetesModel
import Synchronization

/// The shell around `WorkQueueState`: workers wait here, and a timer brings delayed keys in.
public final class WorkQueue: Sendable {
  private struct State {
    var queue = WorkQueueState<ObjectKey>()
    var workers: [Int: CheckedContinuation<Void, Never>] = [:]
    var timer: CheckedContinuation<Void, Never>?
    var mustLookAgain = false
    var nextTicket = 0
  }

  private let state = Mutex(State())
  private let time: TimeSource
  private let metrics: QueueMetrics

  init(name: String, time: TimeSource, metrics: RuntimeMetrics) {
    self.time = time
    self.metrics = metrics.queue(name)
    metrics.registry.beforeScrape { [weak self] in self?.expose() }
  }

  /// Adds a key now. Adding a key that waits already changes nothing.
  public func add(_ key: ObjectKey, _ priority: QueuePriority = .normal) {
    let now = time.monotonic()
    let worker = state.withLock { state -> CheckedContinuation<Void, Never>? in
      guard state.queue.add(key, priority, at: now) else { return nil }
      metrics.adds.increment()
      return Self.pickWorker(&state)
    }
    worker?.resume()
  }

  /// Adds a key later; of several delays the shortest counts.
  public func add(_ key: ObjectKey, after delay: Duration) {
    let now = time.monotonic()
    change { $0.add(key, after: delay, at: now) }
  }

  /// Keys that wait, without the delayed ones.
  public var depth: Int { state.withLock { $0.queue.depth } }

  /// Changes the queue, then wakes who may have something to do.
  private func change(_ body: (inout WorkQueueState<ObjectKey>) -> Void) {
    let (timer, workers) = state.withLock { state in
      let before = state.queue.nextDue
      body(&state.queue)
      let after = state.queue.nextDue
      var timer: CheckedContinuation<Void, Never>?
      // A time that has moved back is found out when the timer wakes for nothing.
      let isEarlier = after.map { after in before.map { after < $0 } ?? true } ?? false
      if isEarlier || state.queue.isClosed {
        state.mustLookAgain = true
        timer = state.timer
        state.timer = nil
      }
      var workers: [CheckedContinuation<Void, Never>] = []
      let mayWork = state.queue.isClosed ? state.workers.count : min(state.queue.depth, state.workers.count)
      for _ in 0..<mayWork {
        if let worker = Self.pickWorker(&state) { workers.append(worker) }
      }
      return (timer, workers)
    }
    timer?.resume()
    for worker in workers { worker.resume() }
  }

  private static func pickWorker(_ state: inout State) -> CheckedContinuation<Void, Never>? {
    guard let ticket = state.workers.keys.min() else { return nil }
    return state.workers.removeValue(forKey: ticket)
  }

  // MARK: For workers

  /// The next key; waits for one. nil when the queue is closed or the task is cancelled.
  func next() async -> ObjectKey? {
    while !Task.isCancelled {
      let now = time.monotonic()
      let taken = state.withLock { state in
        (item: state.queue.take(at: now), isClosed: state.queue.isClosed)
      }
      if let item = taken.item {
        metrics.queueDuration.observe(item.waited.inSeconds)
        return item.key
      }
      guard !taken.isClosed else { return nil }
      await waitForWork()
    }
    return nil
  }

  private func waitForWork() async {
    let ticket = state.withLock { state in
      state.nextTicket += 1
      return state.nextTicket
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let mayWait = state.withLock { state in
          guard state.queue.depthToTake == 0, !state.queue.isClosed, !Task.isCancelled else { return false }
          state.workers[ticket] = continuation
          return true
        }
        if !mayWait { continuation.resume() }
      }
    } onCancel: {
      state.withLock { $0.workers.removeValue(forKey: ticket) }?.resume()
    }
  }

  func finish(_ key: ObjectKey, _ outcome: WorkOutcome, started: Duration) {
    let now = time.monotonic()
    metrics.workDuration.observe((now - started).inSeconds)
    if outcome == .failed || outcome == .refused { metrics.retries.increment() }
    change { $0.finish(key, outcome, at: now) }
  }

  func close() { change { $0.close() } }

  /// Brings delayed keys in when they are due. Runs until cancelled or closed.
  func runTimer() async {
    while !Task.isCancelled {
      let now = time.monotonic()
      let (pause, isClosed, workers) = state.withLock { state in
        state.mustLookAgain = false
        let count = state.queue.promote(at: now)
        metrics.adds.increment(by: Double(count))
        let workers = (0..<count).compactMap { _ in Self.pickWorker(&state) }
        return (state.queue.nextDue.map { $0 - now }, state.queue.isClosed, workers)
      }
      for worker in workers { worker.resume() }
      guard !isClosed else { return }
      await withTaskGroup(of: Void.self) { group in
        if let pause {
          group.addTask { [time] in
            // Only the end of the pause wakes the timer: a cancelled sleep means that it is awake already.
            if (try? await time.sleep(pause)) != nil { self.wakeTimer() }
          }
        }
        await parkTimer()
        group.cancelAll()
      }
    }
  }

  private func wakeTimer() {
    state.withLock { state in
      state.mustLookAgain = true
      defer { state.timer = nil }
      return state.timer
    }?.resume()
  }

  private func parkTimer() async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let mayWait = state.withLock { state in
          guard !state.mustLookAgain, !Task.isCancelled else { return false }
          state.timer = continuation
          return true
        }
        if !mayWait { continuation.resume() }
      }
    } onCancel: {
      wakeTimer()
    }
  }

  private func expose() {
    let now = time.monotonic()
    let (depth, started) = state.withLock { ($0.queue.depth, Array($0.queue.processing.values)) }
    metrics.depth.set(Double(depth))
    let ages = started.map { (now - $0).inSeconds }
    metrics.unfinished.set(ages.reduce(0, +))
    metrics.longestRunning.set(ages.max() ?? 0)
  }
}
