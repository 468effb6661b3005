import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct ExplanationAnswerTests {
  /// The margin that belongs to a probability.
  private static func logit(_ probability: Double) -> Double { log(probability / (1 - probability)) }

  private static func sum(of explanation: Any?) -> (margin: Double, sum: Double, names: Set<String>)? {
    guard let outputs = explanation as? [[String: Any]], outputs.count == 1, let output = outputs.first,
      output["class"] as? String == ">50K", let contributions = output["contributions"] as? [String: Double],
      let margin = output["margin"] as? Double, let bias = output["bias"] as? Double
    else { return nil }
    return (margin, bias + contributions.values.reduce(0, +), Set(contributions.keys))
  }

  @Test func `a prediction is explained where it is asked for`() async throws {
    try await withServer { server in
      let plain = try await server.request("POST", "/predict", "{\"features\":\(Sample.good)}")
      #expect(plain.json["explanation"] == nil)
      for flag in ["false", "null"] {
        let reply = try await server.request("POST", "/predict", "{\"explain\":\(flag),\"features\":\(Sample.good)}")
        #expect(reply.code == 200)
        #expect(reply.json["explanation"] == nil)
      }
      let reply = try await server.request("POST", "/predict", "{\"features\":\(Sample.good),\"explain\":true}")
      #expect(reply.code == 200)
      let told = try #require(Self.sum(of: reply.json["explanation"]))
      #expect(told.names == ["age", "hours", "gain", "work", "city", "zone"])
      let probability = try #require((reply.json["probabilities"] as? [String: Double])?[">50K"])
      #expect(abs(told.margin - Self.logit(probability)) < 1e-5)
      #expect(abs(told.sum - told.margin) < 1e-9)

      let wrong = try await server.request("POST", "/predict", "{\"features\":\(Sample.good),\"explain\":1}")
      #expect(wrong.code == 422)
      #expect(wrong.text.contains("'explain' is true or false"))
    }
  }

  @Test func `a batch is explained as a whole or by row`() async throws {
    try await withServer { server in
      let row = "{\"features\":\(Sample.good)}"
      let asking = "{\"explain\":true,\"features\":\(Sample.good)}"
      let cases: [(String, [Bool])] = [
        ("[\(row),\(asking)]", [false, true]), ("{\"requests\":[\(row),\(row)],\"explain\":true}", [true, true]),
        ("{\"explain\":false,\"requests\":[\(asking),\(row)]}", [true, false]),
      ]
      for (body, expected) in cases {
        let reply = try await server.request("POST", "/predict/batch", body)
        #expect(reply.code == 200, "\(reply.text)")
        let answers = try #require(reply.json["responses"] as? [[String: Any]])
        #expect(answers.map { Self.sum(of: $0["explanation"]) != nil } == expected)
      }
      for (body, words) in [
        ("{\"requests\":[\(row)],\"explain\":\"yes\"}", "'explain' is true or false"),
        ("{\"requests\":[\(row)],\"requests\":[\(row)]}", "'requests' is given more than once"),
        ("{\"requests\":[\(row)],\"version\":1}", "no member 'version' beside 'requests'"),
      ] {
        let reply = try await server.request("POST", "/predict/batch", body)
        #expect(reply.code == 422)
        #expect(reply.text.contains(words), "\(reply.text)")
      }
    }
  }

  @Test func `the inference protocol has contributions as an output`() async throws {
    try await withServer { server in
      let inputs = """
        "inputs":[{"name":"age","shape":[2],"datatype":"FP64","data":[39,20]},
        {"name":"work","shape":[2],"datatype":"BYTES","data":["Private","State"]},
        {"name":"zone","shape":[2],"datatype":"BYTES","data":["1","2"]}]
        """
      func outputs(_ more: String) async throws -> [String: [String: Any]] {
        let reply = try await server.request("POST", "/v2/models/income/infer", "{\(inputs)\(more)}")
        #expect(reply.code == 200, "\(reply.text)")
        let list = try #require(reply.json["outputs"] as? [[String: Any]])
        return Dictionary(uniqueKeysWithValues: list.map { ($0["name"] as? String ?? "", $0) })
      }
      #expect(try await outputs("").keys.sorted() == ["confidence", "predicted_class", "probabilities"])
      let asked = try await outputs(#","parameters":{"explain":true}"#)
      #expect(asked.count == 4)
      let named = try await outputs(#","outputs":[{"name":"contributions"},{"name":"probabilities"}]"#)
      for answer in [asked, named] {
        let tensor = try #require(answer["contributions"])
        #expect(tensor["shape"] as? [Int] == [2, 1, 7])
        let data = try #require(tensor["data"] as? [Double])
        let probabilities = try #require(answer["probabilities"]?["data"] as? [Double])
        for row in 0..<2 {
          #expect(abs(data[(row * 7)...].prefix(7).reduce(0, +) - Self.logit(probabilities[row * 2 + 1])) < 1e-5)
        }
      }
      let metadata = try await server.request("GET", "/v2/models/income")
      #expect(metadata.text.contains(#"{"name":"contributions","datatype":"FP64","shape":[-1,1,7]}"#))
    }
  }
}
