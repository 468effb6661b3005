import ApusAPI
import KubernetesModel
import WorkerContract

extension PolicyWork {
  private typealias Decision = MonitoringPolicyStatus.RetrainingStatus.Decision

  /// Decides whether to retrain and says so, also when the decision is not to act.
  mutating func decideRetraining() {
    correctTimes()
    let dayAgo = now.advanced(bySeconds: -86400)
    status.retraining.recent = status.retraining.recent.filter { $0 > dayAgo }
    let previous = status.retraining.decision
    var verdict = self.verdict
    if verdict.action == .retrain, verdict.reason == Reason.retrainingRequested.rawValue, pendingRequest == nil {
      verdict = request(verdict)
    }
    if let previous, previous.action == verdict.action, previous.reason == verdict.reason,
      previous.message == verdict.message
    {
      verdict.at = previous.at
    }
    status.retraining.decision = verdict
    if isNews(verdict, after: previous) { announceDecision(verdict) }
    setRetrainingNeeded(verdict)
  }

  /// All together, so that what was seen before a request still lies before it.
  private mutating func correctTimes() {
    let now = now
    status.retraining.recent = status.retraining.recent.map { $0.corrected(at: now) }
    status.retraining.request?.at.correct(at: now)
    for index in status.history.indices { status.history[index].time.correct(at: now) }
  }

  /// Whether people are to be told. What is ordinary is told when it follows something that was not, not at the first sight
  /// and not again because the sentence names another time.
  private func isNews(_ verdict: Decision, after previous: Decision?) -> Bool {
    guard Self.isOrdinary(verdict) else {
      return previous?.action != verdict.action || previous?.reason != verdict.reason
        || previous?.message != verdict.message
    }
    guard let previous else { return false }
    return !Self.isOrdinary(previous)
  }

  /// Nothing was found, or there is nothing to look at yet.
  private static func isOrdinary(_ verdict: Decision) -> Bool {
    [Reason.noTrigger, .noVersion, .versionDeleted].map(\.rawValue).contains(verdict.reason)
  }

  private func decision(
    _ action: MonitoringPolicyStatus.RetrainingStatus.Action, _ reason: Reason, _ message: String
  ) -> Decision {
    .init(action: action, reason: reason.rawValue, message: message, at: now)
  }

  /// The request that the model has not answered yet.
  private var pendingRequest: MonitoringPolicyStatus.RetrainingStatus.Request? {
    guard let request = status.retraining.request, let model = observed.model,
      model.status.handled.monitoringRequests[name] != request.id
    else { return nil }
    return request
  }

  private var verdict: Decision {
    if spec.suspend { return decision(.none, .suspended, "the policy is suspended") }
    guard let production else {
      return orphanNote.map { decision(.none, .versionDeleted, $0) }
        ?? decision(.none, .noVersion, "no version is in production")
    }
    if let pending = pendingRequest {
      return decision(.retrain, .retrainingRequested, "requested: \(pending.reason)")
    }
    let rules = rules(for: production)
    if rules.isQuiet {
      // Any other training, such as a scheduled one, is nothing that monitoring waits for.
      let answer = observed.model?.status.training?.trigger == .monitoring ? trainingUnderWay : nil
      return answer ?? decision(.none, .noTrigger, quietText(rules))
    }
    // Where one alone is considered, it has fired: else all would be quiet.
    let considered = rules.considered.count
    let count = considered == 1 ? "the last check" : "\(rules.triggering.count) of the last \(considered) checks"
    if rules.isDebouncing {
      return decision(
        .wait, .debouncing,
        "\(count) fired; \(spec.retraining.debounce.failures) of \(spec.retraining.debounce.of) are needed")
    }
    let why = "\(triggerText(rules)) in \(count) of \(production.version)"
    if spec.retraining.dryRun { return decision(.none, .dryRun, "would retrain: \(why); dryRun is set") }
    if let until = rules.coolingDownUntil {
      return decision(.wait, .coolingDown, "\(why); cooling down until \(until)")
    }
    if let until = rules.limitedUntil {
      let wait =
        until == .distantFuture
        ? "dailyLimit is 0" : "the daily limit of \(spec.retraining.dailyLimit) is used up until \(until)"
      return decision(.wait, .dailyLimitReached, "\(why); \(wait)")
    }
    if let underWay = trainingUnderWay { return underWay }
    return decision(.retrain, .retrainingRequested, why)
  }

  private func rules(for production: Registry.Entry) -> RetrainingRules {
    RetrainingRules(
      spec: spec.retraining, status: status.retraining,
      history: status.history.filter { isAbout($0, production) },
      lastMonitoringRun: observed.model?.status.training.flatMap { $0.trigger == .monitoring ? $0.startedAt : nil },
      now: now)
  }

  private var trainingUnderWay: Decision? {
    guard let training = observed.model?.status.training, training.state == .running else { return nil }
    return decision(.wait, .retrainingRunning, "\(training.version) is being trained")
  }

  private func sinceText(_ rules: RetrainingRules) -> String {
    if rules.evidence.isEmpty, let acted = rules.lastActed { return "the request of \(acted)" }
    return rules.evidence.last.map { "\($0.time)" } ?? "\(production?.version ?? "the version") went into production"
  }

  /// What was critical in the last check and no trigger is said as well.
  private func quietText(_ rules: RetrainingRules) -> String {
    let quiet = "no trigger since \(sinceText(rules))"
    guard let latest = rules.evidence.first else { return quiet }
    let others = latest.critical.filter { !latest.triggers.contains($0) }.map(\.rawValue)
    return others.isEmpty
      ? quiet : "\(others.joined(separator: ", ")) in \(latest.job) is nothing that a training mends; \(quiet)"
  }

  private func triggerText(_ rules: RetrainingRules) -> String {
    let fired = Set(rules.triggering.flatMap(\.triggers))
    return MonitoringPolicySpec.Retraining.Trigger.allCases
      .filter { fired.contains($0) && spec.retraining.on.contains($0) }.map(\.rawValue).joined(separator: ", ")
  }

  /// One request for one piece of evidence: the id is the check's, so that deciding twice requests once.
  private mutating func request(_ verdict: Decision) -> Decision {
    let evidence = status.history.first { $0.version == production?.version && $0.outcome == .critical }
    let id = evidence?.job ?? "\(now)"
    status.retraining.request = .init(id: id, at: now, reason: verdict.message)
    status.retraining.recent = [now] + status.retraining.recent
    return decision(.retrain, .retrainingRequested, "requested: \(verdict.message)")
  }

  private mutating func announceDecision(_ verdict: Decision) {
    let reason = Reason(rawValue: verdict.reason) ?? .retrainingRequested
    let kind: Announcement.Kind =
      switch reason {
      case .retrainingRequested, .debouncing, .coolingDown, .dailyLimitReached, .dryRun: .warning
      default: .normal
      }
    announce(kind, reason, verdict.message)
    if verdict.action == .retrain { alertRetraining(verdict.message) }
  }

  private mutating func setRetrainingNeeded(_ verdict: Decision) {
    let reason = Reason(rawValue: verdict.reason) ?? .noTrigger
    let isNeeded: Bool =
      switch reason {
      case .retrainingRequested, .retrainingRunning, .coolingDown, .dailyLimitReached, .dryRun: true
      default: false
      }
    set(.retrainingNeeded, Condition.Status(isNeeded), reason, verdict.message)
    if let end = rulesEnd(verdict), end > now, end < .distantFuture { lookAgain(in: end.seconds(since: now)) }
  }

  /// When a waiting decision can become another one by time alone.
  private func rulesEnd(_ verdict: Decision) -> Timestamp? {
    guard verdict.action == .wait, let production else { return nil }
    let rules = rules(for: production)
    return rules.coolingDownUntil ?? rules.limitedUntil
  }
}
