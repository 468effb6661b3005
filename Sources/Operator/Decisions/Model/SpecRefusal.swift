import ApusAPI
import KubernetesModel
import WorkerContract

/// How soon Secrets that lack their label are looked at again: nobody watches them.
let secretInterval = 30.0

/// A spec that cannot be followed, or another's object in the way: nothing is written but the status, with the condition
/// `Stalled`.
struct SpecRefusal: ModelPass {
  @Shared var observed: ModelObservation
  var effects = Effects()
  private(set) var status: ModelDeploymentStatus

  /// nil: the spec can be followed.
  init?(_ observed: ModelObservation) {
    _observed = Shared(wrappedValue: observed)
    status = observed.model.status
    let problems = self.problems
    status.obstructed = problems.isEmpty && !observed.foreign.isEmpty ? true : nil
    if let first = problems.first {
      stall(first.reason.rawValue, problems.map(\.message).joined(separator: "; "))
    } else if !observed.foreign.isEmpty {
      stall(
        Reason.ownedByAnother.rawValue,
        "\(observed.foreign.joined(separator: ", ")) exists and belongs to somebody else; rename the model or delete it"
      )
    } else {
      return nil
    }
  }

  /// A namespace is not the spec's to choose: nothing else is said where models may not be.
  private var problems: [(reason: Reason, message: String)] {
    mutating get {
      if let refusal = observed.settings.access.refusal(of: namespace) { return [(.namespaceRefused, refusal)] }
      let refused = self.refused
      var problems: [(reason: Reason, message: String)] = invalid + refused.map { ($0.reason, $0.message) }
      if refused.contains(where: \.awaitsSecret) {
        lookAgain(in: secretInterval)
        // Without the right a label is not seen.
        if let refusal = observed.labelsRefusal { problems.append((.forbidden, refusal)) }
      }
      if let missing = missingTokens { problems.append((.tokensRequired, missing)) }
      return problems
    }
  }

  private var invalid: [(reason: Reason, message: String)] {
    observed.model.problems().filter { $0.weight == .error }.map { (Reason.invalidSpec, $0.description) }
  }

  private var refused: [PodTemplate.Problem] {
    let rules = TemplateRules(observed.settings, in: namespace, labelledSecrets: observed.labelledSecrets)
    let training = spec.training
    let serving = spec.serving
    return PodTemplate.problems(
      training.template, field: "spec.training.template", container: WorkerJob.container, rules)
      + PodTemplate.problems(serving.template, field: "spec.serving.template", container: ServerSet.container, rules)
      + SecretConsent.training(training, observed.settings).problems(rules)
      + SecretConsent.serving(serving, observed.settings).problems(rules)
  }

  /// What the operator's configuration asks for and the spec lacks.
  private var missingTokens: String? {
    guard observed.settings.requiresTokens, spec.serving.security?.asksForToken != true else { return nil }
    return
      "spec.serving.security names no tokens, and this cluster serves no model without (security.required in the operator's "
      + "configuration): name a Secret in spec.serving.security.tokenSecretRef or tokens"
  }

  private mutating func stall(_ reason: String, _ message: String) {
    let previous = status.conditions[ConditionType.stalled.rawValue]
    let message = message.plain()
    status.observedGeneration = generation
    // A line that a person has yet to mend holds from when it is mended.
    if (try? spec.training.schedule.compiled()) == nil { status.schedule = nil }
    for (type, message) in [(ConditionType.stalled, message), (.ready, message + status.stillServed)] {
      status.conditions.set(
        type.rawValue, type == .stalled ? .yes : .no, reason: reason, message: message, generation: generation, at: now)
    }
    status.conditions.clear(ConditionType.reconciling.rawValue)
    if previous?.reason != reason || previous?.message != message { announce(.warning, reason, message) }
  }
}

extension ModelDeploymentStatus {
  /// What goes on being served while a person is waited for, to be said behind the reason.
  var stillServed: String { traffic.isEmpty ? "" : trafficSummary.map { "; meanwhile \($0) is served" } ?? "" }
}
