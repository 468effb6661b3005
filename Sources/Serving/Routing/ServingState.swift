import PredictionLog
import Tabular
import Telemetry
package import WorkerContract

/// Everything that is served at one moment: a table with its versions loaded. Immutable; a change is another state.
package final class ServingState: Sendable {
  package let table: RoutingTable
  /// The versions, in the order of the table's entries.
  package let versions: [LoadedVersion]
  /// Positions of the entries that predict along and never answer.
  package let shadows: [Int]
  /// What the log keeps once for all rows of the table.
  let logged: LoggedTable
  /// What each version is counted with.
  let instruments: [VersionInstruments]
  private let split: TrafficSplit

  /// Throws `invalidTable`. `versions` holds one version for each entry.
  package init(table: RoutingTable, versions: [LoadedVersion], metrics: ServingMetrics) throws(RoutingError) {
    split = try TrafficSplit(table.entries)
    self.table = table
    self.versions = versions
    instruments = zip(table.entries, versions).map { metrics.instruments(for: $1, role: $0.role) }
    logged = LoggedTable(
      model: ModelKey(table),
      versions: zip(table.entries, versions).map {
        LoggedTable.Version(name: $1.version, role: $0.role, classes: $1.target.classes)
      })
    shadows = table.entries.indices.filter { table.entries[$0].role == .shadow }
  }

  /// Position of the version that answers a request with this key.
  package func answering(_ key: String) -> Int { split.entry(for: key) }

  package var modelName: String { "\(table.namespace)/\(table.model)" }

  /// The version that stands for the model where one has to be named.
  package var production: LoadedVersion? {
    table.entries.firstIndex { $0.role == .production }.map { versions[$0] } ?? versions.first
  }
}
