import Foundation
import Monitoring
import Statistics
import Synchronization
import TestSupport
import Testing
import WorkerContract

@testable import Telemetry

/// Runs every statement of both stores at a size at which a wrong index takes minutes, and looks at its plan.
@Suite(.serialized) struct StatementPlanTests {
  @Test func `SQLite finds rows by an index`() async throws {
    try await withLocation(of: .sqlite) { location in
      let database = SQLiteDatabase(path: String(location.dropFirst("sqlite://".count)))
      try await database.write { (connection) throws(TelemetryError) -> Void in
        for text in FullTables.statements(.sqlite) { _ = try connection.run(SQLStatement("fill", table: "", text), []) }
      }
      let explained = ExplainedDatabase(database, empty: [])
      try await useEverything(SQLTelemetryStore(database: explained), removing: FullTables.departed[0])
      explained.finish(
        except: ["lock the tables' definition", "add a partition", "drop old partitions", "choose plans"])
      // With statistics, as after a VACUUM by somebody's tool.
      try await database.write { (connection) throws(TelemetryError) in
        _ = try connection.run(SQLStatement("analyze", table: "", "ANALYZE"), [])
      }
      let analyzed = ExplainedDatabase(database, empty: [])
      try await useEverything(SQLTelemetryStore(database: analyzed), removing: FullTables.departed[1])
      await database.close()
    }
  }

  @Test(.enabled(if: TemporaryServer.programs != nil, "PostgreSQL's programs are not installed"))
  func `PostgreSQL finds rows by an index, with statistics and without`() async throws {
    try await withPostgres { server in
      let connection = try PostgresConnection(url: server.url)
      for text in FullTables.statements(.postgres) { try connection.command(text) }
      let empty = try FullTables.emptyPartitions(connection)
      let database = PostgresDatabase(url: server.url)
      let explained = ExplainedDatabase(database, empty: empty)
      try await useEverything(SQLTelemetryStore(database: explained), removing: FullTables.departed[0])
      explained.finish(except: ["lock the tables' definition", "add a partition"])
      try connection.command("ANALYZE")
      let analyzed = ExplainedDatabase(database, empty: empty)
      try await useEverything(SQLTelemetryStore(database: analyzed), removing: FullTables.departed[1])
      await database.close()
    }
  }

  /// In the sources, as a statement that no call above runs would be left out.
  @Test func `every statement in the sources has an entry`() throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Sources/Stores/Telemetry")
      .standardized
    let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
    var found: Set<String> = []
    for case let file as URL in files where file.pathExtension == "swift" {
      let text = try String(contentsOf: file, encoding: .utf8)
      for match in text.matches(of: /(?:purpose: |purpose = |deleteOld(?:est)?\(\s*|SQLStatement\(\s*)"([^"]+)"/) {
        found.insert(String(match.1))
      }
    }
    let known = Set(StatementPlan.all.map(\.purpose))
    #expect(found.subtracting(known.union(["connect", "commit"])).isEmpty, "write an entry in StatementPlan.all")
    #expect(known.subtracting(found).isEmpty, "no such statement is left")
  }

  private func useEverything(_ store: SQLTelemetryStore, removing departed: String) async throws {
    let time = FullTables.end - 3_600
    let owned = ModelKey(namespace: census.namespace, model: census.model, identity: ModelIdentity(uid: "uid"))
    try await store.prepare()
    // Append.
    do {
      try await store.append((0..<100).map { aPrediction("r\(99_900 + $0)", at: FullTables.end - 1) }, of: census)
      try await store.append((0..<100).map { LabelRecord(requestID: "r\($0)", label: "x", time: time) }, of: owned)
      try await store.store(
        [
          ProfileRecord(
            version: "v1", feature: "f1", minute: 60, instance: "a", bins: "b1", counts: FeatureCounts(counts: [1, 2]))
        ],
        of: census)
    }
    // Predictions.
    do {
      let read = try await store.predictions(
        PredictionQuery(model: census, from: FullTables.end - 86_400, to: time, limit: 500))
      #expect(read.count == 500)
    }
    // Outcomes.
    do { _ = try await store.outcomes(of: census, from: 3_600, limit: 20_000) }
    // Labelled outcomes.
    do {
      let outcomes = try await store.labelledOutcomes(of: census, from: 0, limit: 20_000)
      #expect(outcomes.reduce(0) { $0 + $1.count } >= 19_900)
    }
    // Newest.
    do {
      let newest = try await store.newest(of: census)
      #expect(newest.prediction ?? 0 > time && newest.label ?? 0 > time)
      let nobody = ModelKey(namespace: "elsewhere", model: "none")
      #expect(try await store.newest(of: nobody) == NewestRows(prediction: nil, label: nil))
    }
    // Profile.
    do {
      _ = try await store.profile(of: census, version: "v1", bins: "b1", from: time - 3_600, to: time)
    }
    // Ownership.
    do {
      let identity = ModelIdentity(uid: "uid", created: "1970-01-01T00:00:00Z")
      let own = try await store.claim(census, as: identity)
      let names = try await store.rowNames(of: census)
      #expect(own == census.model && names == [census.model])
    }
    // Registry.
    do {
      try await store.store(
        VersionRecord(version: "v1", digest: "d", stage: "s", reason: "r", metrics: nil, created: 1, updated: 1),
        of: census)
      _ = try await store.versions(of: census)
      try await store.store(
        AlertRecord(id: "a1", rule: "r", severity: "s", state: "firing", message: "m", time: time), of: census)
      #expect(try await store.alerts(of: census, from: time - 3_600, limit: 20).count > 0)
    }
    // Checks.
    do {
      let checks = try await store.checks(of: census, from: time - 86_400, limit: 3)
      #expect(checks.count == 3)
      if let check = checks.first { try await store.store(check, of: census) }
    }
    // Retention.
    do {
      _ = try await store.deletePredictions(of: census, before: 6_000, limit: 2_000)
    }
    // Removal.
    do {
      #expect(try await store.runs(of: census, after: "", limit: 50).count == 50)
      let gone = ModelKey(namespace: census.namespace, model: departed, identity: ModelIdentity(uid: "uid"))
      var removed = try await store.beginRemoval(of: gone, at: FullTables.end)
      var rounds = 1
      while case let count = try await store.removeRows(of: gone, limit: 20_000), count > 0 {
        removed += count
        rounds += 1
      }
      #expect(rounds <= 4)
      // Predictions, labels, checks and alerts.
      #expect(removed == 33_333 + 16_666 + 200 + 5_000)
    }
  }
}

/// A database that looks at the plan of each statement before it runs.
private final class ExplainedDatabase: SQLDatabase {
  private let base: any SQLDatabase
  private let empty: Set<String>
  private let seen = Mutex<Set<String>>([])

  init(_ base: any SQLDatabase, empty: Set<String>) {
    self.base = base
    self.empty = empty
  }

  var dialect: SQLDialect { base.dialect }

  /// What has an entry and was not run.
  func finish(except exempt: Set<String>) {
    let left = Set(StatementPlan.all.map(\.purpose)).subtracting(seen.withLock { $0 }).subtracting(exempt)
    #expect(left.subtracting(["bring the tables up to date"]).isEmpty, "never run")
  }

  func read<Result: Sendable>(
    _ work: @escaping @Sendable (any SQLConnection) throws(TelemetryError) -> Result
  ) async throws(TelemetryError) -> Result {
    try await base.read { (connection) throws(TelemetryError) in
      try work(Explained(base: connection, database: self))
    }
  }

  func write<Result: Sendable>(
    _ work: @escaping @Sendable (any SQLConnection) throws(TelemetryError) -> Result
  ) async throws(TelemetryError) -> Result {
    try await base.write { (connection) throws(TelemetryError) in
      try work(Explained(base: connection, database: self))
    }
  }

  func store(
    _ rows: any BulkRows, by form: BulkForm,
    where isWanted: @escaping @Sendable (any SQLConnection) throws(TelemetryError) -> Bool
  ) async throws(TelemetryError) {
    try await base.write { (connection) throws(TelemetryError) in
      _ = try isWanted(Explained(base: connection, database: self))
      switch self.dialect {
      case .sqlite:
        let first = form.insert
        try first.run(
          Array(rows.rounds(by: form.key).prefix(1).joined()), on: Explained(base: connection, database: self))
      case .postgres:
        for setting in PostgresLoader.mergeSettings.split(separator: ";") {
          try connection.run(SQLStatement("set", table: "", String(setting)), [])
        }
        for step in form.merge {
          try self.explain(
            SQLStatement(form.purpose, table: form.table, form.text(of: step)),
            TextArrays.of(rows, form, form.columns(of: step)), connection)
        }
      }
    }
    try await base.store(rows, by: form, where: isWanted)
  }

  func close() async { await base.close() }

  func explain(
    _ statement: SQLStatement, _ arguments: [SQLValue], _ connection: any SQLConnection
  ) throws(TelemetryError) {
    guard let entry = StatementPlan.of(statement) else {
      Issue.record("write an entry in StatementPlan.all: \(statement.purpose) of \(statement.table)")
      return
    }
    seen.withLock { _ = $0.insert(statement.purpose) }
    if case .definition = entry.exemption { return }
    let word = dialect.isSQLite ? "EXPLAIN QUERY PLAN " : "EXPLAIN "
    var lines: [String] = []
    for row in try connection.rows(SQLStatement("explain", table: "", word + statement.text), arguments) {
      lines.append(try row.text(dialect.isSQLite ? 3 : 0))
    }
    let faults = entry.faults(lines, dialect, empty: empty)
    #expect(faults.isEmpty, "\(statement.purpose) (\(statement.table)): \(lines.joined(separator: "\n"))")
  }
}

private struct Explained: SQLConnection {
  let base: any SQLConnection
  let database: ExplainedDatabase

  func run(_ statement: SQLStatement, _ arguments: [SQLValue]) throws(TelemetryError) -> Int {
    try database.explain(statement, arguments, base)
    return try base.run(statement, arguments)
  }

  func rows(_ statement: SQLStatement, _ arguments: [SQLValue]) throws(TelemetryError) -> [SQLRow] {
    try database.explain(statement, arguments, base)
    return try base.rows(statement, arguments)
  }
}

/// Columns of rows as PostgreSQL writes arrays: EXPLAIN through the ordinary way takes texts.
private enum TextArrays {
  static func of(_ rows: any BulkRows, _ form: BulkForm, _ columns: [String]) -> [SQLValue] {
    let places = columns.compactMap { name in form.columns.firstIndex { $0.name == name } }
    var arrays = places.map { place in (0..<rows.count).map { text(rows.values(of: $0)[place]) } }
    arrays.append((0..<rows.count).map { day(rows.day(of: $0)) })
    return arrays.map { .text("{" + $0.joined(separator: ",") + "}") }
  }

  private static func text(_ value: SQLValue) -> String {
    switch value {
    case .null: "NULL"
    case .integer(let value): String(value)
    case .number(let value): String(value)
    case .text(let value): "\"" + value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }
  }

  private static func day(_ day: Int) -> String {
    String(Date(timeIntervalSince1970: Double(day) * 86_400).ISO8601Format().prefix(10))
  }
}
