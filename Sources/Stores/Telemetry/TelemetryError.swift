package import Values

/// Why telemetry could not be stored or read. No case carries statement arguments, feature values or credentials.
package enum TelemetryError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The location is not one this build can open.
  case location(reason: String)
  /// The store's host, or the address that it leads to, is not one that may be connected to.
  case notAllowed(store: String, OutboundRefusal)
  /// The store cannot be reached or used now; the same call may succeed later.
  case unavailable(store: String, reason: String)
  /// The store, its pooler or its rights do not allow this, whatever the rows: every call fails until a person has
  /// changed something.
  case misconfigured(store: String, reason: String)
  /// The store was reached and refused the values; the same call will fail again.
  case refused(store: String, statement: String, reason: String)
  /// A stored row cannot be read back.
  case damaged(table: String, reason: String)

  package var description: String {
    switch self {
    case .location(let reason):
      "The telemetry location cannot be used: \(reason). Write sqlite:///folder/file.sqlite or postgres://…"
    case .notAllowed(let store, let refusal): "The telemetry store \(store) is not connected to: \(refusal)"
    case .unavailable(let store, let reason):
      "The telemetry store \(store) is not available: \(reason)"
    case .misconfigured(let store, let reason):
      """
      The telemetry store \(store) refuses every call: \(reason). Its URL is storage.telemetry of the operator's configuration, or \
      the Secret that storage.telemetrySecret names there
      """
    case .refused(let store, let statement, let reason):
      "The telemetry store \(store) refused to \(statement): \(reason)"
    case .damaged(let table, let reason):
      "A row of the telemetry table \(table) cannot be read: \(reason)"
    }
  }

  /// The sentence without what the store said: whoever names a store would read from others' servers what they say.
  package var withoutItsWords: String {
    switch self {
    case .location, .notAllowed: description
    case .unavailable(let store, _): "The telemetry store \(store) is not available"
    case .misconfigured(let store, _): "The telemetry store \(store) refuses every call"
    case .refused(let store, let statement, _): "The telemetry store \(store) refused to \(statement)"
    case .damaged(let table, _): "A row of the telemetry table \(table) cannot be read"
    }
  }

  /// Whether the same call may succeed later, with nobody's help.
  package var isTransient: Bool {
    if case .unavailable = self { return true }
    return false
  }

  /// Whether the store refuses every call alike.
  package var isLasting: Bool {
    if case .misconfigured = self { return true }
    return false
  }

  /// Whether the rows themselves are at fault, so that no store would ever take or give them. Other rows can wait.
  package var isAboutRows: Bool {
    switch self {
    case .refused, .damaged: true
    case .location, .notAllowed, .unavailable, .misconfigured: false
    }
  }
}
