package import KubernetesModel

/// What the operator knows from watching a model.
package struct MonitoringPolicyStatus: Codable, Sendable, Equatable {
  package var observedGeneration: Int?
  /// UID of the model that all below is about; nil: written by release 0.1.0.
  package var modelUID: String?
  /// Ready, Healthy, DriftDetected, QualityPassed, PerformanceOK, RetrainingNeeded; Reconciling and Stalled only while true.
  package var conditions: [Condition]
  /// Drift in one word: none, warning, critical, inconclusive.
  package var drift: String?
  /// passed, warning, failed, inconclusive
  package var quality: String?
  /// `0.871 (62%)`: accuracy and label coverage
  package var performance: String?
  package var lastCheck: CheckRecord?
  /// The latest checks, newest first, at most ten: what debounce counts.
  package var history: [CheckRecord]
  package var runningCheck: String?
  /// What holds up the check that runs.
  package var blocker: Blocker?
  package var lastCheckTime: Timestamp?
  package var nextCheck: Timestamp?
  /// What scheduled checks follow; nil while the policy is suspended.
  package var schedule: ScheduleInForce?
  package var retraining: RetrainingStatus
  package var handled: Handled
  package var outbox: [PendingEvent]
  package var alerting: AlertingStatus

  package init(
    observedGeneration: Int? = nil, modelUID: String? = nil, conditions: [Condition] = [], drift: String? = nil,
    quality: String? = nil,
    performance: String? = nil, lastCheck: CheckRecord? = nil, history: [CheckRecord] = [],
    runningCheck: String? = nil, blocker: Blocker? = nil, lastCheckTime: Timestamp? = nil,
    nextCheck: Timestamp? = nil,
    schedule: ScheduleInForce? = nil,
    retraining: RetrainingStatus = .init(), handled: Handled = .init(), outbox: [PendingEvent] = [],
    alerting: AlertingStatus = .init()
  ) {
    self.observedGeneration = observedGeneration
    self.modelUID = modelUID
    self.conditions = conditions
    self.drift = drift
    self.quality = quality
    self.performance = performance
    self.lastCheck = lastCheck
    self.history = history
    self.runningCheck = runningCheck
    self.blocker = blocker
    self.lastCheckTime = lastCheckTime
    self.nextCheck = nextCheck
    self.schedule = schedule
    self.retraining = retraining
    self.handled = handled
    self.outbox = outbox
    self.alerting = alerting
  }

  package struct Handled: Codable, Sendable, Equatable {
    /// Last value of the annotation `apus.dev/check-requested-at`.
    package var checkRequest: String?
    package var scheduledUntil: Timestamp?

    package init(checkRequest: String? = nil, scheduledUntil: Timestamp? = nil) {
      self.checkRequest = checkRequest
      self.scheduledUntil = scheduledUntil
    }
  }
}

extension MonitoringPolicyStatus: SchemaDescribed {
  package static let schema = Schema.object(
    "What the operator knows from watching the model.",
    [
      .optional("observedGeneration", .observedGeneration),
      .optional("modelUID", .string("UID of the model that all of this is about.", maximum: 128)),
      .optional("conditions", .conditions),
      .optional("drift", .string("none, warning, critical or inconclusive.", maximum: 64)),
      .optional("quality", .string("passed, warning, failed or inconclusive.", maximum: 64)),
      .optional("performance", .string("Accuracy and label coverage.", maximum: 64)),
      .optional("lastCheck", CheckRecord.schema),
      .optional(
        "history", .list("The latest checks, newest first.", of: CheckRecord.schema, maximum: 10).implying([])),
      .optional("runningCheck", .string("The Job of the check that runs now.")),
      .optional("blocker", Blocker.schema),
      .optional("lastCheckTime", .timestamp("End of the last check.")),
      .optional("nextCheck", .timestamp("When the next check starts.")),
      .optional("schedule", ScheduleInForce.schema),
      .optional("retraining", RetrainingStatus.schema.implying([:])),
      .optional(
        "handled",
        .object(
          "What was acted on already.",
          [
            .optional("checkRequest", .string("Last value of apus.dev/check-requested-at.", maximum: 1024)),
            .optional("scheduledUntil", .timestamp("Scheduled instants up to this one are done.")),
          ]
        ).implying([:])),
      .optional("outbox", PendingEvent.listSchema),
      .optional("alerting", AlertingStatus.schema.implying([:])),
    ])
}
