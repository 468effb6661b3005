import WorkerContract

extension SQLTelemetryStore {
  private static let key = ["namespace", "model", "run"]

  private static let checkInsert = insert(
    "checks", ["policy", "version", "window_from", "window_to", "time", "row_count", "conclusive"])
  private static let driftInsert = insert(
    "drift_reports",
    [
      "severity", "share", "prediction_drifted", "prediction_severity", "prediction_psi", "prediction_p_value",
      "mean_confidence", "reference_mean_confidence",
    ])
  private static let featureInsert = insert(
    "drift_features",
    [
      "feature", "position", "test", "drifted", "severity", "statistic", "p_value", "adjusted_p_value", "psi", "effect",
      "detail",
    ])
  private static let qualityInsert = insert("quality_reports", ["severity"])
  private static let qualityCheckInsert = insert(
    "quality_checks", ["position", "name", "feature", "severity", "passed", "value", "limit_value"])
  private static let performanceInsert = insert(
    "performance_reports",
    [
      "coverage", "labelled", "accuracy", "precision_value", "recall", "f1", "roc_auc", "brier", "p95_latency_seconds",
      "positive_rate", "mean_confidence", "labelled_from", "labelled_to", "expected",
    ])

  private static func insert(_ table: String, _ columns: [String]) -> BulkInsert {
    BulkInsert(purpose: "store a check", table: table, columns: key + columns, onConflict: "")
  }

  @discardableResult
  func store(_ check: CheckRecord, of model: ModelKey) async throws(TelemetryError) -> Bool {
    let key: [SQLValue] = [.text(model.namespace), .text(model.model), .text(check.run)]
    let checkRow: [SQLValue] = [
      .text(check.policy), .text(check.version), .number(check.from), .number(check.to), .number(check.time),
      .integer(check.rows), SQLValue(check.conclusive),
    ]
    let predictions = check.drift.predictions
    let driftRow: [SQLValue] = [
      .text(check.drift.severity.rawValue), .number(check.drift.share),
      predictions.map { SQLValue($0.drifted) } ?? .null,
      SQLValue(predictions?.severity.rawValue), SQLValue(predictions?.psi), SQLValue(predictions?.pValue),
      SQLValue(predictions?.meanConfidence), SQLValue(predictions?.referenceMeanConfidence),
    ]
    let featureRows: [[SQLValue]] = check.drift.features.enumerated().map { position, feature in
      key + [
        .text(feature.feature), .integer(position), .text(feature.test.rawValue), SQLValue(feature.drifted),
        .text(feature.severity.rawValue), .number(feature.statistic), .number(feature.pValue),
        .number(feature.adjustedPValue), .number(feature.psi), .number(feature.effect), .text(feature.detail),
      ]
    }
    let qualityRows: [[SQLValue]] = check.quality.checks.enumerated().map { position, check in
      key + [
        .integer(position), .text(check.check.rawValue), SQLValue(check.feature), .text(check.severity.rawValue),
        SQLValue(check.passed), .number(check.value), .number(check.limit),
      ]
    }
    let performance = check.performance
    let performanceRow: [SQLValue] =
      [SQLValue(performance.coverage), .integer(performance.labelled)] + Self.values(of: performance.metrics)
      + [SQLValue(performance.p95Latency), SQLValue(performance.positiveRate), SQLValue(performance.meanConfidence)]
      + [SQLValue(check.labelled?.from), SQLValue(check.labelled?.to)]
      + [performance.expected.map(SQLValue.integer) ?? .null]
    let quality = check.quality.severity.rawValue
    return try await write(of: model) { (connection) throws(TelemetryError) in
      try connection.run(
        SQLStatement(
          "replace a check", table: "checks", "DELETE FROM checks WHERE namespace = $1 AND model = $2 AND run = $3"),
        key)
      try Self.checkInsert.run([key + checkRow], on: connection)
      try Self.driftInsert.run([key + driftRow], on: connection)
      try Self.featureInsert.run(featureRows, on: connection)
      try Self.qualityInsert.run([key + [.text(quality)]], on: connection)
      try Self.qualityCheckInsert.run(qualityRows, on: connection)
      try Self.performanceInsert.run([key + performanceRow], on: connection)
    }
  }

  func checks(of model: ModelKey, from: Double, limit: Int) async throws(TelemetryError) -> [CheckRecord] {
    let arguments: [SQLValue] = [.text(model.namespace), .text(model.model), .number(from), .integer(max(0, limit))]
    return try await database.read { (connection) throws(TelemetryError) -> [CheckRecord] in
      var checks: [CheckRecord] = []
      for row in try connection.rows(Self.selectChecks, arguments) {
        var check = try Self.check(row)
        let key: [SQLValue] = [.text(model.namespace), .text(model.model), .text(check.run)]
        for feature in try connection.rows(Self.selectFeatures, key) {
          check.drift.features.append(try Self.feature(feature))
        }
        for qualityCheck in try connection.rows(Self.selectQualityChecks, key) {
          check.quality.checks.append(try Self.qualityCheck(qualityCheck))
        }
        checks.append(check)
      }
      return checks
    }
  }

  private static let selectChecks = SQLStatement(
    "read checks", table: "checks",
    """
    SELECT c.run, c.policy, c.version, c.window_from, c.window_to, c.time, c.row_count, c.conclusive,
      d.severity, d.share, d.prediction_drifted, d.prediction_severity, d.prediction_psi, d.prediction_p_value,
      d.mean_confidence, d.reference_mean_confidence, q.severity, p.coverage, p.labelled, p.accuracy, p.precision_value,
      p.recall, p.f1, p.roc_auc, p.brier, p.p95_latency_seconds, p.positive_rate, p.mean_confidence,
      p.labelled_from, p.labelled_to, p.expected
    FROM checks c
      JOIN drift_reports d ON d.namespace = c.namespace AND d.model = c.model AND d.run = c.run
      JOIN quality_reports q ON q.namespace = c.namespace AND q.model = c.model AND q.run = c.run
      JOIN performance_reports p ON p.namespace = c.namespace AND p.model = c.model AND p.run = c.run
    WHERE c.namespace = $1 AND c.model = $2 AND c.time >= $3 ORDER BY c.time DESC, c.run DESC LIMIT $4
    """)

  private static let selectFeatures = SQLStatement(
    "read drift results", table: "drift_features",
    """
    SELECT feature, test, drifted, severity, statistic, p_value, adjusted_p_value, psi, effect, detail
    FROM drift_features WHERE namespace = $1 AND model = $2 AND run = $3 ORDER BY position
    """)

  private static let selectQualityChecks = SQLStatement(
    "read quality checks", table: "quality_checks",
    """
    SELECT name, feature, severity, passed, value, limit_value
    FROM quality_checks WHERE namespace = $1 AND model = $2 AND run = $3 ORDER BY position
    """)

  private static func check(_ row: SQLRow) throws(TelemetryError) -> CheckRecord {
    var predictions: PredictionDriftSummary?
    if let drifted = try row.optionalNumber(10) {
      predictions = PredictionDriftSummary(
        drifted: drifted != 0, severity: try severity(row, 11), psi: try row.number(12), pValue: try row.number(13),
        meanConfidence: try row.number(14), referenceMeanConfidence: try row.number(15))
    }
    let performance = PerformanceSummary(
      coverage: try row.optionalNumber(17), labelled: try row.integer(18),
      expected: try row.optionalNumber(30).flatMap { Int(exactly: $0) }, metrics: try metrics(in: row, from: 19),
      p95Latency: try row.optionalNumber(25), positiveRate: try row.optionalNumber(26),
      meanConfidence: try row.optionalNumber(27))
    var labelled: CheckRecord.LabelledSpan?
    if let from = try row.optionalNumber(28) { labelled = .init(from: from, to: try row.number(29)) }
    return CheckRecord(
      run: try row.text(0), policy: try row.text(1), version: try row.text(2), from: try row.number(3),
      to: try row.number(4), time: try row.number(5), rows: try row.integer(6), conclusive: try row.integer(7) != 0,
      drift: .init(severity: try severity(row, 8), share: try row.number(9), predictions: predictions),
      quality: .init(severity: try severity(row, 16)), performance: performance, labelled: labelled)
  }

  private static func feature(_ row: SQLRow) throws(TelemetryError) -> CheckRecord.DriftRecord.Feature {
    CheckRecord.DriftRecord.Feature(
      feature: try row.text(0), test: DriftTestName(rawValue: try row.text(1)), drifted: try row.integer(2) != 0,
      severity: try severity(row, 3),
      statistic: try row.measure(4), pValue: try row.measure(5), adjustedPValue: try row.measure(6),
      psi: try row.measure(7), effect: try row.measure(8), detail: try row.text(9))
  }

  private static func qualityCheck(_ row: SQLRow) throws(TelemetryError) -> CheckRecord.QualityRecord.Check {
    CheckRecord.QualityRecord.Check(
      check: QualityCheckKind(rawValue: try row.text(0)), feature: try row.optionalText(1),
      severity: try severity(row, 2),
      passed: try row.integer(3) != 0, value: try row.measure(4), limit: try row.number(5))
  }

  private static func severity(_ row: SQLRow, _ column: Int) throws(TelemetryError) -> Severity {
    let text = try row.text(column)
    guard let severity = Severity(rawValue: text) else {
      throw .damaged(table: row.table, reason: "'\(text)' is not a severity")
    }
    return severity
  }
}
