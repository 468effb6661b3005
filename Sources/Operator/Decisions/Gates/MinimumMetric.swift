import ApusAPI
import WorkerContract
import Values

/// A metric on the test rows that is at least as high as `spec.promotion.minimum` asks.
struct MinimumMetric: Gate {
  static let field: String? = "minimum"

  let name: GateName
  let metric: MetricName
  let minimum: Double

  static func asked(by rules: ModelDeploymentSpec.Promotion) -> [MinimumMetric] {
    [
      MinimumMetric(name: GateName("minimumAccuracy"), metric: .accuracy, minimum: rules.minimum.accuracy),
      MinimumMetric(name: GateName("minimumF1"), metric: .f1, minimum: rules.minimum.f1),
      MinimumMetric(name: GateName("minimumROCAUC"), metric: .rocAUC, minimum: rules.minimum.rocAUC),
    ]
  }

  func verdict(on result: TrainingResult, production: ArtifactReference?) -> GateVerdict? {
    let subject = metric.named(in: result)
    guard let value = result.metrics[metric] else {
      // A minimum of 0 asks for nothing.
      let passed = minimum <= 0
      return GateVerdict(
        gate: name, passed: passed, limit: minimum, cause: passed ? nil : .metricUndefined,
        message: "\(subject) is not defined on the \(Figures.count(result.rows.test, "test row"))"
          + (passed
            ? "; no minimum is asked for"
            : ", so the minimum of \(Figures.metric(minimum)) cannot be judged: test on more rows "
              + "(spec.training.split.test), or set spec.promotion.minimum.\(metric.rawValue) to 0"))
    }
    let passed = value >= minimum
    return GateVerdict(
      gate: name, passed: passed, value: value, limit: minimum,
      message: "\(subject) \(Figures.metric(value)) is \(passed ? "at least" : "below") the minimum of "
        + Figures.metric(minimum))
  }
}
