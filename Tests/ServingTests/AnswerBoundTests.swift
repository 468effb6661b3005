import Engine
import Foundation
import Learning
import TestSupport
import Testing
import WorkerContract

@testable import Serving

/// Answers are bounded in bytes before they are begun, whatever is asked.
@Suite(.serialized) struct AnswerBoundTests {
  private static let path = "/v2/models/income/infer"
  /// Of an answer that says what is wrong.
  private static let mostRefusal = 64 << 10

  private static func tensors(_ rows: Int) -> String {
    func input(_ name: String, _ datatype: String, _ value: String) -> String {
      let data = Array(repeating: value, count: rows).joined(separator: ",")
      return "{\"name\":\"\(name)\",\"shape\":[\(rows)],\"datatype\":\"\(datatype)\",\"data\":[\(data)]}"
    }
    return
      "\"inputs\":[\(input("age", "INT32", "39")),\(input("work", "BYTES", "\"State\"")),\(input("zone", "INT8", "1"))]"
  }

  @Test func `an output is named once, however often it is asked for`() async throws {
    try await withServer { server in
      for (name, times) in [("probabilities", 2), ("probabilities", 4000), ("contributions", 4000), ("x", 4000)] {
        let outputs = Array(repeating: "{\"name\":\"\(name)\"}", count: times).joined(separator: ",")
        let reply = try await server.request("POST", Self.path, "{\(Self.tensors(50)),\"outputs\":[\(outputs)]}")
        #expect(reply.code == 400)
        #expect(reply.text.contains("'\(name)' is named more than once") && reply.body.count < Self.mostRefusal)
      }
      #expect(try await server.metric(#"apus_prediction_seconds_count{version="v1"}"#) == 0)
    }
  }

  @Test func `what is wrong is told twenty at a time, with names that are cut`() async throws {
    try await withServer { server in
      let names = (0..<200_000).map { "\"member_\($0)\":0" }.joined(separator: ",")
      let long = String(repeating: "n", count: 3 << 20)
      let marks = "e" + String(repeating: "\u{301}", count: 1 << 20)
      let bodies: [(String, String)] = [
        ("/predict", "{\"features\":{\(names)}}"), ("/predict", "{\(names)}"), ("/predict", "{\"\(long)\":1}"),
        ("/predict", "{\"features\":{\"\(marks)\":1}}"),
        ("/predict", "{\"features\":{\"age\":1,\"zone\":\"1\",\"work\":\"\(marks)\"}}"),
        ("/predict/batch", "{\(names)}"), ("/predict/batch", "{\"\(long)\":1,\"requests\":[]}"),
        ("/feedback", "{\(names)}"), ("/feedback", "{\"request_id\":\"a\",\"label\":\"\(marks)\"}"),
        (Self.path, "{\(names)}"), (Self.path, "{\"inputs\":[{\(names)}]}"), (Self.path, "{\"\(long)\":1}"),
        (Self.path, "{\"inputs\":[\(Array(repeating: "{}", count: 300_000).joined(separator: ","))]}"),
        (Self.path, "{\"inputs\":[],\"outputs\":[\(Array(repeating: "{}", count: 300_000).joined(separator: ","))]}"),
        (
          Self.path,
          "{\"inputs\":[{\"name\":\"age\",\"shape\":[\(Array(repeating: "1", count: 300_000).joined(separator: ","))]}]}"
        ),
      ]
      for (path, body) in bodies {
        let reply = try await server.request("POST", path, body)
        #expect(reply.code == 422 || reply.code == 400, "\(path) \(body.prefix(60)) \(reply.code)")
        #expect(reply.body.count < Self.mostRefusal, "\(path) \(body.prefix(60)): \(reply.body.count)")
        #expect((reply.json["fields"] as? [Any] ?? []).count <= 20)
      }
    }
  }

  @Test func `of many bad rows the first problems are told, the same in every way they are answered`() async throws {
    try await withServer { server in
      for rows in [30, 10_000] {
        let bad = Array(repeating: #"{"features":{"age":-1,"hat":1}}"#, count: rows).joined(separator: ",")
        let reply = try await server.request("POST", "/predict/batch", "[\(bad)]")
        #expect(reply.code == 200 && reply.body.count < 4096 + rows * 200 + Self.mostRefusal)
        let answers = try #require(reply.json["responses"] as? [[String: Any]])
        #expect(answers.count == rows)
        // Four of each row: 'age', 'hat', and two that are missing.
        let told = answers.map { ($0["fields"] as? [Any])?.count ?? -1 }
        #expect(told.prefix(5).allSatisfy { $0 == 4 } && told.dropFirst(5).allSatisfy { $0 == 0 })
        #expect((answers[5]["error"] as? String)?.hasPrefix("4 problems are not told") == true)
        #expect(answers.allSatisfy { $0["request_id"] is String })
      }
      let labels = Array(repeating: #"{"x":1}"#, count: 5000).joined(separator: ",")
      let reply = try await server.request("POST", "/feedback", "[\(labels)]")
      #expect(reply.code == 200 && reply.body.count < 5000 * 200 + Self.mostRefusal)
      let rejected = try #require(reply.json["rejected"] as? [[String: Any]])
      let told = rejected.map { (($0["problem"] as? [String: Any])?["fields"] as? [Any])?.count ?? -1 }
      #expect(rejected.count == 5000 && told.reduce(0, +) == 20)
    }
  }

  @Test func `an answer is never larger than was known before`() async throws {
    try await withServer { server in
      let version = LoadedVersion(version: "v1", digest: "", predictor: try Sample.predictor())
      for rows in [1, 7, 300] {
        for explain in [false, true] {
          let id = String(repeating: "\\u0001", count: 40)
          let features = #"{"age":39,"hours":1e30,"gain":-5,"work":"Private","city":"x","zone":"x"}"#
          let row = "{\"request_id\":\"\(id)\",\"explain\":\(explain),\"features\":\(features)}"
          let cost = AnswerCost(
            rows: rows, explained: explain ? rows : 0, idBytes: rows * AnswerCost.quoted(40), bounds: version.bounds)
          let body = Array(repeating: row, count: rows).joined(separator: ",")
          let reply = try await server.request("POST", "/predict/batch", "[\(body)]")
          #expect(reply.code == 200 && reply.text.contains("warnings"))
          #expect(reply.body.count <= cost.bytes, "\(rows) \(explain)")
          #expect(cost.typical <= cost.bytes)

          let outputs = explain ? InferenceOutput.allCases : InferenceOutput.standard
          let tensors = AnswerCost(
            rows: rows, rowBytes: outputs.reduce(0) { $0 + $1.mostBytes(of: version) }, stepsOfRow: 0, scratch: 0,
            workOfRow: 0)
          for isBinary in [false, true] {
            let flags = "\"explain\":\(explain),\"binary_data_output\":\(isBinary)"
            let reply = try await server.request(
              "POST", Self.path, "{\(Self.tensors(rows)),\"parameters\":{\(flags)}}")
            #expect(reply.code == 200 && reply.body.count <= tensors.bytes, "\(reply.code)")
          }
        }
      }
    }
  }

  @Test func `an answer that could be too large is refused before a row is predicted`() async throws {
    // A few rows fit, the problems that an answer may tell included.
    try await withServer(limits: RequestLimits(answer: 128 << 10)) { server in
      let row = "{\"features\":\(Sample.good)}"
      func batch(_ rows: Int) -> String { "[" + Array(repeating: row, count: rows).joined(separator: ",") + "]" }
      #expect(try await server.request("POST", "/predict/batch", batch(10)).code == 200)
      // Also one that an event loop would make.
      for (path, body) in [
        ("/predict/batch", batch(100)), ("/predict/batch", batch(1000)), (Self.path, "{\(Self.tensors(9000))}"),
      ] {
        let reply = try await server.request("POST", path, body)
        #expect(reply.code == 413 && reply.text.contains("--maximum-answer"), "\(reply.text.prefix(200))")
      }
      #expect(try await server.metric(#"apus_prediction_seconds_count{version="v1"}"#) == 10)
    }
  }

  @Test func `what no number can hold is too large, not small`() throws {
    let bounds = try LoadedVersion(version: "v1", digest: "", predictor: Sample.predictor()).bounds
    let cost = AnswerCost(rows: .max / 2, explained: .max / 2, idBytes: 0, bounds: bounds)
    #expect(cost.bytes == .max && cost.steps == .max)
    #expect(AnswerCost(rows: .max, rowBytes: 2, stepsOfRow: 2, scratch: 0, workOfRow: 0).bytes == .max)
    let admission = Admission(limits: RequestLimits())
    #expect(throws: Admission.Refusal.self) { try admission.admit(cost).get() }
    #expect(admission.bytes.taken == 0 && admission.steps.taken == 0)
  }

  @Test func `the container's memory is shared out`() throws {
    for (limit, held, admin, log) in [
      (320 << 20, 120 << 20, 40 << 20, 64 << 20), (64 << 20, 24 << 20, 16 << 20, (64 << 20) / 5),
      (32 << 20, 24 << 20, 16 << 20, 8 << 20), (nil, 384 << 20, 128 << 20, 256 << 20),
      (64 << 30, 512 << 20, 128 << 20, 256 << 20),
    ] as [(Int?, Int, Int, Int)] {
      let shares = MemoryShares(limit: limit)
      #expect(
        shares.held == held && shares.admin == admin && shares.log == log, "\(limit ?? 0): \(shares)")
    }
    let folder = FileManager.default.temporaryDirectory.appending(path: "apus-cgroup-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createDirectory(at: folder.appending(path: "memory"), withIntermediateDirectories: true)
    #expect(MemoryShares.containerLimit(root: folder) == nil)
    for (name, text, limit) in [
      ("memory/memory.limit_in_bytes", "9223372036854771712\n", nil),
      ("memory/memory.limit_in_bytes", "268435456\n", 256 << 20), ("memory.max", "max\n", nil),
      ("memory.max", "134217728\n", 128 << 20),
    ] as [(String, String, Int?)] {
      try Data(text.utf8).write(to: folder.appending(path: name))
      #expect(MemoryShares.containerLimit(root: folder) == limit, "\(name) \(text)")
    }
  }
}
