import Artifacts
import Foundation
import Learning
import Tabular
import Telemetry
import TestSupport
import Testing
import WorkerContract

/// What a model says that is not a number.
@Suite(.serialized) struct FiniteAnswerTests {
  private static func bundle(_ name: String, _ model: String) throws -> ArtifactBundle {
    var files = try Sample.bundle().files
    files[ArtifactBundle.FileName.model] = Data(
      """
      {"version":[1,7,4],"learner":{"attributes":{},"gradient_booster":{"name":"\(name)","model":{\(model)}},
       "learner_model_param":{"base_score":"5E-1","num_class":"0","num_feature":"\(Sample.pipeline.width)"},
       "objective":{"name":"binary:logistic"}}}
      """.utf8)
    return try ArtifactBundle(files: files)
  }

  /// The age counts so much that its product is more than a Float holds from some 35 on. Of trees the reader of models refuses
  /// leaves that could come to as much.
  private static func linear() throws -> ArtifactBundle {
    let weights = ["1e37"] + Array(repeating: "0", count: Sample.pipeline.width)
    return try bundle("gblinear", "\"weights\":[\(weights.joined(separator: ","))]")
  }

  /// Two trees that split on the age.
  private static func trees(leaf: String) throws -> ArtifactBundle {
    let trees = (0..<2).map { _ in
      """
      {"left_children":[1,-1,-1],"right_children":[2,-1,-1],"split_indices":[0,0,0],
       "split_conditions":[35,0.1,\(leaf)],"default_left":[1,0,0],"sum_hessian":[10,4,6],"loss_changes":[1,0,0],
       "split_type":[0,0,0],"tree_param":{"size_leaf_vector":"1"}}
      """
    }
    return try bundle("gbtree", "\"tree_info\":[0,0],\"trees\":[\(trees.joined(separator: ","))]")
  }

  private static func row(_ age: Int) -> String {
    "{\"features\":{\"age\":\(age),\"work\":\"Private\",\"zone\":\"1\"}}"
  }

  private static func tensors(_ ages: String, rows: Int) -> String {
    func input(_ name: String, _ datatype: String, _ data: String) -> String {
      "{\"name\":\"\(name)\",\"shape\":[\(rows)],\"datatype\":\"\(datatype)\",\"data\":[\(data)]}"
    }
    func all(_ text: String) -> String { Array(repeating: "\"\(text)\"", count: rows).joined(separator: ",") }
    let inputs = [input("age", "FP64", ages), input("work", "BYTES", all("Private")), input("zone", "BYTES", all("1"))]
    return "{\"id\":\"tensors\",\"inputs\":[\(inputs.joined(separator: ","))]}"
  }

  @Test func `an answer that is not finite is refused on every path, and neither logged nor in a sum`() async throws {
    try await withServer(isServing: false) { server in
      let bundle = try Self.linear()
      try await server.artifacts.put(bundle)
      let digest = bundle.digest.description
      _ = try await server.reload(
        aTable(anEntry("v1", digest), anEntry("v2", digest, weight: 0, .shadow)))
      try await server.becomesReady()

      #expect(try await server.request("POST", "/predict", Self.row(20), headers: ["X-Request-Id": "good"]).code == 200)
      for body in [Self.row(40), Self.row(40).replacing("{\"features\"", with: "{\"explain\":true,\"features\"")] {
        let refused = try await server.request("POST", "/predict", body)
        #expect(refused.code == 422)
        #expect((refused.json["fields"] as? [[String: String]])?.first?["reason"] == "not_finite", "\(refused.text)")
      }
      let batch = try await server.request(
        "POST", "/predict/batch", "[\(Self.row(40)),\(Self.row(20))]", headers: ["X-Request-Id": "batch"])
      let responses = try #require(batch.json["responses"] as? [[String: Any]])
      #expect(responses.map { $0["predicted_class"] != nil } == [false, true])
      let path = "/v2/models/income/infer"
      for (ages, rows) in [("40", 1), ("20,40", 2)] {
        let refused = try await server.request("POST", path, Self.tensors(ages, rows: rows))
        #expect(refused.code == 422 && refused.text.contains("not a finite number"), "\(refused.text)")
      }
      #expect(try await server.request("POST", path, Self.tensors("20", rows: 1)).code == 200)

      let logged = try await eventually("what was answered is stored") {
        let logged = try await server.store.predictions(PredictionQuery(model: income))
        return logged.count >= 6 ? logged : nil
      }
      #expect(Set(logged.map(\.record.requestID)) == ["good", "batch-1", "tensors"])
      #expect(logged.allSatisfy { $0.record.confidence.isFinite })
      for version in ["v1", "v2"] {
        let sum = try #require(try await server.metric("apus_prediction_confidence_ratio_sum{version=\"\(version)\"}"))
        #expect(sum.isFinite && sum > 1.5)
        #expect(try await server.metric("apus_prediction_confidence_ratio_count{version=\"\(version)\"}") == 3)
      }
      #expect(try await server.request("GET", "/metrics").text.contains("NaN") == false)
    }
  }

  @Test func `trees that are read have finite answers whatever the row, and a linear model may not`() throws {
    func model(_ bundle: ArtifactBundle) throws -> Model {
      try Model(json: bundle.file(ArtifactBundle.FileName.model))
    }
    for leaf in ["0.3", "1e30", "-4e37"] { #expect(try model(Self.trees(leaf: leaf)).isAlwaysFinite, "\(leaf)") }
    for leaf in ["6e37", "3e38", "-3e38"] { #expect(throws: LearningError.self) { try model(Self.trees(leaf: leaf)) } }
    #expect(try !model(Self.linear()).isAlwaysFinite)
  }
}
