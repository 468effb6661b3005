@testable import Telemetry

/// How a database finds the rows of one statement.
struct StatementPlan: Sendable {
  /// Why a statement has no plan that could go wrong.
  enum Exemption: Sendable {
    /// It puts in rows by their key.
    case insert
    /// It changes or locks definitions.
    case definition
    /// It runs a function of the schema.
    case function
    /// Its table has a handful of rows.
    case small
  }

  let purpose: String
  let tables: [String]
  /// What the plan names, by dialect: the indexes.
  let sqlite: [String]
  let postgres: [String]
  /// Whether it may sort or group what it has found, which is a bounded number of rows.
  let sorts: Bool
  let exemption: Exemption?

  init(
    _ purpose: String, _ tables: String..., sqlite: [String] = [], postgres: [String] = [], sorts: Bool = false
  ) {
    (self.purpose, self.tables, self.sqlite, self.postgres, self.sorts) = (purpose, tables, sqlite, postgres, sorts)
    exemption = nil
  }

  init(_ purpose: String, _ tables: String..., exempt: Exemption) {
    (self.purpose, self.tables, sqlite, postgres, sorts) = (purpose, tables, [], [], false)
    exemption = exempt
  }

  /// Every statement of the stores. A test fails where one of them is missing here.
  static let all: [StatementPlan] = [
    .init("bring the tables up to date", exempt: .definition),
    .init("lock the tables' definition", "apus_schema", exempt: .definition),
    .init("look at its tables", "apus_schema", exempt: .small),
    .init("choose plans", "predictions", exempt: .definition),
    .init("add a partition", "predictions", "labels", "feature_profiles", exempt: .function),
    .init("drop old partitions", "predictions", "labels", "feature_profiles", exempt: .function),
    .init("store predictions", "predictions", sorts: true),
    .init("store labels", "labels", exempt: .insert),
    .init("store profiles", "feature_profiles", exempt: .insert),
    .init(
      "store a check", "checks", "drift_reports", "drift_features", "quality_reports", "quality_checks",
      "performance_reports", exempt: .insert),
    .init("store a version", "versions", exempt: .insert),
    .init("store an alert", "alerts", exempt: .insert),
    .init(
      "read predictions", "predictions",
      sqlite: [
        "SEARCH p USING INDEX predictions_by_time (namespace=? AND model=? AND time>? AND time<?)",
        "SEARCH l USING INDEX sqlite_autoindex_labels_1 (namespace=? AND model=? AND request_id=?)",
      ],
      postgres: ["predictions_19700103_namespace_model_time_idx", "labels_19700103_pkey"]),
    .init(
      "count predictions", "predictions",
      sqlite: ["predictions_by_time (namespace=? AND model=? AND time>?)"],
      postgres: ["namespace_model_time_idx"]),
    .init(
      "count outcomes", "predictions",
      sqlite: [
        "predictions_by_time (namespace=? AND model=? AND time>?)",
        "sqlite_autoindex_labels_1 (namespace=? AND model=? AND request_id=?)",
      ],
      postgres: ["namespace_model_time_idx", "labels_19700103_pkey"], sorts: true),
    .init(
      "count labelled outcomes", "labels",
      sqlite: [
        "labels_by_time (namespace=? AND model=? AND time>?)",
        "SEARCH p USING INDEX sqlite_autoindex_predictions_1 (namespace=? AND model=? AND request_id=?)",
      ],
      postgres: ["labels_19700103_namespace_model_time_idx", "predictions_19700103_pkey"], sorts: true),
    .init(
      "read the newest times", "predictions",
      sqlite: [
        "SEARCH predictions USING COVERING INDEX predictions_by_time",
        "SEARCH labels USING COVERING INDEX labels_by_time",
      ],
      postgres: ["predictions_19700103_namespace_model_time_idx", "labels_19700103_namespace_model_time_idx"]),
    .init(
      "delete old predictions", "predictions",
      sqlite: [
        "predictions_by_time (namespace=? AND model=? AND time<?)",
        "sqlite_autoindex_predictions_1 (namespace=? AND model=? AND request_id=?",
      ],
      postgres: ["predictions_19700101_namespace_model_time_idx", "predictions_19700101_pkey"], sorts: true),
    .init(
      "delete old labels", "labels",
      sqlite: [
        "labels_by_time (namespace=? AND model=? AND time<?)",
        "sqlite_autoindex_predictions_1 (namespace=? AND model=? AND request_id=?",
      ],
      postgres: ["labels_19700101_namespace_model_time_idx", "predictions_19700101_pkey"], sorts: true),
    .init(
      "delete old profiles", "feature_profiles",
      sqlite: ["feature_profiles_by_time (namespace=? AND model=? AND minute<?)"],
      postgres: ["feature_profiles_19700101_namespace_model_minute_idx"], sorts: true),
    .init(
      "remove a model's rows", "predictions",
      sqlite: [
        "predictions_by_time (namespace=? AND model=?)",
        "sqlite_autoindex_predictions_1 (namespace=? AND model=? AND request_id=?",
      ],
      postgres: ["predictions_19700101_namespace_model_time_idx", "predictions_19700101_pkey"], sorts: true),
    .init(
      "remove a model's rows", "labels",
      sqlite: [
        "labels_by_time (namespace=? AND model=?)",
        "sqlite_autoindex_labels_1 (namespace=? AND model=? AND request_id=?",
      ],
      postgres: ["labels_19700101_namespace_model_time_idx", "labels_19700101_pkey"], sorts: true),
    .init(
      "remove a model's rows", "feature_profiles", sqlite: ["feature_profiles_by_time (namespace=? AND model=?)"],
      postgres: ["Scan using feature_profiles_19700101_"], sorts: true),
    .init(
      "remove a model's rows", "checks",
      sqlite: ["sqlite_autoindex_checks_1 (namespace=? AND model=? AND run=?)"], postgres: ["checks_pkey"], sorts: true),
    .init(
      "remove a model's rows", "alerts", sqlite: ["sqlite_autoindex_alerts_1 (namespace=? AND model=? AND id=?)"],
      postgres: ["alerts_pkey"], sorts: true),
    .init(
      "remove a model's rows", "versions",
      sqlite: ["sqlite_autoindex_versions_1 (namespace=? AND model=? AND version=?)"], postgres: ["versions_pkey"],
      sorts: true),
    .init(
      "see whether a model was removed", "models", sqlite: ["sqlite_autoindex_models_2 (namespace=? AND model=?)"],
      postgres: ["models_namespace_model_key"]),
    .init(
      "list the runs of checks", "checks",
      sqlite: ["sqlite_autoindex_checks_1 (namespace=? AND model=? AND run>?)"], postgres: ["checks_pkey"]),
    .init("enter that a model was removed", "models", exempt: .small),
    .init(
      "read profiles", "feature_profiles",
      sqlite: ["feature_profiles_by_time (namespace=? AND model=? AND minute>? AND minute<?)"],
      postgres: ["feature_profiles_19700103_namespace_model_minute_idx"], sorts: true),
    .init(
      "read checks", "checks", sqlite: ["checks_by_time (namespace=? AND model=? AND time>?)"],
      postgres: ["checks_by_time"]),
    .init(
      "read drift results", "drift_features",
      sqlite: ["sqlite_autoindex_drift_features_1 (namespace=? AND model=? AND run=?)"],
      postgres: ["drift_features_pkey"], sorts: true),
    .init(
      "read quality checks", "quality_checks",
      sqlite: ["sqlite_autoindex_quality_checks_1 (namespace=? AND model=? AND run=?)"],
      postgres: ["quality_checks_pkey"], sorts: true),
    .init(
      "replace a check", "checks", sqlite: ["sqlite_autoindex_checks_1 (namespace=? AND model=? AND run=?)"],
      postgres: ["Index Scan using checks_"]),
    .init(
      "read versions", "versions", sqlite: ["sqlite_autoindex_versions_1 (namespace=? AND model=?)"],
      postgres: ["versions_pkey"], sorts: true),
    .init("enter a model", "models", exempt: .insert),
    .init(
      "find a model's rows", "models", sqlite: ["sqlite_autoindex_models_1 (namespace=? AND name=? AND uid=?)"],
      postgres: ["Index Scan using models_"]),
    .init(
      "find the models of a name", "models", sqlite: ["sqlite_autoindex_models_1 (namespace=? AND name=?)"],
      postgres: ["Index Scan using models_"]),
    .init(
      "find the owner of rows", "models", sqlite: ["sqlite_autoindex_models_2 (namespace=? AND model=?)"],
      postgres: ["models_namespace_model_key"]),
    .init(
      "read when rows last came", "predictions",
      sqlite: [
        "SEARCH predictions USING COVERING INDEX predictions_by_time",
        "SEARCH checks USING COVERING INDEX checks_by_time",
      ],
      postgres: ["predictions_19700103_namespace_model_time_idx", "checks_by_time"]),
    .init(
      "read alerts", "alerts", sqlite: ["alerts_by_time (namespace=? AND model=? AND time>?)"],
      postgres: ["alerts_by_time"]),
  ]

  static func of(_ statement: SQLStatement) -> StatementPlan? {
    all.first { $0.purpose == statement.purpose && ($0.tables.isEmpty || $0.tables.contains(statement.table)) }
  }

  /// What is wrong with the lines of a plan.
  func faults(_ lines: [String], _ dialect: SQLDialect, empty: Set<String>) -> [String] {
    guard exemption == nil else { return [] }
    var faults: [String] = []
    let text = lines.joined(separator: "\n")
    for name in dialect.isSQLite ? sqlite : postgres where !text.contains(name) { faults.append("\(name) is not used") }
    for line in lines {
      switch dialect {
      case .sqlite:
        let words = line.split(separator: " ")
        if words.first == "SCAN", words.count > 1, !text.contains("CO-ROUTINE \(words[1])"),
          !text.contains("MATERIALIZE \(words[1])"), !line.contains("CONSTANT ROW"), !words[1].hasPrefix("(")
        {
          faults.append("it reads a whole table: \(line)")
        }
        if !sorts, line.hasPrefix("USE TEMP B-TREE FOR"), !line.contains("RIGHT PART"), !line.contains("LAST") {
          faults.append("it sorts: \(line)")
        }
      case .postgres:
        if let range = line.firstRange(of: "Seq Scan on "),
          let table = line[range.upperBound...].split(separator: " ").first,
          !empty.contains(String(table))
        {
          faults.append("it reads a whole table: \(line)")
        }
        if !sorts, line.contains("Sort  ("), !line.contains("Incremental"), Self.rows(line) > 1_000 {
          faults.append("it sorts: \(line)")
        }
      }
    }
    return faults
  }

  /// What PostgreSQL expects a step to give.
  private static func rows(_ line: String) -> Int { line.firstMatch(of: /rows=(\d+)/).flatMap { Int($0.1) } ?? .max }
}

extension SQLDialect {
  var isSQLite: Bool {
    if case .sqlite = self { return true }
    return false
  }
}
