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
  /// nil: no version takes over step by step.
  package var rollout: RolloutStatus?
  package var training: TrainingStatus?
  /// Trainings that failed since the last one that did not. Nil: none.
  package var failedTrainings: Int?
  package var lastTrained: Timestamp?
  package var nextTraining: Timestamp?
  /// What scheduled trainings follow.
  package var schedule: ScheduleInForce?
  /// Of the version in production, on its test rows. What is set is rounded to three decimals, as is `rocAUC`: both are
  /// columns of `kubectl get`, which shows numbers as they are.
  package var accuracy: Double? { didSet { accuracy = accuracy?.rounded(toDecimals: 3) } }
  package var rocAUC: Double? { didSet { rocAUC = rocAUC?.rounded(toDecimals: 3) } }
  package var serving: ServingStatus?
  package var handled: Handled
  /// True: somebody else's object has a name that is needed, so that what is decided does not come about.
  package var obstructed: Bool?
  package var outbox: [PendingEvent]

  package init(
    observedGeneration: Int? = nil, conditions: [Condition] = [], traffic: [RoutingTable.Entry] = [],
    routingRevision: Int = 0, trafficSummary: String? = nil, version: String? = nil, previousVersion: String? = nil,
    candidate: String? = nil, rollout: RolloutStatus? = nil, training: TrainingStatus? = nil,
    failedTrainings: Int? = nil,
    lastTrained: Timestamp? = nil, nextTraining: Timestamp? = nil, schedule: ScheduleInForce? = nil,
    accuracy: Double? = nil, rocAUC: Double? = nil, serving: ServingStatus? = nil,
    handled: Handled = .init(), obstructed: Bool? = nil, outbox: [PendingEvent] = []
  ) {
    self.obstructed = obstructed
    self.observedGeneration = observedGeneration
    self.conditions = conditions
    self.traffic = traffic
    self.routingRevision = routingRevision
    self.trafficSummary = trafficSummary
    self.version = version
    self.previousVersion = previousVersion
    self.candidate = candidate
    self.rollout = rollout
    self.training = training
    self.failedTrainings = failedTrainings
    self.lastTrained = lastTrained
    self.nextTraining = nextTraining
    self.schedule = schedule
    self.accuracy = accuracy
    self.rocAUC = rocAUC
    self.serving = serving
    self.handled = handled
    self.outbox = outbox
  }

  /// The last training run.
  package struct TrainingStatus: Codable, Sendable, Equatable {
    package var job: String
    package var version: String
    package var state: State
    package var trigger: Trigger
    package var startedAt: Timestamp?
    package var finishedAt: Timestamp?
    package var message: String?
    /// What holds it up while it runs.
    package var blocker: Blocker?

    package init(
      job: String, version: String, state: State, trigger: Trigger, startedAt: Timestamp? = nil,
      finishedAt: Timestamp? = nil, message: String? = nil, blocker: Blocker? = nil
    ) {
      self.job = job
      self.version = version
      self.state = state
      self.trigger = trigger
      self.startedAt = startedAt
      self.finishedAt = finishedAt
      self.message = message
      self.blocker = blocker
    }

    package enum State: String, Codable, Sendable, CaseIterable {
      case running = "Running"
      case succeeded = "Succeeded"
      case failed = "Failed"
      /// Ended without a version, as the data has not changed since the last one.
      case unchanged = "Unchanged"
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
    /// Labels of the pods, as text: `apus.dev/model=income,…`. For the scale subresource.
    package var selector: String?
    /// What keeps servers from starting.
    package var blocker: Blocker?

    package init(
      replicas: Int = 0, readyReplicas: Int = 0, confirmedReplicas: Int = 0, selector: String? = nil,
      blocker: Blocker? = nil
    ) {
      self.replicas = replicas
      self.readyReplicas = readyReplicas
      self.confirmedReplicas = confirmedReplicas
      self.selector = selector
      self.blocker = blocker
    }
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

    package init(
      trainingInput: String? = nil, retrainRequest: String? = nil, approval: String? = nil,
      forcedPromotion: String? = nil, monitoringRequests: [String: String] = [:], scheduledUntil: Timestamp? = nil
    ) {
      self.trainingInput = trainingInput
      self.retrainRequest = retrainRequest
      self.approval = approval
      self.forcedPromotion = forcedPromotion
      self.monitoringRequests = monitoringRequests
      self.scheduledUntil = scheduledUntil
    }
  }
}
