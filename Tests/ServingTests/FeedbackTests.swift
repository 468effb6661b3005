import Foundation
import Telemetry
import TestSupport
import Testing
import WorkerContract

@testable import Serving

struct FeedbackTests {
  @Test func `a label that is no class of the model is refused by name, alone and in a list`() async throws {
    try await withServer { server in
      let single = try await server.request("POST", "/feedback", #"{"request_id":"a","label":"rich"}"#)
      #expect(single.code == 422)
      #expect(single.text.contains("'rich'") && single.text.contains("'<=50K', '>50K'"), "\(single.text)")
      let list = try await server.request(
        "POST", "/feedback", #"[{"request_id":"a","label":"rich"},{"request_id":"a","label":">50K"}]"#)
      #expect(list.code == 200 && list.json["accepted"] as? Int == 1)
      #expect(list.text.contains(#""index":0"#))
    }
  }

  @Test func `a label that contradicts the one before is taken, told and counted; one that repeats it is not`()
    async throws
  {
    try await withServer { server in
      func send(_ body: String) async throws -> [String: Any] {
        let reply = try await server.request("POST", "/feedback", body)
        #expect(reply.code == 200, "\(reply.text)")
        return reply.json
      }
      let first = try await send(#"{"request_id":"a","label":">50K"}"#)
      #expect(first["conflicting"] == nil && first["conflicts"] == nil)
      #expect(try await send(#"{"request_id":"a","label":">50K"}"#)["conflicting"] == nil)
      let other = try await send(
        #"[{"request_id":"b","label":">50K"},{"label":1},{"request_id":"a","label":"<=50K"},{"request_id":"b","label":"<=50K"}]"#
      )
      #expect(other["accepted"] as? Int == 3 && other["conflicting"] as? Int == 2)
      let conflicts = try #require(other["conflicts"] as? [[String: Any]])
      #expect(conflicts.map { $0["index"] as? Int } == [2, 3])
      #expect(conflicts.map { $0["request_id"] as? String } == ["a", "b"])
      #expect((conflicts[0]["message"] as? String)?.contains("'>50K' before; '<=50K' counts") == true)
      #expect(try await server.metric("apus_label_conflicts_total") == 2)
    }
  }

  @Test func `as many labels are remembered as there is room for, the latest ones`() {
    func label(_ id: Int, _ label: String) -> LabelRecord { LabelRecord(requestID: "r\(id)", label: label, time: 0) }
    let memory = LabelMemory(capacity: 3)
    #expect(memory.record((0..<5).map { label($0, "x") }).isEmpty)
    #expect(memory.record([label(0, "y")]).isEmpty, "forgotten")
    #expect(memory.record([label(4, "y"), label(4, "y"), label(4, "x")]).map(\.place) == [0, 2])
    #expect(memory.record([label(3, "y")]).map(\.earlier) == ["x"])
    #expect(memory.record([label(2, "y")]).isEmpty, "forgotten for r0")
  }

  @Test func `the label of a request that the canary answered counts for the canary`() async throws {
    try await withServer(isServing: false) { server in
      _ = try await server.reload(
        aTable(
          try await server.publish("v1", weight: 50), try await server.publish("v2", shift: 3, weight: 50, .canary)))
      try await server.becomesReady()
      var answered: [String: [(id: String, said: String)]] = [:]
      for index in 0..<40 {
        let answer = try await server.predict(id: "r\(index)").json
        let version = try #require(answer["model_version"] as? String)
        answered[version, default: []].append(("r\(index)", try #require(answer["predicted_class"] as? String)))
      }
      // Every second label of v1 says that it was wrong; the canary was right, as far as labels have come.
      let other = { $0 == ">50K" ? "<=50K" : ">50K" }
      let (first, canary) = (answered["v1"] ?? [], (answered["v2"] ?? []).dropLast())
      let labels =
        first.enumerated().map { ($1.id, $0 % 2 == 0 ? $1.said : other($1.said)) } + canary.map { ($0.id, $0.said) }
      let body = labels.map { #"{"request_id":"\#($0.0)","label":"\#($0.1)"}"# }.joined(separator: ",")
      #expect(try await server.request("POST", "/feedback", "[\(body)]").code == 200)
      let right = Double((first.count + 1) / 2) / Double(first.count)
      _ = try await eventually("the gauges show it") {
        let production = try await server.metric(#"apus_accuracy_ratio{version="v1"}"#)
        let accuracy = try await server.metric(#"apus_accuracy_ratio{version="v2"}"#)
        let coverage = try await server.metric(#"apus_label_coverage_ratio{version="v2"}"#)
        let expected = Double(canary.count) / Double(canary.count + 1)
        return production == right && accuracy == 1 && coverage == expected ? () : nil
      }
    }
  }

  @Test func `redacted features are neither in the store nor on disk nor in the answers of logs`() async throws {
    try await withServer(logging: LoggingRules(redact: ["age", "city"])) { server in
      _ = try await server.predict(id: "stored")
      let stored = try await eventually("the row is stored") {
        try await server.store.predictions(PredictionQuery(model: income)).first
      }
      #expect(try stored.features().keys.sorted() == ["gain", "hours", "work", "zone"])
      let logs = try await server.request("GET", "/logs", admin: true).text
      #expect(logs.contains("stored") && !logs.contains("age\"") && !logs.contains("Ürgüp"))

      // A file in its folder's place keeps the store away: rows go to disk.
      try FileManager.default.removeItem(at: server.folder.appending(path: "db"))
      try Data().write(to: server.folder.appending(path: "db"))
      _ = try await server.predict(id: "spilled")
      let spill = server.folder.appending(path: "spill")
      let text = try await eventually("the row is on disk") { () -> String? in
        let names = (try? FileManager.default.contentsOfDirectory(atPath: spill.path)) ?? []
        let text = try names.map { try String(contentsOf: spill.appending(path: $0), encoding: .utf8) }.joined()
        return text.contains("spilled") ? text : nil
      }
      #expect(text.contains("hours") && !text.contains("age") && !text.contains("Ürgüp"))
      try FileManager.default.removeItem(at: server.folder.appending(path: "db"))
    }
  }
}
