import ApusAPI
import WorkerContract
import Values

extension GateName {
  static let againstProduction = GateName("againstProduction")
}

/// Better than production by `minimumImprovement`, and surely so: the interval's lower bound lies above 0, or above the margin
/// where a loss is allowed (a negative `minimumImprovement`). `accuracyRatio` is an alternative that suffices alone.
struct AgainstProduction: Gate {
  static let field: String? = "against"

  let name = GateName.againstProduction
  let rules: ModelDeploymentSpec.Against

  static func asked(by rules: ModelDeploymentSpec.Promotion) -> [AgainstProduction] {
    [AgainstProduction(rules: rules.against)]
  }

  func verdict(on result: TrainingResult, production: ArtifactReference?) -> GateVerdict? {
    guard let production else { return nil }
    func refused(_ cause: GateVerdict.Cause, _ message: String, held: Bool? = nil) -> GateVerdict {
      GateVerdict(
        gate: name, passed: false, limit: rules.minimumImprovement, held: held, cause: cause, message: message)
    }
    let champion = result.comparison?.champion ?? result.schemaChange?.champion
    if let champion, champion.version != production.version {
      return refused(
        .otherChampion,
        "was compared with \(champion.version), but \(production.version) is in production now; train again")
    }
    if let change = result.schemaChange, !change.incomparable.isEmpty {
      return refused(
        .incomparable,
        "not comparable with \(production.version), which is in production: "
          + change.incomparable.joined(separator: "; "), held: true)
    }
    guard let comparison = result.comparison else {
      return refused(
        .notCompared,
        "was not compared with \(production.version), which is in production: "
          + (result.notCompared ?? "another schema, or its artifact cannot be read (see the run's warnings)")
          + "; \(ApusAnnotations.forcePromote) promotes it all the same")
    }
    guard comparison.metric == rules.metric else {
      return refused(
        .otherMetric,
        "was compared with \(production.version) by \(comparison.metric.rawValue), but spec.promotion.against.metric is "
          + "\(rules.metric.rawValue); train again")
    }
    if let confidence = comparison.confidence, confidence != rules.confidence {
      return refused(
        .otherConfidence,
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
    let measure = comparison.metric.named(in: result)
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
    return GateVerdict(
      gate: name, passed: isBetter || holdsRatio == true, value: improvement, limit: rules.minimumImprovement,
      message: message)
  }
}
