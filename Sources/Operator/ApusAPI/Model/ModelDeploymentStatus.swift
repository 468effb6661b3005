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
}

/// Status is written by the operator alone: nothing in it is published as a default, and what is missing is implied, so
/// that a status cut short by hand is never a reason to stop.
extension ModelDeploymentStatus: SchemaDescribed {
  package static let schema = Schema.object(
    "What the operator knows about the model.",
    [
      .optional("observedGeneration", .observedGeneration),
      .optional("conditions", .conditions),
      .optional(
        "traffic",
        .list(
          "What should be served now; mirrored to the ConfigMap that servers read.", of: RoutingTable.Entry.schema,
          maximum: 64
        ).implying([])),
      .optional("routingRevision", .integer("Grows with every change of traffic.", minimum: 0).implying(0)),
      .optional("trafficSummary", .string("traffic in a few words.", maximum: 256)),
      .optional("version", .version("The version in production.")),
      .optional("previousVersion", .version("The version in production before it.")),
      .optional("candidate", .version("Passed its gates; waits for approval or for its rollout.")),
      .optional("rollout", RolloutStatus.schema),
      .optional("training", TrainingStatus.schema),
      .optional(
        "failedTrainings", .integer("Trainings that failed since the last one that did not; absent: none.", minimum: 0)),
      .optional("lastTrained", .timestamp("End of the last successful training.")),
      .optional("nextTraining", .timestamp("When the schedule trains next.")),
      .optional("schedule", ScheduleInForce.schema),
      .optional("accuracy", .share("Of the version in production, on its test rows.")),
      .optional("rocAUC", .share("Of the version in production, on its test rows.")),
      .optional("serving", ServingStatus.schema),
      .optional("handled", Handled.schema.implying([:])),
      .optional("obstructed", .boolean("True: somebody else's object has a name that is needed.")),
      .optional("outbox", PendingEvent.listSchema),
    ])
}
