import Values

extension XGBoostDocument.Learner {
  /// Throws where the document says another number of trees than it holds, or more than a model may have.
  func checkTreeCount() throws(LearningError) {
    guard let payload = gradient_booster.model, let trees = payload.trees else { return }
    guard trees.count <= ModelBounds.trees else { throw .unreadableModel("it has \(trees.count) trees") }
    if let stated = payload.gbtree_model_param?.num_trees, Int(stated) != trees.count {
      throw .unreadableModel("num_trees is '\(stated.plain(characters: 64))', and it has \(trees.count) trees")
    }
  }

  /// XGBoost's own attribute: the round, counted from 0, at which early stopping saw the best validation figure.
  private static let bestRound = "best_iteration"

  /// Takes away the trees after the best round of early stopping, which XGBoost's scikit-learn interface does not use for
  /// predictions either. A file without that attribute keeps all of them, and so does one whose trees end before it: some
  /// trainers save only the best rounds.
  mutating func keepBestRounds(margins: Int) throws(LearningError) {
    guard gradient_booster.name == "gbtree", let text = attributes?[Self.bestRound],
      let payload = gradient_booster.model, let trees = payload.trees, let outputs = payload.tree_info
    else { return }
    guard let best = Int(text), best >= 0, best < Int(Int32.max) else {
      throw .unreadableModel("its attribute \(Self.bestRound) is '\(text.plain(characters: 64))'")
    }
    let used: Int
    if let starts = payload.iteration_indptr, starts.count >= 2 {
      guard best + 1 < starts.count else { return }
      used = starts[best + 1]
    } else {
      let parallel = Int(payload.gbtree_model_param?.num_parallel_tree ?? "1") ?? 1
      let (ofRound, overflow) = max(parallel, 1).multipliedReportingOverflow(by: margins)
      guard !overflow, ofRound <= trees.count else { return }
      used = (best + 1) * ofRound
    }
    guard (0...trees.count).contains(used), outputs.count == trees.count else {
      if used >= trees.count { return }
      throw .unreadableModel("its rounds do not fit its \(trees.count) trees")
    }
    gradient_booster.model?.trees = Array(trees.prefix(used))
    gradient_booster.model?.tree_info = Array(outputs.prefix(used))
  }
}
