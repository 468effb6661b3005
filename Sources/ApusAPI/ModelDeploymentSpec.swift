package import KubernetesModel
package import WorkerContract

/// What people say about a model: how it is trained, when a version is good enough, how it is served.
package struct ModelDeploymentSpec: Codable, Sendable, Equatable {
  package var schema: FeatureSchema
  package var training: Training
  package var promotion: Promotion
  package var serving: Serving
  /// What becomes of rows, reports and files when the model is deleted.
  package var deletion: Deletion

  package init(
    schema: FeatureSchema, training: Training, promotion: Promotion = .init(), serving: Serving = .init(),
    deletion: Deletion = .keep
  ) {
    self.schema = schema
    self.training = training
    self.promotion = promotion
    self.serving = serving
    self.deletion = deletion
  }

  package enum Deletion: String, Codable, Sendable, CaseIterable {
    case keep = "Keep"
    case delete = "Delete"
  }

  package struct Training: Codable, Sendable, Equatable {
    package var source: DataSource
    package var split: SplitPlan
    package var algorithm: Algorithm
    /// How many odd values are no error.
    package var limits: DataLimits
    package var schedule: Schedule
    /// A run that takes longer is ended and counts as failed.
    package var deadline: TimeSpan
    /// How often a failed run is tried again.
    package var retries: Int
    /// Of the container `worker`.
    package var resources: ContainerResources?
    /// A partial pod template, merged into the Job's pod; the container is `worker`.
    package var template: JSONValue?

    package init(
      source: DataSource, split: SplitPlan = .init(), algorithm: Algorithm = Algorithm(gradientBoosting: .init()),
      limits: DataLimits = .init(), schedule: Schedule = Schedule(cron: "0 2 * * 0"),
      deadline: TimeSpan = TimeSpan(seconds: 7200),
      retries: Int = 2, resources: ContainerResources? = nil, template: JSONValue? = nil
    ) {
      self.source = source
      self.split = split
      self.algorithm = algorithm
      self.limits = limits
      self.schedule = schedule
      self.deadline = deadline
      self.retries = retries
      self.resources = resources
      self.template = template
    }
  }

  package struct Promotion: Codable, Sendable, Equatable {
    package var approval: Approval
    package var minimum: MinimumMetrics
    package var against: Against
    package var segments: [SegmentGuard]
    package var rollout: Rollout?
    /// Versions out of use whose files are kept, besides production and the one before it; older ones stay listed.
    package var keep: Int

    package init(
      approval: Approval = .manual, minimum: MinimumMetrics = .init(), against: Against = .init(),
      segments: [SegmentGuard] = [], rollout: Rollout? = nil, keep: Int = 10
    ) {
      self.approval = approval
      self.minimum = minimum
      self.against = against
      self.segments = segments
      self.rollout = rollout
      self.keep = keep
    }
  }

  package enum Approval: String, Codable, Sendable, CaseIterable {
    case manual = "Manual"
    case automatic = "Automatic"
  }

  package struct MinimumMetrics: Codable, Sendable, Equatable {
    package var accuracy: Double
    package var f1: Double
    package var rocAUC: Double

    package init(accuracy: Double = 0.80, f1: Double = 0.70, rocAUC: Double = 0.75) {
      self.accuracy = accuracy
      self.f1 = f1
      self.rocAUC = rocAUC
    }
  }

  /// The gate against the version in production.
  package struct Against: Codable, Sendable, Equatable {
    package var metric: MetricName
    package var minimumImprovement: Double
    package var confidence: Double
    /// The alternative of the gate: with this set, a challenger also passes when its accuracy is at least this share
    /// of production's (0.98 in the classic rule).
    package var accuracyRatio: Double?

    package init(
      metric: MetricName = .rocAUC, minimumImprovement: Double = 0.001, confidence: Double = 0.95,
      accuracyRatio: Double? = nil
    ) {
      self.metric = metric
      self.minimumImprovement = minimumImprovement
      self.confidence = confidence
      self.accuracyRatio = accuracyRatio
    }
  }

  package struct Rollout: Codable, Sendable, Equatable {
    package var shadow: Shadow?
    package var steps: [Step]
    package var analysis: Analysis?

    package init(shadow: Shadow? = nil, steps: [Step] = [], analysis: Analysis? = nil) {
      self.shadow = shadow
      self.steps = steps
      self.analysis = analysis
    }

    package struct Shadow: Codable, Sendable, Equatable {
      package var requests: Int

      package init(requests: Int = 500) {
        self.requests = requests
      }
    }

    package struct Step: Codable, Sendable, Equatable {
      /// Percent of requests.
      package var weight: Int
      package var duration: TimeSpan

      package init(weight: Int, duration: TimeSpan) {
        self.weight = weight
        self.duration = duration
      }
    }

    package struct Analysis: Codable, Sendable, Equatable {
      package var maximumErrorRate: Double
      package var maximumP99Latency: TimeSpan
      package var maximumPredictionPSI: Double

      package init(
        maximumErrorRate: Double = 0.01, maximumP99Latency: TimeSpan = TimeSpan(seconds: 0.2),
        maximumPredictionPSI: Double = 0.2
      ) {
        self.maximumErrorRate = maximumErrorRate
        self.maximumP99Latency = maximumP99Latency
        self.maximumPredictionPSI = maximumPredictionPSI
      }
    }
  }

  package struct Serving: Codable, Sendable, Equatable {
    /// Pins a version (`v7`), which is also how to roll back; nil: the registry decides.
    package var version: String?
    package var replicas: Int
    package var autoscaling: Autoscaling?
    package var logging: LoggingRules
    /// Nil: whoever reaches the Service may ask, in plain HTTP.
    package var security: Security?
    /// Of the container `server`.
    package var resources: ContainerResources?
    /// A partial pod template, merged into the Deployment's pod; the container is `server`.
    package var template: JSONValue?

    package init(
      version: String? = nil, replicas: Int = 2, autoscaling: Autoscaling? = nil, logging: LoggingRules = .init(),
      security: Security? = nil, resources: ContainerResources? = nil, template: JSONValue? = nil
    ) {
      self.version = version
      self.replicas = replicas
      self.autoscaling = autoscaling
      self.logging = logging
      self.security = security
      self.resources = resources
      self.template = template
    }
  }

  /// Who may ask for predictions, and how. The Secrets are mounted and read by the servers, never copied.
  package struct Security: Codable, Sendable, Equatable {
    /// The bearer tokens of which clients must bring one, one a line.
    package var tokenSecretRef: SecretKeyReference?
    /// A Secret of type `kubernetes.io/tls`, with `tls.crt` and `tls.key`; shown on both ports.
    package var tlsSecretRef: SecretReference?

    package init(tokenSecretRef: SecretKeyReference? = nil, tlsSecretRef: SecretReference? = nil) {
      self.tokenSecretRef = tokenSecretRef
      self.tlsSecretRef = tlsSecretRef
    }
  }

  package struct Autoscaling: Codable, Sendable, Equatable {
    package var minimum: Int
    package var maximum: Int
    /// Percent of the requested CPU.
    package var targetCPU: Int

    package init(minimum: Int = 2, maximum: Int = 10, targetCPU: Int = 70) {
      self.minimum = minimum
      self.maximum = maximum
      self.targetCPU = targetCPU
    }
  }
}
