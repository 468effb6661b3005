import Foundation
import Monitoring
import Statistics
import Synchronization
import TestSupport
import Testing
import Values
import WorkerContract

@testable import Telemetry

/// A model that is removed while others have the store open.
@Suite(.serialized) struct ModelRemovalTests {
  private let now = 1_700_000_000.0
  private let gone = ModelKey(namespace: "default", model: "income", identity: ModelIdentity(uid: "one"))
  private let namesake = ModelKey(namespace: "default", model: "income", identity: ModelIdentity(uid: "two"))

  private func check(_ run: String) -> CheckRecord {
    CheckRecord(
      run: run, policy: "p", version: "v1", from: 0, to: 50, time: 60, rows: 1, conclusive: false,
      drift: .init(
        severity: .none, share: 0,
        features: [
          .init(
            feature: "f", test: .chiSquare, drifted: false, severity: .none, statistic: 0, pValue: 1, adjustedPValue: 1,
            psi: 0, effect: 0)
        ]), quality: .init(severity: .none),
      performance: PerformanceSummary(expected: 0))
  }

  /// One row of each kind, told apart by `id`. Returns whether the check was stored.
  @discardableResult
  private func fill(_ store: any TelemetryStore, _ model: ModelKey, _ id: String) async throws -> Bool {
    try await store.append([aPrediction(id, at: now - 30)], of: model)
    // By a clock that is far ahead, and of a time that no clock shows.
    try await store.append([aPrediction(id + "-ahead", at: 1e12)], of: model)
    try await store.append([LabelRecord(requestID: id, label: "x", time: now - 20)], of: model)
    try await store.store(
      [
        ProfileRecord(
          version: id, feature: nil, minute: 60, instance: "i", bins: "b", counts: FeatureCounts(counts: [1]))
      ],
      of: model)
    try await store.store(
      VersionRecord(version: id, digest: "d", stage: "s", reason: "", metrics: nil, created: 1, updated: 1), of: model)
    try await store.store(
      AlertRecord(id: id, rule: "r", severity: "info", state: "firing", message: "m", time: 7), of: model)
    return try await store.store(check(id), of: model)
  }

  /// What is left under a value of the column `model`, by table.
  private func left(at location: String, _ name: String = "income") async throws -> [String: Int] {
    let database = Self.database(at: location)
    let found = try await database.read { (connection) throws(TelemetryError) -> [String: Int] in
      var found: [String: Int] = [:]
      for table in [
        "predictions", "labels", "feature_profiles", "checks", "drift_features", "quality_reports", "alerts",
        "versions",
      ] {
        let count = SQLStatement("count", table: table, "SELECT COUNT(*) FROM \(table) WHERE model = $1")
        let rows = try connection.rows(count, [.text(name)]).first?.integer(0) ?? 0
        if rows > 0 { found[table] = rows }
      }
      return found
    }
    await database.close()
    return found
  }

  private static func database(at location: String) -> any SQLDatabase {
    location.hasPrefix("sqlite:")
      ? SQLiteDatabase(path: String(location.dropFirst("sqlite://".count))) : PostgresDatabase(url: location)
  }

  private func remove(_ store: any TelemetryStore, _ model: ModelKey, limit: Int = 5_000) async throws -> Int {
    var removed = try await store.beginRemoval(of: model, at: now)
    while case let count = try await store.removeRows(of: model, limit: limit), count > 0 { removed += count }
    return removed
  }

  @Test(arguments: StoreKind.available)
  func `a row that comes after the removal began never stays, whoever has the store open`(kind: StoreKind) async throws
  {
    try await withLocation(of: kind) { location in
      let (server, worker) = (try openTelemetryStore(at: location), try openTelemetryStore(at: location))
      #expect(try await fill(server, gone, "before"))
      #expect(try await fill(server, namesake, "before"))
      _ = try await worker.beginRemoval(of: gone, at: now)
      // The server has stored rows of both, and knows of nothing.
      #expect(try await !fill(server, gone, "after"))
      #expect(try await fill(server, namesake, "after"))
      while try await worker.removeRows(of: gone, limit: 1) > 0 {}
      #expect(try await left(at: location).isEmpty)
      #expect(try await !fill(server, gone, "late"))
      let third = try openTelemetryStore(at: location)
      #expect(try await !fill(third, gone, "later"))
      #expect(try await left(at: location).isEmpty)
      #expect(try await server.predictions(PredictionQuery(model: namesake)).count == 4)
      #expect(try await server.checks(of: namesake, from: 0, limit: 9).count == 2)
      for store in [server, worker, third] { await store.close() }
    }
  }

  @Test(arguments: StoreKind.available)
  func `servers that store without a pause while a model is removed leave nothing of it`(kind: StoreKind) async throws {
    try await withLocation(of: kind) { location in
      let worker = try openTelemetryStore(at: location)
      try await fill(worker, gone, "first")
      let (gone, namesake, now) = (gone, namesake, now)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for writer in 0..<4 {
          group.addTask {
            let server = try openTelemetryStore(at: location)
            for batch in 0..<40 {
              for model in [gone, namesake] {
                try await server.append(
                  (0..<20).map { aPrediction("\(writer)-\(batch)-\($0)", at: now - 50) }, of: model)
              }
            }
            await server.close()
          }
        }
        _ = try await eventually("a server has stored rows") {
          try await worker.predictions(PredictionQuery(model: gone, limit: 50)).count > 20 ? true : nil
        }
        _ = try await worker.beginRemoval(of: gone, at: now)
        while try await worker.removeRows(of: gone, limit: 500) > 0 {}
        #expect(try await left(at: location).isEmpty)
        try await group.waitForAll()
      }
      #expect(try await left(at: location).isEmpty)
      #expect(try await worker.predictions(PredictionQuery(model: namesake)).count == 4 * 40 * 20)
      await worker.close()
    }
  }

  @Test(.enabled(if: TemporaryServer.programs != nil, "PostgreSQL's programs are not installed"))
  func `a batch that is being stored is waited for, and removed`() async throws {
    try await withPostgres { server in
      let worker = try openTelemetryStore(at: server.url)
      try await fill(worker, gone, "before")
      let (slow, watch) = (try PostgresConnection(url: server.url), try PostgresConnection(url: server.url))
      try slow.begin()
      let rows = ModelKey(namespace: gone.namespace, model: gone.model, identity: gone.identity)
      #expect(try SQLTelemetryStore.mayStore(of: rows, .postgres, slow))
      try slow.command(
        "INSERT INTO labels VALUES ('default', 'income', 'slow', 'x', 100, (SELECT MAX(day) FROM labels))")
      async let removal = remove(worker, gone)
      let waiting = SQLStatement("look", table: "pg_locks", "SELECT COUNT(*) FROM pg_locks WHERE NOT granted")
      _ = try await eventually("the removal waits") {
        try watch.rows(waiting, []).first?.integer(0) ?? 0 > 0 ? true : nil
      }
      try slow.command("COMMIT")
      let removed = try await removal
      #expect(removed > 0)
      #expect(try await left(at: server.url).isEmpty)
      await worker.close()
    }
  }

  @Test(arguments: StoreKind.available)
  func `a model that never stored anything is refused as well, and takes no row of another`(kind: StoreKind)
    async throws
  {
    try await withLocation(of: kind) { location in
      let worker = try openTelemetryStore(at: location)
      // Rows of release 0.1.0, whose owner nobody has named.
      let nameless = ModelKey(namespace: gone.namespace, model: gone.model)
      try await fill(worker, nameless, "nameless")
      let before = try await left(at: location)
      #expect(try await remove(worker, gone) == 0)
      #expect(try await left(at: location) == before)
      let server = try openTelemetryStore(at: location)
      #expect(try await !fill(server, gone, "first"))
      #expect(try await server.predictions(PredictionQuery(model: gone)).isEmpty)
      #expect(try await left(at: location, "income/one").isEmpty)
      // The next of the name finds them as if the other had never been.
      #expect(try await server.predictions(PredictionQuery(model: namesake)).count == 2)
      #expect(try await fill(server, namesake, "second"))
      #expect(try await remove(worker, gone) == 0)
      #expect(try await server.predictions(PredictionQuery(model: namesake)).count == 4)
      // A name alone is removed by nobody.
      #expect(try await remove(worker, nameless) == 0)
      for store in [server, worker] { await store.close() }
    }
  }

  @Test(arguments: StoreKind.available)
  func
    `a removal that was interrupted goes on where it stopped, and one that is over removes what an older release stored since`(
      kind: StoreKind
    ) async throws
  {
    try await withLocation(of: kind) { location in
      let first = try openTelemetryStore(at: location)
      for model in [gone, namesake] { for id in ["a", "b", "c"] { try await fill(first, model, id) } }
      #expect(try await first.removeRows(of: gone, limit: 100) == 0, "no removal has begun")
      var steps = 0
      // A new process for each step.
      while true {
        let worker = try openTelemetryStore(at: location)
        _ = try await worker.beginRemoval(of: gone, at: now + Double(steps))
        if steps == 0 { #expect(try await worker.runs(of: gone, after: "", limit: 9) == ["a", "b", "c"]) }
        let count = try await worker.removeRows(of: gone, limit: 1)
        await worker.close()
        if count == 0 { break }
        steps += 1
      }
      #expect(steps >= 3)
      #expect(try await left(at: location).isEmpty)
      // A server of release 0.1.0 writes by the name, whatever was removed.
      try await fill(first, ModelKey(namespace: gone.namespace, model: gone.model), "late")
      #expect(try await remove(first, gone) == 7)
      #expect(try await left(at: location).isEmpty)
      #expect(try await first.predictions(PredictionQuery(model: namesake)).count == 6)
      let database = Self.database(at: location)
      let removed = try await database.read { (connection) throws(TelemetryError) -> [Double?] in
        var removed: [Double?] = []
        let select = "SELECT removed FROM models ORDER BY uid"
        for row in try connection.rows(SQLStatement("look", table: "models", select), []) {
          removed.append(try row.optionalNumber(0))
        }
        return removed
      }
      #expect(removed == [now, nil], "the time of the first")
      await database.close()
      await first.close()
    }
  }

  @Test(.enabled(if: TemporaryServer.programs != nil, "PostgreSQL's programs are not installed"))
  func `days of its own are dropped once, and no day that others use is locked`() async throws {
    try await withPostgres { server in
      let day = 86_400.0
      let today = (now / day).rounded(.down) * day
      let store = try openTelemetryStore(at: server.url)
      let other = ModelKey(namespace: "default", model: "other", identity: ModelIdentity(uid: "three"))
      func rows(_ days: [Double]) -> [PredictionRecord] {
        days.map { aPrediction("r\($0)", at: today - $0 * day + 60) }
      }
      try await store.append(rows([9, 8, 5, 1, 0]), of: gone)
      try await store.append(rows([8, 0]), of: other)
      try await store.append([LabelRecord(requestID: "r9", label: "x", time: today - 9 * day)], of: gone)
      let watched = WatchedDatabase(PostgresDatabase(url: server.url))
      let removal = SQLTelemetryStore(database: watched)
      // Somebody reads a day for long: it stays, and its rows go one by one.
      let reader = try PostgresConnection(url: server.url)
      func name(_ before: Double) -> String {
        "predictions_"
          + RFC3339.text(ofTicks: Int(today - before * day), digits: 0).prefix(10).replacing("-", with: "")
      }
      try reader.command("BEGIN; LOCK TABLE \(name(5)) IN ACCESS SHARE MODE")
      var removed = try await removal.beginRemoval(of: gone, at: today + 3_600)
      while case let count = try await removal.removeRows(of: gone, limit: 2), count > 0 { removed += count }
      try reader.command("COMMIT")
      #expect(removed >= 6)
      #expect(try await left(at: server.url).isEmpty)
      #expect(try await store.predictions(PredictionQuery(model: other)).count == 2)
      let list = SQLStatement(
        "look", table: "pg_class", "SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r'")
      let partitions = try Set(reader.rows(list, []).map { try $0.text(0) })
      #expect(partitions.isSuperset(of: [name(8), name(5), name(1), name(0)]) && !partitions.contains(name(9)))
      let transactions = watched.transactions
      #expect(transactions.filter { $0.purposes.contains("drop old partitions") }.count == 6, "until none is left")
      for transaction in transactions {
        #expect(
          transaction.locked.subtracting(["predictions", "labels", "feature_profiles"]).isEmpty, "\(transaction)")
        if !transaction.purposes.contains("drop old partitions") { #expect(transaction.locked.isEmpty) }
      }
      await store.close()
      await watched.close()
    }
  }

  @Test(.enabled(if: TemporaryServer.programs != nil, "PostgreSQL's programs are not installed"))
  func `a removal and a long query never wait for each other`() async throws {
    try await withPostgres { server in
      let (store, gone, now) = (try openTelemetryStore(at: server.url), self.gone, self.now)
      try await store.append([9, 8].map { aPrediction("r\($0)", at: now - $0 * 86_400) }, of: gone)
      let (reader, watch) = (try PostgresConnection(url: server.url), try PostgresConnection(url: server.url))
      try reader.command("BEGIN; LOCK TABLE ONLY predictions IN ACCESS SHARE MODE")
      let removal = Task { while !Task.isCancelled { _ = try await store.beginRemoval(of: gone, at: now) } }
      defer { removal.cancel() }
      let waiting = SQLStatement("look", table: "pg_locks", "SELECT COUNT(*) FROM pg_locks WHERE NOT granted")
      _ = try await eventually("the removal waits for the table", every: .milliseconds(5)) {
        try watch.rows(waiting, []).first?.integer(0) ?? 0 > 0 ? true : nil
      }
      // A query locks the table first, and then its days.
      try reader.command("SELECT COUNT(*) FROM predictions")
      try reader.command("COMMIT")
      removal.cancel()
      try await removal.value
      _ = try await remove(store, gone)
      #expect(try await left(at: server.url).isEmpty)
      await store.close()
    }
  }
}

/// A PostgreSQL database that writes down which tables each of its transactions kept from everybody else.
private final class WatchedDatabase: SQLDatabase {
  struct Transaction: Sendable {
    var purposes: Set<String> = []
    var locked: Set<String> = []
  }

  private let base: any SQLDatabase
  private let seen = Mutex<[Transaction]>([])

  init(_ base: any SQLDatabase) { self.base = base }

  var dialect: SQLDialect { base.dialect }
  var transactions: [Transaction] { seen.withLock { $0 } }

  func read<Result: Sendable>(
    _ work: @escaping @Sendable (any SQLConnection) throws(TelemetryError) -> Result
  ) async throws(TelemetryError) -> Result { try await base.read(work) }

  func write<Result: Sendable>(
    _ work: @escaping @Sendable (any SQLConnection) throws(TelemetryError) -> Result
  ) async throws(TelemetryError) -> Result {
    try await base.write { (connection) throws(TelemetryError) in
      let watched = WatchedConnection(connection)
      let result = try work(watched)
      let locks = SQLStatement(
        "look", table: "pg_locks",
        """
        SELECT c.relname FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
        WHERE l.pid = pg_backend_pid() AND l.mode = 'AccessExclusiveLock' AND l.granted AND c.relkind IN ('r', 'p')
        """)
      var transaction = Transaction(purposes: watched.purposes)
      for row in try connection.rows(locks, []) { transaction.locked.insert(try row.text(0)) }
      self.seen.withLock { $0.append(transaction) }
      return result
    }
  }

  func store(
    _ rows: any BulkRows, by form: BulkForm,
    where isWanted: @escaping @Sendable (any SQLConnection) throws(TelemetryError) -> Bool
  ) async throws(TelemetryError) { try await base.store(rows, by: form, where: isWanted) }

  func close() async { await base.close() }
}

private final class WatchedConnection: SQLConnection {
  private let base: any SQLConnection
  private(set) var purposes: Set<String> = []

  init(_ base: any SQLConnection) { self.base = base }

  func run(_ statement: SQLStatement, _ arguments: [SQLValue]) throws(TelemetryError) -> Int {
    purposes.insert(statement.purpose)
    return try base.run(statement, arguments)
  }

  func rows(_ statement: SQLStatement, _ arguments: [SQLValue]) throws(TelemetryError) -> [SQLRow] {
    purposes.insert(statement.purpose)
    return try base.rows(statement, arguments)
  }
}
