extension SQLTelemetryStore {
  func deletePredictions(of model: ModelKey, before time: Double, limit: Int) async throws(TelemetryError) -> Int {
    let arguments: [SQLValue] = [.text(model.namespace), .text(model.model), .number(time), .integer(max(0, limit))]
    return try await database.write { (connection) throws(TelemetryError) -> Int in
      let predictions = try connection.run(Self.deleteOldPredictions, arguments)
      let labels = try connection.run(Self.deleteOldLabels, arguments)
      return predictions + labels
    }
  }

  private static let deleteOldPredictions = SQLStatement(
    "delete old predictions", table: "predictions",
    """
    DELETE FROM predictions WHERE namespace = $1 AND model = $2 AND (request_id, version) IN (
      SELECT request_id, version FROM predictions WHERE namespace = $1 AND model = $2 AND time < $3
      ORDER BY time LIMIT $4)
    """)

  /// A label stays as long as its prediction does.
  private static let deleteOldLabels = SQLStatement(
    "delete old labels", table: "labels",
    """
    DELETE FROM labels WHERE namespace = $1 AND model = $2 AND request_id IN (
      SELECT l.request_id FROM labels l WHERE l.namespace = $1 AND l.model = $2 AND l.time < $3 AND NOT EXISTS (
        SELECT 1 FROM predictions p
        WHERE p.namespace = l.namespace AND p.model = l.model AND p.request_id = l.request_id)
      ORDER BY l.time LIMIT $4)
    """)

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
