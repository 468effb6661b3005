import Foundation
import Logging
import Synchronization
import Telemetry
import WorkerContract

@testable import PredictionLog

let income = ModelKey(namespace: "default", model: "income")

/// One version with two classes.
let incomeTable = LoggedTable(
  model: income, versions: [.init(name: "v1", role: .production, classes: ["<=50K", ">50K"])])

/// A logger that says nothing.
let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// Adds up what a log tells.
final class LogCounts: PredictionLogObserver {
  private struct State {
    var stored = 0
    var spilled = 0
    var replayed = 0
    var lost: [LogLoss: Int] = [:]
    var storeUp: Bool?
    var failures = 0
    var spillBytes = 0
  }

  private let state = Mutex(State())

  var stored: Int { state.withLock { $0.stored } }
  var spilled: Int { state.withLock { $0.spilled } }
  var replayed: Int { state.withLock { $0.replayed } }
  var storeUp: Bool? { state.withLock { $0.storeUp } }
  /// Times that the store was found to be away.
  var failures: Int { state.withLock { $0.failures } }
  var spillBytes: Int { state.withLock { $0.spillBytes } }

  func lost(_ loss: LogLoss) -> Int { state.withLock { $0.lost[loss] ?? 0 } }

  func observe(_ fact: LogFact) {
    state.withLock { state in
      switch fact {
      case .stored(let rows, _): state.stored += rows
      case .spilled(let rows): state.spilled += rows
      case .replayed(let rows): state.replayed += rows
      case .lost(let rows, let loss): state.lost[loss, default: 0] += rows
      case .storeAnswers: state.storeUp = true
      case .storeIsAway:
        state.storeUp = false
        state.failures += 1
      case .waitingOnDisk(let bytes): state.spillBytes = bytes
      }
    }
  }
}

/// Lends an empty folder.
func withFolder<Result>(_ body: (URL) async throws -> Result) async throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appending(path: "apus-log-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try await body(folder)
}
