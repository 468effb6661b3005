import Engine
import Exposition
import PredictionLog
import Tabular
import Telemetry
import WorkerContract

/// What the server does with what its engine tells: counts it and hands rows to the log.
struct ServingObserver: EngineObserver {
  let metrics: ServingMetrics
  /// Nil: rows are counted only.
  let log: PredictionLog?

  func observer(of table: RoutingTable, _ versions: [LoadedVersion]) -> any TableObserver {
    TableInstruments(table, versions, metrics: metrics, log: log)
  }

  func serves(_ state: ServingState) { metrics.show(state) }

  func reloaded(_ result: String) { metrics.reloaded(result) }
}

/// The instruments of one routing table's versions, and what the log keeps once for all of its rows.
final class TableInstruments: TableObserver {
  /// In the order of the table's entries.
  let versions: [VersionInstruments]
  private let logged: LoggedTable
  private let log: PredictionLog?

  init(_ table: RoutingTable, _ versions: [LoadedVersion], metrics: ServingMetrics, log: PredictionLog?) {
    self.versions = zip(table.entries, versions).map { metrics.instruments(for: $1, role: $0.role) }
    logged = LoggedTable(
      model: ModelKey(table),
      versions: zip(table.entries, versions).map {
        LoggedTable.Version(name: $1.version, role: $0.role, classes: $1.target.classes)
      })
    self.log = log
  }

  var logsRows: Bool { log != nil }

  func rows(of entry: Int, share: Int) -> any RowObserver {
    RowInstruments(
      entry: entry, instruments: versions[entry], share: versions[entry].share(share), logged: logged, log: log)
  }

  func publish() {
    for instruments in versions { instruments.publish() }
  }
}

/// One lane's way to the counters of one version and to the log.
private final class RowInstruments: RowObserver {
  private let entry: Int
  private let instruments: VersionInstruments
  private let share: VersionInstruments.Share
  private let logged: LoggedTable
  private let log: PredictionLog?

  init(
    entry: Int, instruments: VersionInstruments, share: VersionInstruments.Share, logged: LoggedTable,
    log: PredictionLog?
  ) {
    self.entry = entry
    self.instruments = instruments
    self.share = share
    self.logged = logged
    self.log = log
  }

  func predicted(
    _ predicted: Int, confidence: Double, seconds: Double, values: UnsafeBufferPointer<FeatureValue>?,
    at time: Double
  ) {
    share.count(predicted: predicted, confidence: confidence, seconds: seconds, values: values, at: time)
  }

  func log(_ row: PredictedRow) {
    log?.append(
      PendingPrediction(
        entry: entry, requestID: row.requestID, time: row.time, features: row.features,
        probabilities: row.probabilities, predicted: row.predicted, confidence: row.confidence, latency: row.latency),
      of: logged)
  }

  func refused() { instruments.errors.increment() }

  func noticed(_ warnings: UnsafeBufferPointer<FeatureReader.InputWarning>) { instruments.count(warnings) }
}
