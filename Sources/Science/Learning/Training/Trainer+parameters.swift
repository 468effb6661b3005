import WorkerContract

extension Trainer {
  /// What every algorithm shares: the objective, the seed and the threads.
  private var common: [(String, String)] {
    var parameters = [
      ("seed", String(seed)), ("nthread", String(threads)), ("verbosity", "0"),
      // Half and half, which XGBoost 2 and newer would estimate: fixed, so that every release trains the same model.
      ("base_score", "0.5"),
    ]
    if classes == 2 {
      parameters.append(("objective", "binary:logistic"))
    } else {
      parameters += [("objective", "multi:softprob"), ("num_class", String(classes))]
    }
    return parameters
  }

  func parameters(_ boosting: Algorithm.GradientBoosting) -> [(String, String)] {
    common + [
      ("booster", "gbtree"), ("tree_method", "hist"), ("max_depth", String(boosting.maxDepth)),
      ("learning_rate", String(boosting.learningRate)), ("subsample", String(boosting.subsample)),
    ]
  }

  /// One round of parallel trees, with the defaults of XGBoost's own XGBRFClassifier: each tree sees 80 % of the rows
  /// and each node 80 % of the columns, almost no shrinkage of the leaves.
  func parameters(_ forest: Algorithm.RandomForest) -> [(String, String)] {
    common + [
      ("booster", "gbtree"), ("tree_method", "hist"), ("max_depth", String(forest.maxDepth)),
      ("num_parallel_tree", String(forest.trees)), ("learning_rate", "1"), ("subsample", "0.8"),
      ("colsample_bynode", "0.8"), ("reg_lambda", "0.00001"),
    ]
  }

  /// Coordinate descent on the penalised log loss. scikit-learn minimises `C·Σ loss + ½‖w‖²`; XGBoost
  /// `Σ loss + ½·rows·lambda·‖w‖²`, so `lambda = l2 / rows` with `l2 = 1 / C`. The bias is not penalised in either.
  func parameters(_ regression: Algorithm.LogisticRegression, rows: Int) -> [(String, String)] {
    common + [
      ("booster", "gblinear"), ("updater", "coord_descent"), ("feature_selector", "cyclic"), ("learning_rate", "1"),
      ("reg_lambda", String(regression.l2 / Double(rows))), ("reg_alpha", "0"),
    ]
  }
}
