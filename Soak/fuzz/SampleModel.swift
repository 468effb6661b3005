import Artifacts
import Foundation
import Learning
import Tabular
import WorkerContract

/// The model that is fuzzed: a feature of each strictness and kind, three versions that differ.
enum SampleModel {
  static let name = "fuzzed"

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

  /// Three stumps over the encoded columns age, hours and work=Private; `shift` sets versions apart.
  static func bundle(shift: Double) throws -> ArtifactBundle {
    let pipeline = FeaturePipeline(learned: schema)
    let stumps = [(0, 35.0, -0.4, 0.6), (1, 42.0, -0.2, 0.3), (3, 0.5, 0.25, -0.35)].map { column, split, low, high in
      """
      {"left_children":[1,-1,-1],"right_children":[2,-1,-1],"split_indices":[\(column),0,0],
       "split_conditions":[\(split),\(low + shift),\(high + shift)],"default_left":[\(column % 2),0,0],
       "sum_hessian":[10,4,6],"loss_changes":[1,0,0]}
      """
    }
    let model = """
      {"learner":{"gradient_booster":{"name":"gbtree","model":{"tree_info":[0,0,0],
       "trees":[\(stumps.joined(separator: ","))]}},
       "learner_model_param":{"base_score":"5E-1","num_class":"0","num_feature":"\(pipeline.width)"},
       "objective":{"name":"binary:logistic"}}}
      """
    return try ArtifactBundle(files: [
      ArtifactBundle.FileName.model: Data(model.utf8),
      ArtifactBundle.FileName.schema: try JSONEncoder().encode(schema),
      ArtifactBundle.FileName.pipeline: try JSONEncoder().encode(pipeline),
    ])
  }
}
