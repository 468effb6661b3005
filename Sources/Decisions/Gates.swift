package import ApusAPI
package import WorkerContract

/// The gates of a promotion, each a small named rule over a training result.
package enum Gates {
  package typealias Verdict = ModelVersionStatus.GateResult

  /// All of them, in the order in which people read them. `production` is the version that serves now.
  package static func verdicts(
    on result: TrainingResult, rules: ModelDeploymentSpec.Promotion, production: ArtifactReference?
  ) -> [Verdict] {
    minimums(result.metrics, rules.minimum)
      + [againstProduction(result, rules.against, production)].compactMap { $0 }
      + (production == nil ? [] : rules.segments.map { segment($0, result) })
  }

  private static func minimums(_ metrics: ModelMetrics, _ minimum: ModelDeploymentSpec.MinimumMetrics) -> [Verdict] {
    [
      atLeast("minimumAccuracy", .accuracy, metrics, minimum.accuracy),
      atLeast("minimumF1", .f1, metrics, minimum.f1),
      atLeast("minimumROCAUC", .rocAUC, metrics, minimum.rocAUC),
    ]
  }

  private static func atLeast(_ gate: String, _ name: MetricName, _ metrics: ModelMetrics, _ limit: Double) -> Verdict {
    let value = metrics[name]
    // NaN, which a metric of an empty part is, does not pass.
    let passed = value >= limit
    return Verdict(
      gate: gate, passed: passed, value: value, limit: limit,
      message: "\(name.rawValue) \(Figures.metric(value)) is \(passed ? "at least" : "below") the minimum of "
        + Figures.metric(limit))
  }

  /// Better by `minimumImprovement`, and surely so: the interval's lower bound lies above 0, or above the margin where a
  /// loss is allowed (a negative `minimumImprovement`). `accuracyRatio` is an alternative that suffices alone.
  private static func againstProduction(
    _ result: TrainingResult, _ rules: ModelDeploymentSpec.Against, _ production: ArtifactReference?
  ) -> Verdict? {
    guard let production else { return nil }
    let gate = "againstProduction"
    guard let comparison = result.comparison else {
      return Verdict(
        gate: gate, passed: false, value: nil, limit: rules.minimumImprovement,
        message:
          "was not compared with \(production.version), which is in production: another schema, or its artifact can "
          + "not be read (see the run's warnings); \(ApusAnnotations.forcePromote) promotes it all the same")
    }
    guard comparison.champion.version == production.version else {
      return Verdict(
        gate: gate, passed: false, value: nil, limit: rules.minimumImprovement,
        message: "was compared with \(comparison.champion.version), but \(production.version) is in production now; "
          + "train again")
    }
    // Of the Brier score less is better.
    let isReversed = comparison.metric == .brier
    let improvement = isReversed ? -comparison.difference : comparison.difference
    let lower = isReversed ? -comparison.upper : comparison.lower
    let upper = isReversed ? -comparison.lower : comparison.upper
    let isBetter = improvement >= rules.minimumImprovement && lower > min(0, rules.minimumImprovement)
    let holdsRatio = rules.accuracyRatio.map {
      result.metrics.accuracy >= $0 * comparison.championMetrics.accuracy
    }
    let size = Figures.difference(abs(improvement))
    let verdict =
      improvement < 0
      ? "worse by \(size) \(comparison.metric.rawValue) than" : "better by \(size) \(comparison.metric.rawValue) than"
    let isEqual = abs(improvement) < 0.00005
    var message = isEqual ? "as good in \(comparison.metric.rawValue) as" : verdict
    message += " \(production.version) (interval \(Figures.difference(lower)) … \(Figures.difference(upper)))"
    if !isBetter, holdsRatio == true, let ratio = rules.accuracyRatio {
      message += "; accuracy is at least \(Figures.percent(ratio)) of production's"
    } else if !isBetter {
      message +=
        improvement < rules.minimumImprovement
        ? ", an improvement of \(Figures.difference(rules.minimumImprovement)) is asked for" : ", which may be chance"
    }
    return Verdict(
      gate: gate, passed: isBetter || holdsRatio == true, value: improvement, limit: rules.minimumImprovement,
      message: message)
  }

  private static func segment(_ rule: SegmentGuard, _ result: TrainingResult) -> Verdict {
    let gate = "segment:\(rule.feature)"
    let measured = result.segments.filter { $0.feature == rule.feature && $0.metric == rule.metric }
    func loss(_ segment: TrainingResult.SegmentResult) -> Double {
      rule.metric == .brier ? segment.challenger - segment.champion : segment.champion - segment.challenger
    }
    guard let worst = measured.max(by: { loss($0) < loss($1) }) else {
      return Verdict(
        gate: gate, passed: true, value: nil, limit: rule.maximumLoss,
        message: "no level of \(rule.feature) has enough rows to compare")
    }
    let passed = loss(worst) <= rule.maximumLoss
    let change = (loss(worst) > 0) == (rule.metric != .brier) ? "falls" : "rises"
    return Verdict(
      gate: gate, passed: passed, value: loss(worst), limit: rule.maximumLoss,
      message: "\(rule.metric.rawValue) of \(rule.feature)=\(worst.level) \(change) by "
        + "\(Figures.difference(abs(loss(worst)))), \(passed ? "within" : "more than") the allowed loss of "
        + Figures.difference(rule.maximumLoss))
  }
}
