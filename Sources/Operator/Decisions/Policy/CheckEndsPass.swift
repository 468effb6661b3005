import ApusAPI
import KubernetesModel
import WorkerContract

private let keptRecords = 10

extension PolicyObservation {
  /// The policy's checks of the model that is there now.
  ///
  /// - Parameter status: what is known of that model.
  func checks(_ status: MonitoringPolicyStatus) -> RunLedger {
    let since = status.conditions[ConditionType.reconciling.rawValue]?.lastTransitionTime
    return RunLedger(
      jobs.filter { !isOfAnotherModel($0) }.sorted { $0.createdAt < $1.createdAt },
      recorded: Set(status.history.map(\.job)),
      current: status.runningCheck.map { .init(job: $0, since: since, blocker: status.blocker) },
      outdated: jobs.filter(isOfAnotherModel), namespace: policy.metadata.namespace ?? "", now: now)
  }
}

/// The checks that have ended, with what they mean under the policy and the alerts that follow.
struct CheckEndsPass: PolicyPass {
  @Shared var observed: PolicyObservation
  var effects = Effects()
  private(set) var checks: RunLedger
  private(set) var handled: MonitoringPolicyStatus.Handled
  /// What scheduled checks follow.
  let schedule: ScheduleInForce?
  private(set) var history: [MonitoringPolicyStatus.CheckRecord]
  private(set) var lastCheck: MonitoringPolicyStatus.CheckRecord?
  private(set) var lastCheckTime: Timestamp?
  private(set) var alerting: Alerting
  /// Checks that this decision records, oldest first, with their results.
  private(set) var recorded: [MonitoringPolicyStatus.CheckRecord] = []

  init(_ observed: PolicyObservation, _ subject: SubjectPass) {
    _observed = Shared(wrappedValue: observed)
    let status = subject.status
    checks = observed.checks(status)
    handled = status.handled
    schedule = .following(
      observed.policy.spec.suspend ? nil : observed.policy.spec.schedule, known: status.schedule,
      of: observed.policy.metadata, isNew: observed.policy.status.observedGeneration == nil, at: observed.now)
    history = status.history
    lastCheck = status.lastCheck
    lastCheckTime = status.lastCheckTime
    alerting = Alerting(status.alerting)
    recallRecentStart()
    recordEndedChecks(of: subject.production?.version)
  }

  /// A Job that the status does not know means that an operator died between the two writes.
  private mutating func recallRecentStart() {
    handled.scheduledUntil = handled.scheduledUntil?.corrected(at: now)
    guard let (job, start) = checks.recalled(MonitoringPolicyStatus.Handled.self) else { return }
    handled = start
    checks.follow(job.name, since: job.createdAt)
  }

  private mutating func recordEndedChecks(of production: String?) {
    if let pause = checks.pause { lookAgain(in: pause) }
    let isChanged = observed.policy.status.observedGeneration != observed.policy.metadata.generation
    let request = annotations.request(ApusAnnotations.checkRequestedAt)
    let isAsked = request != nil && request != handled.checkRequest
    for end in checks.ends(givingUp: { _ in isChanged || isAsked }) {
      record(CheckJudgement.record(end, spec, observed.readings))
    }
    recordLostCheck(of: production)
    // The record is in the status, which is written last: only what an earlier decision has recorded may go.
    effects.add(checks.closing(settled: Set(observed.policy.status.history.map(\.job))))
  }

  private mutating func record(_ record: MonitoringPolicyStatus.CheckRecord) {
    alerting.decide(for: record, after: lastCheck, observed)
    lastCheck = record
    lastCheckTime = record.time
    var brief = record
    brief.result = nil
    history = Array(([brief] + history).prefix(keptRecords))
    checks.record(record.job)
    recorded.append(record)
    announceEnd(record)
  }

  private mutating func announceEnd(_ record: MonitoringPolicyStatus.CheckRecord) {
    let message = "\(record.job): \(record.message ?? record.outcome.rawValue)"
    switch record.outcome {
    case .healthy: announce(.normal, .checkPassed, message, regarding: record.job)
    case .inconclusive: announce(.normal, .checkInconclusive, message, regarding: record.job)
    case .failed: announce(.warning, .checkFailed, message, regarding: record.job)
    case .warning, .critical:
      announce(
        .warning, record.critical.first.map(Reason.init(trigger:)) ?? .featureDrift, message, regarding: record.job)
    }
  }

  private mutating func recordLostCheck(of production: String?) {
    switch checks.loss {
    case .none: return
    case .suspected(let seconds): lookAgain(in: seconds)
    case .certain(let run):
      record(
        .init(
          job: run.job, time: now, version: production ?? "", rows: 0, outcome: .failed, triggers: [],
          result: nil, message: "the Job was deleted before its result was read"))
    }
  }
}
