import Synchronization
import Telemetry
import Values

/// How long a store is waited for: a time, and less where rows come in so fast that the buffer would not hold them.
final class Patience: Sendable {
  private struct State {
    var waiting: FirstResult?
    /// Whether work is under way, be it waited for or not.
    var isBusy = false
    /// What begins when that has ended.
    var next: (@Sendable () -> Void)?
  }

  private let limit: Duration
  private let state = Mutex(State())

  init(limit: Duration) { self.limit = limit }

  /// Gives up what is waited for now.
  func giveUp() { giveUp(nil, "rows come faster than it stores them") }

  /// Runs `work`, and gives up waiting for it after the limit; it then goes on by itself, which is harmless for idempotent
  /// work. One piece of work begins when the one before has ended, or never where it is given up before: each holds its
  /// rows in memory, and a store may hang for hours.
  func wait(_ work: @escaping @Sendable () async throws(TelemetryError) -> Void) async throws(TelemetryError) {
    let result: Result<Void, TelemetryError> = await withCheckedContinuation { continuation in
      let answer = FirstResult(continuation)
      let timeout = Task {
        guard (try? await Task.sleep(for: limit)) != nil else { return }
        giveUp(answer, "it does not answer within \(Figures.fixed(limit / .seconds(1), 0)) s")
      }
      begin(answer) {
        Task {
          let result: Result<Void, TelemetryError>
          do throws(TelemetryError) {
            try await work()
            result = .success(())
          } catch {
            result = .failure(error)
          }
          timeout.cancel()
          self.end()
          answer.give(result)
        }
      }
    }
    try result.get()
  }

  private func begin(_ answer: FirstResult, _ run: @escaping @Sendable () -> Void) {
    let isFree = state.withLock { state in
      state.waiting = answer
      if state.isBusy { state.next = run }
      defer { state.isBusy = true }
      return !state.isBusy
    }
    if isFree { run() }
  }

  private func end() {
    let next = state.withLock { state in
      defer { (state.isBusy, state.next) = (state.next != nil, nil) }
      return state.next
    }
    next?()
  }

  /// - Parameter answer: Nil: whatever is waited for.
  private func giveUp(_ answer: FirstResult?, _ reason: String) {
    let given = state.withLock { state -> FirstResult? in
      guard answer == nil || state.waiting === answer else { return nil }
      state.next = nil
      return state.waiting
    }
    given?.give(.failure(.unavailable(store: "of predictions", reason: reason)))
  }
}

/// A continuation that the first result resumes.
private final class FirstResult: Sendable {
  private let waiting: Mutex<CheckedContinuation<Result<Void, TelemetryError>, Never>?>

  init(_ continuation: CheckedContinuation<Result<Void, TelemetryError>, Never>) {
    waiting = Mutex(continuation)
  }

  func give(_ result: Result<Void, TelemetryError>) {
    let continuation = waiting.withLock { waiting in
      defer { waiting = nil }
      return waiting
    }
    continuation?.resume(returning: result)
  }
}
