/// What differs between the two databases in the definition of tables; statements are the same for both.
enum SQLDialect: Sendable {
  case sqlite
  case postgres

  /// Type of a column of JSON text.
  var json: String {
    switch self {
    case .sqlite: "TEXT"
    case .postgres: "JSONB"
    }
  }

  /// Seconds since 1970 as a time that people can read.
  func readable(_ column: String) -> String {
    switch self {
    case .sqlite: "strftime('%Y-%m-%dT%H:%M:%fZ', \(column), 'unixepoch')"
    case .postgres: "to_timestamp(\(column))"
    }
  }
}

/// The tables, as steps that are applied once each, in order. Times are seconds since 1970.
enum TelemetrySchema {
  struct Step: Sendable {
    let name: String
    let statements: @Sendable (SQLDialect) -> [String]
  }

  static let steps: [Step] = [
    Step(name: "0001-predictions", statements: predictions),
    Step(name: "0002-checks", statements: checks),
    Step(name: "0003-registry-and-alerts", statements: registryAndAlerts),
    Step(name: "0004-partitions", statements: partitions),
    Step(name: "0005-profiles", statements: profiles),
    Step(name: "0006-samples", statements: samples),
    Step(name: "0007-labelled-spans", statements: labelledSpans),
    Step(name: "0008-models", statements: models),
    Step(name: "0009-removed-models", statements: removedModels),
    // What it defined is replaced by the next step.
    Step(name: "0010-brief-drops") { _ in [] },
    Step(name: "0011-ordered-drops", statements: orderedDrops),
  ]

  /// Applies what is missing. The caller holds a lock that keeps other processes from doing the same.
  static func migrate(_ connection: any SQLConnection, dialect: SQLDialect) throws(TelemetryError) {
    let purpose = "bring the tables up to date"
    try connection.run(
      SQLStatement(
        purpose, table: "apus_schema",
        "CREATE TABLE IF NOT EXISTS apus_schema (step TEXT NOT NULL PRIMARY KEY)"), [])
    var applied: Set<String> = []
    for row in try connection.rows(SQLStatement(purpose, table: "apus_schema", "SELECT step FROM apus_schema"), []) {
      applied.insert(try row.text(0))
    }
    for step in steps where !applied.contains(step.name) {
      for text in step.statements(dialect) {
        try connection.run(SQLStatement(purpose, table: step.name, text), [])
      }
      try connection.run(
        SQLStatement(purpose, table: "apus_schema", "INSERT INTO apus_schema (step) VALUES ($1)"), [.text(step.name)])
    }
  }

  @Sendable private static func predictions(_ dialect: SQLDialect) -> [String] {
    [
      """
      CREATE TABLE predictions (
        namespace TEXT NOT NULL, model TEXT NOT NULL, request_id TEXT NOT NULL, version TEXT NOT NULL,
        role TEXT NOT NULL, time DOUBLE PRECISION NOT NULL, features \(dialect.json) NOT NULL,
        predicted_class TEXT NOT NULL, probabilities \(dialect.json) NOT NULL, confidence DOUBLE PRECISION NOT NULL,
        latency_seconds DOUBLE PRECISION NOT NULL, repeats BIGINT NOT NULL, last_time DOUBLE PRECISION NOT NULL,
        PRIMARY KEY (namespace, model, request_id, version))
      """,
      "CREATE INDEX predictions_by_time ON predictions (namespace, model, time)",
      """
      CREATE TABLE labels (
        namespace TEXT NOT NULL, model TEXT NOT NULL, request_id TEXT NOT NULL, label TEXT NOT NULL,
        time DOUBLE PRECISION NOT NULL, PRIMARY KEY (namespace, model, request_id))
      """,
      "CREATE INDEX labels_by_time ON labels (namespace, model, time)",
      """
      CREATE VIEW labelled_predictions AS
      SELECT p.namespace, p.model, p.request_id, p.version, p.role, \(dialect.readable("p.time")) AS predicted_at,
        p.features, p.predicted_class, p.probabilities, p.confidence, p.latency_seconds, p.repeats, l.label,
        \(dialect.readable("l.time")) AS labelled_at
      FROM predictions p LEFT JOIN labels l
        ON l.namespace = p.namespace AND l.model = p.model AND l.request_id = p.request_id
      """,
    ]
  }

  @Sendable private static func checks(_ dialect: SQLDialect) -> [String] {
    let key = "namespace TEXT NOT NULL, model TEXT NOT NULL, run TEXT NOT NULL"
    let owner = "FOREIGN KEY (namespace, model, run) REFERENCES checks (namespace, model, run) ON DELETE CASCADE"
    return [
      """
      CREATE TABLE checks (
        \(key), policy TEXT NOT NULL, version TEXT NOT NULL, window_from DOUBLE PRECISION NOT NULL,
        window_to DOUBLE PRECISION NOT NULL, time DOUBLE PRECISION NOT NULL, row_count BIGINT NOT NULL,
        conclusive INTEGER NOT NULL, PRIMARY KEY (namespace, model, run))
      """,
      "CREATE INDEX checks_by_time ON checks (namespace, model, time)",
      """
      CREATE TABLE drift_reports (
        \(key), severity TEXT NOT NULL, share DOUBLE PRECISION NOT NULL, prediction_drifted INTEGER,
        prediction_severity TEXT, prediction_psi DOUBLE PRECISION, prediction_p_value DOUBLE PRECISION,
        mean_confidence DOUBLE PRECISION, reference_mean_confidence DOUBLE PRECISION,
        PRIMARY KEY (namespace, model, run), \(owner))
      """,
      """
      CREATE TABLE drift_features (
        \(key), feature TEXT NOT NULL, position INTEGER NOT NULL, test TEXT NOT NULL, drifted INTEGER NOT NULL,
        severity TEXT NOT NULL, statistic DOUBLE PRECISION, p_value DOUBLE PRECISION,
        adjusted_p_value DOUBLE PRECISION, psi DOUBLE PRECISION, effect DOUBLE PRECISION,
        detail \(dialect.json) NOT NULL, PRIMARY KEY (namespace, model, run, feature), \(owner))
      """,
      "CREATE TABLE quality_reports (\(key), severity TEXT NOT NULL, PRIMARY KEY (namespace, model, run), \(owner))",
      """
      CREATE TABLE quality_checks (
        \(key), position INTEGER NOT NULL, name TEXT NOT NULL, feature TEXT, severity TEXT NOT NULL,
        passed INTEGER NOT NULL, value DOUBLE PRECISION, limit_value DOUBLE PRECISION NOT NULL,
        PRIMARY KEY (namespace, model, run, position), \(owner))
      """,
      """
      CREATE TABLE performance_reports (
        \(key), coverage DOUBLE PRECISION NOT NULL, labelled BIGINT NOT NULL, accuracy DOUBLE PRECISION,
        precision_value DOUBLE PRECISION, recall DOUBLE PRECISION, f1 DOUBLE PRECISION, roc_auc DOUBLE PRECISION,
        brier DOUBLE PRECISION, p95_latency_seconds DOUBLE PRECISION, positive_rate DOUBLE PRECISION,
        mean_confidence DOUBLE PRECISION, PRIMARY KEY (namespace, model, run), \(owner))
      """,
    ]
  }

  @Sendable private static func registryAndAlerts(_ dialect: SQLDialect) -> [String] {
    [
      """
      CREATE TABLE versions (
        namespace TEXT NOT NULL, model TEXT NOT NULL, version TEXT NOT NULL, digest TEXT NOT NULL, stage TEXT NOT NULL,
        reason TEXT NOT NULL, accuracy DOUBLE PRECISION, precision_value DOUBLE PRECISION, recall DOUBLE PRECISION,
        f1 DOUBLE PRECISION, roc_auc DOUBLE PRECISION, brier DOUBLE PRECISION, created DOUBLE PRECISION NOT NULL,
        updated DOUBLE PRECISION NOT NULL, PRIMARY KEY (namespace, model, version))
      """,
      """
      CREATE TABLE alerts (
        namespace TEXT NOT NULL, model TEXT NOT NULL, id TEXT NOT NULL, rule TEXT NOT NULL, severity TEXT NOT NULL,
        state TEXT NOT NULL, message TEXT NOT NULL, delivered TEXT NOT NULL, failure TEXT,
        time DOUBLE PRECISION NOT NULL, PRIMARY KEY (namespace, model, id))
      """,
      "CREATE INDEX alerts_by_time ON alerts (namespace, model, time)",
    ]
  }
}
