import Foundation
import Learning
import Tabular
import Testing
import WorkerContract

/// Models of other people's trainers.
@Suite struct CustomModelTests {
  private static let schema = FeatureSchema(
    target: .init(name: "y", positive: "yes", classes: ["no", "yes"]),
    features: [
      .init(name: "age", type: .numeric), .init(name: "hours", type: .numeric), .init(name: "zone", type: .numeric),
    ])

  private func largest(_ left: [Float], _ right: [Float]) -> Float {
    left.count == right.count ? zip(left, right).map { abs($0 - $1) }.max() ?? 0 : .infinity
  }

  /// The model with its document changed.
  private func changed(_ text: String = EarlyStoppedModels.binary, _ change: (String) -> String) -> Data {
    Data(change(text).utf8)
  }

  private func names(_ names: [String]) -> Data {
    let list = names.map { "\"\($0)\"" }.joined(separator: ",")
    let text = EarlyStoppedModels.binary.replacing("\n", with: "").replacing(/[ ]{2,}/, with: "")
    return Data(text.replacing(/"feature_names":\[[^\]]*\]/, with: "\"feature_names\":[\(list)]").utf8)
  }

  /// Their names, so that a failure does not print whole models.
  enum Stopped: String, CaseIterable, Sendable {
    case binary
    case multi
  }

  @Test(arguments: Stopped.allCases)
  func `early stopping: only the rounds up to the best one count`(_ sample: Stopped) throws {
    let (text, probabilities, trees) =
      sample == .binary
      ? (EarlyStoppedModels.binary, EarlyStoppedModels.binaryProbabilities, 4)
      : (EarlyStoppedModels.multi, EarlyStoppedModels.multiProbabilities, 30)
    let older = text.replacing(/"iteration_indptr":\[[^\]]*\],/, with: "")
    for document in [text, older] {
      let model = try Model(json: Data(document.utf8))
      #expect(model.treeCount == trees)
      let own = try model.probabilities(of: NewerModels.rows)
      #expect(largest(own, probabilities) < 1e-6)
      // One row at a time, and as contributions: the same trees.
      let single = try model.probabilities(of: Array(NewerModels.rows[3..<6]))
      #expect(single == Array(own[model.classCount..<2 * model.classCount]))
    }
  }

  @Test func `contributions add up to the margin of the best rounds`() throws {
    let model = try Model(json: Data(EarlyStoppedModels.binary.utf8))
    let margins = try model.margins(of: NewerModels.rows)
    for row in 0..<6 {
      let values = Array(NewerModels.rows[row * 3..<row * 3 + 3])
      let contributions = try #require(values.withUnsafeBufferPointer { model.contributions(of: $0) })
      #expect(abs(contributions.reduce(0, +) - Double(margins[row])) < 1e-5)
    }
  }

  @Test func `an attribute beyond the saved rounds keeps them all, one that is no number is refused`() throws {
    let beyond = changed { $0.replacing("\"best_iteration\":\"3\"", with: "\"best_iteration\":\"99\"") }
    #expect(try Model(json: beyond).treeCount == 6)
    let broken = changed { $0.replacing("\"best_iteration\":\"3\"", with: "\"best_iteration\":\"third\"") }
    #expect(throws: LearningError.unreadableModel("its attribute best_iteration is 'third'")) {
      try Model(json: broken)
    }
  }

  struct Names: Sendable, CustomTestStringConvertible {
    var names: [String]
    /// A part of the sentence; nil: accepted.
    var refusal: String?
    var testDescription: String { names.joined(separator: " ") }
  }

  @Test(arguments: [
    Names(names: ["age", "hours", "zone"]), Names(names: []), Names(names: ["f0", "f1", "f2"]),
    Names(names: ["0", "1", "2"]), Names(names: ["Column_1", "Column_2", "Column_3"]),
    Names(names: ["num__age", "num__hours", "remainder__zone"]),
    Names(names: ["hours", "age", "zone"], refusal: "column 1 of the model is 'hours', that of the pipeline 'age'"),
    Names(names: ["age", "zone", "hours"], refusal: "column 2 of the model is 'zone', that of the pipeline 'hours'"),
    Names(names: ["f1", "f0", "f2"], refusal: "column 1 of the model is 'f1'"),
    Names(names: ["age", "hours", "city"], refusal: "column 3 of the model is 'city', that of the pipeline 'zone'"),
    Names(names: ["age", "hours"], refusal: "column 3 of the pipeline is 'zone', and the model has only 2"),
    Names(
      names: ["age", "hours", "zone", "x"], refusal: "column 4 of the model is 'x', and the pipeline makes only 3"),
    Names(names: ["Age", "hours", "zone"], refusal: "column 1 of the model is 'Age'"),
  ])
  func `columns are the pipeline's, by name and in order`(_ sample: Names) throws {
    let model = try Model(json: names(sample.names))
    let pipeline = FeaturePipeline(learned: Self.schema)
    do {
      _ = try Predictor(schema: Self.schema, pipeline: pipeline, model: model)
      #expect(sample.refusal == nil)
    } catch {
      let refusal = try #require(sample.refusal, "\(error)")
      #expect(error.description.contains(refusal), "\(error)")
      #expect(error.description.hasPrefix("The model was trained on other columns"))
    }
  }

  @Test(arguments: [
    (["work=Private", "work=<=5", "work is missing"], nil as String?), (["work_Private", "work__=5", "work_nan"], nil),
    (["cat__work_Private", "cat__work_<=5", "cat__work_None"], nil),
    (["work=<=5", "work=Private", "work is missing"], "column 1 of the model is 'work=<=5'"),
    (["work is missing", "work=Private", "work=<=5"], "column 1"),
    (["work_Private", "work_nan", "work__=5"], "column 2 of the model is 'work_nan', that of the pipeline 'work=<=5'"),
  ])
  func `columns of levels may be called as pandas and scikit-learn do`(_ given: [String], _ refusal: String?) throws {
    let schema = FeatureSchema(
      target: .init(name: "y", classes: ["no", "yes"]),
      features: [.init(name: "work", type: .categorical, nullable: true, categories: ["Private", "<=5"])])
    let model = try Model(json: names(given))
    do {
      _ = try Predictor(schema: schema, pipeline: FeaturePipeline(learned: schema), model: model)
      #expect(refusal == nil)
    } catch {
      let refusal = try #require(refusal, "\(error)")
      #expect(error.description.contains(refusal), "\(error)")
    }
  }

  private func load(_ rows: [String], model: Data = Data(EarlyStoppedModels.binary.utf8)) throws -> Predictor {
    let samples = #"{"format":"apus.dev/samples/v1","rows":[\#(rows.joined(separator: ","))]}"#
    return try Predictor(
      schema: try JSONEncoder().encode(Self.schema),
      pipeline: try JSONEncoder().encode(FeaturePipeline(learned: Self.schema)),
      model: model, samples: Data(samples.utf8))
  }

  /// A row of `NewerModels.rows` with the probabilities that XGBoost gave for it.
  private func sample(_ row: Int, shift: Double = 0) -> String {
    let features = zip(["age", "hours", "zone"], NewerModels.rows[row * 3..<row * 3 + 3]).map {
      "\"\($0)\":\($1.isNaN ? "null" : "\($1)")"
    }
    let theirs = EarlyStoppedModels.binaryProbabilities[row * 2..<row * 2 + 2].map { Double($0) + shift }
    return #"{"features":{\#(features.joined(separator: ","))},"probabilities":[\#(theirs[0]),\#(theirs[1])]}"#
  }

  @Test func `bundled sample predictions are reproduced`() throws {
    _ = try load((0..<6).map { sample($0) })
  }

  @Test(arguments: [
    (2, 2e-6, "row 3 of samples.json says "), (0, -0.5, "row 1 of samples.json says "),
    (5, Double.nan, "samples.json is not what it should be"),
  ])
  func `the first row that is not reproduced is named`(_ row: Int, _ shift: Double, _ part: String) throws {
    let rows = (0..<6).map { sample($0, shift: $0 >= row ? shift : 0) }
    let error = #expect(throws: LearningError.self) { try load(rows) }
    #expect(error?.description.contains(part) == true, "\(String(describing: error))")
  }

  @Test(arguments: [
    (#"{"features":{"agee":1},"probabilities":[0.5,0.5]}"#, "row 1 of samples.json has 'agee'"),
    (#"{"features":{"age":1},"probabilities":[1]}"#, "has 1 probabilities for 2 classes"),
    (#"{"features":{"age":"old"},"probabilities":[0.5,0.5]}"#, "'age' is numeric"),
    (#"{"features":{"age":1}}"#, "samples.json is not what it should be"),
  ])
  func `samples that cannot be read are named`(_ row: String, _ part: String) throws {
    let error = #expect(throws: LearningError.self) { try load([row]) }
    #expect(error?.description.contains(part) == true, "\(String(describing: error))")
  }
}
