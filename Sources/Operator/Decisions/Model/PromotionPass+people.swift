import ApusAPI
import KubernetesModel
import WorkerContract

extension PromotionPass {
  typealias Actor = ModelVersionStatus.Actor

  /// Through the steps of the rollout where there is something to compare with; otherwise into production at once.
  mutating func startRollout(_ version: String, by actor: Actor, reason: String) {
    guard registry.production != nil, let steps = spec.promotion.rollout?.steps, let first = steps.first else {
      return promote(version, by: actor, reason: reason)
    }
    if let earlier = registry.canary, earlier.version != version {
      registry.move(earlier.version, to: .archived, by: .operator, reason: "superseded by \(version)")
    }
    enter(1, of: version, by: actor, reason: "step 1 of \(steps.count), \(first.weight) %: \(reason)")
    announce(.normal, .progressing, "\(version) gets \(first.weight) % of the requests for \(first.duration)")
    noteIgnoredAnalysis()
    if let caveat { announce(.warning, .rolloutAnalysisIgnored, caveat) }
  }

  /// `version` into production, whatever serves now.
  mutating func promote(_ version: String, by actor: Actor, reason: String) {
    let before = registry.production
    let isReturn = registry[version]?.lastProduction != nil
    // A canary gives way; what it was compared with no longer serves.
    if let canary = registry.canary, canary.version != version {
      registry.move(canary.version, to: .archived, by: actor, reason: "superseded by \(version)")
    }
    registry.promote(version, by: actor, reason: reason)
    let from = before.map { " from \($0.version)" } ?? ""
    if isReturn {
      announce(.warning, .rolledBack, "rolled back\(from) to \(version) by \(actor.text): \(reason)")
    } else {
      announce(
        .normal, .promotedToProduction,
        "\(version) is in production\(from.isEmpty ? "" : ", taking over\(from)"): \(reason)")
    }
  }

  /// What people say in annotations and by a pinned version.
  mutating func followPeople() {
    followForce()
    followApproval()
    followPin()
    promoteUnpinned()
  }

  private mutating func followForce() {
    guard let version = annotations.request(ApusAnnotations.forcePromote) else {
      handled.forcedPromotion = nil
      return
    }
    guard version != handled.forcedPromotion else { return }
    handled.forcedPromotion = version
    guard let entry = registry[version], entry.isServable else {
      return announce(.warning, .versionNotServable, "\(Actor.force.text): \(unservable(version))")
    }
    if let pin = spec.serving.version, pin != version {
      return announce(
        .warning, .pinned,
        "\(version) is not promoted: spec.serving.version pins \(pin); set it to null, "
          + "then take the annotation away and set it again")
    }
    guard entry.stage != .production else { return }
    announce(.warning, .forced, "\(version) is promoted by force, whatever its gates said")
    promote(version, by: .force, reason: "forced")
  }

  private mutating func followApproval() {
    guard let version = annotations.request(ApusAnnotations.approve) else {
      handled.approval = nil
      return
    }
    guard version != handled.approval else { return }
    if let pin = spec.serving.version, pin != version {
      // Not handled: the approval counts once the pin is gone.
      caveat = "\(version) is approved and waits: spec.serving.version pins \(pin)"
      return
    }
    handled.approval = version
    // An operator has followed it and died before it could say so.
    if let entry = registry[version], [.canary, .production].contains(entry.stage),
      entry.status.history.contains(where: { $0.mover == .approval })
    {
      return
    }
    guard let entry = registry[version], entry.stage == .awaitingApproval else {
      let stage = registry[version].map { "is \($0.stage.rawValue)" } ?? "does not exist"
      return announce(.warning, .notPromoted, "\(Actor.approval.text): \(version) \(stage) and awaits no approval")
    }
    if let stale = staleComparison(entry) {
      registry.move(version, to: .rejected, by: .operator, reason: stale)
      return announce(.warning, .gatesFailed, "\(version) is not promoted: \(stale)")
    }
    announce(.normal, .approved, "\(version) was approved")
    startRollout(version, by: .approval, reason: "approved" + (entry.status.reason.map { "; \($0)" } ?? ""))
  }

  private mutating func followPin() {
    guard let pin = spec.serving.version else { return }
    guard let entry = registry[pin], entry.isServable else {
      let reason = registry[pin] == nil ? Reason.versionNotFound : .versionNotServable
      stall = Stall(reason: reason.rawValue, message: "spec.serving.version: \(unservable(pin))")
      return
    }
    if let canary = registry.canary, canary.version != pin {
      registry.move(canary.version, to: .awaitingApproval, by: .pin, reason: "\(pin) is pinned")
    }
    guard registry.production?.version != pin else { return }
    promote(pin, by: .pin, reason: "pinned to \(pin)")
  }

  private func unservable(_ version: String) -> String {
    let problem: String
    if let entry = registry[version] {
      problem =
        entry.status.files == .kept
        ? "\(version) failed and has no artifact" : "the files of \(version) are no longer kept (spec.promotion.keep)"
    } else {
      problem = "there is no version \(version)"
    }
    let servable = registry.servable.map(\.version)
    return "\(problem); versions that can be served: "
      + (servable.isEmpty ? "none yet" : servable.joined(separator: ", "))
  }

  /// A version that only a pin kept waiting goes on when the pin is gone.
  private mutating func promoteUnpinned() {
    guard spec.serving.version == nil, spec.promotion.approval == .automatic,
      let entry = registry.entries.last(where: { $0.stage == .awaitingApproval }), holds(entry).isEmpty
    else { return }
    if let stale = staleComparison(entry) {
      registry.move(entry.version, to: .rejected, by: .operator, reason: stale)
      return announce(.warning, .gatesFailed, "\(entry.version) is not promoted: \(stale)")
    }
    announce(.normal, .unpinned, "\(entry.version) passed its gates and nothing holds it any more")
    startRollout(entry.version, by: .operator, reason: entry.status.gates.isEmpty ? "gates passed" : "all gates passed")
  }

  /// The version in production was deleted from the registry: the one before it takes over, before anything is compared
  /// with production; otherwise a new version would pass for the first one. A pin chooses itself.
  mutating func replaceVanishedProduction() {
    if let pin = spec.serving.version, registry[pin]?.isServable == true { return }
    guard registry.production == nil, let previous = registry.previous else { return }
    promote(previous.version, by: .operator, reason: "the version in production is gone from the registry")
  }

  private static let ignoredAnalysis =
    "the steps of the rollout go by time only; shadow and analysis are not evaluated"

  mutating func noteIgnoredAnalysis() {
    guard let rollout = spec.promotion.rollout, rollout.shadow != nil || rollout.analysis != nil else { return }
    caveat = Self.ignoredAnalysis
  }
}
