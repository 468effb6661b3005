import Values

/// Everything that can go wrong in training, loading and evaluating a model; each case reads as a sentence for a person.
package enum LearningError: Error, Equatable, CustomStringConvertible {
  /// The bytes are not an XGBoost model in JSON, or contradict themselves.
  case unreadableModel(String)
  /// A well-formed model that uses something the evaluator does not have.
  case unsupportedModel(String)
  /// The model's names for its columns are not the pipeline's, or in another order.
  case columnsDiffer(String)
  /// A sample prediction of the trainer is not reproduced.
  case samplesDiffer(String)
  /// Arrays that do not fit each other: a fault of the caller.
  case shapeMismatch(String)
  /// Fewer than two classes among the labels.
  case singleClass(String)
  /// The rows do not define the measure for one of two models.
  case undefinedMeasure(String)
  /// The algorithm of the specification cannot be trained here.
  case unsupportedAlgorithm(String)
  /// XGBoost refused a call.
  case engine(call: String, message: String)

  /// Fit to be shown: it may quote a file.
  package var description: String { sentence.plain(characters: 1024) }

  private var sentence: String {
    switch self {
    case .unreadableModel(let why): "The model cannot be read: \(why). Train it again or restore the file."
    case .unsupportedModel(let what): "The model uses \(what), which the evaluator does not support."
    case .columnsDiffer(let what):
      "The model was trained on other columns: \(what). Train on the pipeline's columns, by name and in order."
    case .samplesDiffer(let what):
      "The trainer's predictions are not reproduced: \(what). Compare columns, order of classes and saved rounds."
    case .shapeMismatch(let what): "Shapes do not fit: \(what)."
    case .singleClass(let name):
      "All rows belong to the one class '\(name)'; a classifier needs rows of at least two classes."
    case .undefinedMeasure(let name):
      "\(name) is not defined on the rows compared: choose another spec.promotion.against.metric, or test on more rows."
    case .unsupportedAlgorithm(let what): "The algorithm cannot be trained here: \(what)."
    case .engine(let call, let message): "XGBoost failed in \(call): \(message)"
    }
  }
}
