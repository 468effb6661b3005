package import Values

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
  /// When it is over unless it is found again or resolved.
  package var expiry: Timestamp

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
    namespace: String, policy: String, model: String, channels: [String], expiry: Timestamp
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
    self.expiry = expiry
  }
}
