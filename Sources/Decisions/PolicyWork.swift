import ApusAPI
import KubernetesModel
import WorkerContract

/// A decision about a policy in the making.
struct PolicyWork {
  let observed: PolicyObservation
  var status: MonitoringPolicyStatus
  var checks: RunLedger
  var effects = Effects()
  var alerts: [Alert] = []
  /// Checks that this decision has recorded, oldest first, with their results.
  var recorded: [MonitoringPolicyStatus.CheckRecord] = []
  let production: Registry.Entry?

  init(_ observed: PolicyObservation) {
    self.observed = observed
    status = observed.policy.status
    checks = observed.checks(status)
    production = Registry(observed.versions, now: observed.now).production
  }

  /// When the version in production arrived there. A time that lies ahead was written by a clock that was wrong.
  var arrival: Timestamp? { production?.lastProduction.flatMap { $0 <= now ? $0 : nil } }

  /// That what is served cannot be checked; nil where it can, or nothing is served.
  var orphanNote: String? {
    guard production == nil, let entry = observed.model?.status.traffic.first(where: { $0.role == .production }) else {
      return nil
    }
    return "\(entry.version) is served, but its ModelVersion is not there, so it cannot be checked; "
      + "the condition Ready of ModelDeployment \(spec.modelRef.name) says what to do"
  }

  /// Whether a check says something about this version as it serves now: a model that was made anew counts its versions
  /// anew, and a version that has come back finds other data.
  func isAbout(_ record: MonitoringPolicyStatus.CheckRecord, _ production: Registry.Entry) -> Bool {
    record.version == production.version && record.time >= arrival ?? .distantPast
  }

  var now: Timestamp { observed.now }
  var spec: MonitoringPolicySpec { observed.policy.spec }
  var name: String { observed.policy.metadata.name ?? "" }
  var namespace: String { observed.policy.metadata.namespace ?? "" }
  var annotations: [String: String] { observed.policy.metadata.annotations }

  mutating func announce(_ kind: Announcement.Kind, _ reason: Reason, _ message: String, regarding job: String? = nil) {
    effects.announce(kind, reason, message, regarding: job)
  }

  mutating func announce(_ kind: Announcement.Kind, _ reason: String, _ message: String, regarding job: String? = nil) {
    effects.announce(kind, reason, message, regarding: job)
  }

  mutating func lookAgain(in seconds: Double) { effects.lookAgain(in: seconds) }

  mutating func set(_ type: ConditionType, _ value: Condition.Status, _ reason: String, _ message: String) {
    status.conditions.set(
      type.rawValue, value, reason: reason, message: message, generation: observed.policy.metadata.generation, at: now)
  }

  mutating func set(_ type: ConditionType, _ value: Condition.Status, _ reason: Reason, _ message: String) {
    set(type, value, reason.rawValue, message)
  }

  mutating func acceptsSpec() -> Bool {
    let invalid = observed.policy.problems().filter { $0.weight == .error }.map(\.description)
    let refused = PodTemplate.problems(
      spec.template, field: "spec.template", allowedHostPaths: observed.settings.allowedHostPaths)
    let problems = invalid + refused.map(\.message)
    guard !problems.isEmpty else {
      status.conditions.clear(ConditionType.stalled.rawValue)
      return true
    }
    let message = problems.joined(separator: "; ")
    let isNews = status.conditions[ConditionType.stalled.rawValue]?.message != String(message.prefix(8192))
    status.observedGeneration = observed.policy.metadata.generation
    // A line that a person has yet to mend holds from when it is mended.
    if (try? spec.schedule.compiled()) == nil { status.schedule = nil }
    let reason = invalid.isEmpty ? refused.first?.reason ?? .templateRefused : .invalidSpec
    set(.stalled, .yes, reason, message)
    set(.ready, .no, reason, message)
    status.conditions.clear(ConditionType.reconciling.rawValue)
    if isNews { announce(.warning, reason, message) }
    return false
  }

  func finished() -> PolicyDecision {
    var decision = PolicyDecision(status: status)
    decision.apply = effects.apply
    decision.stop = effects.stop
    decision.remove = effects.remove
    decision.announcements = effects.announcements
    decision.requeueAfter = effects.requeueAfter
    decision.alerts = alerts
    decision.recorded = recorded
    decision.status.conditions.arrange()
    decision.status.outbox.add(decision.announcements, at: observed.moment)
    decision.facts = facts
    return decision
  }

  private var facts: PolicyDecision.Facts {
    var facts = PolicyDecision.Facts()
    if !spec.suspend, let next = spec.schedule.next(after: now), let afterNext = spec.schedule.next(after: next) {
      facts.checkInterval = afterNext.seconds(since: next)
    }
    let before = observed.policy.status.retraining.decision
    if let verdict = status.retraining.decision, verdict.action != before?.action || verdict.reason != before?.reason {
      facts.newVerdict = verdict
    }
    return facts
  }
}
