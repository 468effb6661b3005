@testable import Telemetry

/// 100,000 predictions of three days with a label each, and what else a store has after a while, written by the
/// database itself: in a second where rows over the wire take half a minute.
enum FullTables {
  static let predictions = 100_000
  /// Models to remove, each with a third of the predictions; of theirs every second has a label.
  static let departed = ["departed-1", "departed-2"]
  static let end = 3 * 86_400.0

  static func statements(_ dialect: SQLDialect) -> [String] {
    func day(_ time: String) -> String {
      dialect.isSQLite ? "" : ", DATE '1970-01-01' + floor((\(time)) / 86400)::INTEGER"
    }
    func rows(_ count: Int) -> String {
      dialect.isSQLite
        ? "(WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < \(count - 1)) SELECT i FROM n) AS n"
        : "generate_series(0, \(count - 1)) AS n(i)"
    }
    let time = "i * 2.592"
    let others = "CASE i % 10 WHEN 0 THEN 'income' ELSE 'm' || (i % 10) END"
    let model = "'default', 'income'"
    var statements: [String] = []
    if !dialect.isSQLite {
      for table in ["predictions", "labels", "feature_profiles"] {
        statements.append(
          "SELECT apus_add_partition('\(table)', DATE '1970-01-01' + d) FROM generate_series(0, 5) AS d(d)")
      }
    }
    statements += [
      """
      INSERT INTO predictions SELECT \(model), 'r' || i, CASE i % 4 WHEN 0 THEN 'v2' ELSE 'v1' END, 'production', \(time),
        '{"age":39,"work":"Private"}', CASE i % 3 WHEN 0 THEN 'yes' ELSE 'no' END, '{"no":0.25,"yes":0.75}', 0.75, 0.0015, 0,
        \(time)\(day(time)) FROM \(rows(predictions))
      """,
      """
      INSERT INTO labels SELECT \(model), 'r' || i, CASE i % 5 WHEN 0 THEN 'yes' ELSE 'no' END,
        \(time) + 3600\(day("\(time) + 3600")) FROM \(rows(predictions))
      """,
      // Another model of a tenth of the size.
      """
      INSERT INTO predictions SELECT 'default', 'other', 'o' || i, 'v1', 'production', \(time), '{}', 'no', '{}', 0.75, 0.0015, 0,
        \(time)\(day(time)) FROM \(rows(predictions / 10))
      """,
      """
      INSERT INTO predictions SELECT 'default', 'departed-' || (1 + i % 2), 'd' || (i / 2), 'v1', 'production', \(time), '{}', 'no',
        '{}', 0.75, 0.0015, 0, \(time)\(day(time)) FROM \(rows(predictions * 2 / 3))
      """,
      """
      INSERT INTO labels SELECT 'default', 'departed-' || (1 + i % 2), 'd' || (i / 2 * 2), 'no', \(time) + 60\(day("\(time) + 60"))
      FROM \(rows(predictions / 3 - 1))
      """,
      """
      INSERT INTO feature_profiles SELECT \(model), 'v1', 'f' || (i % 14), (i / 28) * 60.0, 'server' || ((i / 14) % 2), 'b1', 10, 0, 1,
        -1, 1, '1,2,3'\(day("(i / 28) * 60.0")) FROM \(rows(predictions))
      """,
      """
      INSERT INTO checks SELECT 'default', \(others), 'run' || i, 'policy', 'v1', i * 52, i * 52, i * 52, 100, 1
      FROM \(rows(predictions / 20))
      """,
      """
      INSERT INTO drift_reports SELECT namespace, model, run, 'none', 0, NULL, NULL, NULL, NULL, NULL, NULL FROM checks
      """,
      "INSERT INTO quality_reports SELECT namespace, model, run, 'none' FROM checks",
      """
      INSERT INTO performance_reports
      SELECT namespace, model, run, 1, 10, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM checks
      """,
      """
      INSERT INTO drift_features
      SELECT namespace, model, run, 'f' || i, i, 'PSI', 0, 'none', 0, 1, 1, 0, 0, '{}' FROM checks CROSS JOIN \(rows(5))
      """,
      """
      INSERT INTO quality_checks
      SELECT namespace, model, run, i, 'missingRate', 'f', 'none', 1, 0, 0.5 FROM checks CROSS JOIN \(rows(5))
      """,
      """
      INSERT INTO checks SELECT 'default', 'departed-' || (1 + i % 2), 'departed' || i, 'policy', 'v1', i, i, i, 100, 1
      FROM \(rows(400))
      """,
      """
      INSERT INTO drift_features SELECT namespace, model, run, 'f' || i, i, 'PSI', 0, 'none', 0, 1, 1, 0, 0, '{}'
      FROM checks CROSS JOIN \(rows(5)) WHERE model LIKE 'departed%'
      """,
      """
      INSERT INTO alerts SELECT 'default', 'departed-' || (1 + i % 2), 'd' || i, 'r', 'critical', 'firing', 'm', '', NULL, i
      FROM \(rows(10_000))
      """,
      """
      INSERT INTO alerts SELECT 'default', \(others), 'a' || i, 'r', 'critical', 'firing', 'm', '', NULL, i * 2.592
      FROM \(rows(predictions))
      """,
      // Every model there ever was.
      """
      INSERT INTO models (namespace, name, uid, model, created) SELECT 'n' || (i / 100), 'm' || (i % 100), 'uid' || i, 'm' || (i % 100), 0
      FROM \(rows(predictions / 10))
      """,
      """
      INSERT INTO models (namespace, name, uid, model, created)
      SELECT 'default', 'departed-' || (i + 1), 'uid', 'departed-' || (i + 1), 0 FROM \(rows(2))
      """,
      """
      INSERT INTO versions SELECT 'n' || (i / 100), \(others), 'v' || i, 'd', 's', 'r', 1, 1, 1, 1, 1, 1, i, i
      FROM \(rows(predictions / 10))
      """,
    ]
    return statements
  }

  /// Partitions of days ahead and the like: nothing is read where they are read whole.
  static func emptyPartitions(_ connection: PostgresConnection) throws -> Set<String> {
    let list = SQLStatement(
      "list partitions", table: "pg_class", "SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r'")
    var empty: Set<String> = []
    for row in try connection.rows(list, []) {
      let name = try row.text(0)
      let one = SQLStatement("look", table: name, "SELECT 1 FROM \(name) LIMIT 1")
      if try connection.rows(one, []).isEmpty { empty.insert(name) }
    }
    return empty
  }
}
