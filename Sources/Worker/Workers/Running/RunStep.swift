import JSONLogging
import WorkerContract

/// The named parts of a run, in order; each is logged with its seconds.
package enum RunStep: String, Sendable, CaseIterable {
  case ingest
  case validate
  case features
  case split
  case train
  case evaluate
  case register

  case read
  case compare
  case report

  case remove

  case load
}

/// Runs steps one after the other, logs each and keeps its seconds.
struct StepTimer {
  let log: RunLog
  private(set) var seconds: [String: Double] = [:]

  init(log: RunLog) {
    self.log = log
  }

  /// Runs one step. `facts` are logged with it. A failure is told with the step's name.
  mutating func run<Value>(
    _ step: RunStep, isolation: isolated (any Actor)? = #isolation, facts: (Value) -> [String: LogValue] = { _ in [:] },
    _ body: () async throws -> Value
  ) async throws(StepFailure) -> Value {
    let clock = ContinuousClock()
    let start = clock.now
    do {
      let value = try await body()
      let elapsed = Self.seconds(start.duration(to: clock.now))
      seconds[step.rawValue] = elapsed
      log.write("step done", step: step, facts(value).merging(["seconds": .number(elapsed)]) { $1 })
      return value
    } catch {
      throw StepFailure(step: step, error: WorkerError.wrapping(error))
    }
  }

  /// To the millisecond: more says nothing.
  private static func seconds(_ duration: Duration) -> Double {
    (Double(duration.components.seconds) * 1000 + Double(duration.components.attoseconds) / 1e15).rounded() / 1000
  }
}

/// A step that did not end well.
struct StepFailure: Error {
  var step: RunStep
  var error: WorkerError

  var failure: RunFailure { error.failure(step: step) }
}
