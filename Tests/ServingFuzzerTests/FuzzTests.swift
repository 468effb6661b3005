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
