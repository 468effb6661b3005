import ApusAPI
import KubernetesModel
import WorkerContract

/// The loop's rules, each with a question for a name.
struct RetrainingRules {
  typealias Record = MonitoringPolicyStatus.CheckRecord

  let spec: MonitoringPolicySpec.Retraining
  let status: MonitoringPolicyStatus.RetrainingStatus
  /// Newest first.
  let history: [Record]
  let production: String
  let now: Timestamp

  /// Conclusive checks of the version in production since the last request: what was seen before has been acted on, and
  /// what another version did says nothing about this one.
  var evidence: [Record] {
    history.filter { record in
      record.outcome != .inconclusive && record.outcome != .failed && record.version == production
        && record.time > (status.request?.at ?? .distantPast)
    }
  }

  var considered: ArraySlice<Record> { evidence.prefix(max(spec.debounce.of, 1)) }

  var triggering: [Record] { considered.filter(fires) }

  func fires(_ record: Record) -> Bool { record.triggers.contains(where: spec.on.contains) }

  /// The latest check is fine: whatever there was is over.
  var isQuiet: Bool { evidence.first.map { !fires($0) } ?? true }

  var isDebouncing: Bool { triggering.count < max(spec.debounce.failures, 1) }

  var coolingDownUntil: Timestamp? {
    guard let last = status.request?.at else { return nil }
    let end = last.advanced(bySeconds: spec.cooldown.seconds)
    return end > now ? end : nil
  }

  /// When the budget of the last 24 hours allows another request.
  var limitedUntil: Timestamp? {
    let dayAgo = now.advanced(bySeconds: -86400)
    let recent = status.recent.filter { $0 > dayAgo }.sorted()
    guard recent.count >= spec.dailyLimit else { return nil }
    guard spec.dailyLimit > 0 else { return .distantFuture }
    return recent[recent.count - spec.dailyLimit].advanced(bySeconds: 86400)
  }
}

extension Timestamp {
  static let distantFuture = Timestamp(secondsSince1970: 253_402_300_799)
}

extension PolicyWork {
  private typealias Decision = MonitoringPolicyStatus.RetrainingStatus.Decision

  /// Decides whether to retrain and says so, also when the decision is not to act.
  mutating func decideRetraining() {
    let dayAgo = now.advanced(bySeconds: -86400)
    status.retraining.recent = status.retraining.recent.filter { $0 > dayAgo }
    let previous = status.retraining.decision
    var verdict = self.verdict
    if verdict.action == .retrain, verdict.reason == Reason.retrainingRequested.rawValue, pendingRequest == nil {
      verdict = request(verdict)
    }
    let isNews =
      previous?.action != verdict.action || previous?.reason != verdict.reason || previous?.message != verdict.message
    if !isNews, let previous { verdict.at = previous.at }
    status.retraining.decision = verdict
    if isNews, verdict.reason != Reason.noTrigger.rawValue || previous != nil { announceDecision(verdict) }
    setRetrainingNeeded(verdict)
  }

  private func decision(
    _ action: MonitoringPolicyStatus.RetrainingStatus.Action, _ reason: Reason, _ message: String
  ) -> MonitoringPolicyStatus.RetrainingStatus.Decision {
    .init(action: action, reason: reason.rawValue, message: message, at: now)
  }

  /// The request that the model has not answered yet.
  private var pendingRequest: MonitoringPolicyStatus.RetrainingStatus.Request? {
    guard let request = status.retraining.request, let model = observed.model,
      model.status.handled.monitoringRequests[name] != request.id
    else { return nil }
    return request
  }

  private var verdict: MonitoringPolicyStatus.RetrainingStatus.Decision {
    if spec.suspend { return decision(.none, .suspended, "the policy is suspended") }
    guard let production else { return decision(.none, .noVersion, "no version is in production") }
    if let pending = pendingRequest {
      return decision(.retrain, .retrainingRequested, "requested: \(pending.reason)")
    }
    let rules = RetrainingRules(
      spec: spec.retraining, status: status.retraining, history: status.history, production: production.version,
      now: now)
    if rules.isQuiet {
      return trainingUnderWay ?? decision(.none, .noTrigger, "no trigger since \(sinceText(rules))")
    }
    let count = "\(rules.triggering.count) of the last \(rules.considered.count) checks"
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

  private var trainingUnderWay: MonitoringPolicyStatus.RetrainingStatus.Decision? {
    guard let training = observed.model?.status.training, training.state == .running else { return nil }
    return decision(.wait, .retrainingRunning, "\(training.version) is being trained")
  }

  private func sinceText(_ rules: RetrainingRules) -> String {
    if let request = status.retraining.request?.at, rules.evidence.isEmpty { return "the request of \(request)" }
    return rules.evidence.last.map { "\($0.time)" } ?? "\(production?.version ?? "the version") went into production"
  }

  private func triggerText(_ rules: RetrainingRules) -> String {
    let fired = Set(rules.triggering.flatMap(\.triggers))
    return MonitoringPolicySpec.Retraining.Trigger.allCases
      .filter { fired.contains($0) && spec.retraining.on.contains($0) }.map(\.rawValue).joined(separator: ", ")
  }

  /// One request for one piece of evidence: the id is the check's, so that deciding twice requests once.
  private mutating func request(
    _ verdict: MonitoringPolicyStatus.RetrainingStatus.Decision
  ) -> MonitoringPolicyStatus.RetrainingStatus.Decision {
    let evidence = status.history.first { $0.version == production?.version && $0.outcome == .critical }
    let id = evidence?.job ?? "\(now)"
    status.retraining.request = .init(id: id, at: now, reason: verdict.message)
    status.retraining.recent = [now] + status.retraining.recent
    return decision(.retrain, .retrainingRequested, "requested: \(verdict.message)")
  }

  private mutating func announceDecision(_ verdict: MonitoringPolicyStatus.RetrainingStatus.Decision) {
    let reason = Reason(rawValue: verdict.reason) ?? .retrainingRequested
    announce(verdict.action == .none ? .normal : .warning, reason, verdict.message)
    if verdict.action == .retrain { alertRetraining(verdict.message) }
  }

  private mutating func setRetrainingNeeded(_ verdict: MonitoringPolicyStatus.RetrainingStatus.Decision) {
    let reason = Reason(rawValue: verdict.reason) ?? .noTrigger
    let isNeeded: Bool =
      switch reason {
      case .retrainingRequested, .retrainingRunning, .coolingDown, .dailyLimitReached, .dryRun: true
      default: false
      }
    set(.retrainingNeeded, Condition.Status(isNeeded), reason, verdict.message)
    let ends = [rulesEnd(verdict)].compactMap { $0 }
    for end in ends where end > now && end < .distantFuture { lookAgain(in: end.seconds(since: now)) }
  }

  /// When a waiting decision can become another one by time alone.
  private func rulesEnd(_ verdict: MonitoringPolicyStatus.RetrainingStatus.Decision) -> Timestamp? {
    guard verdict.action == .wait, let production else { return nil }
    let rules = RetrainingRules(
      spec: spec.retraining, status: status.retraining, history: status.history, production: production.version,
      now: now)
    return rules.coolingDownUntil ?? rules.limitedUntil
  }
}
