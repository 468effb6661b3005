package import ApusAPI
import Values
package import WorkerContract

/// The gates of a promotion, each a small named rule over a training result.
package enum Gates {
  package typealias Verdict = ModelVersionStatus.GateResult

  /// All of them, in the order in which people read them. `production` is the version that serves now.
  package static func verdicts(
    on result: TrainingResult, rules: ModelDeploymentSpec.Promotion, production: ArtifactReference?
  ) -> [Verdict] {
    minimums(result, rules.minimum)
      + [againstProduction(result, rules.against, production), clients(result, production)].compactMap { $0 }
      + (production == nil ? [] : rules.segments.map { segment($0, result) })
  }

  private static func minimums(
    _ result: TrainingResult, _ minimum: ModelDeploymentSpec.MinimumMetrics
  ) -> [Verdict] {
    [
      atLeast("minimumAccuracy", .accuracy, result, minimum.accuracy),
      atLeast("minimumF1", .f1, result, minimum.f1),
      atLeast("minimumROCAUC", .rocAUC, result, minimum.rocAUC),
    ]
  }

  private static func atLeast(_ gate: String, _ name: MetricName, _ result: TrainingResult, _ limit: Double) -> Verdict
  {
    let subject = named(name, result)
    guard let value = result.metrics[name] else {
      // A minimum of 0 asks for nothing.
      let passed = limit <= 0
      return Verdict(
        gate: gate, passed: passed, value: nil, limit: limit,
        message: "\(subject) is not defined on the \(Figures.count(result.rows.test, "test row"))"
          + (passed
            ? "; no minimum is asked for"
            : ", so the minimum of \(Figures.metric(limit)) cannot be judged: test on more rows "
              + "(spec.training.split.test), or set spec.promotion.minimum.\(name.rawValue) to 0"))
    }
    let passed = value >= limit
    return Verdict(
      gate: gate, passed: passed, value: value, limit: limit,
      message: "\(subject) \(Figures.metric(value)) is \(passed ? "at least" : "below") the minimum of "
        + Figures.metric(limit))
  }

  /// The measure, with the class that it is about.
  private static func named(_ name: MetricName, _ result: TrainingResult) -> String {
    guard [.precision, .recall, .f1].contains(name), let positive = result.positive else { return name.rawValue }
    return "\(name.rawValue) of '\(positive)'"
  }

  /// Requests that production answers and the version would refuse: a person has to let it take over.
  private static func clients(_ result: TrainingResult, _ production: ArtifactReference?) -> Verdict? {
    guard let production, let change = result.schemaChange, change.champion.version == production.version,
      !change.refused.isEmpty
    else { return nil }
    return Verdict(
      gate: "clients", passed: false, held: true,
      message: "it refuses requests (422) that \(production.version) answers: \(change.refused.joined(separator: "; "))"
    )
  }

  /// Better by `minimumImprovement`, and surely so: the interval's lower bound lies above 0, or above the margin where a
  /// loss is allowed (a negative `minimumImprovement`). `accuracyRatio` is an alternative that suffices alone.
  private static func againstProduction(
    _ result: TrainingResult, _ rules: ModelDeploymentSpec.Against, _ production: ArtifactReference?
  ) -> Verdict? {
    guard let production else { return nil }
    let gate = "againstProduction"
    func refused(_ message: String, held: Bool? = nil) -> Verdict {
      Verdict(gate: gate, passed: false, value: nil, limit: rules.minimumImprovement, held: held, message: message)
    }
    let champion = result.comparison?.champion ?? result.schemaChange?.champion
    if let champion, champion.version != production.version {
      return refused(
        "was compared with \(champion.version), but \(production.version) is in production now; train again")
    }
    if let change = result.schemaChange, !change.incomparable.isEmpty {
      return refused(
        "not comparable with \(production.version), which is in production: "
          + change.incomparable.joined(separator: "; "), held: true)
    }
    guard let comparison = result.comparison else {
      return refused(
        "was not compared with \(production.version), which is in production: "
          + (result.notCompared ?? "another schema, or its artifact cannot be read (see the run's warnings)")
          + "; \(ApusAnnotations.forcePromote) promotes it all the same")
    }
    guard comparison.metric == rules.metric else {
      return refused(
        "was compared with \(production.version) by \(comparison.metric.rawValue), but spec.promotion.against.metric is "
          + "\(rules.metric.rawValue); train again")
    }
    if let confidence = comparison.confidence, confidence != rules.confidence {
      return refused(
        "was compared with \(production.version) at a confidence of \(confidence), but "
          + "spec.promotion.against.confidence is \(rules.confidence); train again")
    }
    // Of the Brier score less is better.
    let isReversed = comparison.metric == .brier
    let improvement = isReversed ? -comparison.difference : comparison.difference
    let lower = isReversed ? -comparison.upper : comparison.lower
    let upper = isReversed ? -comparison.lower : comparison.upper
    let isBetter = improvement >= rules.minimumImprovement && lower > min(0, rules.minimumImprovement)
    let holdsRatio = rules.accuracyRatio.map {
      (comparison.challengerMetrics ?? result.metrics).accuracy >= $0 * comparison.championMetrics.accuracy
    }
    let size = Figures.difference(abs(improvement))
    let measure = named(comparison.metric, result)
    let verdict = improvement < 0 ? "worse by \(size) \(measure) than" : "better by \(size) \(measure) than"
    let isEqual = abs(improvement) < 0.00005
    var message = isEqual ? "as good in \(measure) as" : verdict
    message += " \(production.version) (interval \(Figures.difference(lower)) … \(Figures.difference(upper)))"
    if !isBetter, holdsRatio == true, let ratio = rules.accuracyRatio {
      message += "; accuracy is at least \(Figures.percent(ratio)) of production's"
    } else if !isBetter {
      message +=
        improvement < rules.minimumImprovement
        ? ", an improvement of \(Figures.difference(rules.minimumImprovement)) is asked for" : ", which may be chance"
    }
    if let caveat = comparison.caveat { message += "; \(caveat)" }
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
