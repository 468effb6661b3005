/// Why telemetry could not be stored or read. No case carries statement arguments, feature values or credentials.
package enum TelemetryError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The location is not one this build can open.
  case location(reason: String)
  /// The store can not be reached or used now; the same call may succeed later.
  case unavailable(store: String, reason: String)
  /// The store was reached and refused the values; the same call will fail again.
  case refused(store: String, statement: String, reason: String)
  /// A stored row can not be read back.
  case damaged(table: String, reason: String)

  package var description: String {
    switch self {
    case .location(let reason):
      "The telemetry location can not be used: \(reason). Write sqlite:///folder/file.sqlite or postgres://…"
    case .unavailable(let store, let reason):
      "The telemetry store \(store) is not available: \(reason)"
    case .refused(let store, let statement, let reason):
      "The telemetry store \(store) refused to \(statement): \(reason)"
    case .damaged(let table, let reason):
      "A row of the telemetry table \(table) can not be read: \(reason)"
    }
  }

  /// Whether the same call may succeed later.
  package var isTransient: Bool {
    if case .unavailable = self { return true }
    return false
  }
}
