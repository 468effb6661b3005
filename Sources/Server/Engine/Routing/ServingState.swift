package import WorkerContract

/// Everything that is served at one moment: a table with its versions loaded. Immutable; a change is another state.
package final class ServingState: Sendable {
  package let table: RoutingTable
  /// The versions, in the order of the table's entries.
  package let versions: [LoadedVersion]
  /// Positions of the entries that predict along and never answer.
  package let shadows: [Int]
  /// What its rows are told to.
  package let observer: any TableObserver
  /// What one row can take at most, whichever version answers it.
  package let bounds: RowBounds
  private let split: TrafficSplit

  /// Throws `invalidTable`. `versions` holds one version for each entry.
  package init(table: RoutingTable, versions: [LoadedVersion], observer: any EngineObserver) throws(RoutingError) {
    split = try TrafficSplit(table.entries)
    self.table = table
    self.versions = versions
    bounds = RowBounds.of(versions)
    self.observer = observer.observer(of: table, versions)
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
