extension TelemetrySchema {
  /// Which model the rows of a name belong to: `model` is what stands in the column of that name in all other tables.
  /// It is the name itself for the first model of the name, and for later ones the name with their UID, so that no row
  /// is ever rewritten.
  @Sendable static func models(_ dialect: SQLDialect) -> [String] {
    let labels =
      switch dialect {
      case .sqlite:
        "LEFT JOIN labels l ON l.namespace = p.namespace AND l.model = p.model AND l.request_id = p.request_id"
      case .postgres:
        """
        LEFT JOIN LATERAL (
          SELECT c.label, c.time FROM labels c WHERE c.request_id = p.request_id AND c.model = p.model
            AND c.namespace = p.namespace AND c.day >= p.day - 1 ORDER BY c.day DESC LIMIT 1
        ) l ON TRUE
        """
      }
    return [
      """
      CREATE TABLE models (
        namespace TEXT NOT NULL, name TEXT NOT NULL, uid TEXT NOT NULL, model TEXT NOT NULL, created DOUBLE PRECISION,
        PRIMARY KEY (namespace, name, uid), UNIQUE (namespace, model))
      """,
      "DROP VIEW labelled_predictions",
      """
      CREATE VIEW labelled_predictions AS
      SELECT p.namespace, p.model, p.request_id, p.version, p.role, \(dialect.readable("p.time")) AS predicted_at,
        p.features, p.predicted_class, p.probabilities, p.confidence, p.latency_seconds, p.repeats, l.label,
        \(dialect.readable("l.time")) AS labelled_at, COALESCE(m.name, p.model) AS model_name, m.uid AS model_uid
      FROM predictions p \(labels) LEFT JOIN models m ON m.namespace = p.namespace AND m.model = p.model
      """,
    ]
  }

  /// When a model's rows were removed. Its entry stays: what comes late, from a disk or a pod that was cut off, is told
  /// by it.
  @Sendable static func removedModels(_ dialect: SQLDialect) -> [String] {
    ["ALTER TABLE models ADD COLUMN removed DOUBLE PRECISION"]
  }

  /// What the accuracy of a check is about, and a coverage that is absent where no label was due.
  @Sendable static func labelledSpans(_ dialect: SQLDialect) -> [String] {
    let added = ["labelled_from DOUBLE PRECISION", "labelled_to DOUBLE PRECISION", "expected BIGINT"]
    switch dialect {
    case .postgres:
      return ["ALTER TABLE performance_reports ALTER COLUMN coverage DROP NOT NULL"]
        + added.map { "ALTER TABLE performance_reports ADD COLUMN \($0)" }
    case .sqlite:
      // SQLite cannot take a NOT NULL back: the table, which has a row for each check, is copied.
      let columns = """
        namespace, model, run, coverage, labelled, accuracy, precision_value, recall, f1, roc_auc, brier,
          p95_latency_seconds, positive_rate, mean_confidence
        """
      return [
        "ALTER TABLE performance_reports RENAME TO old_performance_reports",
        """
        CREATE TABLE performance_reports (
          namespace TEXT NOT NULL, model TEXT NOT NULL, run TEXT NOT NULL, coverage DOUBLE PRECISION,
          labelled BIGINT NOT NULL, accuracy DOUBLE PRECISION, precision_value DOUBLE PRECISION,
          recall DOUBLE PRECISION, f1 DOUBLE PRECISION, roc_auc DOUBLE PRECISION, brier DOUBLE PRECISION,
          p95_latency_seconds DOUBLE PRECISION, positive_rate DOUBLE PRECISION, mean_confidence DOUBLE PRECISION,
          \(added.joined(separator: ", ")),
          PRIMARY KEY (namespace, model, run),
          FOREIGN KEY (namespace, model, run) REFERENCES checks (namespace, model, run) ON DELETE CASCADE)
        """,
        "INSERT INTO performance_reports (\(columns)) SELECT \(columns) FROM old_performance_reports",
        "DROP TABLE old_performance_reports",
      ]
    }
  }
}
