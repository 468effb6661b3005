import Foundation
import TestSupport
import Testing
import WorkerContract

@testable import Telemetry

/// What a store does behind a transaction pooler, where a session belongs to a client for one transaction only.
@Suite(
  .serialized,
  .enabled(
    if: TemporaryServer.programs != nil && TemporaryPooler.program != nil,
    "PostgreSQL's programs or pgbouncer are not installed"))
struct PoolerTests {
  @Test func `of many writers at once every prediction and label is stored once`() async throws {
    try await withPooler { pooler in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for writer in 0..<10 {
          group.addTask {
            let store = try openTelemetryStore(at: pooler.url())
            for batch in 0..<10 {
              let ids = (0..<10).map { writer * 100 + batch * 10 + $0 }
              let rows = ids.map { aPrediction("r\($0)", at: 1000 + Double($0)) }
              try await store.append(rows, of: census)
              // Some come again, as after an answer that was lost.
              if batch % 3 == 0 { try await store.append(rows, of: census) }
              let labels = ids.filter { $0 % 5 == 0 }.map {
                LabelRecord(requestID: "r\($0)", label: "x\($0)", time: 2000)
              }
              try await store.append(labels, of: census)
              _ = try await store.newest(of: census)
            }
            await store.close()
          }
        }
        try await group.waitForAll()
      }
      let store = try openTelemetryStore(at: pooler.url())
      let read = try await store.predictions(PredictionQuery(model: census))
      #expect(read.count == 1000 && Set(read.map(\.record.requestID)).count == 1000)
      #expect(read.allSatisfy { $0.repeats == 0 })
      let labelled = read.filter { $0.label != nil }
      #expect(labelled.count == 200)
      #expect(labelled.allSatisfy { $0.label == "x" + $0.record.requestID.dropFirst() })
      await store.close()
    }
  }

  @Test func `nothing of a session is left to the next client`() async throws {
    var settings = TemporaryPooler.Settings()
    settings.poolSize = 1
    try await withPooler(settings) { pooler in
      let other = try PostgresConnection(url: pooler.url())
      let state = """
        SELECT 'setting ' || name || ' = ' || setting FROM pg_settings
        WHERE source = 'session' AND name NOT IN ('application_name', 'client_encoding', 'DateStyle', 'TimeZone',
          'IntervalStyle', 'standard_conforming_strings')
        UNION ALL SELECT 'table ' || relname FROM pg_class WHERE relpersistence = 't'
        UNION ALL SELECT 'statement ' || name FROM pg_prepared_statements
        UNION ALL SELECT 'lock ' || objid FROM pg_locks WHERE locktype = 'advisory'
        UNION ALL SELECT 'channel ' || channel FROM pg_listening_channels() AS channel
        """
      func left() throws -> [String] {
        try other.rows(SQLStatement("look at the session", table: "pg_settings", state), []).map { try $0.text(0) }
      }
      #expect(try left() == [])
      let store = try openTelemetryStore(at: pooler.url())
      try await useEverything(store)
      #expect(try left() == [])
      await store.close()
    }
  }

  @Test func `what others have left in a session changes nothing`() async throws {
    var settings = TemporaryPooler.Settings()
    settings.poolSize = 1
    try await withPooler(settings) { pooler in
      let other = try PostgresConnection(url: pooler.url())
      for text in [
        "SET extra_float_digits = -15", "SET statement_timeout = '200ms'",
        "SET default_transaction_isolation = 'serializable'",
        "CREATE TEMPORARY TABLE staged_labels (x TEXT)", "PREPARE a AS SELECT 1",
      ] { try other.command(text) }
      let store = try openTelemetryStore(at: pooler.url())
      try await useEverything(store)
      let time = 1_763_766_000.123_456
      try await store.append([aPrediction("exact", at: time, confidence: 1 / 3)], of: census)
      let read = try #require(try await store.predictions(PredictionQuery(model: census, from: time)).first)
      #expect(read.record.time == time && read.record.confidence == 1 / 3)
      await store.close()
    }
  }

  @Test func `rows arrive once though sessions end, the pooler restarts and the tables go`() async throws {
    try await withPooler { pooler, server in
      let admin = try PostgresConnection(url: server.url)
      let store = try openTelemetryStore(at: pooler.url())
      for round in 0..<12 {
        switch round % 4 {
        case 1:
          _ = try admin.rows(
            SQLStatement(
              "end sessions", table: "pg_stat_activity",
              "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname IS NOT NULL"
            ), [])
        case 2: try await pooler.restart()
        default: break
        }
        try await untilStored {
          try await store.append((0..<20).map { aPrediction("r\(round)-\($0)") }, of: census)
          try await store.append(
            (0..<20).map { LabelRecord(requestID: "r\(round)-\($0)", label: "x", time: 1) }, of: census)
        }
      }
      let read = try await store.predictions(PredictionQuery(model: census))
      #expect(read.count == 240 && read.allSatisfy { $0.repeats == 0 && $0.label == "x" })
      // A database that was made anew, behind connections that never ended.
      try admin.command("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
      try await store.append([aPrediction("after")], of: census)
      #expect(try await store.predictions(PredictionQuery(model: census)).map(\.record.requestID) == ["after"])
      await store.close()
    }
  }

  /// A loss in the middle of a call passes: the log tries again.
  private func untilStored(_ work: () async throws -> Void) async throws {
    _ = try await eventually("the store takes it", every: .milliseconds(100)) {
      do {
        try await work()
        return true
      } catch let error as TelemetryError where error.isTransient {
        return Bool?.none
      }
    }
  }

  private func useEverything(_ store: any TelemetryStore) async throws {
    for _ in 0..<2 {
      try await store.append([aPrediction("a"), aPrediction("b")], of: census)
      try await store.append([LabelRecord(requestID: "a", label: "x", time: 1)], of: census)
      try await store.store(
        VersionRecord(version: "v1", digest: "d", stage: "s", reason: "r", metrics: nil, created: 1, updated: 1),
        of: census)
      try await store.store(
        AlertRecord(id: "a1", rule: "r", severity: "s", state: "firing", message: "m", time: 7), of: census)
    }
    _ = try await store.outcomes(of: census, from: 0, limit: 10)
    _ = try await store.labelledOutcomes(of: census, from: 0, limit: 10)
    _ = try await store.newest(of: census)
    _ = try await store.deletePredictions(of: census, before: 0, limit: 10)
    let gone = ModelKey(namespace: census.namespace, model: "gone", identity: ModelIdentity(uid: "gone"))
    _ = try await store.beginRemoval(of: gone, at: 0)
    _ = try await store.removeRows(of: gone, limit: 10)
  }
}
