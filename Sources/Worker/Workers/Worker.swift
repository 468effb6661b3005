import Foundation
import JSONLogging
package import WorkerContract

/// Runs one specification from start to end.
package struct Worker: Sendable {
  private let environment: WorkerEnvironment

  /// What a run is asked to be, on the command line.
  package enum Kind: String, Sendable {
    case train
    case check
    case remove
    case load

    fileprivate var firstStep: RunStep {
      switch self {
      case .train: .ingest
      case .check: .read
      case .remove: .remove
      case .load: .load
      }
    }

    fileprivate var lastStep: RunStep {
      switch self {
      case .train: .register
      case .check: .report
      case .remove: .remove
      case .load: .load
      }
    }
  }

  /// How the process ends.
  package enum ExitCode: Int32, Sendable {
    case done = 0
    /// Trying again may help.
    case failed = 1
    /// The input is at fault (`EX_DATAERR` of sysexits.h): trying again with it cannot help.
    case rejected = 65
  }

  package init(environment: WorkerEnvironment) {
    self.environment = environment
  }

  /// Reads the specification, runs it, writes the result, and says how to exit. Never throws: every failure is a
  /// result.
  package func execute(_ kind: Kind, specification path: String, result resultPath: String) async -> ExitCode {
    let result: RunResult
    do {
      result = await run(kind, try Self.specification(at: path))
    } catch {
      result = RunResult(run: "", failed: error.failure(step: kind.firstStep))
    }
    if let failure = result.failed {
      environment.log.write(
        "run failed", level: "error",
        [
          "reason": .text(failure.reason), "detail": .text(failure.message), "step": .text(failure.step),
          "retryable": .flag(failure.retryable),
        ])
    }
    do {
      try ResultFile.write(result, to: resultPath)
    } catch let error as EncodingError {
      return reject(result.run, error, kind, resultPath)
    } catch {
      environment.log.write("the result could not be written", level: "error", ["detail": .text("\(error)")])
      return .failed
    }
    guard let failure = result.failed else { return .done }
    return failure.retryable ? .failed : .rejected
  }

  /// A result that JSON cannot hold, such as a measure that is not a number: the same input would give it again.
  private func reject(_ run: String, _ error: EncodingError, _ kind: Kind, _ path: String) -> ExitCode {
    let failure = RunFailure(
      reason: "ResultInvalid", message: "The result is not valid JSON: \(error).", retryable: false,
      step: kind.lastStep.rawValue)
    environment.log.write(
      "run failed", level: "error", ["reason": .text(failure.reason), "detail": .text(failure.message)])
    try? ResultFile.write(RunResult(run: run, failed: failure), to: path)
    return .rejected
  }

  /// Runs a specification that is already in memory.
  package func run(_ kind: Kind, _ specification: RunSpecification) async -> RunResult {
    let log = environment.log.with([
      "namespace": .text(specification.namespace), "model": .text(specification.model), "run": .text(specification.run),
    ])
    var result = RunResult(run: specification.run)
    do {
      switch (kind, specification.train, specification.check, specification.remove, specification.load) {
      case (.train, let run?, nil, nil, nil):
        switch try await TrainingJob(specification: specification, run: run, environment: environment)
          .execute(log: log)
        {
        case .trained(let trained): result.trained = trained
        case .unchanged(let data): result.unchanged = data
        }
      case (.check, nil, let run?, nil, nil):
        result.checked = try await CheckJob(specification: specification, run: run, environment: environment)
          .execute(log: log)
      case (.remove, nil, nil, let run?, nil):
        result.removed = try await RemovalJob(specification: specification, run: run, environment: environment)
          .execute(log: log)
      case (.load, nil, nil, nil, let run?):
        result.loaded = try await LoadJob(run: run, environment: environment).execute(log: log)
      default:
        throw StepFailure(
          step: kind.firstStep, error: .specification("it does not hold exactly one run, and that a '\(kind.rawValue)'")
        )
      }
      log.write("run done")
    } catch let error as StepFailure {
      result.failed = error.failure
    } catch {
      result.failed = WorkerError.wrapping(error).failure(step: kind.firstStep)
    }
    return result
  }

  private static func specification(at path: String) throws(WorkerError) -> RunSpecification {
    let specification: RunSpecification
    do {
      specification = try JSONDecoder().decode(
        RunSpecification.self, from: try Data(contentsOf: URL(fileURLWithPath: path)))
    } catch let error as DecodingError {
      throw .specification("it is not the JSON that the contract describes (\(error))")
    } catch {
      throw .specification("the file \(path) cannot be read; mount it into the pod")
    }
    guard specification.contract == RunSpecification.currentContract else {
      throw .specification(
        "it follows the contract '\(specification.contract)', this worker \(RunSpecification.currentContract); "
          + "use images of one release")
    }
    return specification
  }
}
