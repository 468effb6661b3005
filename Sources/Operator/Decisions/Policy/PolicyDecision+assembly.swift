import ApusAPI
import KubernetesModel
import WorkerContract

extension PolicyObservation {
  /// The one entrance: pure, total, quick. Each pass takes the results of those before it.
  package func decide() -> PolicyDecision {
    if let refusal = PolicyRefusal(self) { return PolicyDecision(self, refusal.status, refusal.effects) }
    let subject = SubjectPass(self)
    let ends = CheckEndsPass(self, subject)
    let retraining = RetrainingPass(self, subject, ends)
    let start = CheckStartPass(self, subject, ends)
    let conditions = PolicyConditionsPass(self, subject, ends, retraining, start)
    var effects = subject.effects
    for pass in [ends, retraining, start, conditions] as [any PolicyPass] { effects.add(pass.effects) }
    var decision = PolicyDecision(self, conditions.status, effects)
    decision.alerts = retraining.alerting.alerts
    decision.recorded = ends.recorded
    return decision
  }
}

extension PolicyDecision {
  fileprivate init(_ observed: PolicyObservation, _ status: MonitoringPolicyStatus, _ effects: Effects) {
    self.init(status: status)
    self.status.conditions.arrange()
    self.status.outbox.add(effects.announcements, at: observed.moment)
    apply = effects.apply
    stop = effects.stop
    remove = effects.remove
    announcements = effects.announcements
    requeueAfter = effects.requeueAfter
    let spec = observed.policy.spec
    let now = observed.now
    if !spec.suspend, let next = spec.schedule.next(after: now), let afterNext = spec.schedule.next(after: next) {
      facts.checkInterval = afterNext.seconds(since: next)
    }
    let before = observed.policy.status.retraining.decision
    if let verdict = status.retraining.decision, verdict.action != before?.action || verdict.reason != before?.reason {
      facts.newVerdict = verdict
    }
  }
}
