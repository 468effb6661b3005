import Foundation
import TestSupport
import Testing
import WorkerContract

@testable import Telemetry

/// What PostgreSQL's tables by day add to what every store does.
@Suite(
  .serialized, .enabled(if: TemporaryServer.programs != nil, "PostgreSQL's programs are not installed"))
struct PartitionTests {
  private let day = 86_400.0
  private let other = ModelKey(namespace: "default", model: "other")

  private func partitions(of table: String, _ connection: PostgresConnection) throws -> [String] {
    let statement = SQLStatement(
      "list partitions", table: table,
      """
      SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
      WHERE i.inhparent = $1::REGCLASS ORDER BY 1
      """)
    return try connection.rows(statement, [.text(table)]).map { try $0.text(0) }
  }

  /// The tables as they were before they were partitioned.
  private func makeOldTables(_ connection: PostgresConnection) throws {
    try connection.command("CREATE TABLE apus_schema (step TEXT NOT NULL PRIMARY KEY)")
    for step in TelemetrySchema.steps.prefix(3) {
      for text in step.statements(.postgres) { try connection.command(text) }
      try connection.command("INSERT INTO apus_schema VALUES ('\(step.name)')")
    }
  }

  @Test func `tables of an older version are brought along whole, whoever comes first`() async throws {
    try await withPostgresServer { server in
      let connection = try PostgresConnection(url: server.url)
      try makeOldTables(connection)
      for row in 0..<200 {
        let time = Double(row) * day / 50 + 0.25
        try connection.command(
          """
          INSERT INTO predictions VALUES ('default', 'income', 'r\(row)', 'v1', 'production', \(time),
            '{"age": 39, "work": "Private"}', '>50K', '{"<=50K": 0.25, ">50K": 0.75}', 0.75, 0.0015, \(row % 2),
            \(time + 1))
          """)
      }
      try connection.command("INSERT INTO labels VALUES ('default', 'income', 'r7', '<=50K', 5)")

      try await withThrowingTaskGroup(of: Void.self) { group in
        for writer in 0..<6 {
          group.addTask {
            let store = try openTelemetryStore(at: server.url)
            try await store.append([aPrediction("new-\(writer)", at: 5 * 86_400)], of: census)
            await store.close()
          }
        }
        try await group.waitForAll()
      }
      let store = try openTelemetryStore(at: server.url)
      let read = try await store.predictions(PredictionQuery(model: census))
      #expect(read.count == 206)
      #expect(read.filter { $0.repeats == 1 }.count == 100)
      #expect(read.first { $0.record.requestID == "r7" }?.label == "<=50K")
      #expect(try read[3].features() == ["age": .number(39), "work": .text("Private")])
      // A record of before that is sent again is still known.
      var again = read[10].record
      try await store.append([again], of: census)
      #expect(try await store.predictions(PredictionQuery(model: census)) == read)
      again.time += 2
      try await store.append([again], of: census)
      #expect(try await store.predictions(PredictionQuery(model: census))[10].repeats == read[10].repeats + 1)
      await store.close()
      #expect(
        try partitions(of: "predictions", connection) == [
          "predictions_19700101", "predictions_19700102", "predictions_19700103", "predictions_19700104",
          "predictions_19700106", "predictions_19700107", "predictions_19700108",
        ])
      let leftovers = SQLStatement(
        "look", table: "pg_class", "SELECT relname FROM pg_class WHERE relname LIKE 'unpartitioned%'")
      #expect(try connection.rows(leftovers, []).isEmpty)
    }
  }

  @Test func `partitions are there ahead of their day, and one that was dropped is made again for a late row`()
    async throws
  {
    try await withPostgresServer { server in
      let store = try openTelemetryStore(at: server.url)
      let connection = try PostgresConnection(url: server.url)
      try await store.append([aPrediction("a", at: 10 * day)], of: census)
      #expect(
        try partitions(of: "predictions", connection) == [
          "predictions_19700111", "predictions_19700112", "predictions_19700113",
        ])
      try connection.command("DROP TABLE predictions_19700111")
      try await store.append([aPrediction("b", at: 10 * day + 1), aPrediction("c", at: 11 * day)], of: census)
      #expect(try await store.predictions(PredictionQuery(model: census)).map(\.record.requestID) == ["b", "c"])
      await store.close()
    }
  }

  @Test func `days that have passed are dropped as a whole once no other model has rows there`() async throws {
    try await withPostgresServer { server in
      let store = try openTelemetryStore(at: server.url)
      let connection = try PostgresConnection(url: server.url)
      func names() throws -> [String] { try partitions(of: "predictions", connection) }
      try await store.append((0..<5).map { aPrediction("r\($0)", at: Double($0) * day) }, of: census)
      try await store.append([aPrediction("x", at: day)], of: other)
      try await store.append([LabelRecord(requestID: "r1", label: ">50K", time: day + 5)], of: census)
      func sweep(_ model: ModelKey) async throws {
        while try await store.deletePredictions(of: model, before: 3 * day, limit: 2) > 0 {}
      }
      try await sweep(census)
      #expect(
        try await store.predictions(PredictionQuery(model: census)).map(\.record.requestID) == ["r3", "r4"])
      #expect(try await store.predictions(PredictionQuery(model: other)).map(\.record.requestID) == ["x"])
      #expect(try names().first == "predictions_19700102", "another model's row is there")
      #expect(try partitions(of: "labels", connection).first == "labels_19700104")
      try await sweep(other)
      #expect(try names() == (4...7).map { "predictions_1970010\($0)" })
      await store.close()
    }
  }

  @Test func `a label that is corrected on a later day counts, as it came last`() async throws {
    try await withPostgresServer { server in
      let store = try openTelemetryStore(at: server.url)
      try await store.append([aPrediction("a", at: 2 * day)], of: census)
      for (label, time) in [("x", 2.1), ("y", 3.5), ("late", 1.1)] {
        try await store.append([LabelRecord(requestID: "a", label: label, time: time * day)], of: census)
      }
      #expect(try await store.predictions(PredictionQuery(model: census)).map(\.label) == ["y"])
      let outcomes = try await store.outcomes(of: census, from: 0, limit: 10)
      #expect(outcomes == [OutcomeCount(version: "v1", predictedClass: ">50K", label: "y", count: 1)])
      await store.close()
    }
  }

  @Test func `a batch with new, known, repeated and odd rows is stored exactly, and again`() async throws {
    try await withPostgresServer { server in
      let store = try openTelemetryStore(at: server.url)
      let odd = #"{"a\tb":"x\\y","n":1e-300,"é":"\u00e9","big":12345678901234567890123}"#
      let batch = (0..<3000).map {
        aPrediction("id \($0 % 1000)\t\\.\n", at: 1000 + Double($0), features: odd, confidence: 1 / 3)
      }
      try await store.append(Array(batch.prefix(10)), of: census)
      for _ in 0..<3 { try await store.append(batch, of: census) }
      let read = try await store.predictions(PredictionQuery(model: census))
      #expect(read.count == 1000)
      #expect(read.allSatisfy { $0.repeats == 2 && $0.record.features == odd && $0.record.confidence == 1 / 3 })
      // After a while of merging rows are copied again.
      for index in 0..<40 { try await store.append([aPrediction("n\(index)", at: 9000)], of: census) }
      #expect(try await store.predictions(PredictionQuery(model: census, from: 9000)).count == 40)
      await store.close()
    }
  }

  @Test func `labels are found by their id, also where statistics are missing`() async throws {
    try await withPostgresServer { server in
      let store = try openTelemetryStore(at: server.url)
      let rows = 0..<4000
      try await store.append(rows.map { aPrediction("r\($0)", at: day + Double($0)) }, of: census)
      try await store.append(
        rows.map { LabelRecord(requestID: "r\($0)", label: "x", time: day + Double($0)) }, of: census)
      let connection = try PostgresConnection(url: server.url)
      let plan = try connection.rows(
        SQLStatement("explain", table: "predictions", "EXPLAIN SELECT * FROM labelled_predictions"), []
      ).map { try $0.text(0) }.joined(separator: "\n")
      #expect(plan.contains("labels_19700102_pkey") && !plan.contains("labels_19700102_namespace"), "\(plan)")
      await store.close()
    }
  }

  @Test func `predictions are found by their labels' ids, also where statistics are missing`() async throws {
    try await withPostgresServer { server in
      let store = try openTelemetryStore(at: server.url)
      let rows = 0..<4000
      try await store.append(rows.map { aPrediction("r\($0)", at: day + Double($0)) }, of: census)
      try await store.append(
        rows.map { LabelRecord(requestID: "r\($0)", label: "x", time: day + Double($0)) }, of: census)
      let connection = try PostgresConnection(url: server.url)
      let plan = try connection.rows(
        SQLStatement("explain", table: "labels", "EXPLAIN " + SQLDialect.postgres.labelledOutcomes),
        [
          .text(census.namespace), .text(census.model), .number(0), .integer(20_000), .number(0), .integer(0),
          .integer(0),
        ]
      ).map { try $0.text(0) }.joined(separator: "\n")
      #expect(plan.contains("predictions_19700102_pkey") && !plan.contains("predictions_19700102_namespace"), "\(plan)")
      await store.close()
    }
  }

  private func withPostgresServer(_ body: (TemporaryServer) async throws -> Void) async throws {
    try await withServer { server in
      // Without a store, which would make the tables.
      _ = try await eventually("PostgreSQL accepts connections", every: .milliseconds(50)) {
        try? PostgresConnection(url: server.url).command("SELECT 1")
      }
      try await body(server)
    }
  }
}
