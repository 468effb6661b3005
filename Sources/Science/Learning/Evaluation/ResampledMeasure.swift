import Statistics
import WorkerContract

/// One measure of many samples of the same rows; what does not depend on the sample is worked out once.
struct ResampledMeasure {
  private let metric: MetricName
  private let classes: [String]
  private let judged: [Int]
  private let positive: Int?
  private let labels: [Int]
  private let predicted: [Int]
  private let squaredErrors: [Double]
  private let scores: [[Double]]

  init(_ predictions: Predictions, metric: MetricName) {
    self.metric = metric
    classes = predictions.classes
    judged = predictions.isBinary ? [predictions.positive] : Array(predictions.classes.indices)
    positive = predictions.isBinary ? predictions.positive : nil
    labels = predictions.labels
    predicted = predictions.predicted
    squaredErrors = metric == .brier ? predictions.squaredErrors : []
    scores = metric == .rocAUC ? judged.map(predictions.scores(of:)) : []
  }

  /// Over these rows, a row as often as it is named; NaN where they do not have the measure.
  func value(_ rows: [Int]) -> Double {
    switch metric {
    case .brier: rows.reduce(0) { $0 + squaredErrors[$1] } / Double(rows.count)
    case .rocAUC: area(rows)
    case .accuracy, .precision, .recall, .f1: counted(rows)
    }
  }

  private func counted(_ rows: [Int]) -> Double {
    let matrix = ConfusionMatrix(
      classes: classes, labels: rows.map { labels[$0] }, predicted: rows.map { predicted[$0] })
    if metric == .accuracy { return matrix.accuracy }
    let scores = matrix.scores(positive: positive)
    let value = metric == .precision ? scores.precision : metric == .recall ? scores.recall : scores.f1
    return value ?? .nan
  }

  private func area(_ rows: [Int]) -> Double {
    let areas = zip(judged, scores).compactMap { index, scores in
      areaUnderCurve(scores: rows.map { scores[$0] }, positives: rows.map { labels[$0] == index })
    }
    return areas.isEmpty ? .nan : areas.reduce(0, +) / Double(areas.count)
  }
}
