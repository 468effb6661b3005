import Foundation
import Telemetry
import TestSupport
import Testing
import WorkerContract

@testable import Serving

/// `GET /logs`, page by page.
@Suite(.serialized) struct LogPagingTests {
  private static func record(_ id: String, version: String = "v1", at time: Double) -> PredictionRecord {
    PredictionRecord(
      requestID: id, version: version, role: .production, time: time, features: "{}", predictedClass: ">50K",
      probabilities: "{}", confidence: 1, latency: 0)
  }

  /// Soon after the rows, which the server's retention would delete otherwise.
  private static let clock: @Sendable () -> Double = { 1_000_200 }

  private static func rows(_ reply: HTTPConnection.Reply) -> [[String: Any]] {
    reply.json["predictions"] as? [[String: Any]] ?? []
  }

  @Test func `pages lose no row and repeat none, also where many have one time and others come meanwhile`() async throws
  {
    try await withServer(clock: Self.clock) { server in
      // Eight moments of five rows each, of which two have the same id in two versions.
      let records = (0..<40).map { index in
        Self.record(
          "r\(index % 5 == 4 ? index - 1 : index)", version: index % 5 == 4 ? "v2" : "v1",
          at: 1_000_000.1 + Double(index / 5) * 0.1)
      }
      try await server.store.append(records, of: income)
      for limit in [1, 3, 7, 40] {
        var seen: [String] = []
        var cursor: String? = ""
        while let next = cursor {
          let query = next.isEmpty ? "" : "&cursor=\(next)"
          let reply = try await server.request("GET", "/logs?limit=\(limit)&to=1000100\(query)", admin: true)
          try #require(reply.code == 200, "\(reply.text)")
          seen = Self.rows(reply).map { "\($0["request_id"] ?? "") \($0["model_version"] ?? "")" } + seen
          cursor = reply.json["next"] as? String
          // A newer row, which stands on no page before.
          try await server.store.append([Self.record("new-\(limit)-\(seen.count)", at: 1_000_050)], of: income)
        }
        let old = seen.filter { !$0.hasPrefix("new") }
        #expect(old.count == 40 && Set(old) == Set(records.map { "\($0.requestID) \($0.version)" }), "\(limit)")
      }
    }
  }

  @Test func `a page ends where an answer is as large as it may be, and the next one goes on there`() async throws {
    try await withServer(limits: RequestLimits(answer: 1 << 20), clock: Self.clock) { server in
      let records = (0..<350).map { index in
        var record = Self.record("r\(index)", at: 1_000_000 + Double(index) * 0.1)
        record.features = "{\"city\":\"\(String(repeating: "x", count: 10_000))\"}"
        return record
      }
      try await server.store.append(records, of: income)
      var (seen, pages) = ([String](), 0)
      var cursor: String? = ""
      while let next = cursor {
        let query = next.isEmpty ? "" : "&cursor=\(next)"
        let reply = try await server.request("GET", "/logs?limit=10000\(query)", admin: true)
        try #require(reply.code == 200 && reply.body.count <= 1 << 20, "\(reply.text.prefix(200))")
        seen = Self.rows(reply).compactMap { $0["request_id"] as? String } + seen
        pages += 1
        cursor = reply.json["next"] as? String
      }
      #expect(seen == records.map(\.requestID) && pages == 4, "\(pages) pages of \(seen.count) rows")
    }
    // Larger pages than a step of reading, whole.
    try await withServer(clock: Self.clock) { server in
      try await server.store.append(
        (0..<350).map { Self.record("r\($0)", at: 1_000_000 + Double($0) * 0.1) }, of: income)
      let whole = try await server.request("GET", "/logs?limit=351", admin: true)
      #expect(Self.rows(whole).compactMap { $0["request_id"] as? String } == (0..<350).map { "r\($0)" })
      #expect(whole.json["next"] is NSNull)
      let full = try await server.request("GET", "/logs?limit=250", admin: true)
      #expect(Self.rows(full).first?["request_id"] as? String == "r100" && full.json["next"] is String)
    }
  }

  @Test func `rows are read only where there is room for them`() async throws {
    try await withServer(
      configure: { configuration, _ in configuration.adminHeld = 1 << 20 }, clock: Self.clock
    ) { server in
      let reply = try await server.request("GET", "/logs", admin: true)
      #expect(reply.code == 503 && reply.text.contains("--maximum-held"), "\(reply.text)")
    }
  }

  @Test func `rows are found by request and by label`() async throws {
    try await withServer(clock: Self.clock) { server in
      try await server.store.append((0..<6).map { Self.record("r\($0)", at: 1000 + Double($0)) }, of: income)
      try await server.store.append(
        [
          LabelRecord(requestID: "r1", label: ">50K", time: 2000),
          LabelRecord(requestID: "r4", label: "<=50K", time: 2000),
        ], of: income)
      let cases: [(String, [String])] = [
        ("request_id=r3", ["r3"]), ("request_id=none", []), ("labelled=true", ["r1", "r4"]),
        ("labelled=false&limit=3", ["r2", "r3", "r5"]), ("label=%3E50K", ["r1"]), ("label=maybe", []),
        ("request_id=r4&labelled=true", ["r4"]),
      ]
      for (query, ids) in cases {
        let reply = try await server.request("GET", "/logs?\(query)", admin: true)
        #expect(Self.rows(reply).compactMap { $0["request_id"] as? String } == ids, "\(query)")
      }
      for query in ["labelled=yes", "label=a&labelled=true", "cursor=x", "cursor=", "cursor=WyJhIl0", "limit=0"] {
        let reply = try await server.request("GET", "/logs?\(query)", admin: true)
        #expect(reply.code == 422 && (reply.json["fields"] as? [Any])?.count == 1, "\(query): \(reply.text)")
      }
    }
  }

  @Test func `a cursor is the place it was made of, whatever the names`() {
    for (id, version, time) in [
      ("a", "v1", 0.1 + 0.2), ("\"?/+ü\u{1F600}\n", "v/2", 1e9 + 1.0 / 3), ("", "", -1),
      (String(repeating: "\u{1}", count: 256), "v", .leastNonzeroMagnitude),
    ] {
      let place = PredictionQuery.Place(time: time, requestID: id, version: version)
      let text = LogCursor.text(place)
      #expect(LogCursor.place(text) == place)
      #expect(
        text.utf8.allSatisfy {
          $0 == 0x2D || $0 == 0x5F || Character(Unicode.Scalar($0)).isLetter || (0x30...0x39).contains($0)
        })
    }
    for text in ["", "W10", "WzEsMiwzXQ", String(repeating: "A", count: 100_000), "WyJuYW4iLCJhIiwiYiJd"] {
      #expect(LogCursor.place(text) == nil, "\(text.prefix(40))")
    }
  }
}
