import Foundation
import TestSupport
import Testing
import WorkerContract

@testable import Telemetry

/// How SQLite finds rows, at a size at which a wrong index takes minutes. PostgreSQL's plans stand in `PartitionTests`.
@Suite struct QueryPlanTests {
  private static let predictions = 100_000
  private static let labels = 15_000

  @Test func `rolling figures find predictions by the ids of their labels, and take no time`() async throws {
    try await withFullStore { store, database in
      let arguments: [SQLValue] = [
        .text(census.namespace), .text(census.model), .number(0), .integer(20_000), .number(0),
      ]
      let plan = try await Self.plan(of: SQLDialect.sqlite.labelledOutcomes, arguments, in: database)
      #expect(plan.contains("SEARCH p USING INDEX sqlite_autoindex_predictions_1"), "\(plan)")
      #expect(plan.contains("labels_by_time (namespace=? AND model=? AND time>?)"), "\(plan)")
      let outcomes = try await store.labelledOutcomes(of: census, from: 0, limit: 20_000)
      #expect(outcomes.reduce(0) { $0 + $1.count } == Self.labels)
    }
  }

  @Test func `whether anything is new is asked of the ends of two indexes`() async throws {
    try await withFullStore { store, database in
      let plan = try await Self.plan(
        of: SQLTelemetryStore.selectNewest.text, [.text(census.namespace), .text(census.model)], in: database)
      #expect(plan.contains("SEARCH predictions USING COVERING INDEX predictions_by_time"), "\(plan)")
      #expect(plan.contains("SEARCH labels USING COVERING INDEX labels_by_time"), "\(plan)")
      #expect(
        try await store.newest(of: census)
          == NewestRows(prediction: Double(Self.predictions - 1), label: Double(Self.labels - 1)))
      let nobody = ModelKey(namespace: "elsewhere", model: "none")
      #expect(try await store.newest(of: nobody) == NewestRows(prediction: nil, label: nil))
    }
  }

  @Test func `a check finds the predictions whose labels are due by their time, and each label by its id`() async throws
  {
    try await withFullStore { store, database in
      let query = PredictionQuery(model: census, from: 10_000, to: 11_000, version: "v1")
      let (statement, arguments) = SQLTelemetryStore(database: database).reading(query)
      let plan = try await Self.plan(of: statement.text, arguments, in: database)
      #expect(plan.contains("SEARCH p USING INDEX predictions_by_time (namespace=? AND model=? AND time>? AND time<?)"))
      #expect(plan.contains("SEARCH l USING INDEX sqlite_autoindex_labels_1"), "\(plan)")
      let due = try await store.predictions(query)
      #expect(due.count == 1_000 && due.allSatisfy { $0.label == "x" })
    }
  }

  private func withFullStore(
    _ body: (any TelemetryStore, SQLiteDatabase) async throws -> Void
  ) async throws {
    try await withLocation(of: .sqlite) { location in
      let store = try openTelemetryStore(at: location)
      try await store.append((0..<Self.predictions).map { aPrediction("r\($0)", at: Double($0)) }, of: census)
      try await store.append(
        (0..<Self.labels).map { LabelRecord(requestID: "r\($0)", label: "x", time: Double($0)) }, of: census)
      let database = SQLiteDatabase(path: String(location.dropFirst("sqlite://".count)))
      try await body(store, database)
      await database.close()
      await store.close()
    }
  }

  private static func plan(
    of query: String, _ arguments: [SQLValue], in database: SQLiteDatabase
  ) async throws -> String {
    try await database.read { (connection) throws(TelemetryError) -> String in
      var lines: [String] = []
      let explain = SQLStatement("explain", table: "predictions", "EXPLAIN QUERY PLAN " + query)
      for row in try connection.rows(explain, arguments) { lines.append(try row.text(3)) }
      return lines.joined(separator: "\n")
    }
  }
}
