extension SQLTelemetryStore {
  func deletePredictions(of model: ModelKey, before time: Double, limit: Int) async throws(TelemetryError) -> Int {
    let limit = max(0, limit)
    let dialect = database.dialect
    return try await database.write { (connection) throws(TelemetryError) -> Int in
      var deleted = 0
      if case .postgres = dialect {
        deleted = try Self.dropPartitions(of: model, before: time, connection)
      }
      let arguments: [SQLValue] = [.text(model.namespace), .text(model.model), .number(time), .integer(limit)]
      deleted += try connection.run(Self.deleteOldPredictions(dialect), arguments)
      deleted += try connection.run(Self.deleteOldLabels(dialect), arguments)
      deleted += try connection.run(Self.deleteOldProfiles(dialect), arguments)
      return deleted
    }
  }

  /// Drops the days that have passed as a whole and hold nothing of other models.
  private static func dropPartitions(
    of model: ModelKey, before time: Double, _ connection: any SQLConnection
  ) throws(TelemetryError) -> Int {
    var dropped = 0
    for table in ["predictions", "labels", "feature_profiles"] {
      let rows = try connection.rows(
        SQLStatement(
          "drop old partitions", table: table,
          "SELECT apus_drop_partitions($1, DATE '1970-01-01' + $2::INTEGER, $3, $4)"),
        [
          .text(table), .integer(BulkDay.of(time)), .text(model.namespace), .text(model.model),
        ])
      for row in rows { dropped += try row.integer(0) }
    }
    return dropped
  }

  private static func deleteOldPredictions(_ dialect: SQLDialect) -> SQLStatement {
    let key = dialect.rowKey(["request_id", "version"])
    return SQLStatement(
      "delete old predictions", table: "predictions",
      """
      DELETE FROM predictions WHERE namespace = $1 AND model = $2 AND \(key) IN (
        SELECT request_id, version\(dialect.dayColumn) FROM predictions
        WHERE namespace = $1 AND model = $2 AND time < $3 ORDER BY time LIMIT $4)
      """)
  }

  /// A label stays as long as its prediction does.
  private static func deleteOldLabels(_ dialect: SQLDialect) -> SQLStatement {
    let (key, columns) =
      switch dialect {
      case .sqlite: ("request_id", "l.request_id")
      case .postgres: ("(request_id, day)", "l.request_id, l.day")
      }
    return SQLStatement(
      "delete old labels", table: "labels",
      """
      DELETE FROM labels WHERE namespace = $1 AND model = $2 AND \(key) IN (
        SELECT \(columns) FROM labels l WHERE l.namespace = $1 AND l.model = $2 AND l.time < $3 AND NOT EXISTS (
          SELECT 1 FROM predictions p
          WHERE p.namespace = l.namespace AND p.model = l.model AND p.request_id = l.request_id)
        ORDER BY l.time LIMIT $4)
      """)
  }

  private static func deleteOldProfiles(_ dialect: SQLDialect) -> SQLStatement {
    let key = dialect.rowKey(["version", "feature", "minute", "instance"])
    return SQLStatement(
      "delete old profiles", table: "feature_profiles",
      """
      DELETE FROM feature_profiles WHERE namespace = $1 AND model = $2 AND \(key) IN (
        SELECT version, feature, minute, instance\(dialect.dayColumn) FROM feature_profiles
        WHERE namespace = $1 AND model = $2 AND minute < $3 ORDER BY minute LIMIT $4)
      """)
  }

  func deleteReports(of model: ModelKey, before time: Double) async throws(TelemetryError) -> Int {
    let arguments: [SQLValue] = [.text(model.namespace), .text(model.model), .number(time)]
    return try await database.write { (connection) throws(TelemetryError) -> Int in
      var deleted = 0
      for table in ["checks", "alerts"] {
        deleted += try connection.run(
          SQLStatement(
            "delete old reports", table: table,
            "DELETE FROM \(table) WHERE namespace = $1 AND model = $2 AND time < $3"), arguments)
      }
      return deleted
    }
  }
}

extension SQLDialect {
  /// A row value of these columns and, where tables are partitioned, the day.
  fileprivate func rowKey(_ columns: [String]) -> String {
    "(" + columns.joined(separator: ", ") + dayColumn + ")"
  }

  fileprivate var dayColumn: String {
    switch self {
    case .sqlite: ""
    case .postgres: ", day"
    }
  }
}
