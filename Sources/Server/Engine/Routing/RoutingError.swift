/// Why a routing table is not served; each case reads as a sentence for a person.
package enum RoutingError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The file is not there or cannot be read.
  case unreadable(path: String, reason: String)
  /// The document is not a routing table.
  case malformed(String)
  /// The table contradicts itself.
  case invalidTable(String)
  /// The table is no newer than the one that is served.
  case olderRevision(given: Int, serving: Int)
  /// Another table with the revision that is served.
  case conflictingRevision(Int)
  /// A pushed table whose revision is no answer to what is served and mounted.
  case jump(given: Int, known: Int, limit: Int)
  /// A table was pushed, and no file says how predictions are to be stored.
  case notMounted
  /// The table is of another model than the one this server serves.
  case otherModel(given: String, serving: String)
  /// A version could not be loaded.
  case version(String, reason: String)

  package var description: String {
    switch self {
    case .unreadable(let path, let reason): "The routing table \(path) cannot be read: \(reason)."
    case .malformed(let reason): "The document is not a routing table: \(reason)."
    case .invalidTable(let reason): "The routing table is not valid: \(reason)."
    case .olderRevision(let given, let serving):
      "Revision \(given) is older than revision \(serving), which is served; revisions never go back."
    case .conflictingRevision(let revision): "Revision \(revision) is served already, with other content."
    case .jump(let given, let known, let limit):
      "Revision \(given) is no answer to revision \(known), the newest that this server knows: one up to \(limit) is taken; "
        + "a greater one comes with the mounted file."
    case .notMounted:
      "The mounted routing table cannot be read, so it is not known what of predictions may be stored; a table that is "
        + "pushed does not say so."
    case .otherModel(let given, let serving): "The routing table is of \(given), but this server serves \(serving)."
    case .version(let version, let reason): "Version \(version) cannot be loaded: \(reason)"
    }
  }

  /// Value of the label `result` of `apus_reloads_total`.
  package var result: String {
    switch self {
    case .unreadable, .notMounted: "unreadable"
    case .malformed, .invalidTable, .otherModel, .jump: "invalid"
    case .olderRevision, .conflictingRevision: "older"
    case .version: "version_failed"
    }
  }
}
