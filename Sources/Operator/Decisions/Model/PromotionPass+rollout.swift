import ApusAPI
import KubernetesModel
import WorkerContract

/// A rollout stands in `status.rollout`. The canary's ModelVersion is written before it, so that an operator that dies between
/// the two leaves a transition that is ahead: it is caught up with.
extension PromotionPass {
  /// The canary's next step, when its time has come.
  mutating func advanceRollout() {
    guard let canary = registry.canary else {
      rollout = nil
      return
    }
    let steps = spec.promotion.rollout?.steps ?? []
    guard let recalled = recalledRollout(of: canary), recalled.step >= 1, recalled.step <= steps.count else {
      return endRollout(of: canary.version, "the rollout has no more steps")
    }
    rollout = recalled
    noteIgnoredAnalysis()
    let end = recalled.since.advanced(bySeconds: steps[recalled.step - 1].duration.seconds)
    guard now >= end else { return lookAgain(in: end.seconds(since: now)) }
    guard recalled.step < steps.count else {
      let steps = steps.count == 1 ? "the step of the rollout is" : "all \(steps.count) steps of the rollout are"
      return endRollout(of: canary.version, "\(steps) done")
    }
    let next = steps[recalled.step]
    enter(
      recalled.step + 1, of: canary.version, by: .operator,
      reason: "step \(recalled.step + 1) of \(steps.count), \(next.weight) %")
    announce(.normal, .progressing, "\(canary.version) gets \(next.weight) % of the requests for \(next.duration)")
    lookAgain(in: next.duration.seconds)
  }

  /// `version` begins a step.
  mutating func enter(_ step: Int, of version: String, by actor: Actor, reason: String) {
    registry.move(version, to: .canary, by: actor, reason: reason, step: step)
    rollout = RolloutStatus(version: version, phase: .weighted, step: step, since: now)
  }

  private mutating func endRollout(of version: String, _ reason: String) {
    rollout = nil
    promote(version, by: .operator, reason: reason)
  }

  /// Where the rollout stands, by the status or by a transition of its version that the status does not know yet.
  private func recalledRollout(of canary: Registry.Entry) -> RolloutStatus? {
    let known = rollout.flatMap { $0.version == canary.version ? $0 : nil }
    guard let latest = canary.status.history.last, latest.to == .canary else { return known }
    if let known, known.since >= latest.at { return known }
    // Release 0.1.0 wrote one transition for each step and nothing else: counted once, written down from then on.
    let step = latest.step ?? canary.status.history.reversed().prefix { $0.to == .canary }.count
    return RolloutStatus(version: canary.version, phase: .weighted, step: step, since: latest.at)
  }

  /// Percent of the requests that go to the canary.
  var canaryWeight: Int {
    guard let rollout, rollout.version == registry.canary?.version,
      let steps = spec.promotion.rollout?.steps, rollout.step >= 1, rollout.step <= steps.count
    else { return 0 }
    return min(max(steps[rollout.step - 1].weight, 0), 100)
  }
}
