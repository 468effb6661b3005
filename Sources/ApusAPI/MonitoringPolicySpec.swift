package import WorkerContract

/// How one model is watched and when that makes the operator act.
package struct MonitoringPolicySpec: Codable, Sendable, Equatable {
  package var modelRef: ModelReference
  package var schedule: Schedule
  /// A check looks at the predictions of this long before it.
  package var window: TimeSpan
  /// Fewer rows make a check inconclusive.
  package var minimumSamples: Int
  /// At most this many of the window's predictions are read, the latest; nil: all.
  package var maximumSamples: Int?
  package var drift: DriftRules
  package var quality: QualityRules
  package var performance: PerformanceRules
  package var retraining: Retraining
  package var alerts: Alerts?
  /// No checks and no retraining while true.
  package var suspend: Bool

  /// A ModelDeployment of the same namespace.
  package struct ModelReference: Codable, Sendable, Hashable {
    package var name: String
  }

  package struct Retraining: Codable, Sendable, Equatable {
    package var on: [Trigger]
    package var debounce: Debounce
    /// No retraining for this long after one was requested.
    package var cooldown: TimeSpan
    package var dailyLimit: Int
    /// Decide and say so, but do not train.
    package var dryRun: Bool

    package enum Trigger: String, Codable, Sendable, CaseIterable {
      case criticalDrift = "CriticalDrift"
      case qualityFailure = "QualityFailure"
      case performanceLoss = "PerformanceLoss"
    }

    /// `failures` of the last `of` conclusive checks must have triggered.
    package struct Debounce: Codable, Sendable, Equatable {
      package var failures: Int
      package var of: Int
    }
  }

  package struct Alerts: Codable, Sendable, Equatable {
    package var routes: [Route]
    package var channels: [Channel]
    /// The same alert is not sent again within this time.
    package var deduplicate: TimeSpan

    package struct Route: Codable, Sendable, Equatable {
      package var severities: [AlertSeverity]
      package var channels: [String]
    }

    package enum AlertSeverity: String, Codable, Sendable, CaseIterable {
      case info
      case warning
      case critical
    }

    /// Exactly one kind of channel besides the name.
    package struct Channel: Codable, Sendable, Equatable {
      package var name: String
      package var slack: Slack?
      package var pagerDuty: PagerDuty?
      package var email: Email?
      package var webhook: Webhook?
      package var alertmanager: Alertmanager?
      package var log: Log?

      package struct Slack: Codable, Sendable, Equatable { package var webhookSecretRef: SecretKeyReference }
      package struct PagerDuty: Codable, Sendable, Equatable { package var routingKeySecretRef: SecretKeyReference }
      package struct Email: Codable, Sendable, Equatable {
        /// `smtp://host:port` or `smtps://host:port`
        package var server: String
        package var from: String
        package var to: [String]
        /// Secret with the keys `username` and `password`.
        package var credentialsSecretRef: SecretReference?
      }
      package struct Webhook: Codable, Sendable, Equatable { package var urlSecretRef: SecretKeyReference }
      package struct Alertmanager: Codable, Sendable, Equatable { package var url: String }
      package struct Log: Codable, Sendable, Equatable {}
    }
  }
}
