import ApusAPI
import KubernetesModel
import WorkerContract

/// A check reads a window of predictions: half an hour is ample, and a check that hangs blocks the next.
private let checkDeadline = TimeSpan(seconds: 1800)
private let checkRetries = 2
private let keptJobs = 3
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

extension PolicyWork {
  /// A Job that the status does not know means that an operator died between the two writes.
  mutating func recallRecentStart() {
    status.handled.scheduledUntil = status.handled.scheduledUntil?.corrected(at: now)
    guard let (job, handled) = checks.recalled(MonitoringPolicyStatus.Handled.self) else { return }
    status.handled = handled
    checks.follow(job.name, since: job.createdAt)
  }

  mutating func recordEndedChecks() {
    if let pause = checks.pause { lookAgain(in: pause) }
    let isChanged = status.observedGeneration != observed.policy.metadata.generation
    let request = annotations[ApusAnnotations.checkRequestedAt]
    let isAsked = request != nil && request != status.handled.checkRequest
    for end in checks.ends(givingUp: { _ in isChanged || isAsked }) {
      record(CheckJudgement.record(end, spec, observed.readings))
    }
    recordLostCheck()
    // The record is in the status, which is written last: only what an earlier decision has recorded may go.
    effects.add(checks.closing(settled: Set(observed.policy.status.history.map(\.job))))
  }

  private mutating func record(_ record: MonitoringPolicyStatus.CheckRecord) {
    decideAlerts(for: record)
    status.lastCheck = record
    status.lastCheckTime = record.time
    var brief = record
    brief.result = nil
    status.history = Array(([brief] + status.history).prefix(keptRecords))
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

  private mutating func recordLostCheck() {
    switch checks.loss {
    case .none: return
    case .suspected(let seconds): lookAgain(in: seconds)
    case .certain(let run):
      record(
        .init(
          job: run.job, time: now, version: production?.version ?? "", rows: 0, outcome: .failed, triggers: [],
          result: nil, message: "the Job was deleted before its result was read"))
    }
  }

  mutating func followSchedule() {
    status.schedule = .following(
      spec.suspend ? nil : spec.schedule, known: status.schedule, of: observed.policy.metadata,
      isNew: observed.policy.status.observedGeneration == nil, at: now)
  }

  /// At most one check at a time, over the window that ends now.
  mutating func startIfDue() {
    if let running = checks.running { return checks.follow(running.name, since: running.createdAt) }
    guard !spec.suspend, checks.current == nil, observed.model != nil, let production,
      let artifact = production.spec.artifact, let owner = observed.policy.ownerReference
    else { return }
    let request = annotations[ApusAnnotations.checkRequestedAt].flatMap {
      $0 == status.handled.checkRequest ? nil : $0
    }
    let due = nextScheduled.flatMap { $0 <= now ? $0 : nil }
    guard request != nil || due != nil else { return }
    if due != nil { status.handled.scheduledUntil = now }
    status.handled.checkRequest = annotations[ApusAnnotations.checkRequestedAt]
    // The windows of the announced and of this start are the same but for seconds.
    let start = checks.announcedStart(.checkStarted, in: status.outbox) ?? now
    let run = runRequest(jobName(at: due ?? start, request: request), at: start, artifact, owner)
    effects.apply += checks.start(run, observed.settings)
    status.outbox.removeAll { checks.isAnnouncedOnly($0, .checkStarted) }
    let why = request.map { "asked for (\($0))" } ?? due.map { "scheduled for \($0)" } ?? ""
    announce(
      .normal, .checkStarted, "\(run.job): \(why), the last \(spec.window) of \(production.version)", regarding: run.job
    )
  }

  /// Instants before the version went into production are nothing to make up for.
  private var nextScheduled: Timestamp? {
    let handled = [status.handled.scheduledUntil, arrival].compactMap(\.self).max()
    return status.schedule?.firstOpen(after: handled)
  }

  private func jobName(at time: Timestamp, request: String?) -> String {
    let minute = String(time.description.filter(\.isNumber).prefix(12))
    let name = ResourceName.checkJob(policy: self.name, suffix: minute)
    guard checks.hasUsed(name) else { return name }
    // A second one in the same minute: people ask as often as they like.
    let hash = StableHash.hexadecimal("\(request ?? "")/\(time)".utf8).prefix(6)
    return ResourceName.checkJob(policy: self.name, suffix: "\(minute)-\(hash)")
  }

  private var redacted: [String]? {
    observed.model.flatMap { $0.spec.serving.logging.redact.isEmpty ? nil : $0.spec.serving.logging.redact }
  }

  /// Up: the end is exclusive and written in whole seconds, and what was predicted just now belongs to the window.
  fileprivate static func end(_ start: Timestamp) -> Timestamp {
    Timestamp(secondsSince1970: start.secondsSince1970.rounded(.up) + 1)
  }

  private func runRequest(
    _ job: String, at start: Timestamp, _ reference: ArtifactReference, _ owner: OwnerReference
  ) -> RunRequest {
    RunRequest(
      component: .check, job: job,
      specification: RunSpecification(
        run: "\(namespace).\(job)", namespace: namespace, model: spec.modelRef.name,
        identity: observed.model?.identity,
        check: CheckRun(
          policy: name, reference: reference, from: start.advanced(bySeconds: -spec.window.seconds).description,
          to: Self.end(start).description, labelled: spec.performance.labelledSpan(before: start, window: spec.window),
          minimumSamples: spec.minimumSamples, maximumSamples: spec.maximumSamples, redacted: redacted,
          drift: spec.drift, quality: spec.quality, performance: spec.performance)),
      labels: [ApusLabels.model: spec.modelRef.name, ApusLabels.policy: name],
      annotations: [
        RunAnnotation.handled: JSONValue.document(status.handled).text, RunAnnotation.version: reference.version,
      ],
      owner: owner, deadline: checkDeadline, retries: checkRetries, resources: spec.resources,
      template: spec.template)
  }

  mutating func tidy() {
    effects.remove += checks.tidying(.latest(keptJobs), observed.runConfigurations)
    if let next = spec.schedule.next(after: max(now, status.handled.scheduledUntil ?? now)), !spec.suspend {
      status.nextCheck = next
      lookAgain(in: next.seconds(since: now))
    } else {
      status.nextCheck = nil
    }
  }
}

extension PerformanceRules {
  /// When the predictions were made whose labels are due at a check: those of `window`, up to the delay before it. Where labels
  /// come at once it is the window of the check itself.
  fileprivate func labelledSpan(before start: Timestamp, window: TimeSpan) -> ObservedSpan {
    let due = start.advanced(bySeconds: -labelDelay.seconds)
    let from = due.advanced(bySeconds: -(self.window ?? window).seconds)
    return ObservedSpan(
      from: from.description, to: (labelDelay.seconds > 0 ? due : PolicyWork.end(start)).description)
  }
}
