package import KubernetesModel
package import WorkerContract

/// What the operator knows about a model. `traffic` is the one truth about what should be served now.
package struct ModelDeploymentStatus: Codable, Sendable, Equatable {
  package var observedGeneration: Int?
  /// Ready, Trained, Serving, Promoted; Reconciling and Stalled only while true.
  package var conditions: [Condition]
  package var traffic: [RoutingTable.Entry]
  /// Grows with every change of `traffic`.
  package var routingRevision: Int
  /// `v3 95%, v4 5%`
  package var trafficSummary: String?
  /// The version in production.
  package var version: String?
  /// The version in production before it.
  package var previousVersion: String?
  /// Passed its gates, waits for approval or for its rollout.
  package var candidate: String?
  package var training: TrainingStatus?
  package var lastTrained: Timestamp?
  package var nextTraining: Timestamp?
  /// Of the version in production, on its test rows.
  package var accuracy: Double?
  package var rocAUC: Double?
  package var serving: ServingStatus?
  package var handled: Handled

  /// The last training run.
  package struct TrainingStatus: Codable, Sendable, Equatable {
    package var job: String
    package var version: String
    package var state: State
    package var trigger: Trigger
    package var startedAt: Timestamp?
    package var finishedAt: Timestamp?
    package var message: String?

    package enum State: String, Codable, Sendable, CaseIterable {
      case running = "Running"
      case succeeded = "Succeeded"
      case failed = "Failed"
    }
  }

  /// Why a run was started.
  package enum Trigger: String, Codable, Sendable, CaseIterable {
    case firstSight = "FirstSight"
    case specChange = "SpecChange"
    case schedule = "Schedule"
    case request = "Request"
    case monitoring = "Monitoring"
  }

  package struct ServingStatus: Codable, Sendable, Equatable {
    package var replicas: Int
    package var readyReplicas: Int
    /// Pods that confirmed the current routing revision.
    package var confirmedReplicas: Int
  }

  /// What was acted on already, so that nothing is done twice.
  package struct Handled: Codable, Sendable, Equatable {
    /// Digest of the part of the spec that a training depends on.
    package var trainingInput: String?
    /// Last value of the annotation `apus.dev/retrain-requested-at`.
    package var retrainRequest: String?
    /// Last value of `apus.dev/approve`.
    package var approval: String?
    /// Last value of `apus.dev/force-promote`.
    package var forcedPromotion: String?
    /// Last request of a MonitoringPolicy, by its name.
    package var monitoringRequests: [String: String]
    /// Scheduled instants up to this one are done.
    package var scheduledUntil: Timestamp?
  }
}
