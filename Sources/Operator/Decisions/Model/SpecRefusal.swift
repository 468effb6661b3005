import ApusAPI
import KubernetesModel
import WorkerContract

/// A spec that cannot be followed, or another's object in the way: nothing is written but the status, with the condition
/// `Stalled`.
struct SpecRefusal: ModelPass {
  let observed: ModelObservation
  var effects = Effects()
  private(set) var status: ModelDeploymentStatus

  /// nil: the spec can be followed.
  init?(_ observed: ModelObservation) {
    self.observed = observed
    status = observed.model.status
    var problems = self.problems
    if let missing = missingTokens { problems.append((.tokensRequired, missing)) }
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

  private var problems: [(reason: Reason, message: String)] {
    let invalid = observed.model.problems().filter { $0.weight == .error }.map { (Reason.invalidSpec, $0.description) }
    let allowed = observed.settings.allowedHostPaths
    let refused =
      PodTemplate.problems(spec.training.template, field: "spec.training.template", allowedHostPaths: allowed)
      + PodTemplate.problems(spec.serving.template, field: "spec.serving.template", allowedHostPaths: allowed)
    return invalid + refused.map { ($0.reason, $0.message) }
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
