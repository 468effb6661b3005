import ApusAPI
import KubernetesModel
import WorkerContract

extension ModelObservation {
  /// The one entrance: pure, total, quick. Each pass takes the results of those before it.
  package func decide() -> ModelDecision {
    if let refusal = SpecRefusal(self) {
      return ModelDecision(self, Registry(versions, now: now), refusal.status, refusal.effects)
    }
    let ends = TrainingEndsPass(self)
    let promotion = PromotionPass(self, ends)
    let traffic = TrafficPass(self, promotion)
    let servers = ServersPass(self, traffic)
    let runs = RunsPass(self, ends, promotion, traffic)
    let retention = RetentionPass(self, promotion, traffic, servers, runs)
    var effects = ends.effects
    for pass in [promotion, traffic, servers, runs, retention] as [any ModelPass] { effects.add(pass.effects) }
    let conditions = ConditionsPass(self, promotion, traffic, servers, runs, retention, announced: effects)
    effects.add(conditions.effects)
    var decision = ModelDecision(self, retention.registry, conditions.status, effects)
    decision.pushes = servers.pushes
    decision.reminders = servers.reminders
    return decision
  }
}

extension ModelDecision {
  fileprivate init(
    _ observed: ModelObservation, _ registry: Registry, _ status: ModelDeploymentStatus, _ effects: Effects
  ) {
    let spec = observed.model.spec
    self.init(status: status)
    self.status.outbox.add(effects.announcements, at: observed.moment)
    apply =
      registry.newObjects(
        owner: observed.model.ownerReference, observed.model.metadata.namespace ?? "", deletion: spec.deletion)
      + effects.apply
    versionStatuses = registry.changedStatuses
    for version in observed.versions
    where version.metadata.finalizers.contains(ApusFinalizers.data) != (spec.deletion == .delete) {
      finalizers.append(.init(version: version.metadata.name ?? "", isSet: spec.deletion == .delete))
    }
    stop = effects.stop
    remove = effects.remove
    announcements = effects.announcements
    requeueAfter = effects.requeueAfter
    facts = Facts(trainings: registry.newEnds)
    if let run = status.training, run.state == .unchanged, run != observed.model.status.training {
      facts.trainings.append(.unchanged)
    }
    facts.isPromotion = status.version != nil && status.version != observed.model.status.version
  }
}
