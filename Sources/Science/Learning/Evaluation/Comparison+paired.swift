import Statistics
package import WorkerContract

extension Comparison {
  /// Challenger against champion on the same rows, in the same order and with the same classes.
  ///
  /// Area under the curve of two classes: DeLong. Accuracy: McNemar (mid-p) with Wald's interval of paired shares.
  /// Everything else: paired bootstrap with `seed`. `difference` is challenger minus champion, also for `brier`, where
  /// less is better. Throws `undefinedMeasure` where one of the two does not have the measure.
  package init(
    challenger: Predictions, champion: Predictions, reference: ArtifactReference, metric: MetricName,
    confidence: Double, seed: Int
  ) throws(LearningError) {
    guard challenger.labels == champion.labels, challenger.classes == champion.classes else {
      throw .shapeMismatch("challenger and champion were not evaluated on the same rows")
    }
    let championMetrics = try ModelMetrics(champion)
    guard try ModelMetrics(challenger)[metric] != nil, championMetrics[metric] != nil else {
      throw .undefinedMeasure(metric.rawValue)
    }
    let result = Self.difference(challenger, champion, metric: metric, confidence: confidence, seed: seed)
    self.init(
      champion: reference, championMetrics: championMetrics, metric: metric, difference: result.difference,
      lower: result.lower, upper: result.upper, pValue: result.pValue, rows: challenger.count, confidence: confidence)
  }

  private typealias Difference = (difference: Double, lower: Double, upper: Double, pValue: Double)

  private static func difference(
    _ challenger: Predictions, _ champion: Predictions, metric: MetricName, confidence: Double, seed: Int
  ) -> Difference {
    switch metric {
    case .accuracy:
      let test = McNemar(firstCorrect: challenger.isCorrect, secondCorrect: champion.isCorrect)
      let interval = test.interval(confidence: confidence)
      return (test.difference, interval.lower, interval.upper, test.midPValue)
    case .rocAUC where challenger.isBinary:
      let positives = challenger.labels.map { $0 == challenger.positive }
      let scores = (challenger.scores(of: challenger.positive), champion.scores(of: champion.positive))
      if let test = DeLong(first: scores.0, second: scores.1, positives: positives) {
        let interval = test.interval(confidence: confidence)
        return (test.difference, interval.lower, interval.upper, test.pValue)
      }
      return bootstrap(challenger, champion, metric: metric, confidence: confidence, seed: seed)
    default:
      return bootstrap(challenger, champion, metric: metric, confidence: confidence, seed: seed)
    }
  }

  private static func bootstrap(
    _ challenger: Predictions, _ champion: Predictions, metric: MetricName, confidence: Double, seed: Int
  ) -> Difference {
    let first = ResampledMeasure(challenger, metric: metric)
    let second = ResampledMeasure(champion, metric: metric)
    // An area costs a sort for each class and resample.
    let test = PairedBootstrap(
      rows: challenger.count, resamples: metric == .rocAUC ? 200 : 1000, confidence: confidence, seed: seed
    ) { rows in first.value(rows) - second.value(rows) }
    return (test.difference, test.lower, test.upper, test.pValue)
  }
}
