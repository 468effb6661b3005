import Learning
import Testing
import WorkerContract

/// Numbers of scikit-learn 1.9 for the same rows.
@Suite struct EvaluationTests {
  private let labels = [
    0, 0, 0, 1, 1, 0, 1, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0,
    1,
  ]
  private let scores: [Float] = [
    0.23, 0.27, 0.26, 0.35, 0.62, 0.52, 0.29, 0.42, 0.27, 0.12, 0.99, 0.75, 0.36, 0.26, 0.37, 0.21, 0.39, 0.24, 0.38,
    0.54, 0.46, 0.64, 0.16, 0.63, 0.36, 0.13, 0.21, 0.43, 0.48, 0.01, 0.09, 0.73, 0.2, 0.51, 0.23, 0.85, 0.74, 0.53,
    0.18, 0.55,
  ]

  private func binary() throws -> Predictions {
    try Predictions(
      classes: ["no", "yes"], positive: 1, labels: labels, probabilities: scores.flatMap { [1 - $0, $0] })
  }

  private func isClose(_ left: Double?, _ right: Double, _ tolerance: Double = 1e-6) -> Bool {
    abs((left ?? .nan) - right) < tolerance
  }

  @Test("Binary metrics equal scikit-learn's, ties in the scores included")
  func binaryMetrics() throws {
    let evaluation = try Evaluation(try binary())
    #expect(isClose(evaluation.metrics.accuracy, 0.8))
    #expect(isClose(evaluation.metrics.precision, 0.8461538461538461))
    #expect(isClose(evaluation.metrics.recall, 0.6470588235294118))
    #expect(isClose(evaluation.metrics.f1, 0.7333333333333333))
    #expect(isClose(evaluation.metrics.rocAUC, 0.8593350383631713))
    #expect(isClose(evaluation.metrics.brier, 0.154865))
    #expect(evaluation.confusion.counts == [[21, 2], [6, 11]])
    #expect(isClose(evaluation.confusion.normalised[1][0], 0.35294117647058826))
    #expect(evaluation.positive == "yes")
    #expect(evaluation.roc.first.map { [$0.falsePositiveRate, $0.truePositiveRate] } == [0, 0])
    #expect(evaluation.roc.last.map { [$0.falsePositiveRate, $0.truePositiveRate] } == [1, 1])
  }

  @Test("The other class as the positive one turns precision and recall round and keeps area and Brier")
  func positiveClass() throws {
    var other = try binary()
    other.positive = 0
    let metrics = try ModelMetrics(other)
    #expect(isClose(metrics.precision, 21.0 / 27))
    #expect(isClose(metrics.recall, 21.0 / 23))
    #expect(isClose(metrics.rocAUC, 0.8593350383631713))
    #expect(isClose(metrics.brier, 0.154865))
  }

  @Test("Thresholds 0.1 to 0.9 equal scikit-learn's")
  func thresholds() throws {
    let expected: [(Double, Double, Double)] = [
      (0.4473684210526316, 1.0, 0.6181818181818182), (0.5, 1.0, 0.6666666666666666),
      (0.6521739130434783, 0.8823529411764706, 0.75), (0.7058823529411765, 0.7058823529411765, 0.7058823529411765),
      (0.8461538461538461, 0.6470588235294118, 0.7333333333333333), (1.0, 0.47058823529411764, 0.64),
      (1.0, 0.29411764705882354, 0.45454545454545453), (1.0, 0.11764705882352941, 0.21052631578947367),
      (1.0, 0.058823529411764705, 0.1111111111111111),
    ]
    let found = try Evaluation(try binary()).thresholds
    #expect(found.count == 9)
    for (report, (precision, recall, f1)) in zip(found, expected) {
      #expect(isClose(report.precision, precision), "\(report)")
      #expect(isClose(report.recall, recall), "\(report)")
      #expect(isClose(report.f1, f1), "\(report)")
    }
  }

  @Test("The calibration curve equals scikit-learn's for single-precision scores; its verdict follows the error")
  func calibration() throws {
    let calibration = try Evaluation(try binary()).calibration
    #expect(
      calibration.bins.map(\.observed).map { ($0 * 10).rounded() / 10 } == [0, 0, 0.2, 0.5, 0.3, 0.6, 1, 1, 1, 1])
    let predicted = [0.05, 0.1475, 0.24272727, 0.36833333, 0.4475, 0.53, 0.63, 0.74, 0.85, 0.99]
    for (bin, value) in zip(calibration.bins, predicted) { #expect(isClose(bin.predicted, value)) }
    #expect(isClose(calibration.error, 0.1335))
    #expect(calibration.verdict == .poor)
    #expect(Calibration.Verdict(error: 0.0499) == .good)
    #expect(Calibration.Verdict(error: 0.05) == .fair)
    #expect(Calibration.Verdict(error: 0.10) == .poor)
  }

  @Test("Multi-class metrics are scikit-learn's macro averages")
  func multiClass() throws {
    let labels = [1, 0, 2, 2, 0, 1, 0, 0, 1, 2, 2, 1, 1, 1, 0, 1, 2, 1, 0, 0, 2, 0, 2, 2, 1, 1, 2, 1, 1, 0]
    let probabilities: [Float] = [
      0.542, 0.289, 0.169, 0.321, 0.071, 0.608, 0.396, 0.101, 0.503, 0.204, 0.09, 0.706, 0.738, 0.084, 0.178, 0.345,
      0.63,
      0.025, 0.85, 0.0, 0.15, 0.694, 0.09, 0.216, 0.222, 0.295, 0.483, 0.126, 0.121, 0.753, 0.128, 0.144, 0.728, 0.043,
      0.397, 0.56, 0.357, 0.445, 0.198, 0.555, 0.338, 0.107, 0.595, 0.205, 0.2, 0.471, 0.357, 0.172, 0.23, 0.114, 0.656,
      0.079, 0.675, 0.246, 0.435, 0.066, 0.499, 0.408, 0.363, 0.229, 0.278, 0.293, 0.429, 0.616, 0.268, 0.116, 0.508,
      0.14, 0.352, 0.339, 0.14, 0.521, 0.492, 0.331, 0.177, 0.062, 0.543, 0.395, 0.312, 0.013, 0.675, 0.348, 0.543,
      0.109, 0.04, 0.703, 0.257, 0.713, 0.051, 0.236,
    ]
    let predictions = try Predictions(
      classes: ["0", "1", "2"], positive: 2, labels: labels, probabilities: probabilities)
    let evaluation = try Evaluation(predictions)
    #expect(isClose(evaluation.metrics.accuracy, 0.7))
    #expect(isClose(evaluation.metrics.precision, 0.75))
    #expect(isClose(evaluation.metrics.recall, 0.7222222222222222))
    #expect(isClose(evaluation.metrics.f1, 0.6984126984126983))
    #expect(isClose(evaluation.metrics.rocAUC, 0.9325396825396824))
    #expect(isClose(evaluation.metrics.brier, 0.195903))
    #expect(evaluation.confusion.counts == [[7, 0, 2], [4, 6, 2], [1, 0, 8]])
    #expect(evaluation.perClass.map(\.support) == [9, 12, 9])
    #expect(isClose(evaluation.perClass[2].f1, 0.7619047619047619))
    #expect(evaluation.thresholds.isEmpty)
    #expect(evaluation.positive == nil)
  }

  @Test(
    "A class that held-out rows neither have nor get is no part of a mean; without a positive guess precision is absent"
  )
  func undefined() throws {
    let two = try Predictions(
      classes: ["a", "b", "c"], positive: 2, labels: [0, 1, 1, 0],
      probabilities: [0.9, 0.1, 0, 0.2, 0.8, 0, 0.3, 0.7, 0, 0.4, 0.6, 0])
    let metrics = try ModelMetrics(two)
    #expect(isClose(metrics.recall, 0.75) && isClose(metrics.precision, 5.0 / 6))
    #expect(isClose(metrics.f1, (2.0 / 3 + 0.8) / 2))
    let never = try Predictions(
      classes: ["no", "yes"], positive: 1, labels: [0, 1], probabilities: [0.9, 0.1, 0.8, 0.2])
    let evaluation = try Evaluation(never)
    #expect(evaluation.metrics.precision == nil && evaluation.metrics.recall == 0 && evaluation.metrics.f1 == 0)
    #expect(evaluation.thresholds[8].precision == nil && evaluation.perClass[1].precision == nil)
    #expect(throws: LearningError.undefinedMeasure("precision")) {
      _ = try Comparison(
        challenger: never, champion: never, reference: .init(version: "v1", digest: ""), metric: .precision,
        confidence: 0.95, seed: 1)
    }
  }

  @Test("Rows of one class have no area under a curve and are refused by name")
  func singleClass() throws {
    let one = try Predictions(
      classes: ["no", "yes"], positive: 1, labels: [1, 1], probabilities: [0.1, 0.9, 0.5, 0.5])
    #expect(throws: LearningError.singleClass("yes")) { _ = try Evaluation(one) }
  }
}
