import Synchronization

/// A clock that tests move by hand: sleepers wake when it has reached their time.
package final class ScriptedTime: Sendable {
  private struct Sleeper {
    var due: Duration
    var continuation: CheckedContinuation<Void, any Error>
  }

  private struct State {
    var now: Duration = .zero
    var sleepers: [Int: Sleeper] = [:]
    var slept: [Duration] = []
    var next = 0
  }

  private let state = Mutex(State())
  /// Sleepers wake at once, and the clock jumps to their time.
  private let isSkipping: Bool

  package init(skipping: Bool = false) { isSkipping = skipping }

  package var now: Duration { state.withLock { $0.now } }
  /// Every pause that was asked for.
  package var slept: [Duration] { state.withLock { $0.slept } }
  package var sleeping: Int { state.withLock { $0.sleepers.count } }

  package func advance(by duration: Duration) {
    let due = state.withLock { state in
      state.now += duration
      let due = state.sleepers.filter { $0.value.due <= state.now }
      for ticket in due.keys { state.sleepers[ticket] = nil }
      return due.values.sorted { $0.due < $1.due }
    }
    for sleeper in due { sleeper.continuation.resume() }
  }

  package func sleep(_ duration: Duration) async throws {
    try Task.checkCancellation()
    let ticket = state.withLock { state in
      state.slept.append(duration)
      if isSkipping { state.now += duration }
      state.next += 1
      return state.next
    }
    guard !isSkipping else { return await Task.yield() }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        enum Verdict { case wait, wake, cancelled }
        let verdict: Verdict = state.withLock { state in
          if Task.isCancelled { return .cancelled }
          if duration <= .zero { return .wake }
          state.sleepers[ticket] = Sleeper(due: state.now + duration, continuation: continuation)
          return .wait
        }
        switch verdict {
        case .wait: break
        case .wake: continuation.resume()
        case .cancelled: continuation.resume(throwing: CancellationError())
        }
      }
    } onCancel: {
      state.withLock { $0.sleepers.removeValue(forKey: ticket) }?.continuation.resume(throwing: CancellationError())
    }
  }
}
