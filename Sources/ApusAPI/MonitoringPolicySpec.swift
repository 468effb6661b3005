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
}
