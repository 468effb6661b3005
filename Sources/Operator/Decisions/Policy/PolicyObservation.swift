package import ApusAPI
package import KubernetesModel
package import WorkerContract

/// All that one decision about a MonitoringPolicy needs, the time included.
package struct PolicyObservation: Sendable {
  /// In whole seconds, which is all that a status can hold.
  package var now: Timestamp
  /// The same with its fraction: what is announced keeps its order.
  package var moment: Timestamp
  package var policy: MonitoringPolicy
  package var settings: OperatorSettings
  /// nil: there is no such ModelDeployment.
  package var model: ModelDeployment?
  /// Versions of the model.
  package var versions: [ModelVersion]
  /// The check Jobs that this policy owns.
  package var jobs: [WorkerJob]
  package var runConfigurations: [RunConfiguration]
  /// What Prometheus answered to the policy's queries; empty unless a check has ended.
  package var readings: [QueryReading]
  /// Channels, by name, that cannot be used, and why: `mail: email.from: 'apus' is no address`.
  package var unusableChannels: [String: String]
  /// Whether one of them waits for an administrator to let the operator read its Secret.
  package var waitsForRights = false
  /// Of the Secrets that need it (`SecretConsent`), those that say that models may read them.
  package var labelledSecrets: Set<String>
  /// That the operator may not look for that word at these Secrets, and the command that allows it.
  package var labelsRefusal: String?

  package init(
    now: Timestamp, policy: MonitoringPolicy, settings: OperatorSettings, model: ModelDeployment? = nil,
    versions: [ModelVersion] = [], jobs: [WorkerJob] = [], runConfigurations: [RunConfiguration] = [],
    readings: [QueryReading] = [], unusableChannels: [String: String] = [:],
    labelledSecrets: Set<String> = [], labelsRefusal: String? = nil
  ) {
    self.now = now.wholeSeconds
    moment = now
    self.policy = policy
    self.settings = settings
    self.model = model
    self.versions = versions
    self.jobs = jobs
    self.runConfigurations = runConfigurations
    self.readings = readings
    self.unusableChannels = unusableChannels
    self.labelledSecrets = labelledSecrets
    self.labelsRefusal = labelsRefusal
  }

  /// Whether checks have ended that stand in no record yet: the moment to read what a record needs besides.
  package var hasEndedChecks: Bool { !checks(policy.status).ends().isEmpty }
}

/// One answer of a Prometheus server.
package struct QueryReading: Sendable, Equatable {
  package var query: PerformanceRules.Query
  /// nil: no answer, or one that is no single number; `problem` says why.
  package var value: Double?
  package var problem: String?

  package init(query: PerformanceRules.Query, value: Double?, problem: String? = nil) {
    self.query = query
    self.value = value
    self.problem = problem
  }

  /// Whether the value lies where the query says that performance is lost.
  package var fires: Bool {
    guard let value, value.isFinite else { return false }
    return query.below.map { value < $0 } ?? false || query.above.map { value > $0 } ?? false
  }
}

/// The writes that bring a MonitoringPolicy to its desired state, in the order of the members.
package struct PolicyDecision: Sendable, Equatable {
  package var apply: [DesiredObject] = []
  package var stop: [Removal] = []
  package var remove: [Removal] = []
  package var status: MonitoringPolicyStatus
  package var announcements: [Announcement] = []
  package var alerts: [Alert] = []
  /// Checks that this decision has recorded, oldest first, with their results.
  package var recorded: [MonitoringPolicyStatus.CheckRecord] = []
  package var requeueAfter: Double?
  package var facts = Facts()

  /// What metrics show of a decision that was carried out, beside the status and what it has recorded.
  package struct Facts: Sendable, Equatable {
    /// Seconds between the next two checks; 0: none are due.
    package var checkInterval = 0.0
    /// The verdict on retraining, where it is another one than before.
    package var newVerdict: MonitoringPolicyStatus.RetrainingStatus.Decision?
  }

  /// Whether there is nothing to be written or told.
  package func leavesNothing(of observed: PolicyObservation) -> Bool {
    status == observed.policy.status && status.outbox.isEmpty && status.alerting.pending.isEmpty && recorded.isEmpty
      && apply.isEmpty && stop.isEmpty && remove.isEmpty
  }

  /// Whether something is done that the next decision finds done, and announces no more: what is announced is written
  /// down before.
  package var hasEffects: Bool { !apply.isEmpty }
}
