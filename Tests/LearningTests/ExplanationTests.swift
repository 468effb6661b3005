import Foundation
import Learning
import Tabular
import Testing
import WorkerContract

struct ExplainedAlgorithm: Sendable, CustomTestStringConvertible {
  var name: String
  var algorithm: Algorithm
  var testDescription: String { name }
}

private let cases: [ExplainedAlgorithm] = [
  ExplainedAlgorithm(
    name: "boosting, depth 1",
    algorithm: .init(gradientBoosting: .init(rounds: 7, maxDepth: 1, learningRate: 0.3, subsample: 1))),
  ExplainedAlgorithm(
    name: "boosting, depth 4",
    algorithm: .init(gradientBoosting: .init(rounds: 40, maxDepth: 4, learningRate: 0.1, subsample: 0.8))),
  ExplainedAlgorithm(
    name: "boosting, depth 10",
    algorithm: .init(gradientBoosting: .init(rounds: 10, maxDepth: 10, learningRate: 0.3, subsample: 1))),
  ExplainedAlgorithm(name: "forest", algorithm: .init(randomForest: .init(trees: 9, maxDepth: 7))),
  ExplainedAlgorithm(name: "linear", algorithm: .init(logisticRegression: .init(l2: 1))),
]

@Suite struct ExplanationTests {
  private static func contributions(_ model: Model, _ values: [Float]) throws -> [Double] {
    try stride(from: 0, to: values.count, by: model.featureCount).flatMap { start in
      try Array(values[start..<start + model.featureCount]).withUnsafeBufferPointer { row in
        try #require(model.contributions(of: row))
      }
    }
  }

  @Test("Contributions equal XGBoost's pred_contribs to 1e-5 and add up to the margin", arguments: cases, [2, 3])
  func equalsXGBoost(sample: ExplainedAlgorithm, classes: Int) throws {
    // XGBoost leaves missing values of a linear model out; here they stand for the mean.
    let missing = sample.name == "linear" ? 0.0 : 0.15
    let train = RandomRows.coarse(500, width: 6, classes: classes, missing: missing, seed: 31)
    let held = RandomRows.coarse(60, width: 6, classes: classes, missing: missing, seed: 32)
    let json = try Trainer(algorithm: sample.algorithm, classes: classes, seed: 5, threads: 1).fit(train: train).json
    let model = try Model(json: json)
    #expect(model.isExplainable)
    let own = try Self.contributions(model, held.values)
    let theirs = try Booster(model: json, threads: 1).contributions(of: held, threads: 1)
    #expect(own.count == theirs.count)
    #expect(own.count == 60 * model.marginCount * 7)
    let worst = zip(own, theirs).map { abs($0 - Double($1)) }.max() ?? .infinity
    #expect(worst < 1e-5, "differs by \(worst)")

    let margins = try model.margins(of: held.values)
    for (place, margin) in margins.enumerated() {
      let sum = own[(place * 7)...].prefix(7).reduce(0.0, +)
      #expect(abs(sum - Double(margin)) < 1e-5)
    }
  }

  @Test("Columns of one feature are one contribution, and missing values contribute")
  func features() throws {
    let schema = FeatureSchema(
      target: .init(name: "y", classes: ["a", "b"]),
      features: [
        .init(name: "x", type: .numeric, nullable: true),
        .init(name: "c", type: .categorical, nullable: true, categories: ["p", "q", "r"]),
        .init(name: "z", type: .numeric, nullable: true),
      ])
    let pipeline = FeaturePipeline(learned: schema)
    #expect(pipeline.width == 6)
    let train = RandomRows.coarse(400, width: 6, classes: 2, missing: 0.1, seed: 41)
    let json = try Trainer(
      algorithm: .init(gradientBoosting: .init(rounds: 20)), classes: 2, seed: 5, threads: 1
    ).fit(train: train).json
    let model = try Model(json: json)
    let row: [Float] = [0.5, 0, 1, 0, 0, .nan]
    let columns = try Self.contributions(model, row)
    let explanation = try #require(row.withUnsafeBufferPointer { model.explanation(of: $0, pipeline: pipeline) })
    let output = try #require(explanation.outputs.first)
    #expect(explanation.outputs.count == 1)
    #expect(output.classIndex == 1)
    #expect(output.bias == columns[6])
    #expect(output.contributions.count == 3)
    #expect(output.contributions[0] == columns[0])
    #expect(abs(output.contributions[1] - columns[1...4].reduce(0, +)) < 1e-12)
    #expect(output.contributions[2] == columns[5])
    #expect(output.contributions[2] != 0, "a missing value tells something too")
    #expect(abs(output.margin - Double(try model.margins(of: row)[0])) < 1e-5)
  }

  @Test("A model without covers predicts and is not explained; children that no row reached are no danger")
  func covers() throws {
    func model(_ covers: String) throws -> Model {
      try Model(
        json: Data(
          """
          {"learner":{"gradient_booster":{"name":"gbtree","model":{"tree_info":[0],"trees":[
          {"left_children":[1,-1,3,-1,-1],"right_children":[2,-1,4,-1,-1],"split_indices":[0,0,0,0,0],
          "split_conditions":[1,-1,2,3,5],"default_left":[0,0,0,0,0]\(covers)}]}},
          "learner_model_param":{"base_score":"5E-1","num_class":"0","num_feature":"1"},
          "objective":{"name":"binary:logistic"}}}
          """.utf8))
    }
    #expect(try !model("").isExplainable)
    #expect(try !model(#","sum_hessian":[1,1]"#).isExplainable)
    for (covers, bias) in [("8,8,0,0,0", -1.0), ("8,2,6,3,3", 2.75), ("0,0,0,0,0", 1.5)] {
      let model = try model(#","sum_hessian":[\#(covers)]"#)
      for (value, margin) in [(0.0, -1.0), (1.5, 3), (9, 5), (.nan, 5)] as [(Float, Double)] {
        let contributions = try Self.contributions(model, [value])
        #expect(abs(contributions[0] + contributions[1] - margin) < 1e-6)
        #expect(abs(contributions[1] - bias) < 1e-6)
      }
    }
  }
}
