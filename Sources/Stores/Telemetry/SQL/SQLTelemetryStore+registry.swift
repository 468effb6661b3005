import WorkerContract

extension SQLTelemetryStore {
  private static let versionInsert = BulkInsert(
    purpose: "store a version", table: "versions",
    columns: [
      "namespace", "model", "version", "digest", "stage", "reason", "accuracy", "precision_value", "recall", "f1",
      "roc_auc", "brier", "created", "updated",
    ],
    onConflict: """
      ON CONFLICT (namespace, model, version) DO UPDATE SET digest = excluded.digest, stage = excluded.stage,
      reason = excluded.reason, accuracy = excluded.accuracy, precision_value = excluded.precision_value,
      recall = excluded.recall, f1 = excluded.f1, roc_auc = excluded.roc_auc, brier = excluded.brier,
      created = excluded.created, updated = excluded.updated WHERE excluded.updated >= versions.updated
      """)

  func store(_ version: VersionRecord, of model: ModelKey) async throws(TelemetryError) {
    let row: [SQLValue] =
      [
        .text(model.namespace), .text(model.model), .text(version.version), .text(version.digest), .text(version.stage),
        .text(version.reason),
      ] + Self.values(of: version.metrics) + [.number(version.created), .number(version.updated)]
    try await write(of: model) { (connection) throws(TelemetryError) in
      try Self.versionInsert.run([row], on: connection)
    }
  }

  func versions(of model: ModelKey) async throws(TelemetryError) -> [VersionRecord] {
    let statement = SQLStatement(
      "read versions", table: "versions",
      """
      SELECT version, digest, stage, reason, created, updated, accuracy, precision_value, recall, f1, roc_auc, brier
      FROM versions WHERE namespace = $1 AND model = $2 ORDER BY created DESC, version DESC
      """)
    let arguments: [SQLValue] = [.text(model.namespace), .text(model.model)]
    return try await database.read { (connection) throws(TelemetryError) -> [VersionRecord] in
      var versions: [VersionRecord] = []
      for row in try connection.rows(statement, arguments) {
        versions.append(
          VersionRecord(
            version: try row.text(0), digest: try row.text(1), stage: try row.text(2), reason: try row.text(3),
            metrics: try Self.metrics(in: row, from: 6), created: try row.number(4), updated: try row.number(5)))
      }
      return versions
    }
  }

  private static let alertInsert = BulkInsert(
    purpose: "store an alert", table: "alerts",
    columns: ["namespace", "model", "id", "rule", "severity", "state", "message", "delivered", "failure", "time"],
    onConflict: """
      ON CONFLICT (namespace, model, id) DO UPDATE SET rule = excluded.rule, severity = excluded.severity,
      state = excluded.state, message = excluded.message, delivered = excluded.delivered, failure = excluded.failure,
      time = excluded.time
      """)

  func store(_ alert: AlertRecord, of model: ModelKey) async throws(TelemetryError) {
    let row: [SQLValue] = [
      .text(model.namespace), .text(model.model), .text(alert.id), .text(alert.rule), .text(alert.severity),
      .text(alert.state), .text(alert.message), .text(alert.delivered.joined(separator: "\n")), SQLValue(alert.failure),
      .number(alert.time),
    ]
    try await write(of: model) { (connection) throws(TelemetryError) in
      try Self.alertInsert.run([row], on: connection)
    }
  }

  func alerts(of model: ModelKey, from: Double, limit: Int) async throws(TelemetryError) -> [AlertRecord] {
    let statement = SQLStatement(
      "read alerts", table: "alerts",
      """
      SELECT id, rule, severity, state, message, delivered, failure, time
      FROM alerts WHERE namespace = $1 AND model = $2 AND time >= $3 ORDER BY time DESC, id DESC LIMIT $4
      """)
    let arguments: [SQLValue] = [.text(model.namespace), .text(model.model), .number(from), .integer(max(0, limit))]
    return try await database.read { (connection) throws(TelemetryError) -> [AlertRecord] in
      var alerts: [AlertRecord] = []
      for row in try connection.rows(statement, arguments) {
        alerts.append(
          AlertRecord(
            id: try row.text(0), rule: try row.text(1), severity: try row.text(2), state: try row.text(3),
            message: try row.text(4), delivered: try row.text(5).split(separator: "\n").map(String.init),
            failure: try row.optionalText(6), time: try row.number(7)))
      }
      return alerts
    }
  }

  static func values(of metrics: ModelMetrics?) -> [SQLValue] {
    [
      SQLValue(metrics?.accuracy), SQLValue(metrics?.precision), SQLValue(metrics?.recall), SQLValue(metrics?.f1),
      SQLValue(metrics?.rocAUC), SQLValue(metrics?.brier),
    ]
  }

  /// Six columns from `column` on; nil where the first is null. A measure that is not defined is null.
  static func metrics(in row: SQLRow, from column: Int) throws(TelemetryError) -> ModelMetrics? {
    guard let accuracy = try row.optionalNumber(column) else { return nil }
    return ModelMetrics(
      accuracy: accuracy, precision: try row.optionalNumber(column + 1), recall: try row.optionalNumber(column + 2),
      f1: try row.optionalNumber(column + 3), rocAUC: try row.optionalNumber(column + 4),
      brier: try row.number(column + 5))
  }
}
