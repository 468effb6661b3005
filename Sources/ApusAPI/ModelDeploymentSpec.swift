package import KubernetesModel
package import WorkerContract

/// What people say about a model: how it is trained, when a version is good enough, how it is served.
package struct ModelDeploymentSpec: Codable, Sendable, Equatable {
  package var schema: FeatureSchema
  package var training: Training
  package var promotion: Promotion
  package var serving: Serving

  package struct Training: Codable, Sendable, Equatable {
    package var source: DataSource
    package var split: SplitPlan
    package var algorithm: Algorithm
    package var schedule: Schedule
    /// A run that takes longer is ended and counts as failed.
    package var deadline: TimeSpan
    /// How often a failed run is tried again.
    package var retries: Int
    /// A partial pod template, merged into the Job's pod; the container is `worker`.
    package var template: JSONValue?
  }

  package struct Promotion: Codable, Sendable, Equatable {
    package var approval: Approval
    package var minimum: MinimumMetrics
    package var against: Against
    package var segments: [SegmentGuard]
    package var rollout: Rollout?
    /// Archived versions kept warm in the registry; older ones stay listed, their artifacts may be removed.
    package var keep: Int
  }

  package enum Approval: String, Codable, Sendable, CaseIterable {
    case manual = "Manual"
    case automatic = "Automatic"
  }

  package struct MinimumMetrics: Codable, Sendable, Equatable {
    package var accuracy: Double
    package var f1: Double
    package var rocAUC: Double
  }

  /// The gate against the version in production.
  package struct Against: Codable, Sendable, Equatable {
    package var metric: MetricName
    package var minimumImprovement: Double
    package var confidence: Double
    /// The alternative of the gate: with this set, a challenger also passes when its accuracy is at least this share
    /// of production's (0.98 in the classic rule).
    package var accuracyRatio: Double?
  }

  package struct Rollout: Codable, Sendable, Equatable {
    package var shadow: Shadow?
    package var steps: [Step]
    package var analysis: Analysis?

    package struct Shadow: Codable, Sendable, Equatable {
      package var requests: Int
    }

    package struct Step: Codable, Sendable, Equatable {
      /// Percent of requests.
      package var weight: Int
      package var duration: TimeSpan
    }

    package struct Analysis: Codable, Sendable, Equatable {
      package var maximumErrorRate: Double
      package var maximumP99Latency: TimeSpan
      package var maximumPredictionPSI: Double
    }
  }

  package struct Serving: Codable, Sendable, Equatable {
    /// Pins a version (`v7`), which is also how to roll back; nil: the registry decides.
    package var version: String?
    package var replicas: Int
    package var autoscaling: Autoscaling?
    package var logging: LoggingRules
    /// A partial pod template, merged into the Deployment's pod; the container is `server`.
    package var template: JSONValue?
  }

  package struct Autoscaling: Codable, Sendable, Equatable {
    package var minimum: Int
    package var maximum: Int
    /// Percent of the requested CPU.
    package var targetCPU: Int
  }
}

/// A cron expression of five fields and the IANA time zone it is meant in.
package struct Schedule: Codable, Sendable, Equatable {
  package var cron: String
  package var timeZone: String
}
