import ApusAPI
import KubernetesModel
import WorkerContract

/// A check reads a window of predictions: half an hour is ample, and a check that hangs blocks the next.
private let checkDeadline = TimeSpan(seconds: 1800)
private let checkRetries = 2
private let keptJobs = 3
private let keptRecords = 10
private let lostCheckPatience = 60.0
private let resumableStart = 60.0

extension PolicyWork {
  /// A Job that the status does not know means that an operator died between the two writes.
  mutating func recallRecentStart() {
    status.handled.scheduledUntil = status.handled.scheduledUntil?.corrected(at: now)
    let known = Set(status.history.map(\.job) + [status.runningCheck ?? ""])
    guard let latest = jobs.max(by: { $0.createdAt < $1.createdAt }), !known.contains(latest.name),
      let text = latest.annotations[RunAnnotation.handled],
      let handled: MonitoringPolicyStatus.Handled = JSONValue.value(in: text)
    else { return }
    status.handled = handled
    follow(latest.name)
  }

  mutating func recordEndedChecks() {
    if let pause = jobs.pause(at: now) { lookAgain(in: pause) }
    for job in observed.unrecordedJobs {
      record(CheckJudgement.record(job, spec, observed.readings, known: known(of: job)))
    }
    giveUpStuckCheck()
    recordLostCheck()
    endRecordedJobs()
  }

  /// As `ModelWork.giveUpIfStuck`: a check that cannot start makes room when the spec changes or a person asks for another.
  private mutating func giveUpStuckCheck() {
    let isChanged = status.observedGeneration != observed.policy.metadata.generation
    let request = annotations[ApusAnnotations.checkRequestedAt]
    guard isChanged || (request != nil && request != status.handled.checkRequest), let job = runningJob, job.isStuck,
      let blocker = job.blocker(after: known(of: job))
    else { return }
    record(CheckJudgement.failed(job, .neverStarted(job, blocker)))
  }

  /// What was last known to hold up a check.
  private func known(of job: WorkerJob) -> Blocker? { status.runningCheck == job.name ? status.blocker : nil }

  /// From now on the check that runs is this one.
  private mutating func follow(_ job: String?) {
    if status.runningCheck != job { status.blocker = nil }
    status.runningCheck = job
  }

  /// As `ModelWork.endRecordedJobs`. The record is in the status, which is written last: only what an earlier decision has
  /// recorded may go.
  private mutating func endRecordedJobs() {
    let recorded = Set(observed.policy.status.history.map(\.job))
    func removal(of job: WorkerJob) -> Removal {
      Removal(Resource.jobs, namespace: namespace, name: job.name, uid: job.uid)
    }
    decision.stop = jobs.filter { $0.mustStop }.map(removal)
    decision.remove += jobs.filter { recorded.contains($0.name) && $0.isOfNoUse }.map(removal)
    for job in jobs where recorded.contains(job.name) && job.isHeldUp {
      decision.remove.append(removal(of: job))
      announce(.normal, .sidecarsEnded, job.sidecarNote, regarding: job.name)
    }
  }

  private mutating func record(_ record: MonitoringPolicyStatus.CheckRecord) {
    decideAlerts(for: record)
    status.lastCheck = record
    status.lastCheckTime = record.time
    var brief = record
    brief.result = nil
    status.history = Array(([brief] + status.history).prefix(keptRecords))
    if status.runningCheck == record.job { follow(nil) }
    decision.recorded.append(record)
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
    guard let running = status.runningCheck, !jobs.contains(where: { $0.name == running }) else { return }
    let since = status.conditions[ConditionType.reconciling.rawValue]?.lastTransitionTime ?? .distantPast
    let age = now.seconds(since: since)
    guard age >= lostCheckPatience else { return lookAgain(in: lostCheckPatience - age) }
    record(
      .init(
        job: running, time: now, version: production?.version ?? "", rows: 0, outcome: .failed, triggers: [],
        result: nil, message: "the Job was deleted before its result was read"))
  }

  var runningJob: WorkerJob? {
    let recorded = Set(status.history.map(\.job))
    return jobs.last { !$0.isEnded && !$0.isBeingDeleted && !recorded.contains($0.name) }
  }

  mutating func followSchedule() {
    status.schedule = .following(
      spec.suspend ? nil : spec.schedule, known: status.schedule, of: observed.policy.metadata,
      isNew: observed.policy.status.observedGeneration == nil, at: now)
  }

  /// At most one check at a time, over the window that ends now.
  mutating func startIfDue() {
    if let running = runningJob {
      return follow(running.name)
    }
    guard !spec.suspend, status.runningCheck == nil, observed.model != nil, let production,
      let artifact = production.spec.artifact, let owner = observed.policy.ownerReference
    else { return }
    let request = annotations[ApusAnnotations.checkRequestedAt].flatMap {
      $0 == status.handled.checkRequest ? nil : $0
    }
    let due = nextScheduled.flatMap { $0 <= now ? $0 : nil }
    guard request != nil || due != nil else { return }
    if due != nil { status.handled.scheduledUntil = now }
    status.handled.checkRequest = annotations[ApusAnnotations.checkRequestedAt]
    let start = decidedStart
    let run = runRequest(jobName(at: due ?? start, request: request), at: start, artifact, owner)
    decision.apply += run.objects(observed.settings)
    follow(run.job)
    withdraw(.checkStarted, exceptOf: run.job)
    let why = request.map { "asked for (\($0))" } ?? due.map { "scheduled for \($0)" } ?? ""
    announce(
      .normal, .checkStarted, "\(run.job): \(why), the last \(spec.window) of \(production.version)", regarding: run.job)
  }

  /// When the check that begins now was decided. An operator that has announced it and died before it had made the Job has
  /// named Job and configuration by that time: they come about as announced, unless it is too long ago for a window that
  /// ends now.
  private var decidedStart: Timestamp {
    let known = jobs.map(\.name) + status.history.map(\.job)
    let announced = status.outbox.last { pending in
      pending.reason == Reason.checkStarted.rawValue && !known.contains(where: pending.concerns)
    }
    guard let time = announced?.at.time.wholeSeconds, (0...resumableStart).contains(now.seconds(since: time)) else {
      return now
    }
    return time
  }

  /// What an operator has announced and died before it had made the Job, which now gets another name.
  private mutating func withdraw(_ reason: Reason, exceptOf job: String) {
    let known = Set(jobs.map(\.name) + status.history.map(\.job) + [job])
    status.outbox.removeAll { pending in
      pending.reason == reason.rawValue && !known.contains(where: pending.concerns)
    }
  }

  /// Instants before the version went into production are nothing to make up for.
  private var nextScheduled: Timestamp? {
    let handled = [status.handled.scheduledUntil, arrival].compactMap(\.self).max()
    return status.schedule?.firstOpen(after: handled)
  }

  private func jobName(at time: Timestamp, request: String?) -> String {
    let minute = String(time.description.filter(\.isNumber).prefix(12))
    let name = ResourceName.checkJob(policy: self.name, suffix: minute)
    let isTaken = observed.jobs.contains { $0.name == name } || status.history.contains { $0.job == name }
    guard isTaken else { return name }
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
    decision.remove += observed.jobs.filter { isOfAnotherModel($0) && !$0.isBeingDeleted }
      .map { Removal(Resource.jobs, namespace: namespace, name: $0.name, uid: $0.uid) }
    let recorded = Set(status.history.map(\.job))
    let old = jobs.filter { recorded.contains($0.name) && !$0.isBeingDeleted }
      .sorted { $0.createdAt < $1.createdAt }.dropLast(keptJobs)
    decision.remove += old.map { Removal(Resource.jobs, namespace: namespace, name: $0.name, uid: $0.uid) }
    let kept = Set(jobs.map(\.name)).subtracting(old.map(\.name)).union([status.runningCheck ?? ""])
    decision.remove += observed.runConfigurations.filter { !kept.contains($0.job) }
      .map { Removal(Resource.configMaps, namespace: namespace, name: $0.name, uid: $0.uid) }
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
