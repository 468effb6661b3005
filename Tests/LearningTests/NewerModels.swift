/// Models that XGBoost 3.2 (Python) saved, and its own margins for the first six rows of `rows`.
enum NewerModels {
  /// Three columns; the same formula made the training rows.
  static var rows: [Float] {
    var values: [Float] = []
    for row in 0..<6 {
      values.append(row.isMultiple(of: 9) ? .nan : Float(Double(row * 37 % 101) / 10))
      values.append(row % 11 == 3 ? .nan : Float(Double(row * row % 89) / 7))
      values.append(Float((row * 53 + 11) % 7))
    }
    return values
  }

  static let binary = #"""
    {"learner":{"attributes":{},"feature_names":[],"feature_types":[],
    "gradient_booster":{"model":{"cats":{"enc":[],"feature_segments":[],"sorted_idx":[]},
    "gbtree_model_param":{"num_parallel_tree":"1","num_trees":"2"},"iteration_indptr":[0,1,2],
    "tree_info":[0,0],"trees":[{"default_left":[1,0,0,0,0],"id":0,"left_children":[1,-1,3,-1,-1],
    "loss_changes":[34.49921,0.0,7.288658,0.0,0.0],"right_children":[2,-1,4,-1,-1],
    "split_conditions":[4.2,-0.44206664,2.0,-0.06040268,0.5670527],"split_indices":[0,0,2,0,0],
    "split_type":[0,0,0,0,0],"tree_param":{"num_deleted":"0","num_feature":"3","num_nodes":"5",
    "size_leaf_vector":"1"}},{"default_left":[1,0,0,0,0,0,0],"id":1,"left_children":[1,3,5,-1,-1,-1,-1],
    "loss_changes":[20.078041,0.18562031,4.228836,0.0,0.0,0.0,0.0],"right_children":[2,4,6,-1,-1,-1,-1],
    "split_conditions":[4.2,2.857143,2.0,-0.1018843,-0.38646084,-0.04862603,0.4305518],
    "split_indices":[0,1,2,0,0,0,0],"split_type":[0,0,0,0,0,0,0],"tree_param":{"num_deleted":"0",
    "num_feature":"3","num_nodes":"7","size_leaf_vector":"1"}}]},"name":"gbtree"},
    "learner_model_param":{"base_score":"[4.5E-1]","boost_from_average":"1","num_class":"0",
    "num_feature":"3","num_target":"1"},"objective":{"name":"binary:logistic",
    "reg_loss_param":{"scale_pos_weight":"1"}}},"version":[3,2,0]}
    """#
  static let binaryMargins: [Float] = [
    -0.744621694, -0.744621694, 0.79693377, -1.02919817, 0.79693377, 0.79693377,
  ]

  static let multi = #"""
    {"learner":{"attributes":{},"feature_names":[],"feature_types":[],
    "gradient_booster":{"model":{"cats":{"enc":[],"feature_segments":[],"sorted_idx":[]},
    "gbtree_model_param":{"num_parallel_tree":"1","num_trees":"3"},"iteration_indptr":[0,3],
    "tree_info":[0,1,2],"trees":[{"default_left":[0,0,0],"id":0,"left_children":[1,-1,-1],
    "loss_changes":[2.156435,0.0,0.0],"right_children":[2,-1,-1],
    "split_conditions":[4.0,0.07460723,-0.09563766],"split_indices":[2,0,0],"split_type":[0,0,0],
    "tree_param":{"num_deleted":"0","num_feature":"3","num_nodes":"3",
    "size_leaf_vector":"1"}},{"default_left":[1,0,0],"id":1,"left_children":[1,-1,-1],
    "loss_changes":[1.926912,0.0,0.0],"right_children":[2,-1,-1],
    "split_conditions":[8.4,-0.0337205,0.16223669],"split_indices":[0,0,0],"split_type":[0,0,0],
    "tree_param":{"num_deleted":"0","num_feature":"3","num_nodes":"3",
    "size_leaf_vector":"1"}},{"default_left":[0,0,0],"id":2,"left_children":[1,-1,-1],
    "loss_changes":[3.3564463,0.0,0.0],"right_children":[2,-1,-1],
    "split_conditions":[4.0,-0.098181956,0.12558113],"split_indices":[2,0,0],"split_type":[0,0,0],
    "tree_param":{"num_deleted":"0","num_feature":"3","num_nodes":"3","size_leaf_vector":"1"}}]},
    "name":"gbtree"},"learner_model_param":{"base_score":"[-7.4380994E-2,3.3108288E-1,-2.5670195E-1]",
    "boost_from_average":"1","num_class":"3","num_feature":"3","num_target":"1"},
    "objective":{"name":"multi:softprob","softmax_multiclass_param":{"num_class":"3"}}},
    "version":[3,2,0]}
    """#
  static let multiMargins: [Float] = [
    -0.170018643, 0.297362387, -0.131120816, 0.00022623688, 0.297362387, -0.354883909,
    -0.170018643, 0.297362387, -0.131120816, 0.00022623688, 0.297362387, -0.354883909,
    -0.170018643, 0.297362387, -0.131120816, 0.00022623688, 0.493319571, -0.354883909,
  ]

  static let linear = #"""
    {"learner":{"attributes":{},"feature_names":[],"feature_types":[],
    "gradient_booster":{"model":{"boosted_rounds":2,
    "weights":[0.14530748,-0.040087,0.01817907,-0.14647189]},"name":"gblinear"},
    "learner_model_param":{"base_score":"[4.5E-1]","boost_from_average":"1","num_class":"0",
    "num_feature":"3","num_target":"1"},"objective":{"name":"binary:logistic",
    "reg_loss_param":{"scale_pos_weight":"1"}}},"version":[3,2,0]}
    """#
  static let linearMargins: [Float] = [
    -0.274426401, 0.202947408, 0.79612124, -0.165477037, 0.35324946, 0.78480953,
  ]
}
