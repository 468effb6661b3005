extension SQLTelemetryStore {
  func outcomes(of model: ModelKey, from: Double, limit: Int) async throws(TelemetryError) -> [OutcomeCount] {
    let limit = max(0, limit)
    let dialect = database.dialect
    let join = labelJoin
    var queries: [(count: (SQLStatement, [SQLValue]), outcomes: (SQLStatement, [SQLValue]))] = []
    for condition in dialect.samples {
      var conditions = Conditions()
      conditions.add("p.namespace = ?", .text(model.namespace))
      conditions.add("p.model = ?", .text(model.model))
      conditions.add("p.time >= ?", .number(from))
      addDay(&conditions, "p.day >=", from)
      let filter = conditions.text + (condition.map { " AND \($0)" } ?? "")
      let count = SQLStatement(
        "count predictions", table: "predictions",
        // Ordered, so that what is read is bounded by the limit and not by the rows of other models before it.
        """
        SELECT COUNT(*) FROM (
          SELECT 1 FROM predictions p WHERE \(filter) ORDER BY p.time DESC LIMIT \(limit + 1)) AS counted
        """)
      let outcomes = SQLStatement(
        "count outcomes", table: "predictions",
        """
        SELECT version, predicted_class, label, COUNT(*) FROM (
          SELECT p.version AS version, p.predicted_class AS predicted_class, l.label AS label
          \(join) WHERE \(filter) ORDER BY p.time DESC LIMIT \(limit)
        ) AS recent GROUP BY version, predicted_class, label ORDER BY version, predicted_class, label
        """)
      queries.append(((count, conditions.arguments), (outcomes, conditions.arguments)))
    }
    let sizes = queries
    return try await database.read { (connection) throws(TelemetryError) -> [OutcomeCount] in
      var chosen = sizes.count - 1
      for (place, query) in sizes.dropLast().enumerated() {
        let rows = try connection.rows(query.count.0, query.count.1)
        if let size = try rows.first?.integer(0), size <= limit {
          chosen = place
          break
        }
      }
      return try Self.counts(try connection.rows(sizes[chosen].outcomes.0, sizes[chosen].outcomes.1))
    }
  }

  func labelledOutcomes(
    of model: ModelKey, from: Double, limit: Int
  ) async throws(TelemetryError) -> [OutcomeCount] {
    let statement = SQLStatement(
      "count labelled outcomes", table: "labels", database.dialect.labelledOutcomes)
    // A label may come up to a day before its prediction.
    let earliest = from - 86_400
    var arguments: [SQLValue] = [
      .text(model.namespace), .text(model.model), .number(earliest), .integer(max(0, limit)), .number(from),
    ]
    if case .postgres = database.dialect {
      arguments += [.integer(BulkDay.of(earliest)), .integer(BulkDay.of(from))]
    }
    let given = arguments
    return try await database.read { (connection) throws(TelemetryError) -> [OutcomeCount] in
      try Self.counts(try connection.rows(statement, given))
    }
  }

  func newest(of model: ModelKey) async throws(TelemetryError) -> NewestRows {
    try await database.read { (connection) throws(TelemetryError) -> NewestRows in
      let row = try connection.rows(Self.selectNewest, [.text(model.namespace), .text(model.model)]).first
      return NewestRows(prediction: try row?.optionalNumber(0), label: try row?.optionalNumber(1))
    }
  }

  static let selectNewest = SQLStatement(
    "read the newest times", table: "predictions",
    """
    SELECT (SELECT MAX(time) FROM predictions WHERE namespace = $1 AND model = $2),
      (SELECT MAX(time) FROM labels WHERE namespace = $1 AND model = $2)
    """)

  private static func counts(_ rows: [SQLRow]) throws(TelemetryError) -> [OutcomeCount] {
    var counts: [OutcomeCount] = []
    for row in rows {
      counts.append(
        OutcomeCount(
          version: try row.text(0), predictedClass: try row.text(1), label: try row.optionalText(2),
          count: try row.integer(3)))
    }
    return counts
  }
}

extension SQLDialect {
  /// What tells the predictions of a sample, from all of them to ever fewer; nil: all. PostgreSQL has an index of each
  /// sample, so that a week of traffic is not read to find it; SQLite finds it in the index by time.
  fileprivate var samples: [String?] {
    switch self {
    case .sqlite: [nil] + TelemetrySchema.sampleMasks.map { "((p.rowid * 2654435761) >> 16) & \($0) = 0" }
    case .postgres: [nil] + TelemetrySchema.sampleMasks.map { TelemetrySchema.sample("p.request_id", mask: $0) }
    }
  }

  /// In PostgreSQL, where an id may come again on another day: whether the label `c` was given for the prediction `p`. It was for
  /// the latest one of its id at its time; where there was none yet, for the first one after it. Asked only where days
  /// differ, or the label came first; a subquery in a CASE is never made a join, for which whole days would be read.
  static func ownership(model: String, namespace: String) -> String {
    func another(_ condition: String) -> String {
      """
      NOT EXISTS (SELECT 1 FROM predictions a WHERE a.request_id = c.request_id AND a.model || '' = \(model)
        AND a.namespace || '' = \(namespace) AND \(condition))
      """
    }
    return """
      CASE WHEN c.time < p.time THEN \(another("a.day < p.day"))
        WHEN c.day > p.day THEN \(another("a.day > p.day AND a.day <= c.day AND a.time <= c.time"))
        ELSE TRUE END
      """
  }

  /// From the labels to their predictions: the cost is that of the labels that are read, however many predictions there
  /// are. Parameters: namespace, model, earliest time of a label, labels to read, earliest time of a prediction; in
  /// PostgreSQL also the days of both times. There a correction on a later day is another row. `OFFSET 0` and the
  /// conditions that no index knows keep the planner, which has no statistics of a day that has just begun, from
  /// reading all predictions of the model for each label. In SQLite the plus keeps the planner from the index by time,
  /// in which it would walk over all predictions of the window for each label, and leaves it the primary key.
  var labelledOutcomes: String {
    switch self {
    case .sqlite:
      """
      SELECT p.version, p.predicted_class, l.label, COUNT(*) FROM (
        SELECT request_id, label FROM labels WHERE namespace = $1 AND model = $2 AND time >= $3
        ORDER BY time DESC LIMIT $4
      ) l CROSS JOIN predictions p
      WHERE p.namespace = $1 AND p.model = $2 AND p.request_id = l.request_id AND +p.time >= $5
      GROUP BY p.version, p.predicted_class, l.label ORDER BY p.version, p.predicted_class, l.label
      """
    case .postgres:
      """
      SELECT o.version, o.predicted_class, o.label, COUNT(*) FROM (
        SELECT DISTINCT ON (c.request_id, p.day, p.version) p.version, p.predicted_class, c.label FROM (
          SELECT request_id, label, time, day FROM labels
          WHERE namespace = $1 AND model = $2 AND time >= $3 AND day >= DATE '1970-01-01' + $6::INTEGER
          ORDER BY time DESC LIMIT $4
        ) c CROSS JOIN LATERAL (
          SELECT q.version, q.predicted_class, q.time, q.day FROM predictions q
          WHERE q.request_id = c.request_id AND q.model || '' = $2 AND q.namespace || '' = $1
            AND q.day >= DATE '1970-01-01' + $7::INTEGER AND q.day <= c.day + 1 OFFSET 0
        ) p
        WHERE p.time >= $5 AND \(Self.ownership(model: "$2", namespace: "$1"))
        ORDER BY c.request_id, p.day, p.version, c.day DESC
      ) o
      GROUP BY o.version, o.predicted_class, o.label ORDER BY o.version, o.predicted_class, o.label
      """
    }
  }
}
