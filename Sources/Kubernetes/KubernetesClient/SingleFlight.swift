import Synchronization

/// Lets everybody who wants a value at the same time wait for one attempt to get it. Whoever is cancelled stops waiting; the
/// attempt goes on for the others.
final class SingleFlight<Value: Sendable>: Sendable {
  typealias Outcome = Result<Value, KubernetesError>

  private struct State {
    var isFlying = false
    var waiting: [Int: CheckedContinuation<Outcome, Never>] = [:]
    var next = 0
  }

  private enum Step { case start, wait, cancelled }

  private let state = Mutex(State())

  /// - Parameter attempt: started where none is under way.
  func value(_ attempt: @escaping @Sendable () async -> Outcome) async throws(KubernetesError) -> Value {
    let ticket = state.withLock { state in
      state.next += 1
      return state.next
    }
    let outcome = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let step: Step = state.withLock { state in
          guard !Task.isCancelled else { return .cancelled }
          state.waiting[ticket] = continuation
          defer { state.isFlying = true }
          return state.isFlying ? .wait : .start
        }
        switch step {
        case .wait: break
        case .cancelled: continuation.resume(returning: .failure(.cancelled))
        case .start: Task { land(await attempt()) }
        }
      }
    } onCancel: {
      state.withLock { $0.waiting.removeValue(forKey: ticket) }?.resume(returning: .failure(.cancelled))
    }
    return try outcome.get()
  }

  private func land(_ outcome: Outcome) {
    let waiting = state.withLock { state in
      state.isFlying = false
      defer { state.waiting = [:] }
      return state.waiting
    }
    for continuation in waiting.values { continuation.resume(returning: outcome) }
  }
}
