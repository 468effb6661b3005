import Synchronization
import Telemetry

/// How long a store is waited for: a time, and less where rows come in so fast that the buffer would not hold them.
final class Patience: Sendable {
  private let limit: Duration
  private let waiting = Mutex<FirstResult?>(nil)

  init(limit: Duration) { self.limit = limit }

  /// Gives up what is waited for now.
  func giveUp() {
    waiting.withLock { $0 }?.give(.failure(.unavailable(store: "of predictions", reason: "it does not keep up")))
  }

  /// Runs `work`, and gives up waiting for it after the limit; it then goes on by itself, which is harmless for idempotent
  /// work.
  func wait(_ work: @escaping @Sendable () async throws(TelemetryError) -> Void) async throws(TelemetryError) {
    let result: Result<Void, TelemetryError> = await withCheckedContinuation { continuation in
      let answer = FirstResult(continuation)
      waiting.withLock { $0 = answer }
      let timeout = Task {
        try? await Task.sleep(for: limit)
        answer.give(.failure(.unavailable(store: "of predictions", reason: "it does not answer in time")))
      }
      Task {
        do throws(TelemetryError) {
          try await work()
          answer.give(.success(()))
        } catch {
          answer.give(.failure(error))
        }
        timeout.cancel()
      }
    }
    waiting.withLock { $0 = nil }
    try result.get()
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
