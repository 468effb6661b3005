import ApusAPI
import KubernetesModel
import WorkerContract

/// A check reads a window of predictions: half an hour is ample, and a check that hangs blocks the next.
private let checkDeadline = TimeSpan(seconds: 1800)
private let checkRetries = 2
private let keptJobs = 3

/// The check that goes on or starts, and which Jobs are kept.
struct CheckStartPass: PolicyPass {
  @Shared var observed: PolicyObservation
  var effects = Effects()
  private let subject: SubjectPass
  private let schedule: ScheduleInForce?
  private(set) var checks: RunLedger
  private(set) var handled: MonitoringPolicyStatus.Handled
  /// Without starts that were announced and never were.
  private(set) var outbox: [PendingEvent]
  private(set) var nextCheck: Timestamp?

  init(_ observed: PolicyObservation, _ subject: SubjectPass, _ ends: CheckEndsPass) {
    _observed = Shared(wrappedValue: observed)
    self.subject = subject
    schedule = ends.schedule
    checks = ends.checks
    handled = ends.handled
    outbox = observed.policy.status.outbox
    startIfDue()
    effects.remove += checks.tidying(.latest(keptJobs), observed.runConfigurations)
    scheduleNext()
  }

  /// At most one check at a time, over the window that ends now.
  private mutating func startIfDue() {
    if let running = checks.running { return checks.follow(running.name, since: running.createdAt) }
    guard !spec.suspend, checks.current == nil, observed.model != nil, let production = subject.production,
      let artifact = production.spec.artifact, let owner = observed.policy.ownerReference
    else { return }
    let request = annotations.request(ApusAnnotations.checkRequestedAt).flatMap {
      $0 == handled.checkRequest ? nil : $0
    }
    let due = nextScheduled.flatMap { $0 <= now ? $0 : nil }
    guard request != nil || due != nil else { return }
    if due != nil { handled.scheduledUntil = now }
    handled.checkRequest = annotations.request(ApusAnnotations.checkRequestedAt)
    // The windows of the announced and of this start are the same but for seconds.
    let start = checks.announcedStart(.checkStarted, in: outbox) ?? now
    let run = runRequest(jobName(at: due ?? start, request: request), at: start, artifact, owner)
    effects.apply += checks.start(run, observed.settings)
    outbox = outbox.filter { !checks.isAnnouncedOnly($0, .checkStarted) }
    let why =
      request.map { "check requested by annotation \"\($0)\"" } ?? due.map { "check scheduled for \($0)" } ?? "check"
    // Resumed under its name: it is told in the words in which it was announced.
    if outbox.contains(where: { $0.reason == Reason.checkStarted.rawValue && $0.concerns(run.job) }) { return }
    announce(
      .normal, .checkStarted, "\(run.job): \(why): predictions of \(production.version) in the last \(spec.window)",
      regarding: run.job)
  }

  /// Instants before the version went into production are nothing to make up for.
  private var nextScheduled: Timestamp? {
    let until = [handled.scheduledUntil, subject.arrival].compactMap(\.self).max()
    return schedule?.firstOpen(after: until)
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
        run: ResourceName.run(of: job, in: namespace), namespace: namespace, model: spec.modelRef.name,
        identity: observed.model?.identity,
        check: CheckRun(
          policy: name, reference: reference, from: start.advanced(bySeconds: -spec.window.seconds).description,
          to: Self.end(start).description, labelled: spec.performance.labelledSpan(before: start, window: spec.window),
          minimumSamples: spec.minimumSamples, maximumSamples: spec.maximumSamples, redacted: redacted,
          drift: spec.drift, quality: spec.quality, performance: spec.performance)),
      labels: [ApusLabels.model: spec.modelRef.name, ApusLabels.policy: name],
      annotations: [
        RunAnnotation.handled: JSONValue.document(handled).text, RunAnnotation.version: reference.version,
      ],
      owner: owner, deadline: checkDeadline, retries: checkRetries, resources: spec.resources,
      template: spec.template)
  }

  private mutating func scheduleNext() {
    if let next = spec.schedule.next(after: max(now, handled.scheduledUntil ?? now)), !spec.suspend {
      nextCheck = next
      lookAgain(in: next.seconds(since: now))
    } else {
      nextCheck = nil
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
      from: from.description, to: (labelDelay.seconds > 0 ? due : CheckStartPass.end(start)).description)
  }
}
