import WorkerContract

extension SQLTelemetryStore {
  private static let predictionInsert = BulkInsert(
    purpose: "store predictions", table: "predictions",
    columns: [
      "namespace", "model", "request_id", "version", "role", "time", "features", "predicted_class", "probabilities",
      "confidence", "latency_seconds", "repeats", "last_time",
    ],
    // A record sent again has the time of the stored one, or an earlier one than its last repeat: nothing changes.
    onConflict: """
      ON CONFLICT (namespace, model, request_id, version) DO UPDATE
      SET repeats = predictions.repeats + 1, last_time = excluded.last_time
      WHERE excluded.last_time > predictions.last_time
      """)

  private static let labelInsert = BulkInsert(
    purpose: "store labels", table: "labels", columns: ["namespace", "model", "request_id", "label", "time"],
    onConflict: """
      ON CONFLICT (namespace, model, request_id) DO UPDATE SET label = excluded.label, time = excluded.time
      WHERE excluded.time >= labels.time
      """)

  func append(_ predictions: [PredictionRecord], of model: ModelKey) async throws(TelemetryError) {
    guard !predictions.isEmpty else { return }
    let rounds = Self.rounds(of: predictions).map { round in round.map { Self.row($0, of: model) } }
    try await database.write { (connection) throws(TelemetryError) in
      for rows in rounds { try Self.predictionInsert.run(rows, on: connection) }
    }
  }

  /// One statement may meet a row once only (PostgreSQL refuses more), so that repeats go into later rounds. Within a
  /// round rows are ordered by key: two writers then never lock each other out.
  private static func rounds(of predictions: [PredictionRecord]) -> [[PredictionRecord]] {
    struct Key: Hashable {
      let requestID: String
      let version: String
    }
    var seen: [Key: Int] = [:]
    var rounds: [[PredictionRecord]] = []
    for record in predictions.sorted(by: { $0.time < $1.time }) {
      let round = seen[Key(requestID: record.requestID, version: record.version), default: 0]
      seen[Key(requestID: record.requestID, version: record.version)] = round + 1
      if round == rounds.count { rounds.append([]) }
      rounds[round].append(record)
    }
    return rounds.map { $0.sorted { ($0.requestID, $0.version) < ($1.requestID, $1.version) } }
  }

  private static func row(_ record: PredictionRecord, of model: ModelKey) -> [SQLValue] {
    [
      .text(model.namespace), .text(model.model), .text(record.requestID), .text(record.version),
      .text(record.role.rawValue), .number(record.time), .text(record.features), .text(record.predictedClass),
      .text(record.probabilities), .number(record.confidence), .number(record.latency), .integer(0),
      .number(record.time),
    ]
  }

  func append(_ labels: [LabelRecord], of model: ModelKey) async throws(TelemetryError) {
    guard !labels.isEmpty else { return }
    var latest: [String: LabelRecord] = [:]
    for label in labels where latest[label.requestID].map({ $0.time <= label.time }) ?? true {
      latest[label.requestID] = label
    }
    let rows: [[SQLValue]] = latest.values.sorted { $0.requestID < $1.requestID }.map { label in
      [.text(model.namespace), .text(model.model), .text(label.requestID), .text(label.label), .number(label.time)]
    }
    try await database.write { (connection) throws(TelemetryError) in
      try Self.labelInsert.run(rows, on: connection)
    }
  }

  private static let labelJoin = """
    FROM predictions p LEFT JOIN labels l
    ON l.namespace = p.namespace AND l.model = p.model AND l.request_id = p.request_id
    """

  func predictions(_ query: PredictionQuery) async throws(TelemetryError) -> [LoggedPrediction] {
    var conditions = Conditions()
    conditions.add("p.namespace = ?", .text(query.model.namespace))
    conditions.add("p.model = ?", .text(query.model.model))
    if let from = query.from { conditions.add("p.time >= ?", .number(from)) }
    if let to = query.to { conditions.add("p.time < ?", .number(to)) }
    if let version = query.version { conditions.add("p.version = ?", .text(version)) }
    if let predictedClass = query.predictedClass { conditions.add("p.predicted_class = ?", .text(predictedClass)) }
    if let roles = query.roles { conditions.add("p.role", in: roles.map(\.rawValue)) }
    let filter = conditions.text
    let limit = query.limit.map { "LIMIT " + conditions.place(.integer(max(0, $0))) } ?? ""
    let statement = SQLStatement(
      "read predictions", table: "predictions",
      """
      SELECT p.request_id, p.version, p.role, p.time, p.features, p.predicted_class, p.probabilities, p.confidence,
        p.latency_seconds, p.repeats, l.label, l.time
      \(Self.labelJoin) WHERE \(filter) ORDER BY p.time DESC, p.request_id DESC, p.version DESC \(limit)
      """)
    let arguments = conditions.arguments
    let newestFirst = try await database.read { (connection) throws(TelemetryError) -> [LoggedPrediction] in
      var predictions: [LoggedPrediction] = []
      for row in try connection.rows(statement, arguments) { predictions.append(try Self.prediction(row)) }
      return predictions
    }
    return newestFirst.reversed()
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

  func outcomes(of model: ModelKey, from: Double, limit: Int) async throws(TelemetryError) -> [OutcomeCount] {
    let statement = SQLStatement(
      "count outcomes", table: "predictions",
      """
      SELECT version, predicted_class, label, COUNT(*) FROM (
        SELECT p.version AS version, p.predicted_class AS predicted_class, l.label AS label
        \(Self.labelJoin) WHERE p.namespace = $1 AND p.model = $2 AND p.time >= $3 ORDER BY p.time DESC LIMIT $4
      ) AS recent GROUP BY version, predicted_class, label ORDER BY version, predicted_class, label
      """)
    let arguments: [SQLValue] = [.text(model.namespace), .text(model.model), .number(from), .integer(max(0, limit))]
    return try await database.read { (connection) throws(TelemetryError) -> [OutcomeCount] in
      var counts: [OutcomeCount] = []
      for row in try connection.rows(statement, arguments) {
        counts.append(
          OutcomeCount(
            version: try row.text(0), predictedClass: try row.text(1), label: try row.optionalText(2),
            count: try row.integer(3)))
      }
      return counts
    }
  }
}
