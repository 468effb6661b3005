import Tabular
import WorkerContract

/// Whose rows are whose, where a name was given more than once.
extension SQLTelemetryStore {
  /// What stands in the column `model` of this model's rows. The first model of a name gets the name itself, and with
  /// it the rows that were stored before models were told apart, unless all of them are older than the model: then they
  /// are another's. nil: the model was removed.
  func claim(_ model: ModelKey, as identity: ModelIdentity) async throws(TelemetryError) -> String? {
    if let found = try await entry(of: model, identity) { return found.removed ? nil : found.name }
    let known: [SQLValue] = [.text(model.namespace), .text(model.model), .text(identity.uid)]
    let created = identity.created.flatMap { timestamp(in: $0) }
    return try await database.write { (connection) throws(TelemetryError) -> String? in
      var names = [Self.ownName(of: model, identity)]
      if try Self.isFree(model, since: created, connection) { names.insert(model.model, at: 0) }
      for name in names {
        // Of two that come at the same time one finds the name taken.
        try connection.run(Self.insertClaim, known + [.text(name), SQLValue(created)])
        guard let claimed = try connection.rows(Self.selectClaim, known).first else { continue }
        return try claimed.optionalNumber(1) == nil ? claimed.text(0) : nil
      }
      throw .damaged(table: "models", reason: "it has no entry of \(model.namespace)/\(model.model) after one was made")
    }
  }

  /// A name that no other model has.
  static func ownName(of model: ModelKey, _ identity: ModelIdentity) -> String { "\(model.model)/\(identity.uid)" }

  /// What stands in the column `model` of the model's rows, and whether it was removed; nil: it never had any.
  func entry(
    of model: ModelKey, _ identity: ModelIdentity
  ) async throws(TelemetryError) -> (name: String, removed: Bool)? {
    let known: [SQLValue] = [.text(model.namespace), .text(model.model), .text(identity.uid)]
    return try await database.read { (connection) throws(TelemetryError) -> (String, Bool)? in
      guard let row = try connection.rows(Self.selectClaim, known).first else { return nil }
      return (try row.text(0), try row.optionalNumber(1) != nil)
    }
  }

  /// Whether the name itself is nobody's, and its rows can be those of a model made at `created`.
  private static func isFree(
    _ model: ModelKey, since created: Double?, _ connection: any SQLConnection
  ) throws(TelemetryError) -> Bool {
    let name: [SQLValue] = [.text(model.namespace), .text(model.model)]
    guard try connection.rows(selectOwner, name).isEmpty else { return false }
    guard let created else { return true }
    let row = try connection.rows(selectLatest, name).first
    let latest = [try row?.optionalNumber(0), try row?.optionalNumber(1)].compactMap(\.self).max()
    return latest.map { $0 >= created } ?? true
  }

  /// What stands in the column `model` of all rows that were ever stored under this name.
  func rowNames(of model: ModelKey) async throws(TelemetryError) -> Set<String> {
    let name: [SQLValue] = [.text(model.namespace), .text(model.model)]
    return try await database.read { (connection) throws(TelemetryError) -> Set<String> in
      var names: Set<String> = [model.model]
      for row in try connection.rows(Self.selectNames, name) { names.insert(try row.text(0)) }
      return names
    }
  }

  static let selectClaim = SQLStatement(
    "find a model's rows", table: "models",
    "SELECT model, removed FROM models WHERE namespace = $1 AND name = $2 AND uid = $3")

  static let insertClaim = SQLStatement(
    "enter a model", table: "models",
    "INSERT INTO models (namespace, name, uid, model, created) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING")

  static let selectOwner = SQLStatement(
    "find the owner of rows", table: "models", "SELECT uid FROM models WHERE namespace = $1 AND model = $2")

  static let selectNames = SQLStatement(
    "find the models of a name", table: "models", "SELECT model FROM models WHERE namespace = $1 AND name = $2")

  static let selectLatest = SQLStatement(
    "read when rows last came", table: "predictions",
    """
    SELECT (SELECT MAX(time) FROM predictions WHERE namespace = $1 AND model = $2),
      (SELECT MAX(time) FROM checks WHERE namespace = $1 AND model = $2)
    """)
}
