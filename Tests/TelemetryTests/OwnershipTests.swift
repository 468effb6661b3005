import Foundation
import Monitoring
import Statistics
import TestSupport
import Testing
import WorkerContract

@testable import Telemetry

/// Rows belong to a model, not to a name that may be given again.
@Suite(.serialized) struct OwnershipTests {
  private func key(_ uid: String?, created: String? = nil) -> ModelKey {
    ModelKey(
      namespace: "default", model: "income", identity: uid.map { ModelIdentity(uid: $0, created: created) })
  }

  private func check(_ run: String) -> CheckRecord {
    CheckRecord(
      run: run, policy: "p", version: "v1", from: 0, to: 50, time: 60, rows: 1, conclusive: false,
      drift: .init(severity: .none, share: 0), quality: .init(severity: .none),
      performance: PerformanceSummary(expected: 0))
  }

  @Test(arguments: StoreKind.available)
  func `a new model of the same name sees nothing of the old one, and the old rows stay as they are`(
    kind: StoreKind
  ) async throws {
    try await withStore(of: kind) { store in
      let (old, new) = (key("one", created: "1970-01-01T00:00:00Z"), key("two", created: "1970-01-01T00:10:00Z"))
      let version = VersionRecord(
        version: "v1", digest: "sha256:1", stage: "Production", reason: "", metrics: nil, created: 1, updated: 1)
      let alert = AlertRecord(id: "a", rule: "r", severity: "info", state: "firing", message: "m", time: 7)
      let profile = ProfileRecord(
        version: "v1", feature: nil, minute: 60, instance: "i", bins: "b", counts: FeatureCounts(counts: [1, 2]))
      try await store.append([aPrediction("r1", at: 100), aPrediction("r2", at: 101)], of: old)
      try await store.append([LabelRecord(requestID: "r1", label: "<=50K", time: 5)], of: old)
      try await store.store(check("c"), of: old)
      try await store.store(version, of: old)
      try await store.store(alert, of: old)
      try await store.store([profile], of: old)

      #expect(try await store.predictions(PredictionQuery(model: new)).isEmpty)
      #expect(try await store.outcomes(of: new, from: 0, limit: 10).isEmpty)
      #expect(try await store.labelledOutcomes(of: new, from: 0, limit: 10).isEmpty)
      #expect(try await store.newest(of: new) == NewestRows(prediction: nil, label: nil))
      #expect(try await store.checks(of: new, from: 0, limit: 10).isEmpty)
      #expect(try await store.versions(of: new).isEmpty)
      #expect(try await store.alerts(of: new, from: 0, limit: 10).isEmpty)
      #expect(try await store.profile(of: new, version: "v1", bins: "b", from: 0, to: 1e9) == nil)

      // The same request ids, version and run: none is a repeat, and no label finds the other's prediction.
      try await store.append([aPrediction("r1", at: 1000)], of: new)
      try await store.append([LabelRecord(requestID: "r2", label: ">50K", time: 1001)], of: new)
      try await store.store(check("c"), of: new)
      var archived = version
      archived.stage = "Archived"
      try await store.store(archived, of: new)
      let mine = try await store.predictions(PredictionQuery(model: new))
      #expect(mine.map(\.record.time) == [1000] && mine.map(\.label) == [nil] && mine.map(\.repeats) == [0])
      let theirs = try await store.predictions(PredictionQuery(model: old))
      #expect(theirs.map(\.label) == ["<=50K", nil] && theirs.map(\.repeats) == [0, 0])
      #expect(try await store.versions(of: old) == [version])
      #expect(try await store.versions(of: new) == [archived])
      #expect(try await store.checks(of: old, from: 0, limit: 10) == [check("c")])
    }
  }

  @Test(arguments: StoreKind.available)
  func `rows of before are the model's that exists at the upgrade, whichever process comes first`(
    kind: StoreKind
  ) async throws {
    try await withStore(of: kind) { store in
      try await store.append([aPrediction("r1", at: 500)], of: key(nil))
      let living = key("one", created: "1970-01-01T00:05:00Z")
      #expect(try await store.predictions(PredictionQuery(model: living)).count == 1)
      // A server of the release before goes on writing by the name alone.
      try await store.append([aPrediction("r2", at: 501)], of: key(nil))
      #expect(try await store.predictions(PredictionQuery(model: living)).count == 2)
      #expect(try await store.predictions(PredictionQuery(model: key("two"))).isEmpty)
    }
  }

  @Test(arguments: StoreKind.available)
  func `a model that was made after all rows of its name does not adopt them`(kind: StoreKind) async throws {
    try await withStore(of: kind) { store in
      try await store.append([aPrediction("r1", at: 500)], of: key(nil))
      for uid in ["one", "two"] {
        let new = key(uid, created: "1970-01-01T00:10:00Z")
        #expect(try await store.predictions(PredictionQuery(model: new)).isEmpty, "\(uid)")
        try await store.append([aPrediction("r1", at: 900)], of: new)
        #expect(try await store.predictions(PredictionQuery(model: new)).map(\.repeats) == [0], "\(uid)")
      }
    }
  }

  @Test(arguments: StoreKind.available)
  func `however many come at once, each model has rows of its own`(kind: StoreKind) async throws {
    try await withLocation(of: kind) { location in
      let first = try openTelemetryStore(at: location)
      try await first.prepare()
      await first.close()
      try await withThrowingTaskGroup(of: Void.self) { group in
        for writer in 0..<8 {
          group.addTask {
            let store = try openTelemetryStore(at: location)
            try await store.append([aPrediction("w\(writer)", at: 100)], of: self.key("uid-\(writer % 2)"))
            await store.close()
          }
        }
        try await group.waitForAll()
      }
      let store = try openTelemetryStore(at: location)
      for uid in 0..<2 {
        let rows = try await store.predictions(PredictionQuery(model: key("uid-\(uid)")))
        #expect(Set(rows.map(\.record.requestID)) == Set([0, 2, 4, 6].map { "w\($0 + uid)" }))
      }
      await store.close()
    }
  }

  @Test(arguments: StoreKind.available)
  func `old predictions of the models before go with those of the model that has the name now`(
    kind: StoreKind
  ) async throws {
    try await withStore(of: kind) { store in
      let (old, new) = (key("one"), key("two"))
      let other = ModelKey(namespace: "default", model: "other", identity: ModelIdentity(uid: "three"))
      for model in [old, new, other] {
        try await store.append([aPrediction("a", at: 100), aPrediction("b", at: 5_000_000)], of: model)
      }
      while try await store.deletePredictions(of: new, before: 4_000_000, limit: 10) > 0 {}
      for model in [old, new] {
        #expect(try await store.predictions(PredictionQuery(model: model)).map(\.record.requestID) == ["b"])
      }
      #expect(try await store.predictions(PredictionQuery(model: other)).count == 2)
    }
  }

  @Test(arguments: StoreKind.available)
  func `a model's rows go, no others, and nothing that comes late brings them back`(kind: StoreKind) async throws {
    try await withStore(of: kind) { store in
      let (old, new) = (key("one", created: "1970-01-01T00:00:00Z"), key("two", created: "1970-01-01T00:10:00Z"))
      let other = ModelKey(namespace: "default", model: "other", identity: ModelIdentity(uid: "three"))
      let version = VersionRecord(
        version: "v1", digest: "sha256:1", stage: "Production", reason: "", metrics: nil, created: 1, updated: 1)
      let alert = AlertRecord(id: "a", rule: "r", severity: "info", state: "firing", message: "m", time: 7)
      func profile(_ minute: Double) -> ProfileRecord {
        ProfileRecord(
          version: "v1", feature: nil, minute: minute, instance: "i", bins: "b", counts: FeatureCounts(counts: [1, 2]))
      }
      let now = 1_700_000_000.0
      func fill(_ model: ModelKey) async throws {
        // Long ago, today, and by a clock that is ahead.
        let times: [Double] = [100, now - 5 * 86_400, now - 10, now + 86_400]
        let predictions = times.enumerated().map { aPrediction("r\($0.offset)", at: $0.element) }
        try await store.append(predictions, of: model)
        try await store.append(
          [
            LabelRecord(requestID: "r2", label: "<=50K", time: now), LabelRecord(requestID: "z", label: "x", time: now),
          ],
          of: model)
        for run in ["c", "d", "e"] { try await store.store(check(run), of: model) }
        try await store.store(version, of: model)
        try await store.store(alert, of: model)
        try await store.store([profile(60), profile((now / 60).rounded(.down) * 60)], of: model)
      }
      for model in [old, new, other] { try await fill(model) }
      #expect(try await store.runs(of: old, after: "", limit: 2) == ["c", "d"])
      #expect(try await store.runs(of: old, after: "d", limit: 2) == ["e"])

      var removed = try await store.beginRemoval(of: old, at: now)
      while true {
        let count = try await store.removeRows(of: old, limit: 2)
        guard count > 0 else { break }
        removed += count
      }
      #expect(removed >= 4 + 2 + 3 + 1 + 1 + 2, "partitions may go as a whole, and count about")
      func isEmpty(_ model: ModelKey) async throws -> Bool {
        let rows = try await store.predictions(PredictionQuery(model: model)).count
        let newest = try await store.newest(of: model)
        let runs = try await store.runs(of: model, after: "", limit: 9).count
        let records =
          try await store.checks(of: model, from: 0, limit: 9).count + store.versions(of: model).count
          + store.alerts(of: model, from: 0, limit: 9).count
        let profile = try await store.profile(of: model, version: "v1", bins: "b", from: 0, to: 2 * now)
        return rows + runs + records == 0 && newest == NewestRows(prediction: nil, label: nil) && profile == nil
      }
      #expect(try await isEmpty(old))
      // A server that was cut off, rows that waited on a disk, the operator's mirror.
      try await fill(old)
      #expect(try await isEmpty(old))
      #expect(try await store.removeRows(of: old, limit: 2) == 0)
      for model in [new, other] {
        #expect(try await store.predictions(PredictionQuery(model: model)).map(\.label) == [nil, nil, "<=50K", nil])
        #expect(try await store.checks(of: model, from: 0, limit: 9).count == 3)
        #expect(try await store.profile(of: model, version: "v1", bins: "b", from: 0, to: 2 * now) != nil)
      }
      #expect(try await store.runs(of: key("nobody"), after: "", limit: 2).isEmpty)
    }
  }

  @Test func `checks of a SQLite file of the release before are kept`() async throws {
    try await withLocation(of: .sqlite) { location in
      let database = SQLiteDatabase(path: String(location.dropFirst("sqlite://".count)))
      let store = SQLTelemetryStore(database: database)
      try await store.store(check("before"), of: census)
      let older = try #require(TelemetrySchema.steps.first { $0.name == "0002-checks" }).statements(.sqlite)
      let table = try #require(older.first { $0.contains("CREATE TABLE performance_reports") })
      let view = try #require(
        TelemetrySchema.steps.first?.statements(.sqlite).first { $0.contains("CREATE VIEW labelled_predictions") })
      try await database.write { (connection) throws(TelemetryError) in
        for text in [
          "DROP VIEW labelled_predictions", view, "DROP TABLE performance_reports", table,
          """
          INSERT INTO performance_reports (namespace, model, run, coverage, labelled, accuracy, precision_value, recall,
            f1, roc_auc, brier) VALUES ('default', 'income', 'before', 0.5, 40, 0.9, 0.8, 0.7, 0.6, 0.5, 0.1)
          """, "DROP TABLE models", "DELETE FROM apus_schema WHERE step > '0006-samples'",
        ] {
          try connection.run(SQLStatement("go back", table: "performance_reports", text), [])
        }
      }
      await database.close()
      let next = try openTelemetryStore(at: location)
      var checks = try await next.checks(of: census, from: 0, limit: 10)
      #expect(checks.first?.performance.coverage == 0.5 && checks.first?.performance.metrics?.accuracy == 0.9)
      #expect(checks.first?.labelled == nil && checks.first?.performance.expected == nil)
      try await next.store(check("after"), of: census)
      checks = try await next.checks(of: census, from: 0, limit: 10)
      #expect(checks.first { $0.run == "after" }?.performance.coverage == nil && checks.count == 2)
      await next.close()
    }
  }

  @Test func `the view names the model and its UID`() async throws {
    try await withLocation(of: .sqlite) { location in
      let store = try openTelemetryStore(at: location)
      try await store.append([aPrediction("r1")], of: key("one"))
      try await store.append([aPrediction("r1")], of: key("two"))
      await store.close()
      let database = SQLiteDatabase(path: String(location.dropFirst("sqlite://".count)))
      let rows = try await database.read { (connection) throws(TelemetryError) -> [[String]] in
        var texts: [[String]] = []
        let select = "SELECT model_name, model_uid FROM labelled_predictions ORDER BY model_uid"
        for row in try connection.rows(SQLStatement("look", table: "labelled_predictions", select), []) {
          texts.append([try row.text(0), try row.text(1)])
        }
        return texts
      }
      #expect(rows == [["income", "one"], ["income", "two"]])
      await database.close()
    }
  }
}
