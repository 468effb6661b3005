import WorkerContract

/// A serving state as one lane uses it: with objects of the lane's own where every row needs a reference to one. Counting the
/// references to a shared object makes cores wait for each other; many times a row, that costs more than its prediction.
package final class LaneState {
  package let state: ServingState
  /// In the order of the table's entries.
  package let versions: [LaneVersion]
  /// Whether rows are logged at all.
  let logs: Bool
  /// Whether all rows are logged, and not some that are chosen by their id.
  let logsAll: Bool

  /// - Parameter share: The lane's share of the counters.
  init(_ state: ServingState, share: Int) {
    self.state = state
    versions = state.table.entries.indices.map { LaneVersion(state, entry: $0, share: share) }
    logs = state.observer.logsRows
    logsAll = state.table.logging.sample >= 1
  }
}

/// A version as one lane uses it.
package final class LaneVersion {
  package let version: LoadedVersion
  let isShadow: Bool
  let observer: any RowObserver

  init(_ state: ServingState, entry: Int, share: Int) {
    version = LoadedVersion(sharing: state.versions[entry])
    isShadow = state.table.entries[entry].role == .shadow
    observer = state.observer.rows(of: entry, share: share)
  }
}
