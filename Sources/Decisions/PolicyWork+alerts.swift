import ApusAPI
import KubernetesModel
import WorkerContract

/// Accuracy this far below its minimum is critical: 0.85 where 0.90 is asked for.
private let criticalAccuracyMargin = 0.05

extension PolicyWork {
  /// Alerts for what a new check found, and the all-clear for what the check before it had found.
  mutating func decideAlerts(for record: MonitoringPolicyStatus.CheckRecord) {
    let before = status.lastCheck.map(firing) ?? []
    let after = firing(record)
    for rule in Alert.Rule.allCases where after.contains(rule) {
      append(rule, .firing, record.message ?? record.outcome.rawValue)
    }
    // An inconclusive check clears nothing, nor does one that has found the accuracy lost and knows no more.
    guard record.outcome != .inconclusive, record.outcome != .failed, record.result?.conclusive ?? true else { return }
    for rule in Alert.Rule.allCases where before.contains(rule) && !after.contains(rule) {
      append(rule, .resolved, "over since \(record.job): \(record.message ?? "")")
    }
  }

  mutating func alertRetraining(_ message: String) { append(.retraining, .firing, message) }

  private func firing(_ record: MonitoringPolicyStatus.CheckRecord) -> Set<Alert.Rule> {
    if record.outcome == .failed { return [.checkFailed] }
    guard let check = record.result else { return [] }
    return check.conclusive
      ? dataFiring(check).union(performanceFiring(record, check)) : performanceFiring(record, check)
  }

  private func dataFiring(_ check: CheckResult) -> Set<Alert.Rule> {
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

  private func performanceFiring(
    _ record: MonitoringPolicyStatus.CheckRecord, _ check: CheckResult
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
  private mutating func append(_ rule: Alert.Rule, _ state: Alert.State, _ message: String) {
    let window = spec.alerts?.deduplicate.seconds ?? 300
    if let last = status.alerting.last.first(where: { $0.rule == rule.rawValue }), last.state == state.rawValue,
      now.seconds(since: last.at.corrected(at: now)) < window
    {
      return
    }
    status.alerting.last.removeAll { $0.rule == rule.rawValue }
    status.alerting.last.append(.init(rule: rule.rawValue, state: state.rawValue, at: now))
    var moment = observed.moment
    if let last = status.alerting.pending.last?.at.time, last >= moment { moment = last.advanced(bySeconds: 1e-6) }
    let pending = AlertingStatus.PendingAlert(
      rule: rule.rawValue, state: state.rawValue, message: message, at: MicroTime(moment))
    status.alerting.pending.append(pending)
    let limit = AlertingStatus.PendingAlert.limit
    if status.alerting.pending.count > limit {
      status.alerting.pending.removeFirst(status.alerting.pending.count - limit)
    }
    if let alert = Alert(pending, of: observed.policy) { alerts.append(alert) }
  }
}
