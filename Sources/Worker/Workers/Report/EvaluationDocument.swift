import Learning
import Tabular
import WorkerContract

/// `evaluation.json`: what is known of a version when its training ends. Holds no times, so that a second run with the
/// same input makes the same bytes.
struct EvaluationDocument: Codable {
  var model: String
  var version: String
  var algorithm: Algorithm
  var rows: TrainingResult.RowCounts
  /// Boosting rounds of the model; sweeps of a linear one.
  var rounds: Int
  /// Log loss on the validation part after each round of the fit that chose the rounds.
  var validationLoss: [Double]
  /// On the test rows.
  var evaluation: Evaluation
  /// How the rows were divided.
  var split: SplitRecipe
  var comparison: Comparison?
  var notCompared: String?
  var schemaChange: SchemaChange?
  var segments: [TrainingResult.SegmentResult]
  var warnings: [String]
  var dataDigest: String
}
