package import KubernetesModel
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
  /// Of the container `worker` of checks.
  package var resources: ContainerResources?
  /// A partial pod template, merged into the pods of checks; the container is `worker`.
  package var template: JSONValue?

  package init(
    modelRef: ModelReference, schedule: Schedule = Schedule(cron: "0 */6 * * *"),
    window: TimeSpan = TimeSpan(seconds: 6 * 3600), minimumSamples: Int = 30, maximumSamples: Int? = nil,
    drift: DriftRules = .init(), quality: QualityRules = .init(), performance: PerformanceRules = .init(),
    retraining: Retraining = .init(), alerts: Alerts? = nil, suspend: Bool = false,
    resources: ContainerResources? = nil, template: JSONValue? = nil
  ) {
    self.modelRef = modelRef
    self.schedule = schedule
    self.window = window
    self.minimumSamples = minimumSamples
    self.maximumSamples = maximumSamples
    self.drift = drift
    self.quality = quality
    self.performance = performance
    self.retraining = retraining
    self.alerts = alerts
    self.suspend = suspend
    self.resources = resources
    self.template = template
  }

  /// A ModelDeployment of the same namespace.
  package struct ModelReference: Codable, Sendable, Hashable {
    package var name: String

    package init(name: String) {
      self.name = name
    }
  }

  package struct Retraining: Codable, Sendable, Equatable {
    package var on: [Trigger]
    package var debounce: Debounce
    /// No retraining for this long after one was requested.
    package var cooldown: TimeSpan
    package var dailyLimit: Int
    /// Decide and say so, but do not train.
    package var dryRun: Bool

    package init(
      on: [Trigger] = Trigger.allCases, debounce: Debounce = .init(),
      cooldown: TimeSpan = TimeSpan(seconds: 12 * 3600), dailyLimit: Int = 2, dryRun: Bool = false
    ) {
      self.on = on
      self.debounce = debounce
      self.cooldown = cooldown
      self.dailyLimit = dailyLimit
      self.dryRun = dryRun
    }

    /// Written as `triggers`: YAML 1.1 takes the unquoted key `on` for true.
    private enum CodingKeys: String, CodingKey {
      case on = "triggers"
      case debounce, cooldown, dailyLimit, dryRun
    }

    package enum Trigger: String, Codable, Sendable, CaseIterable {
      case criticalDrift = "CriticalDrift"
      case qualityFailure = "QualityFailure"
      case performanceLoss = "PerformanceLoss"
    }

    /// `failures` of the last `of` conclusive checks must have triggered.
    package struct Debounce: Codable, Sendable, Equatable {
      package var failures: Int
      package var of: Int

      package init(failures: Int = 2, of: Int = 3) {
        self.failures = failures
        self.of = of
      }
    }
  }

  package struct Alerts: Codable, Sendable, Equatable {
    package var routes: [Route]
    package var channels: [Channel]
    /// The same alert is not sent again within this time.
    package var deduplicate: TimeSpan

    package init(routes: [Route] = [], channels: [Channel] = [], deduplicate: TimeSpan = TimeSpan(seconds: 300)) {
      self.routes = routes
      self.channels = channels
      self.deduplicate = deduplicate
    }

    package struct Route: Codable, Sendable, Equatable {
      package var severities: [AlertSeverity]
      package var channels: [String]

      package init(severities: [AlertSeverity], channels: [String]) {
        self.severities = severities
        self.channels = channels
      }
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

      package init(
        name: String, slack: Slack? = nil, pagerDuty: PagerDuty? = nil, email: Email? = nil, webhook: Webhook? = nil,
        alertmanager: Alertmanager? = nil, log: Log? = nil
      ) {
        self.name = name
        self.slack = slack
        self.pagerDuty = pagerDuty
        self.email = email
        self.webhook = webhook
        self.alertmanager = alertmanager
        self.log = log
      }

      package struct Slack: Codable, Sendable, Equatable {
        package var webhookSecretRef: SecretKeyReference

        package init(webhookSecretRef: SecretKeyReference) {
          self.webhookSecretRef = webhookSecretRef
        }
      }
      package struct PagerDuty: Codable, Sendable, Equatable {
        package var routingKeySecretRef: SecretKeyReference

        package init(routingKeySecretRef: SecretKeyReference) {
          self.routingKeySecretRef = routingKeySecretRef
        }
      }
      package struct Email: Codable, Sendable, Equatable {
        /// `smtp://host:port` or `smtps://host:port`
        package var server: String
        package var from: String
        package var to: [String]
        /// Secret with the keys `username` and `password`.
        package var credentialsSecretRef: SecretReference?

        package init(server: String, from: String, to: [String], credentialsSecretRef: SecretReference? = nil) {
          self.server = server
          self.from = from
          self.to = to
          self.credentialsSecretRef = credentialsSecretRef
        }
      }
      package struct Webhook: Codable, Sendable, Equatable {
        package var urlSecretRef: SecretKeyReference

        package init(urlSecretRef: SecretKeyReference) {
          self.urlSecretRef = urlSecretRef
        }
      }
      package struct Alertmanager: Codable, Sendable, Equatable {
        package var url: String

        package init(url: String) {
          self.url = url
        }
      }
      package struct Log: Codable, Sendable, Equatable {
        package init() {}
      }
    }
  }
}
