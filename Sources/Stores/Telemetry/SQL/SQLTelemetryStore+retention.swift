extension SQLTelemetryStore {
  func deletePredictions(of model: ModelKey, before time: Double, limit: Int) async throws(TelemetryError) -> Int {
    let limit = max(0, limit)
    let dialect = database.dialect
    let dropped = try await dropDays(of: model, before: time)
    let deleted = try await database.write { (connection) throws(TelemetryError) -> Int in
      try Self.choosePlans(dialect, connection)
      let arguments: [SQLValue] = [.text(model.namespace), .text(model.model), .number(time), .integer(limit)]
      var deleted = try connection.run(Self.deleteOldPredictions(dialect), arguments)
      deleted += try connection.run(Self.deleteOldLabels(dialect), arguments)
      deleted += try connection.run(Self.deleteOldProfiles(dialect), arguments)
      return deleted
    }
    return dropped + deleted
  }

  /// Drops days that have passed as a whole before `time` and hold nothing of other models: of each table the oldest few,
  /// in a transaction that does nothing else, as PostgreSQL locks the whole table for it. Returns how many rows they
  /// had, about; there may be more until that is 0.
  func dropDays(of model: ModelKey, before time: Double) async throws(TelemetryError) -> Int {
    guard case .postgres = database.dialect else { return 0 }
    var dropped = 0
    for table in ["predictions", "labels", "feature_profiles"] {
      let statement = SQLStatement(
        "drop old partitions", table: table,
        "SELECT apus_drop_partitions($1, DATE '1970-01-01' + $2::INTEGER, $3, $4)")
      let arguments: [SQLValue] = [
        .text(table), .integer(BulkDay.of(time)), .text(model.namespace), .text(model.model),
      ]
      dropped += try await database.write { (connection) throws(TelemetryError) -> Int in
        try connection.rows(statement, arguments).first?.integer(0) ?? 0
      }
    }
    return dropped
  }

  /// Rows are looked up one by one: a join of other kinds would read whole days to find a few thousand rows.
  static func choosePlans(_ dialect: SQLDialect, _ connection: any SQLConnection) throws(TelemetryError) {
    guard case .postgres = dialect else { return }
    for way in ["hashjoin", "mergejoin"] {
      try connection.run(SQLStatement("choose plans", table: "predictions", "SET LOCAL enable_\(way) = off"), [])
    }
  }

  private static func deleteOldPredictions(_ dialect: SQLDialect) -> SQLStatement {
    deleteOld("delete old predictions", "predictions", key: ["request_id", "version"], by: "time", dialect)
  }

  /// A label stays as long as its prediction does. `OFFSET 0` and the conditions that no index knows lead the planner,
  /// where it has no statistics, to look the prediction up by its id for each label.
  private static func deleteOldLabels(_ dialect: SQLDialect) -> SQLStatement {
    let same =
      switch dialect {
      case .sqlite: "p.namespace = l.namespace AND p.model = l.model AND p.request_id = l.request_id"
      case .postgres: "p.namespace || '' = $1 AND p.model || '' = $2 AND p.request_id = l.request_id OFFSET 0"
      }
    return deleteOld(
      "delete old labels", "labels", key: ["request_id"], by: "time", dialect,
      and: "AND NOT EXISTS (SELECT 1 FROM predictions p WHERE \(same))")
  }

  private static func deleteOldProfiles(_ dialect: SQLDialect) -> SQLStatement {
    deleteOld(
      "delete old profiles", "feature_profiles", key: ["version", "feature", "minute", "instance"], by: "minute",
      dialect)
  }

  private static func deleteOld(
    _ purpose: String, _ table: String, key: [String], by time: String, _ dialect: SQLDialect,
    and condition: String = ""
  ) -> SQLStatement {
    deleteOldest(
      purpose, table, key: key, by: time, dialect, where: "AND l.\(time) < $3 \(condition)", limit: "$4")
  }

  /// The oldest rows of a model, found by their key. In PostgreSQL the model of predictions and labels is compared so
  /// that no index knows it: otherwise the planner could take the index by time, and so read all rows of the model for
  /// each row that goes. The key of a profile begins with the model.
  /// - Parameter condition: About the row `l`.
  static func deleteOldest(
    _ purpose: String, _ table: String, key: [String], by time: String, _ dialect: SQLDialect,
    where condition: String = "", limit: String
  ) -> SQLStatement {
    let (filter, columns, wanted) =
      switch dialect {
      case .sqlite: ("namespace = $1 AND model = $2 AND ", key, key)
      case .postgres where time == "minute":
        ("", key + ["day", "model", "namespace"], key + ["day", "model", "namespace"])
      case .postgres: ("", key + ["day", "model || ''", "namespace || ''"], key + ["day", "model", "namespace"])
      }
    return SQLStatement(
      purpose, table: table,
      """
      DELETE FROM \(table) WHERE \(filter)(\(columns.joined(separator: ", "))) IN (
        SELECT \(wanted.map { "l." + $0 }.joined(separator: ", ")) FROM \(table) l
        WHERE l.namespace = $1 AND l.model = $2 \(condition)
        ORDER BY l.\(time) LIMIT \(limit))
      """)
  }
}
