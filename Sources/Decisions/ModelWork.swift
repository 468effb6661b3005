import ApusAPI
import KubernetesModel
import WorkerContract

/// A decision in the making: what was seen, the registry as it will be, the status as it will be.
struct ModelWork {
  let observed: ModelObservation
  var registry: Registry
  var status: ModelDeploymentStatus
  var trainings: RunLedger
  var effects = Effects()
  var pushes: [RoutingPush] = []
  /// Why the model cannot get where its spec wants it, without being wrong altogether.
  var stall: (reason: String, message: String)?
  /// What of the spec is not carried out, to be said beside the promotion.
  var caveat: String?

  init(_ observed: ModelObservation) {
    self.observed = observed
    registry = Registry(observed.versions, now: observed.now)
    status = observed.model.status
    trainings = observed.trainings(registry)
  }

  var now: Timestamp { observed.now }
  var spec: ModelDeploymentSpec { observed.model.spec }
  var name: String { observed.model.metadata.name ?? "" }
  var namespace: String { observed.model.metadata.namespace ?? "" }
  var generation: Int? { observed.model.metadata.generation }
  var annotations: [String: String] { observed.model.metadata.annotations }

  mutating func announce(_ kind: Announcement.Kind, _ reason: Reason, _ message: String, regarding job: String? = nil) {
    effects.announce(kind, reason, message, regarding: job)
  }

  mutating func announce(_ kind: Announcement.Kind, _ reason: String, _ message: String, regarding job: String? = nil) {
    effects.announce(kind, reason, message, regarding: job)
  }

  /// Another look in this many seconds at the latest.
  mutating func lookAgain(in seconds: Double) { effects.lookAgain(in: seconds) }

  mutating func set(_ type: ConditionType, _ value: Condition.Status, _ reason: String, _ message: String) {
    status.conditions.set(
      type.rawValue, value, reason: reason, message: message, generation: generation, at: now)
  }

  /// False, with the condition `Stalled`, where the spec cannot be followed: then nothing is written but the status.
  mutating func acceptsSpec() -> Bool {
    let problems = specProblems
    guard problems.isEmpty, observed.foreign.isEmpty else {
      let reason = problems.isEmpty ? Reason.ownedByAnother : problems[0].reason
      let message =
        problems.isEmpty
        ? "\(observed.foreign.joined(separator: ", ")) exists and belongs to somebody else; rename the model or delete it"
        : problems.map(\.message).joined(separator: "; ")
      stallAltogether(reason.rawValue, message)
      return false
    }
    return true
  }

  private var specProblems: [(reason: Reason, message: String)] {
    let invalid = observed.model.problems().filter { $0.weight == .error }.map { (Reason.invalidSpec, $0.description) }
    let allowed = observed.settings.allowedHostPaths
    let refused =
      PodTemplate.problems(spec.training.template, field: "spec.training.template", allowedHostPaths: allowed)
      + PodTemplate.problems(spec.serving.template, field: "spec.serving.template", allowedHostPaths: allowed)
    return invalid + refused.map { ($0.reason, $0.message) }
  }

  private mutating func stallAltogether(_ reason: String, _ message: String) {
    let previous = status.conditions[ConditionType.stalled.rawValue]
    status.observedGeneration = generation
    // A line that a person has yet to mend holds from when it is mended.
    if (try? spec.training.schedule.compiled()) == nil { status.schedule = nil }
    set(.stalled, .yes, reason, message)
    set(.ready, .no, reason, message + stillServed)
    status.conditions.clear(ConditionType.reconciling.rawValue)
    if previous?.reason != reason || previous?.message != message { announce(.warning, reason, message) }
  }

  /// What goes on being served while a person is waited for, to be said behind the reason.
  var stillServed: String {
    status.traffic.isEmpty ? "" : status.trafficSummary.map { "; meanwhile \($0) is served" } ?? ""
  }

  func finished() -> ModelDecision {
    var decision = ModelDecision(status: status)
    decision.apply = effects.apply
    decision.stop = effects.stop
    decision.remove = effects.remove
    decision.announcements = effects.announcements
    decision.requeueAfter = effects.requeueAfter
    decision.pushes = pushes
    decision.status.outbox.add(decision.announcements, at: observed.moment)
    decision.apply.insert(
      contentsOf: registry.newObjects(
        owner: observed.model.ownerReference, namespace, deletion: spec.deletion), at: 0)
    let finalizer = ApusFinalizers.data
    for version in observed.versions where version.metadata.finalizers.contains(finalizer) != (spec.deletion == .delete)
    {
      decision.finalizers.append(
        .init(version: version.metadata.name ?? "", isSet: spec.deletion == .delete))
    }
    decision.versionStatuses = registry.changedStatuses
    decision.facts = facts
    return decision
  }

  private var facts: ModelDecision.Facts {
    var facts = ModelDecision.Facts(trainings: registry.newEnds)
    if let run = status.training, run.state == .unchanged, run != observed.model.status.training {
      facts.trainings.append(.unchanged)
    }
    facts.isPromotion = status.version != nil && status.version != observed.model.status.version
    return facts
  }
}
