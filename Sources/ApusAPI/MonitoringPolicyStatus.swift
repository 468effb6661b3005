package import KubernetesModel
package import WorkerContract

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
  /// DriftDetected, QualityPassed, PerformanceOK where a check has settled them for the version in production; nil: written by
  /// release 0.1.0.
  package var settled: [ConditionType]?
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
    performance: String? = nil, settled: [ConditionType]? = nil, lastCheck: CheckRecord? = nil,
    history: [CheckRecord] = [],
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
    self.settled = settled
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

  package struct CheckRecord: Codable, Sendable, Equatable {
    package var job: String
    package var time: Timestamp
    /// The version it looked at.
    package var version: String
    package var rows: Int
    package var outcome: Outcome
    /// Which of the policy's triggers fired: of what was critical, what a training can mend.
    package var triggers: [MonitoringPolicySpec.Retraining.Trigger]
    /// What was critical, whether a training can mend it or not; nil: written by release 0.1.0, where all of it triggered.
    package var findings: [MonitoringPolicySpec.Retraining.Trigger]?
    /// Of the last check only.
    package var result: CheckResult?
    package var message: String?

    package init(
      job: String, time: Timestamp, version: String, rows: Int, outcome: Outcome,
      triggers: [MonitoringPolicySpec.Retraining.Trigger] = [],
      findings: [MonitoringPolicySpec.Retraining.Trigger]? = nil, result: CheckResult? = nil, message: String? = nil
    ) {
      self.job = job
      self.time = time
      self.version = version
      self.rows = rows
      self.outcome = outcome
      self.triggers = triggers
      self.findings = findings
      self.result = result
      self.message = message
    }

    package var critical: [MonitoringPolicySpec.Retraining.Trigger] { findings ?? triggers }

    package enum Outcome: String, Codable, Sendable, CaseIterable {
      case healthy = "Healthy"
      case warning = "Warning"
      case critical = "Critical"
      case inconclusive = "Inconclusive"
      case failed = "Failed"
    }
  }

  /// The loop's memory: what it decided last, and the requests that the model's reconciler answers.
  package struct RetrainingStatus: Codable, Sendable, Equatable {
    /// The request in force; the model's reconciler trains once for each new id.
    package var request: Request?
    /// When requests were made, newest first, at most a day back.
    package var recent: [Timestamp]
    package var decision: Decision?

    package init(request: Request? = nil, recent: [Timestamp] = [], decision: Decision? = nil) {
      self.request = request
      self.recent = recent
      self.decision = decision
    }

    package struct Request: Codable, Sendable, Equatable {
      package var id: String
      package var at: Timestamp
      package var reason: String

      package init(id: String, at: Timestamp, reason: String) {
        self.id = id
        self.at = at
        self.reason = reason
      }
    }

    /// Also the decision not to act.
    package struct Decision: Codable, Sendable, Equatable {
      package var action: Action
      package var reason: String
      package var message: String
      /// Since when action and reason are these, or when the request was made.
      package var at: Timestamp

      package init(action: Action, reason: String, message: String, at: Timestamp) {
        self.action = action
        self.reason = reason
        self.message = message
        self.at = at
      }
    }

    package enum Action: String, Codable, Sendable, CaseIterable {
      case retrain = "Retrain"
      case wait = "Wait"
      case none = "None"
    }
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
