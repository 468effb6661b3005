import Values

/// How large a model's document says that it is: what is compared with schema and pipeline before anything of that size is made.
struct ModelShape {
  /// Columns of a row.
  let columns: Int
  /// Classes told apart, at least 2.
  let classes: Int
  /// Raw outputs of a row: 1 for two classes, else one for each class.
  let margins: Int
  /// Whether `base_score` is a probability, and no margin.
  let hasProbabilityBase: Bool

  init(_ learner: XGBoostDocument.Learner) throws(LearningError) {
    let parameters = learner.learner_model_param
    guard let columns = Int(parameters.num_feature), (1...ModelBounds.columns).contains(columns) else {
      throw .unreadableModel("num_feature is '\(parameters.num_feature.plain(characters: 64))'")
    }
    guard Int(parameters.num_target ?? "1").map({ (0...1).contains($0) }) ?? false else {
      throw .unsupportedModel("num_target \((parameters.num_target ?? "").plain(characters: 64)), more than one target")
    }
    let classes = Int(parameters.num_class)
    switch learner.objective.name {
    case "binary:logistic", "binary:logitraw", "reg:logistic":
      guard classes.map({ (0...1).contains($0) }) ?? parameters.num_class.isEmpty else {
        throw .unreadableModel(
          "num_class is '\(parameters.num_class.plain(characters: 64))', and its objective \(learner.objective.name) has two"
        )
      }
      margins = 1
      self.classes = 2
    case "multi:softprob", "multi:softmax":
      guard let classes, (2...ModelBounds.classes).contains(classes) else {
        throw .unreadableModel("num_class is '\(parameters.num_class.plain(characters: 64))'")
      }
      margins = classes
      self.classes = classes
    default: throw .unsupportedModel("the objective \(learner.objective.name.plain(characters: 64))")
    }
    guard margins <= ModelBounds.cells / columns else {
      throw .unreadableModel("num_class \(margins) and num_feature \(columns) are more than a model may have together")
    }
    self.columns = columns
    hasProbabilityBase = ["binary:logistic", "reg:logistic"].contains(learner.objective.name)
  }
}
