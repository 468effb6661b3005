import Statistics
package import WorkerContract

/// Everything that is known of a model on held-out rows: `evaluation.json`.
package struct Evaluation: Codable, Sendable, Equatable {
  package var rows: Int
  package var classes: [String]
  /// The positive class; nil for more than two classes.
  package var positive: String?
  package var metrics: ModelMetrics
  package var confusion: ConfusionMatrix
  package var perClass: [ClassReport]
  /// At thresholds 0.1 … 0.9 of the positive class's probability; empty for more than two classes.
  package var thresholds: [ThresholdReport]
  /// Two classes: of the positive class's probability. More: of the predicted class's probability.
  package var calibration: Calibration
  /// Of the positive class; empty for more than two classes.
  package var roc: [ROC.Point]
  /// The twenty most important columns, the first first.
  package var importances: [Importance]

  /// The whole evaluation of `predictions`. Throws `singleClass` where the rows hold fewer than two classes.
  package init(_ predictions: Predictions, importances: [Importance] = []) throws(LearningError) {
    let confusion = ConfusionMatrix(
      classes: predictions.classes, labels: predictions.labels, predicted: predictions.predicted)
    rows = predictions.count
    classes = predictions.classes
    positive = predictions.isBinary ? predictions.classes[predictions.positive] : nil
    metrics = try ModelMetrics(predictions, confusion: confusion)
    self.confusion = confusion
    perClass = confusion.reports
    self.importances = importances
    if predictions.isBinary {
      let scores = predictions.scores(of: predictions.positive)
      let isPositive = predictions.labels.map { $0 == predictions.positive }
      thresholds = (1...9).map { ThresholdReport(Double($0) / 10, scores: scores, positives: isPositive) }
      calibration = Calibration(stated: scores, happened: isPositive)
      roc = ROC.curve(scores: scores, positives: isPositive)
    } else {
      let predicted = predictions.predicted
      thresholds = []
      calibration = Calibration(
        stated: predicted.enumerated().map {
          Double(predictions.probabilities[$0.offset * predictions.classes.count + $0.element])
        },
        happened: zip(predicted, predictions.labels).map(==))
      roc = []
    }
  }
}

/// Precision, recall and F1 when every row at or above `threshold` counts as positive.
package struct ThresholdReport: Codable, Sendable, Equatable {
  package var threshold: Double
  /// nil where no row counts as positive.
  package var precision: Double?
  package var recall: Double?
  package var f1: Double?

  init(_ threshold: Double, scores: [Double], positives: [Bool]) {
    var hits = 0
    var guessed = 0
    for (score, positive) in zip(scores, positives) where score >= threshold {
      guessed += 1
      hits += positive ? 1 : 0
    }
    let counts = ClassCounts(hits: hits, predicted: guessed, occurring: positives.count { $0 })
    self.threshold = threshold
    precision = counts.precision
    recall = counts.recall
    f1 = counts.f1
  }
}

extension ModelMetrics {
  /// The six measures of held-out rows. Two classes: of the positive class. More: means over the classes, each against
  /// the rest (scikit-learn's `macro`, see `ClassScores`); the area under the curve over those classes that are present.
  ///
  /// Brier: mean squared error of the positive class's probability; for more classes half the summed squared error of
  /// all, which lies in 0…1 too (Brier, 1950; scikit-learn's `scale_by_half=True`).
  package init(_ predictions: Predictions) throws(LearningError) {
    try self.init(
      predictions,
      confusion: ConfusionMatrix(
        classes: predictions.classes, labels: predictions.labels, predicted: predictions.predicted))
  }

  init(_ predictions: Predictions, confusion: ConfusionMatrix) throws(LearningError) {
    guard let first = predictions.labels.first, predictions.labels.contains(where: { $0 != first }) else {
      throw .singleClass(predictions.classes[predictions.labels.first ?? 0])
    }
    let judged = predictions.isBinary ? [predictions.positive] : Array(predictions.classes.indices)
    let scores = confusion.scores(positive: predictions.isBinary ? predictions.positive : nil)
    let areas = judged.compactMap { index in
      areaUnderCurve(scores: predictions.scores(of: index), positives: predictions.labels.map { $0 == index })
    }
    self.init(
      accuracy: confusion.accuracy,
      precision: scores.precision,
      recall: scores.recall,
      f1: scores.f1,
      rocAUC: areas.isEmpty ? nil : areas.reduce(0, +) / Double(areas.count),
      brier: Self.brier(predictions))
  }

  private static func brier(_ predictions: Predictions) -> Double {
    predictions.squaredErrors.reduce(0, +) / Double(predictions.count)
  }
}
