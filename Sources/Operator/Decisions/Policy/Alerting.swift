import ApusAPI
import KubernetesModel
import WorkerContract

/// Accuracy this far below its minimum is critical: 0.85 where 0.90 is asked for.
private let criticalAccuracyMargin = 0.05

/// The alerts of one decision, and the memory by which they are sent once.
struct Alerting: Sendable {
  private(set) var status: AlertingStatus
  private(set) var alerts: [Alert] = []

  init(_ status: AlertingStatus) { self.status = status }

  /// Alerts for what a new check found, and the all-clear for what the check before it had found.
  mutating func decide(
    for record: MonitoringPolicyStatus.CheckRecord, after previous: MonitoringPolicyStatus.CheckRecord?,
    _ observed: PolicyObservation
  ) {
    let spec = observed.policy.spec
    let before = previous.map { Self.firing($0, spec) } ?? []
    let after = Self.firing(record, spec)
    for rule in Alert.Rule.allCases where after.contains(rule) {
      append(rule, .firing, record.message ?? record.outcome.rawValue, observed)
    }
    // An inconclusive check clears nothing, nor does one that has found the accuracy lost and knows no more.
    guard record.outcome != .inconclusive, record.outcome != .failed, record.result?.conclusive ?? true else { return }
    for rule in Alert.Rule.allCases where before.contains(rule) && !after.contains(rule) {
      append(rule, .resolved, "over since \(record.job): \(record.message ?? "")", observed)
    }
  }

  mutating func alertRetraining(_ message: String, _ observed: PolicyObservation) {
    append(.retraining, .firing, message, observed)
  }

  private static func firing(
    _ record: MonitoringPolicyStatus.CheckRecord, _ spec: MonitoringPolicySpec
  ) -> Set<Alert.Rule> {
    if record.outcome == .failed { return [.checkFailed] }
    guard let check = record.result else { return [] }
    return check.conclusive
      ? dataFiring(check).union(performanceFiring(record, check, spec)) : performanceFiring(record, check, spec)
  }

  private static func dataFiring(_ check: CheckResult) -> Set<Alert.Rule> {
    var rules: Set<Alert.Rule> = []
    switch check.drift.severity {
    case .critical: rules.insert(.criticalDrift)
    case .warning: rules.insert(.drift)
    case .none: break
    }
    if let predictions = check.predictionDrift, predictions.severity != .none { rules.insert(.predictionDrift) }
    if check.quality.severity == .critical { rules.insert(.qualityFailure) }
    if check.quality.failed.contains(where: { $0.check == .meanConfidence }) { rules.insert(.lowConfidence) }
    return rules
  }

  private static func performanceFiring(
    _ record: MonitoringPolicyStatus.CheckRecord, _ check: CheckResult, _ spec: MonitoringPolicySpec
  ) -> Set<Alert.Rule> {
    var rules: Set<Alert.Rule> = record.critical.contains(.performanceLoss) ? [.performanceLoss] : []
    if CheckJudgement.hasEnoughLabels(check, spec), let accuracy = check.performance.metrics?.accuracy,
      accuracy < spec.performance.minimumAccuracy - criticalAccuracyMargin
    {
      rules.insert(.accuracyCritical)
    }
    return rules
  }

  /// Not again within `deduplicate`; a resolution lets the next one pass at once.
  private mutating func append(
    _ rule: Alert.Rule, _ state: Alert.State, _ message: String, _ observed: PolicyObservation
  ) {
    let now = observed.now
    let window = (observed.policy.spec.alerts ?? .standard).deduplicate.seconds
    if let last = status.last.first(where: { $0.rule == rule.rawValue }), last.state == state.rawValue,
      now.seconds(since: last.at.corrected(at: now)) < window
    {
      return
    }
    status.last.removeAll { $0.rule == rule.rawValue }
    status.last.append(.init(rule: rule.rawValue, state: state.rawValue, at: now))
    var moment = observed.moment
    if let last = status.pending.last?.at.time, last >= moment { moment = last.advanced(bySeconds: 1e-6) }
    let pending = AlertingStatus.PendingAlert(
      rule: rule.rawValue, state: state.rawValue, message: message, at: MicroTime(moment))
    status.pending.append(pending)
    let limit = AlertingStatus.PendingAlert.limit
    if status.pending.count > limit {
      status.pending.removeFirst(status.pending.count - limit)
    }
    if let alert = Alert(pending, of: observed.policy) { alerts.append(alert) }
  }
}
