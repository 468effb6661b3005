import Statistics
package import WorkerContract

/// How good predictions were, by the labels that are due, and how fast answers were.
package struct PerformanceReport: Codable, Sendable, Equatable {
  package var rules: PerformanceRules
  /// Predictions that latency, positive rate and confidence are about.
  package var rows: Int
  /// When the predictions were made whose labels were looked at; nil: the same as `rows`.
  package var span: ObservedSpan?
  /// Predictions with a label.
  package var labelled: Int
  /// Predictions whose label is due.
  package var expected: Int
  /// Share of the predictions whose label is due that have one, 0…1; nil where none is due.
  package var coverage: Double?
  /// Nil while fewer than the minimum of labels are there.
  package var metrics: ModelMetrics?
  /// Of the accuracy, 95 % (Wilson).
  package var accuracyInterval: ConfidenceBounds?
  /// Seconds; nil without rows.
  package var p50Latency: Double?
  package var p95Latency: Double?
  package var p99Latency: Double?
  /// Share of the predictions that are of the positive class.
  package var positiveRate: Double?
  package var meanConfidence: Double?
  /// True labels (rows) by predicted class (columns), in the order of `classes`.
  package var confusion: [[Int]]
  package var classes: [String]
  /// The class that precision, recall and F1 are about; nil for more than two classes.
  package var positive: String?

  package struct ConfidenceBounds: Codable, Sendable, Equatable {
    package var lower: Double
    package var upper: Double
  }

  /// Accuracy is known and below its limit.
  package var isAccuracyLost: Bool { metrics.map { $0.accuracy < rules.minimumAccuracy } ?? false }

  package var isSlow: Bool { p95Latency.map { $0 > rules.maximumP95Latency.seconds } ?? false }

  /// - Parameters:
  ///   - window: What latency, positive rate and confidence are about.
  ///   - due: Predictions of the version whose labels are due, and when they were made. Nil: the labels of `window`
  ///     count, and those of predictions older than the delay are missed.
  ///   - positive: The positive class; with two classes precision, recall and F1 are its own, with more they are means
  ///     over the classes.
  ///   - now: Seconds since 1970, to tell which labels are late.
  ///   - minimumLabels: Fewer labels give no metrics.
  package init(
    _ window: PredictionWindow, due: (window: PredictionWindow, span: ObservedSpan)? = nil, positive: String?,
    rules: PerformanceRules = .init(), now: Double, minimumLabels: Int = 30
  ) {
    self.rules = rules
    rows = window.rowCount
    span = due?.span
    let judged = due?.window ?? window
    let isLabelled = judged.labels.map { $0 != nil }
    labelled = isLabelled.count { $0 }
    let isDue = judged.times.map { due != nil || $0 <= now - rules.labelDelay.seconds }
    expected = isDue.count { $0 }
    coverage = expected == 0 ? nil : Double(zip(isDue, isLabelled).count { $0 && $1 }) / Double(expected)
    let latencies = window.latencies.filter { !$0.isNaN }.sorted()
    if !latencies.isEmpty {
      p50Latency = quantile(ofSorted: latencies, 0.5)
      p95Latency = quantile(ofSorted: latencies, 0.95)
      p99Latency = quantile(ofSorted: latencies, 0.99)
    }
    classes = window.classes
    confusion = []
    let positiveClass = positive ?? window.classes.last
    if window.rowCount > 0 {
      meanConfidence = Moments(window.confidences).mean
      positiveRate = Double(window.predicted.count { $0 == positiveClass }) / Double(window.rowCount)
    }
    guard labelled >= max(1, minimumLabels) else { return }
    let scored = ScoredRows(judged)
    classes = scored.classes
    confusion = scored.confusion
    metrics = scored.metrics(positive: positiveClass)
    self.positive = window.classes.count == 2 ? positiveClass : nil
    let correct = scored.classes.indices.reduce(0) { $0 + scored.confusion[$1][$1] }
    let interval = wilsonInterval(correct, of: labelled)
    accuracyInterval = ConfidenceBounds(lower: interval.lower, upper: interval.upper)
  }
}

/// The labelled rows of a window with true and predicted class as positions.
private struct ScoredRows {
  var classes: [String]
  var truth: [Int] = []
  var predicted: [Int] = []
  /// Row-major, rows × the model's classes.
  var probabilities: [Double] = []
  var confusion: [[Int]]
  private let modelClasses: Int

  init(_ window: PredictionWindow) {
    var positions: [String: Int] = [:]
    for (index, name) in window.classes.enumerated() { positions[name] = index }
    var names = window.classes
    func position(_ name: String) -> Int {
      if let known = positions[name] { return known }
      positions[name] = names.count
      names.append(name)
      return names.count - 1
    }
    let width = window.classes.count
    let hasProbabilities = window.probabilities.count == window.rowCount * width
    for (row, label) in window.labels.enumerated() {
      guard let label else { continue }
      truth.append(position(label))
      predicted.append(position(window.predicted[row]))
      if hasProbabilities { probabilities += window.probabilities[row * width..<(row + 1) * width] }
    }
    classes = names
    modelClasses = width
    confusion = [[Int]](repeating: [Int](repeating: 0, count: names.count), count: names.count)
    for (actual, guess) in zip(truth, predicted) { confusion[actual][guess] += 1 }
  }

  /// Probability of the class by row; without probabilities 1 for the predicted class.
  private func scores(of index: Int) -> [Double] {
    guard !probabilities.isEmpty, index < modelClasses else { return predicted.map { $0 == index ? 1 : 0 } }
    return truth.indices.map { probabilities[$0 * modelClasses + index] }
  }

  func metrics(positive: String?) -> ModelMetrics {
    let isBinary = modelClasses == 2
    let positiveIndex = positive.flatMap { classes.firstIndex(of: $0) } ?? max(0, modelClasses - 1)
    let judged = isBinary ? [positiveIndex] : Array(classes.indices)
    let means = ClassScores(ClassCounts.of(confusion), positive: isBinary ? positiveIndex : nil)
    let areas = judged.compactMap { index in
      areaUnderCurve(scores: scores(of: index), positives: truth.map { $0 == index })
    }
    let correct = classes.indices.reduce(0) { $0 + confusion[$1][$1] }
    return ModelMetrics(
      accuracy: Double(correct) / Double(max(1, truth.count)), precision: means.precision, recall: means.recall,
      f1: means.f1, rocAUC: areas.isEmpty ? nil : areas.reduce(0, +) / Double(areas.count),
      brier: brier(positiveIndex, isBinary: isBinary))
  }

  private func brier(_ positive: Int, isBinary: Bool) -> Double {
    let judged = isBinary ? [positive] : Array(classes.indices)
    var sum = 0.0
    for index in judged {
      for (row, score) in scores(of: index).enumerated() {
        let error = score - (truth[row] == index ? 1 : 0)
        sum += error * error
      }
    }
    return sum / Double(max(1, truth.count)) / (isBinary ? 1 : 2)
  }
}
