import ApusAPI
import KubernetesModel
import WorkerContract

/// A policy's spec that cannot be followed: nothing is written but the status, with the condition `Stalled`.
struct PolicyRefusal: PolicyPass {
  @Shared var observed: PolicyObservation
  var effects = Effects()
  private(set) var status: MonitoringPolicyStatus

  /// nil: the spec can be followed.
  init?(_ observed: PolicyObservation) {
    _observed = Shared(wrappedValue: observed)
    status = observed.policy.status
    let invalid = observed.policy.problems().filter { $0.weight == .error }.map(\.description)
    let rules = TemplateRules(observed.settings, in: namespace, labelledSecrets: observed.labelledSecrets)
    let refused =
      PodTemplate.problems(spec.template, field: "spec.template", container: WorkerJob.container, rules)
      + SecretConsent.check(spec, observed.settings).problems(rules)
    let awaitsSecret = refused.contains(where: \.awaitsSecret)
    // Without the right a label is not seen.
    let missingRight: [String] = awaitsSecret ? observed.labelsRefusal.map { [$0] } ?? [] : []
    let misplaced = observed.settings.access.refusal(of: namespace)
    let problems = misplaced.map { [$0] } ?? invalid + refused.map(\.message) + missingRight
    if misplaced == nil, awaitsSecret { lookAgain(in: secretInterval) }
    guard !problems.isEmpty else { return nil }
    let message = problems.joined(separator: "; ")
    let isNews = status.conditions[ConditionType.stalled.rawValue]?.message != message.plain()
    status.observedGeneration = observed.policy.metadata.generation
    // A line that a person has yet to mend holds from when it is mended.
    if (try? spec.schedule.compiled()) == nil { status.schedule = nil }
    let reason: Reason =
      misplaced != nil
      ? .namespaceRefused : invalid.isEmpty ? refused.first?.reason ?? .templateRefused : .invalidSpec
    status.set(.stalled, .yes, reason.rawValue, message, of: observed)
    status.set(.ready, .no, reason.rawValue, message, of: observed)
    status.conditions.clear(ConditionType.reconciling.rawValue)
    if isNews { announce(.warning, reason, message) }
  }
}

extension MonitoringPolicyStatus {
  mutating func set(
    _ type: ConditionType, _ value: Condition.Status, _ reason: String, _ message: String,
    of observed: PolicyObservation
  ) {
    conditions.set(
      type.rawValue, value, reason: reason, message: message, generation: observed.policy.metadata.generation,
      at: observed.now)
  }
}
