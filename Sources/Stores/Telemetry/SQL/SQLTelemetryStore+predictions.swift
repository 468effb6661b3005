import WorkerContract

/// Predictions in the order of the form's columns. A server stores tens of thousands a second: none becomes a list of
/// values.
private struct PredictionRows: BulkRows {
  private let model: ModelKey
  private let records: [PredictionRecord]
  /// Positions of the records by time; nil: they are in order.
  private let order: [Int]?

  init(_ records: [PredictionRecord], of model: ModelKey) {
    self.model = model
    self.records = records
    let isOrdered = zip(records, records.dropFirst()).allSatisfy { $0.time <= $1.time }
    order = isOrdered ? nil : records.indices.sorted { records[$0].time < records[$1].time }
  }

  private func place(_ row: Int) -> Int { order?[row] ?? row }

  var count: Int { records.count }

  func day(of row: Int) -> Int { BulkDay.of(records[place(row)].time) }

  func values(of row: Int) -> [SQLValue] {
    let record = records[place(row)]
    return [
      .text(model.namespace), .text(model.model), .text(record.requestID), .text(record.version),
      .text(record.role.rawValue), .number(record.time), .text(record.features), .text(record.predictedClass),
      .text(record.probabilities), .number(record.confidence), .number(record.latency), .integer(0),
      .number(record.time),
    ]
  }

  func write(_ row: Int, by form: BulkForm, to buffer: inout CopyBuffer) {
    let row = place(row)
    buffer.append(model.namespace)
    buffer.append(model.model)
    buffer.append(records[row].requestID)
    buffer.append(records[row].version)
    buffer.append(records[row].role.rawValue)
    buffer.append(records[row].time)
    buffer.append(records[row].features)
    buffer.append(records[row].predictedClass)
    buffer.append(records[row].probabilities)
    buffer.append(records[row].confidence)
    buffer.append(records[row].latency)
    buffer.append(0)
    buffer.append(records[row].time)
  }
}

extension SQLTelemetryStore {
  /// A record sent again has the time of the stored one, or an earlier one than its last repeat: nothing changes.
  private static let predictionForm = BulkForm(
    purpose: "store predictions", table: "predictions",
    columns: [
      .init("namespace"), .init("model"), .init("request_id"), .init("version"), .init("role"), .init("time", .number),
      .init("features", .json), .init("predicted_class"), .init("probabilities", .json), .init("confidence", .number),
      .init("latency_seconds", .number), .init("repeats", .integer), .init("last_time", .number),
    ], key: [2, 3],
    onConflict: """
      ON CONFLICT (namespace, model, request_id, version) DO UPDATE
      SET repeats = predictions.repeats + 1, last_time = excluded.last_time
      WHERE excluded.last_time > predictions.last_time
      """,
    merge: [
      .init(
        """
        INSERT INTO predictions
        SELECT DISTINCT ON (request_id, version, model, namespace, day) namespace, model, request_id, version, role, time,
          features::JSON, predicted_class, probabilities::JSON, confidence, latency_seconds, repeats, last_time, day
        FROM :rows ORDER BY request_id, version, model, namespace, day, time
        ON CONFLICT DO NOTHING
        """),
      // The last condition is checked once more where another writer has changed the row meanwhile.
      .init(
        """
        UPDATE predictions p SET repeats = p.repeats + s.count, last_time = s.last FROM (
          SELECT q.request_id, q.version, q.model, q.namespace, q.day, COUNT(DISTINCT staged.time) AS count,
            MAX(staged.time) AS last
          FROM :rows JOIN predictions q ON q.request_id = staged.request_id AND q.version = staged.version
            AND q.model = staged.model AND q.namespace = staged.namespace AND q.day = staged.day
          WHERE staged.time > q.last_time GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
        ) s
        WHERE p.request_id = s.request_id AND p.version = s.version AND p.model = s.model
          AND p.namespace = s.namespace AND p.day = s.day AND p.last_time < s.last
        """, columns: ["request_id", "version", "model", "namespace", "time"]),
    ], expectsNewRows: true)

  private static let labelForm = BulkForm(
    purpose: "store labels", table: "labels",
    columns: [
      .init("namespace"), .init("model"), .init("request_id"), .init("label"), .init("time", .number),
    ], key: [2],
    onConflict: """
      ON CONFLICT (namespace, model, request_id) DO UPDATE SET label = excluded.label, time = excluded.time
      WHERE excluded.time >= labels.time
      """,
    merge: [
      .init(
        """
        INSERT INTO labels SELECT namespace, model, request_id, label, time, day FROM :rows
        ORDER BY request_id, model, namespace, day
        ON CONFLICT (request_id, model, namespace, day) DO UPDATE SET label = excluded.label, time = excluded.time
        WHERE excluded.time >= labels.time
        """)
    ], expectsNewRows: false)

  func append(_ predictions: [PredictionRecord], of model: ModelKey) async throws(TelemetryError) {
    guard !predictions.isEmpty else { return }
    try await store(PredictionRows(predictions, of: model), of: model, by: Self.predictionForm)
  }

  func append(_ labels: [LabelRecord], of model: ModelKey) async throws(TelemetryError) {
    guard !labels.isEmpty else { return }
    var latest: [String: LabelRecord] = [:]
    for label in labels where latest[label.requestID].map({ $0.time <= label.time }) ?? true {
      latest[label.requestID] = label
    }
    let rows = latest.values.sorted { $0.requestID < $1.requestID }.map { label in
      ValueRows.Row(
        [
          .text(model.namespace), .text(model.model), .text(label.requestID), .text(label.label), .number(label.time),
        ], day: BulkDay.of(label.time))
    }
    try await store(ValueRows(rows: rows), of: model, by: Self.labelForm)
  }

  /// Each prediction with its label. In PostgreSQL a correction on a later day is another row, so that the latest is
  /// taken, and labels are looked for from the day before the prediction on, so that older partitions are left alone. A
  /// day has one label of an id; ordered by day and not by time, the planner is never led to the index by time. Of
  /// predictions with one id on several days each has the labels that were given for it (`SQLDialect.ownership`).
  var labelJoin: String {
    switch database.dialect {
    case .sqlite:
      """
      FROM predictions p LEFT JOIN labels l
      ON l.namespace = p.namespace AND l.model = p.model AND l.request_id = p.request_id
      """
    case .postgres:
      """
      FROM predictions p LEFT JOIN LATERAL (
        SELECT c.label, c.time FROM labels c WHERE c.request_id = p.request_id AND c.model = p.model
          AND c.namespace = p.namespace AND c.day >= p.day - 1
          AND \(SQLDialect.ownership(model: "p.model", namespace: "p.namespace"))
        ORDER BY c.day DESC LIMIT 1
      ) l ON TRUE
      """
    }
  }

  func predictions(_ query: PredictionQuery) async throws(TelemetryError) -> [LoggedPrediction] {
    let (statement, arguments) = reading(query)
    let newestFirst = try await database.read { (connection) throws(TelemetryError) -> [LoggedPrediction] in
      var predictions: [LoggedPrediction] = []
      for row in try connection.rows(statement, arguments) { predictions.append(try Self.prediction(row)) }
      return predictions
    }
    return newestFirst.reversed()
  }

  func reading(_ query: PredictionQuery) -> (SQLStatement, [SQLValue]) {
    var conditions = Conditions()
    conditions.add("p.namespace = ?", .text(query.model.namespace))
    conditions.add("p.model = ?", .text(query.model.model))
    if let from = query.from {
      conditions.add("p.time >= ?", .number(from))
      addDay(&conditions, "p.day >=", from)
    }
    if let to = query.to {
      conditions.add("p.time < ?", .number(to))
      addDay(&conditions, "p.day <=", to)
    }
    if let version = query.version { conditions.add("p.version = ?", .text(version)) }
    if let predictedClass = query.predictedClass { conditions.add("p.predicted_class = ?", .text(predictedClass)) }
    if let roles = query.roles { conditions.add("p.role", in: roles.map(\.rawValue)) }
    if let requestID = query.requestID { conditions.add("p.request_id = ?", .text(requestID)) }
    switch query.label {
    case .given: conditions.add("l.label IS NOT NULL")
    case .missing: conditions.add("l.label IS NULL")
    case .equal(let label): conditions.add("l.label = ?", .text(label))
    case nil: break
    }
    if let place = query.before {
      // The index by time leads to the place; of equal times the rest of the order decides.
      conditions.add("p.time <= ?", .number(place.time))
      addDay(&conditions, "p.day <=", place.time)
      conditions.add(
        "(p.time, p.request_id, p.version) < (?, ?, ?)",
        [.number(place.time), .text(place.requestID), .text(place.version)])
    }
    let filter = conditions.text
    let limit = query.limit.map { "LIMIT " + conditions.place(.integer(max(0, $0))) } ?? ""
    let statement = SQLStatement(
      "read predictions", table: "predictions",
      """
      SELECT p.request_id, p.version, p.role, p.time, p.features, p.predicted_class, p.probabilities, p.confidence,
        p.latency_seconds, p.repeats, l.label, l.time
      \(labelJoin) WHERE \(filter) ORDER BY p.time DESC, p.request_id DESC, p.version DESC \(limit)
      """)
    return (statement, conditions.arguments)
  }

  /// Partitions that can hold nothing of the window are left alone.
  func addDay(_ conditions: inout Conditions, _ comparison: String, _ time: Double) {
    guard case .postgres = database.dialect else { return }
    conditions.add("\(comparison) DATE '1970-01-01' + ?::INTEGER", .integer(BulkDay.of(time)))
  }

  private static func prediction(_ row: SQLRow) throws(TelemetryError) -> LoggedPrediction {
    let role = try row.text(2)
    guard let role = RoutingTable.Role(rawValue: role) else {
      throw .damaged(table: row.table, reason: "'\(role)' is not a role")
    }
    let record = PredictionRecord(
      requestID: try row.text(0), version: try row.text(1), role: role, time: try row.number(3),
      features: try row.text(4), predictedClass: try row.text(5), probabilities: try row.text(6),
      confidence: try row.number(7), latency: try row.number(8))
    return LoggedPrediction(
      record: record, repeats: try row.integer(9), label: try row.optionalText(10),
      labelTime: try row.optionalNumber(11))
  }
}
