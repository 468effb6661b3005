import PredictionLog
import Foundation
import Telemetry
import TestSupport
import Testing

@testable import Serving

struct StoreAwayTests {
  @Test func `while the store is away every request is answered, and all rows are there afterwards, once`() async throws
  {
    try await withServer { server in
      let (database, aside) = (server.folder.appending(path: "db"), server.folder.appending(path: "aside"))
      let connection = try HTTPConnection(port: server.port)
      func predict(_ rows: Range<Int>) async throws {
        for row in rows {
          let body = #"{"request_id":"r\#(row)","features":\#(Sample.good)}"#
          #expect(try await connection.request("POST", "/predict", body).code == 200)
        }
      }
      _ = try await eventually("the store is known to be there") {
        try await server.metric("apus_log_store_up") == 1 ? () : nil
      }
      try await predict(0..<50)
      _ = try await eventually("rows are stored") {
        try await server.metric("apus_log_stored_rows_total") == 50 ? () : nil
      }

      // A file in its folder's place keeps the database away.
      try FileManager.default.moveItem(at: database, to: aside)
      try Data().write(to: database)
      try await predict(50..<150)
      let label = #"{"request_id":"r60","label":">50K"}"#
      #expect(try await connection.request("POST", "/feedback", label).code == 200)
      _ = try await eventually("rows are on disk") {
        try await server.metric("apus_log_spilled_rows_total") == 101 ? () : nil
      }
      #expect(try await server.metric("apus_log_store_up") == 0)
      #expect(try await server.metric("apus_log_spill_bytes") ?? 0 > 0)

      try FileManager.default.removeItem(at: database)
      try FileManager.default.moveItem(at: aside, to: database)
      try await predict(150..<160)
      let rows = try await eventually("all rows are stored") { () -> [LoggedPrediction]? in
        guard try await server.metric("apus_log_spill_bytes") == 0 else { return nil }
        let rows = try await server.store.predictions(PredictionQuery(model: income))
        return rows.count == 160 ? rows : nil
      }
      #expect(Set(rows.map(\.record.requestID)) == Set((0..<160).map { "r\($0)" }))
      #expect(rows.allSatisfy { $0.repeats == 0 })
      #expect(rows.filter { $0.label != nil }.map(\.record.requestID) == ["r60"])
      #expect(try await server.metric("apus_log_store_up") == 1)
      for loss in LogLoss.allCases {
        #expect(try await server.metric(#"apus_log_dropped_rows_total{reason="\#(loss.rawValue)"}"#) == 0)
      }
    }
  }
}
