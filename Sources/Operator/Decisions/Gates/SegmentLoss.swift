import ApusAPI
import WorkerContract
import Values

/// No level of a guarded feature that loses more against production than `spec.promotion.segments` allows.
struct SegmentLoss: Gate {
  static let field: String? = "segments"

  let rule: SegmentGuard

  var name: GateName { GateName("segment:\(rule.feature)") }

  static func asked(by rules: ModelDeploymentSpec.Promotion) -> [SegmentLoss] { rules.segments.map(SegmentLoss.init) }

  func verdict(on result: TrainingResult, production: ArtifactReference?) -> GateVerdict? {
    guard production != nil else { return nil }
    // A result bears names as they may be shown.
    let names = [rule.feature, rule.feature.plain(characters: 256)]
    let measured = result.segments.filter { names.contains($0.feature) && $0.metric == rule.metric }
    guard let worst = measured.max(by: { loss($0) < loss($1) }) else {
      return GateVerdict(
        gate: name, passed: true, value: nil, limit: rule.maximumLoss,
        message: "no level of \(rule.feature) has enough rows to compare")
    }
    let passed = loss(worst) <= rule.maximumLoss
    let change = (loss(worst) > 0) == (rule.metric != .brier) ? "falls" : "rises"
    return GateVerdict(
      gate: name, passed: passed, value: loss(worst), limit: rule.maximumLoss,
      message: "\(rule.metric.rawValue) of \(rule.feature)=\(worst.level) \(change) by "
        + "\(Figures.difference(abs(loss(worst)))), \(passed ? "within" : "more than") the allowed loss of "
        + Figures.difference(rule.maximumLoss))
  }

  /// A guard that came after the training has nothing to judge: that is not the same as a level with too few rows.
  func verdictAnew(
    on result: TrainingResult, production: ArtifactReference?, recorded: [GateVerdict]
  ) -> GateVerdict? {
    guard let verdict = verdict(on: result, production: production) else { return nil }
    let isUnmeasured = verdict.passed && verdict.value == nil
    let wasUnmeasured = recorded.contains { $0.gate == name && $0.passed && $0.value == nil }
    guard isUnmeasured, !wasUnmeasured else { return verdict }
    return GateVerdict(
      gate: name, passed: false, limit: rule.maximumLoss, cause: .notMeasured,
      message: "\(rule.feature) was not guarded when \(result.artifact.version) was trained; train again")
  }

  private func loss(_ segment: TrainingResult.SegmentResult) -> Double {
    rule.metric == .brier ? segment.challenger - segment.champion : segment.champion - segment.challenger
  }
}
