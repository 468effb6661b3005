/// The parts of XGBoost's JSON model that prediction and importances need. Read leniently: releases from 1.6 to 3.x
/// differ in what they add, and in writing `base_score` as a number (`"5E-1"`) or as a list (`"[5E-1]"`).
struct XGBoostDocument: Decodable {
  var learner: Learner

  struct Learner: Decodable {
    var gradient_booster: GradientBooster
    var learner_model_param: Parameters
    var objective: Objective
    var attributes: [String: String]?
    /// Absent or empty where the trainer gave none.
    var feature_names: [String]?
  }

  struct Parameters: Decodable {
    var base_score: String
    var num_class: String
    var num_feature: String
    /// Not in models before 1.6.
    var num_target: String?
  }

  struct Objective: Decodable {
    var name: String
  }

  struct GradientBooster: Decodable {
    var name: String
    var model: Payload?
  }

  /// `trees` and `tree_info` of a gbtree, `weights` of a gblinear.
  struct Payload: Decodable {
    var trees: [Tree]?
    var tree_info: [Int]?
    var weights: [Float]?
    /// Number of the first tree of each round, and after them the number of trees. Not in models before 2.0.
    var iteration_indptr: [Int]?
    var gbtree_model_param: TreeModelParameters?
  }

  struct TreeModelParameters: Decodable {
    var num_parallel_tree: String?
    var num_trees: String?
  }

  struct Tree: Decodable {
    var left_children: [Int]
    var right_children: [Int]
    var split_indices: [Int]
    var split_conditions: [Float]
    var default_left: [Flag]
    var loss_changes: [Float]?
    /// How many rows reached each node, weighted by their second derivatives.
    var sum_hessian: [Float]?
    var split_type: [Int]?
    var tree_param: TreeParameters?
  }

  struct TreeParameters: Decodable {
    var size_leaf_vector: String?
    var num_nodes: String?
  }

  /// 0 and 1 in current releases, booleans in older ones.
  struct Flag: Decodable {
    var isSet: Bool

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let number = try? container.decode(Int.self) {
        isSet = number != 0
      } else {
        isSet = try container.decode(Bool.self)
      }
    }
  }
}
