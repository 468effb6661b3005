import Engine
import Artifacts
import Exposition
import Foundation
import Learning
import Logging
import Tabular
import Telemetry
import WorkerContract

@testable import Serving

/// The schema of the tests' model: each feature shows another rule.
enum Sample {
  static let schema = FeatureSchema(
    target: .init(name: "income", positive: ">50K", classes: ["<=50K", ">50K"]),
    features: [
      .init(name: "age", type: .numeric, minimum: 0, maximum: 120, onUnknown: .reject),
      .init(name: "hours", type: .numeric, nullable: true, minimum: 1, maximum: 99, onUnknown: .warn),
      .init(name: "gain", type: .numeric, nullable: true, minimum: 0, onUnknown: .impute),
      .init(name: "work", type: .categorical, categories: ["Private", "State"], onUnknown: .reject),
      .init(name: "city", type: .categorical, nullable: true, categories: ["Bern", "Ürgüp"], onUnknown: .impute),
      .init(name: "zone", type: .categorical, categories: ["1", "2"], onUnknown: .warn),
    ])

  static let good = #"{"age":39,"hours":40.5,"gain":1000,"work":"Private","city":"Ürgüp","zone":"1"}"#

  static var pipeline: FeaturePipeline { FeaturePipeline(learned: schema) }

  /// Three trees over the encoded columns age, hours, gain, work=Private, …; `shift` sets versions apart.
  static func model(shift: Double = 0) -> Data {
    let trees = [(0, 35.0, -0.4, 0.6), (1, 42.0, -0.2, 0.3), (3, 0.5, 0.25, -0.35)].enumerated().map { index, tree in
      """
      {"left_children":[1,-1,-1],"right_children":[2,-1,-1],"split_indices":[\(tree.0),0,0],
       "split_conditions":[\(tree.1),\(tree.2 + shift),\(tree.3 + shift)],"default_left":[\(index % 2),0,0],
       "loss_changes":[1,0,0],"sum_hessian":[10,4,6],"split_type":[0,0,0],"tree_param":{"size_leaf_vector":"1"}}
      """
    }
    return Data(
      """
      {"version":[1,7,4],"learner":{"attributes":{},
       "gradient_booster":{"name":"gbtree","model":{"tree_info":[0,0,0],"trees":[\(trees.joined(separator: ","))]}},
       "learner_model_param":{"base_score":"5E-1","num_class":"0","num_feature":"\(pipeline.width)"},
       "objective":{"name":"binary:logistic"}}}
      """.utf8)
  }

  /// Steps that explaining a row of `deepModel` takes, without those for the result: more than an event loop has time for.
  static let deepSteps = 10 * 256 * 64

  /// Ten complete trees of depth 8.
  static var deepModel: Data {
    let nodes = 0..<511
    func list(_ value: (Int) -> String) -> String { "[" + nodes.map(value).joined(separator: ",") + "]" }
    let tree = """
      {"left_children":\(list { $0 < 255 ? "\(2 * $0 + 1)" : "-1" }),"right_children":\(list { $0 < 255 ? "\(2 * $0 + 2)" : "-1" }),
       "split_indices":\(list { "\($0 % pipeline.width)" }),"split_conditions":\(list { $0 < 255 ? "\($0 % 60)" : "0.00\($0)" }),
       "default_left":\(list { "\($0 % 2)" }),"sum_hessian":\(list { "\(512 - $0)" })}
      """
    return Data(
      """
      {"learner":{"gradient_booster":{"name":"gbtree","model":{"tree_info":[0,0,0,0,0,0,0,0,0,0],
       "trees":[\(Array(repeating: tree, count: 10).joined(separator: ","))]}},
       "learner_model_param":{"base_score":"5E-1","num_class":"0","num_feature":"\(pipeline.width)"},
       "objective":{"name":"binary:logistic"}}}
      """.utf8)
  }

  static func predictor(shift: Double = 0) throws -> Predictor {
    try Predictor(schema: schema, pipeline: pipeline, model: Model(json: model(shift: shift)))
  }

  static func bundle(shift: Double = 0) throws -> ArtifactBundle { try bundle(model(shift: shift)) }

  static func bundle(_ model: Data) throws -> ArtifactBundle {
    try ArtifactBundle(files: [
      ArtifactBundle.FileName.model: model,
      ArtifactBundle.FileName.schema: try JSONEncoder().encode(schema),
      ArtifactBundle.FileName.pipeline: try JSONEncoder().encode(pipeline),
    ])
  }

  /// What the evaluator says of these values, in the schema's order: the probability of each class.
  static func probabilities(_ values: [FeatureValue], shift: Double = 0) throws -> [Double] {
    var encoded = [Float](repeating: 0, count: pipeline.width)
    values.withUnsafeBufferPointer { values in
      encoded.withUnsafeMutableBufferPointer { pipeline.encode(values, into: $0) }
    }
    return try predictor(shift: shift).model.probabilities(of: encoded).map(Double.init)
  }
}

/// A routing table with defaults.
func aTable(
  revision: Int = 1, _ entries: RoutingTable.Entry..., logging: LoggingRules = .init()
) -> RoutingTable {
  RoutingTable(namespace: "default", model: "income", revision: revision, entries: entries, logging: logging)
}

func anEntry(
  _ version: String, _ digest: String = "sha256:0", weight: Int = 100, _ role: RoutingTable.Role = .production
) -> RoutingTable.Entry {
  RoutingTable.Entry(version: version, digest: digest, weight: weight, role: role)
}

let income = ModelKey(namespace: "default", model: "income")

/// A logger that says nothing.
let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

func someMetrics(holder: ServingHolder = ServingHolder()) -> ServingMetrics {
  ServingMetrics(
    registry: MetricsRegistry(), endpoints: RouteTable.labels, holder: holder, clock: { Date().timeIntervalSince1970 })
}

/// Lends an empty folder.
func withFolder<Result>(_ body: (URL) async throws -> Result) async throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appending(path: "apus-serving-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try await body(folder)
}
