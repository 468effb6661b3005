import Foundation
import FuzzProcess
import Testing

@testable import ServingFuzzer

struct FuzzTests {
  @Test func `thousands of more or less wrong requests are answered as they should be`() async throws {
    let outcome = try await Campaign(seed: 7, inputs: 0..<10_000, wireShare: 100, workers: 2).run()
    #expect(outcome.findings.isEmpty, "\(outcome.findings.prefix(3))")
  }

  @Test func `equal seeds make equal inputs, and these are of every kind`() {
    func requests(_ seed: UInt64) -> [[UInt8]] {
      (UInt64(0)..<300).map { index in
        var random = SeededGenerator(seed: seed, index: index)
        return FuzzedRequest(&random).wire
      }
    }
    #expect(requests(1) == requests(1))
    #expect(requests(1) != requests(2))
    var random = SeededGenerator(seed: 1, index: 0)
    let targets = Set((0..<100).map { _ in FuzzedRequest(&random).target })
    #expect(targets.count == FuzzedRequest.Target.allCases.count)
  }

  @Test func `damaged files of versions and results are refused in a sentence, or are sound`() async throws {
    let findings = try await FileCampaign(seed: 7, inputs: 0..<10_000, workers: 2).run()
    #expect(findings.isEmpty, "\(findings.prefix(3))")
  }

  @Test func `requests are answered one by one however they are framed, and nothing behind the last one is a request`()
    async throws
  {
    let findings = try await FramingCampaign(seed: 7, inputs: 0..<600, workers: 2).run()
    #expect(findings.isEmpty, "\(findings.prefix(3))")
  }

  @Test func `without damage, a version's folder is opened; every kind of place is drawn`() async throws {
    let root = FileManager.default.temporaryDirectory.appending(path: "apus-fuzz-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: root) }
    var random = SeededGenerator(seed: 1, index: 0)
    #expect(try await ForeignFolder(&random, isDamaged: false).isAccepted(in: root))
    let drawn = Set((0..<300).flatMap { _ in ForeignFolder(&random).places.values })
    #expect(drawn.count == ForeignFolder.Place.allCases.count)
  }

  @Test func `of the forests that are drawn some are good`() throws {
    var random = SeededGenerator(seed: 1, index: 0)
    var accepted = 0
    for _ in 0..<200 {
      var file = try ForeignFile(&random, isDamaged: false)
      while file.kind != .model { file = try ForeignFile(&random, isDamaged: false) }
      var grammar = ForestGrammar(random: random)
      file.document = grammar.model(columns: 10)
      random = grammar.random
      if try file.isAccepted() { accepted += 1 }
    }
    #expect((20...180).contains(accepted), "\(accepted)")
  }

  @Test func `answers of a connection are read strictly`() {
    func codes(_ text: String) -> [Int]? {
      let stream = AnswerStream(Array(text.utf8))
      return stream.problem == nil ? stream.items.map(\.code) : nil
    }
    let good = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"
    #expect(codes("HTTP/1.1 100 Continue\r\n\r\n" + good + good.replacing("200", with: "404")) == [200, 404])
    for text in ["x", good + "x", String(good.dropLast()), good.replacing("content-length", with: "x"), "{}" + good] {
      #expect(codes(text) == nil, "\(text)")
    }
    var random = SeededGenerator(seed: 1, index: 0)
    var connection = FramedConnection(&random)
    (connection.expected, connection.isDamaged) = ([200], false)
    #expect(connection.problems(ofAnswer: Array(good.utf8)).isEmpty)
    #expect(connection.problems(ofAnswer: Array((good + good).utf8)).count == 1)
    #expect(connection.problems(ofAnswer: []).count == 1)
    connection.isDamaged = true
    #expect(connection.problems(ofAnswer: Array((good + good).utf8)).isEmpty)
    let last = good.replacing("content", with: "connection: close\r\ncontent")
    #expect(connection.problems(ofAnswer: Array((last + good).utf8)) == ["an answer behind the last one"])
  }

  @Test func `too much memory is told once`() {
    let mark = MemoryMark(limit: 1)
    #expect(mark.problem(onceIn: 2) != nil)
    #expect(mark.problem(onceIn: 1) == nil)
    #expect(MemoryMark(limit: .max).problem(onceIn: 1) == nil)
  }

  @Test func `without damage, files and results are good`() throws {
    for index in UInt64(0)..<200 {
      var random = SeededGenerator(seed: 1, index: index)
      let file = try ForeignFile(&random, isDamaged: false)
      #expect(try file.isAccepted(), "\(file.kind)")
    }
  }

  @Test func `a wrong answer is found`() {
    var random = SeededGenerator(seed: 1, index: 0)
    var request = FuzzedRequest(&random)
    while request.target != .predict { request = FuzzedRequest(&random) }
    request.body = Array("{}".utf8)
    func problems(_ code: Int, _ body: String) -> [String] {
      AnswerCheck(request: request, code: code, jsonLength: nil, body: Array(body.utf8)).problems()
    }
    let good = #"{"predicted_class":"a","confidence":0.75,"probabilities":{"a":0.75,"b":0.25}}"#
    #expect(problems(200, good).isEmpty)
    #expect(problems(500, #"{"error":"x"}"#) == ["status 500"])
    #expect(problems(200, "x") == ["the answer is no JSON object"])
    #expect(problems(200, good.replacing("0.25", with: "0.5")).count == 1)
    #expect(problems(200, good.replacing("\"a\",", with: "\"b\",")).count == 1)
    #expect(problems(422, #"{"error":"x"}"#) == ["422 without a field"])
    request.body = Array("{".utf8)
    #expect(problems(200, good) == ["200 for a body that an independent parser refuses"])
  }
}
