import ApusAPI
import KubernetesModel
import WorkerContract

/// Whether to retrain, also where the decision is not to act.
struct RetrainingPass: PolicyPass {
  @Shared var observed: PolicyObservation
  var effects = Effects()
  private let subject: SubjectPass
  /// The latest checks, newest first; none lies ahead.
  private(set) var history: [MonitoringPolicyStatus.CheckRecord]
  private(set) var retraining: MonitoringPolicyStatus.RetrainingStatus
  private(set) var alerting: Alerting
  private(set) var verdict = RetrainingVerdict.suspended

  init(_ observed: PolicyObservation, _ subject: SubjectPass, _ ends: CheckEndsPass) {
    _observed = Shared(wrappedValue: observed)
    self.subject = subject
    history = ends.history
    retraining = subject.status.retraining
    alerting = ends.alerting
    correctTimes()
    decide()
  }

  private mutating func decide() {
    let dayAgo = now.advanced(bySeconds: -86400)
    retraining.recent = retraining.recent.filter { $0 > dayAgo }
    let previous = retraining.decision
    verdict = judged
    var isOther = previous?.action != verdict.action || previous?.reason != verdict.reason.rawValue
    if case .due(let evidence) = verdict {
      request(evidence)
      verdict = .requested(why: evidence.text)
      isOther = true
    }
    retraining.decision = .init(
      action: verdict.action, reason: verdict.reason.rawValue,
      message: previous.flatMap { verdict.isSaid(by: $0.message) ? $0.message : nil } ?? verdict.message,
      at: isOther ? now : previous?.at ?? now)
    let isReworded = !(previous.map { verdict.isSaid(by: $0.message) } ?? false)
    // What is ordinary is told when it follows something that was not, not at the first sight and not again because the
    // sentence names another time.
    let isNews =
      verdict.isOrdinary
      ? previous.map { !RetrainingVerdict.isOrdinary($0) } ?? false : isOther || isReworded
    if isNews { announce(verdict.kind, verdict.reason, verdict.message) }
    if isOther, verdict.action == .retrain { alerting.alertRetraining(verdict.message, observed) }
    if let end = end(of: verdict), end > now, end < .distantFuture { lookAgain(in: end.seconds(since: now)) }
  }

  /// All together, so that what was seen before a request still lies before it.
  private mutating func correctTimes() {
    let now = now
    retraining.recent = retraining.recent.map { $0.corrected(at: now) }
    retraining.request?.at.correct(at: now)
    for index in history.indices { history[index].time.correct(at: now) }
  }

  /// The request that the model has not answered yet.
  private var pendingRequest: MonitoringPolicyStatus.RetrainingStatus.Request? {
    guard let request = retraining.request, let model = observed.model,
      model.status.handled.monitoringRequests[name] != request.id
    else { return nil }
    return request
  }

  private var judged: RetrainingVerdict {
    if spec.suspend { return .suspended }
    guard let production = subject.production else {
      return subject.orphanNote.map { .versionDeleted(note: $0) } ?? .noVersion
    }
    if let pending = pendingRequest { return .requested(why: pending.reason) }
    let rules = rules(for: production)
    if rules.isQuiet {
      // Any other training, such as a scheduled one, is nothing that monitoring waits for.
      let answer = observed.model?.status.training?.trigger == .monitoring ? trainingUnderWay : nil
      return answer ?? .noTrigger(quiet(rules, production))
    }
    let count = RetrainingVerdict.Count(fired: rules.triggering.count, considered: rules.considered.count)
    if rules.isDebouncing { return .debouncing(count, spec.retraining.debounce) }
    let evidence = RetrainingVerdict.Evidence(
      triggers: triggers(rules), count: count, version: production.version)
    if spec.retraining.dryRun { return .dryRun(evidence) }
    if let until = rules.coolingDownUntil { return .coolingDown(evidence, until: until) }
    if let until = rules.limitedUntil {
      return .dailyLimitReached(
        evidence, limit: spec.retraining.dailyLimit, until: until == .distantFuture ? nil : until)
    }
    return trainingUnderWay ?? .due(evidence)
  }

  private func rules(for production: Registry.Entry) -> RetrainingRules {
    RetrainingRules(
      spec: spec.retraining, status: retraining,
      history: history.filter { subject.isAbout($0, production) },
      lastMonitoringRun: observed.model?.status.training.flatMap { $0.trigger == .monitoring ? $0.startedAt : nil },
      now: now)
  }

  private var trainingUnderWay: RetrainingVerdict? {
    guard let training = observed.model?.status.training, training.state == .running else { return nil }
    return .retrainingRunning(version: training.version)
  }

  /// Since when nothing has fired, and what was critical in the last check and no trigger.
  private func quiet(_ rules: RetrainingRules, _ production: Registry.Entry) -> RetrainingVerdict.Quiet {
    let since: RetrainingVerdict.Quiet.Start
    if rules.evidence.isEmpty, let acted = rules.lastActed {
      since = .request(acted)
    } else {
      since = rules.evidence.last.map { .check($0.time) } ?? .arrival(version: production.version)
    }
    let latest = rules.evidence.first
    return .init(
      since: since, others: latest.map { latest in latest.critical.filter { !latest.triggers.contains($0) } } ?? [],
      job: latest?.job ?? "")
  }

  private func triggers(_ rules: RetrainingRules) -> [RetrainingVerdict.Trigger] {
    let fired = Set(rules.triggering.flatMap(\.triggers))
    return RetrainingVerdict.Trigger.allCases.filter { fired.contains($0) && spec.retraining.on.contains($0) }
  }

  /// One request for one piece of evidence: the id is the check's, so that deciding twice requests once.
  private mutating func request(_ evidence: RetrainingVerdict.Evidence) {
    let check = history.first { $0.version == subject.production?.version && $0.outcome == .critical }
    retraining.request = .init(id: check?.job ?? "\(now)", at: now, reason: evidence.text)
    retraining.recent = [now] + retraining.recent
  }

  /// When a waiting decision can become another one by time alone.
  private func end(of verdict: RetrainingVerdict) -> Timestamp? {
    guard verdict.action == .wait, let production = subject.production else { return nil }
    let rules = rules(for: production)
    return rules.coolingDownUntil ?? rules.limitedUntil
  }
}
