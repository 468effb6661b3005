import WorkerContract

/// Removes all that is stored about one model.
extension SQLTelemetryStore {
  /// What is stored of a model that is never to have rows again; see `ModelRemover`.
  func removeRows(of model: ModelKey, at now: Double, limit: Int) async throws(TelemetryError) -> Int {
    guard let identity = model.identity, let entry = try await entry(of: model, identity), !entry.removed else {
      return 0
    }
    let rows = ModelKey(namespace: model.namespace, model: entry.name)
    // Days that have passed may go as a whole. Rows of today, and of clocks that are ahead, go one by one.
    var deleted = try await deletePredictions(of: rows, before: now - 2 * 86_400, limit: 0)
    deleted += try await deletePredictions(of: rows, before: Self.endOfTime, limit: limit)
    deleted += try await deleteReports(of: rows, before: Self.endOfTime)
    let own: [SQLValue] = [.text(rows.namespace), .text(rows.model)]
    let known: [SQLValue] = [.number(now), .text(model.namespace), .text(model.model), .text(identity.uid)]
    let others = deleted
    return try await database.write { (connection) throws(TelemetryError) -> Int in
      let deleted = others + (try connection.run(Self.deleteVersions, own))
      if deleted == 0 { try connection.run(Self.markRemoved, known) }
      return deleted
    }
  }

  /// The year 10000, in seconds since 1970.
  private static let endOfTime = 253_402_300_800.0

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

  static let deleteVersions = SQLStatement(
    "delete a model's versions", table: "versions", "DELETE FROM versions WHERE namespace = $1 AND model = $2")

  static let markRemoved = SQLStatement(
    "enter that a model was removed", table: "models",
    "UPDATE models SET removed = $1 WHERE namespace = $2 AND name = $3 AND uid = $4")
}
