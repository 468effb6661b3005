package import ApusAPI
package import KubernetesModel

/// An alert as decided: who is to be told what. Reconcilers deliver it.
package struct Alert: Sendable, Hashable {
  package typealias Severity = MonitoringPolicySpec.Alerts.AlertSeverity

  package enum State: String, Sendable {
    case firing
    case resolved
  }

  /// The same for all alerts about the same thing; channels that can resolve an alert need it.
  package var key: String
  /// The same for all tries of one alert: who gets it twice can tell.
  package var id: String
  /// When it was decided.
  package var at: Timestamp
  package var rule: Rule
  package var severity: Severity
  package var state: State
  /// One line.
  package var title: String
  package var message: String
  package var namespace: String
  package var policy: String
  package var model: String
  /// Names of the policy's channels; empty: the log only.
  package var channels: [String]
  /// Of the checks that may find it again; nil: there are none.
  package var schedule: Schedule?

  /// `info`, `warning` or `critical`.
  package var severityName: String { severity.rawValue }

  /// What can be alerted about from what the operator sees; rules over time belong to Prometheus.
  package enum Rule: String, Sendable, CaseIterable {
    case criticalDrift = "CriticalFeatureDrift"
    case drift = "FeatureDrift"
    case predictionDrift = "PredictionDrift"
    case qualityFailure = "QualityHardFailure"
    case lowConfidence = "LowConfidence"
    case performanceLoss = "PerformanceLoss"
    case accuracyCritical = "AccuracyCritical"
    case checkFailed = "CheckFailed"
    case retraining = "RetrainingRequested"

    package var severity: Severity {
      switch self {
      case .criticalDrift, .qualityFailure, .accuracyCritical: .critical
      case .drift, .predictionDrift, .lowConfidence, .performanceLoss, .checkFailed: .warning
      case .retraining: .info
      }
    }
  }

  package init(
    key: String, id: String, at: Timestamp, rule: Rule, state: State, title: String, message: String,
    namespace: String, policy: String, model: String, channels: [String]
  ) {
    self.key = key
    self.id = id
    self.at = at
    self.rule = rule
    self.severity = rule.severity
    self.state = state
    self.title = title
    self.message = message
    self.namespace = namespace
    self.policy = policy
    self.model = model
    self.channels = channels
  }

  /// A policy's alert that is still to be sent; nil where it was written by another version of the operator, which knew
  /// other rules.
  package init?(_ pending: AlertingStatus.PendingAlert, of policy: MonitoringPolicy) {
    guard let rule = Rule(rawValue: pending.rule), let state = State(rawValue: pending.state) else { return nil }
    let namespace = policy.metadata.namespace ?? ""
    let name = policy.metadata.name ?? ""
    let model = policy.spec.modelRef.name
    let key = "\(namespace)/\(name)/\(rule.rawValue)"
    let subject = "\(rule.rawValue): \(namespace)/\(model)"
    self.init(
      key: key, id: StableHash.hexadecimal("\(policy.metadata.uid ?? "")/\(key)/\(state.rawValue)/\(pending.at)".utf8),
      at: pending.at.time, rule: rule, state: state, title: state == .firing ? subject : "resolved: \(subject)",
      message: pending.message, namespace: namespace, policy: name, model: model,
      channels: pending.channels ?? Self.channels(for: rule.severity, policy.spec.alerts?.routes ?? []))
    schedule = policy.spec.suspend ? nil : policy.spec.schedule
  }

  /// When it is over unless it is found again or resolved: a day later, and not before the check after next.
  package var expiry: Timestamp {
    let day = at.advanced(bySeconds: 86_400)
    guard let next = schedule?.next(after: at), let second = schedule?.next(after: next) else { return day }
    return max(day, second)
  }

  /// Each channel once, in the order of the routes.
  private static func channels(for severity: Severity, _ routes: [MonitoringPolicySpec.Alerts.Route]) -> [String] {
    var channels: [String] = []
    for route in routes where route.severities.contains(severity) {
      channels += route.channels.filter { !channels.contains($0) }
    }
    return channels
  }
}
