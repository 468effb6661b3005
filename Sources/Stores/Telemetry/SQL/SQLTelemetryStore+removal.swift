import Tabular
import WorkerContract

/// Removes all that is stored about one model.
extension SQLTelemetryStore {
  func beginRemoval(of model: ModelKey, at now: Double) async throws(TelemetryError) -> Int {
    guard let identity = model.identity else { return 0 }
    let name = try await enterRemoval(of: model, identity, at: now)
    // Today and yesterday are being written by others.
    var dropped = 0
    while case let rows = try await dropDays(
      of: ModelKey(namespace: model.namespace, model: name), before: now - 86_400), rows > 0
    { dropped += rows }
    return dropped
  }

  /// Returns what stands in the column `model` of the model's rows. One that never had any gets an entry of its own,
  /// and with it no rows that nobody has claimed.
  private func enterRemoval(
    of model: ModelKey, _ identity: ModelIdentity, at now: Double
  ) async throws(TelemetryError) -> String {
    let known: [SQLValue] = [.text(model.namespace), .text(model.model), .text(identity.uid)]
    let created = identity.created.flatMap { timestamp(in: $0) }
    let ownName = Self.ownName(of: model, identity)
    return try await database.write { (connection) throws(TelemetryError) -> String in
      try connection.run(Self.insertClaim, known + [.text(ownName), SQLValue(created)])
      try connection.run(Self.markRemoved, [.number(now)] + known)
      guard let row = try connection.rows(Self.selectClaim, known).first else {
        throw .damaged(
          table: "models", reason: "it has no entry of \(model.namespace)/\(model.model) after one was made")
      }
      return try row.text(0)
    }
  }

  /// Each kind in a transaction of its own, so that servers of other models never wait long.
  func removeRows(of model: ModelKey, limit: Int) async throws(TelemetryError) -> Int {
    guard let identity = model.identity, let entry = try await entry(of: model, identity), entry.removed else {
      return 0
    }
    let dialect = database.dialect
    var removed = 0
    for kind in Self.kinds {
      let arguments: [SQLValue] = [
        .text(model.namespace), .text(entry.name), .integer(max(1, limit / kind.weight)),
      ]
      removed += try await database.write { (connection) throws(TelemetryError) -> Int in
        try Self.choosePlans(dialect, connection)
        return try connection.run(kind.removal(dialect), arguments)
      }
    }
    return removed
  }

  /// A table of rows that belong to models.
  private struct Kind {
    let table: String
    let key: [String]
    /// In its index by model; nil: its key is an index by model.
    var time: String?
    /// Rows of other tables that go with one of these, about.
    var weight = 1

    func removal(_ dialect: SQLDialect) -> SQLStatement {
      guard let time else {
        let key = key.joined(separator: ", ")
        // A condition on the model alone would lead PostgreSQL, where it has no statistics, to compare all its rows with
        // all that are to go.
        return SQLStatement(
          "remove a model's rows", table: table,
          """
          DELETE FROM \(table) WHERE (namespace, model, \(key)) IN (
            SELECT namespace, model, \(key) FROM \(table) WHERE namespace = $1 AND model = $2 ORDER BY \(key) LIMIT $3)
          """)
      }
      return SQLTelemetryStore.deleteOldest("remove a model's rows", table, key: key, by: time, dialect, limit: "$3")
    }
  }

  private static let kinds = [
    Kind(table: "predictions", key: ["request_id", "version"], time: "time"),
    Kind(table: "labels", key: ["request_id"], time: "time"),
    Kind(table: "feature_profiles", key: ["version", "feature", "minute", "instance"], time: "minute"),
    // A check has a row for each feature.
    Kind(table: "checks", key: ["run"], weight: 50),
    Kind(table: "alerts", key: ["id"]),
    Kind(table: "versions", key: ["version"]),
  ]

  func runs(of model: ModelKey, after run: String, limit: Int) async throws(TelemetryError) -> [String] {
    let arguments: [SQLValue] = [.text(model.namespace), .text(model.model), .text(run), .integer(limit)]
    return try await database.read { (connection) throws(TelemetryError) -> [String] in
      var runs: [String] = []
      for row in try connection.rows(Self.selectRuns, arguments) { runs.append(try row.text(0)) }
      return runs
    }
  }

  static let selectRuns = SQLStatement(
    "list the runs of checks", table: "checks",
    "SELECT run FROM checks WHERE namespace = $1 AND model = $2 AND run > $3 ORDER BY run LIMIT $4")

  /// The first time stays. Waits for the transactions that hold the entry (`mayStore`).
  static let markRemoved = SQLStatement(
    "enter that a model was removed", table: "models",
    "UPDATE models SET removed = COALESCE(removed, $1) WHERE namespace = $2 AND name = $3 AND uid = $4")
}

/// What keeps rows from coming after the removal.
extension SQLTelemetryStore {
  /// Asked in the transaction that stores, as a process remembers names for as long as it lives, and others remove.
  /// PostgreSQL holds the entry as it is until the transaction ends; SQLite lets one process write at a time.
  static func mayStore(
    of model: ModelKey, _ dialect: SQLDialect, _ connection: any SQLConnection
  ) throws(TelemetryError) -> Bool {
    guard model.identity != nil else { return true }
    let statement =
      switch dialect {
      case .sqlite: selectRemoval
      case .postgres: holdRemoval
      }
    let row = try connection.rows(statement, [.text(model.namespace), .text(model.model)]).first
    return try row?.optionalNumber(0) == nil
  }

  private static let selectRemoval = SQLStatement(
    "see whether a model was removed", table: "models",
    "SELECT removed FROM models WHERE namespace = $1 AND model = $2")

  private static let holdRemoval = SQLStatement(
    selectRemoval.purpose, table: selectRemoval.table, selectRemoval.text + " FOR SHARE")

  /// Stores rows of a model in one transaction, unless the model was removed.
  func store(_ rows: any BulkRows, of model: ModelKey, by form: BulkForm) async throws(TelemetryError) {
    let dialect = database.dialect
    try await database.store(rows, by: form) { (connection) throws(TelemetryError) -> Bool in
      try Self.mayStore(of: model, dialect, connection)
    }
  }

  /// Runs `work` in a transaction, unless the model was removed. Returns whether it ran.
  @discardableResult
  func write(
    of model: ModelKey, _ work: @escaping @Sendable (any SQLConnection) throws(TelemetryError) -> Void
  ) async throws(TelemetryError) -> Bool {
    let dialect = database.dialect
    return try await database.write { (connection) throws(TelemetryError) -> Bool in
      guard try Self.mayStore(of: model, dialect, connection) else { return false }
      try work(connection)
      return true
    }
  }
}
