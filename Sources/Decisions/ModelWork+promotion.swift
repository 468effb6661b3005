import ApusAPI
import KubernetesModel
import WorkerContract

/// Who moves a version, as its history says it.
enum Actor {
  static let `operator` = "operator"
  static let pin = "spec.serving.version"
  static let approve = "annotation \(ApusAnnotations.approve)"
  static let force = "annotation \(ApusAnnotations.forcePromote)"
}

extension ModelWork {
  /// Into production at once, or through the steps of the rollout where there is something to compare with.
  mutating func bringIn(_ version: String, by actor: String, reason: String) {
    guard registry.production != nil, let steps = spec.promotion.rollout?.steps, let first = steps.first else {
      return promote(version, by: actor, reason: reason)
    }
    if let earlier = registry.canary, earlier.version != version {
      registry.move(earlier.version, to: .archived, by: Actor.operator, reason: "superseded by \(version)")
    }
    registry.move(
      version, to: .canary, by: actor, reason: "step 1 of \(steps.count), \(first.weight) %: \(reason)")
    announce(.normal, .progressing, "\(version) gets \(first.weight) % of the requests for \(first.duration)")
    noteIgnoredAnalysis()
    if let caveat { announce(.warning, .rolloutAnalysisIgnored, caveat) }
  }

  /// `version` into production, whatever serves now.
  private mutating func promote(_ version: String, by actor: String, reason: String) {
    let before = registry.production
    let isReturn = registry[version]?.lastProduction != nil
    // A canary gives way; what it was compared with no longer serves.
    if let canary = registry.canary, canary.version != version {
      registry.move(canary.version, to: .archived, by: actor, reason: "superseded by \(version)")
    }
    registry.promote(version, by: actor, reason: reason)
    let from = before.map { " from \($0.version)" } ?? ""
    if isReturn {
      announce(.warning, .rolledBack, "rolled back\(from) to \(version) by \(actor): \(reason)")
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
    registerUnpinned()
  }

  private mutating func followForce() {
    guard let version = annotations[ApusAnnotations.forcePromote] else {
      status.handled.forcedPromotion = nil
      return
    }
    guard version != status.handled.forcedPromotion else { return }
    status.handled.forcedPromotion = version
    guard let entry = registry[version], entry.isServable else {
      return announce(.warning, .versionNotServable, "\(Actor.force): \(unservable(version))")
    }
    if let pin = spec.serving.version, pin != version {
      return announce(
        .warning, .pinned,
        "\(version) is not promoted: spec.serving.version pins \(pin); set it to null, "
          + "then take the annotation away and set it again")
    }
    guard entry.stage != .production else { return }
    announce(.warning, .forced, "\(version) is promoted by force, whatever its gates said")
    promote(version, by: Actor.force, reason: "forced")
  }

  private mutating func followApproval() {
    guard let version = annotations[ApusAnnotations.approve] else {
      status.handled.approval = nil
      return
    }
    guard version != status.handled.approval else { return }
    if let pin = spec.serving.version, pin != version {
      // Not handled: the approval counts once the pin is gone.
      caveat = "\(version) is approved and waits: spec.serving.version pins \(pin)"
      return
    }
    status.handled.approval = version
    // An operator has followed it and died before it could say so.
    if let entry = registry[version], [.canary, .production].contains(entry.stage),
      entry.status.history.contains(where: { $0.by == Actor.approve })
    {
      return
    }
    guard let entry = registry[version], entry.stage == .awaitingApproval else {
      let stage = registry[version].map { "is \($0.stage.rawValue)" } ?? "does not exist"
      return announce(.warning, .notPromoted, "\(Actor.approve): \(version) \(stage) and awaits no approval")
    }
    if let stale = staleComparison(entry) {
      registry.move(version, to: .rejected, by: Actor.operator, reason: stale)
      return announce(.warning, .gatesFailed, "\(version) is not promoted: \(stale)")
    }
    announce(.normal, .approved, "\(version) was approved")
    bringIn(version, by: Actor.approve, reason: "approved" + (entry.status.reason.map { "; \($0)" } ?? ""))
  }

  private mutating func followPin() {
    guard let pin = spec.serving.version else { return }
    guard let entry = registry[pin], entry.isServable else {
      let reason = registry[pin] == nil ? Reason.versionNotFound : .versionNotServable
      stall = (reason.rawValue, "spec.serving.version: \(unservable(pin))")
      return
    }
    if let canary = registry.canary, canary.version != pin {
      registry.move(canary.version, to: .awaitingApproval, by: Actor.pin, reason: "\(pin) is pinned")
    }
    guard registry.production?.version != pin else { return }
    promote(pin, by: Actor.pin, reason: "pinned to \(pin)")
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
  private mutating func registerUnpinned() {
    guard spec.serving.version == nil, spec.promotion.approval == .automatic,
      let entry = registry.entries.last(where: { $0.stage == .awaitingApproval }), holds(entry).isEmpty
    else { return }
    if let stale = staleComparison(entry) {
      registry.move(entry.version, to: .rejected, by: Actor.operator, reason: stale)
      return announce(.warning, .gatesFailed, "\(entry.version) is not promoted: \(stale)")
    }
    announce(.normal, .unpinned, "\(entry.version) passed its gates and nothing holds it any more")
    bringIn(entry.version, by: Actor.operator, reason: entry.status.gates.isEmpty ? "gates passed" : "all gates passed")
  }

  /// The version in production was deleted from the registry: the one before it takes over, before anything is compared
  /// with production; otherwise a new version would pass for the first one. A pin chooses itself.
  mutating func replaceVanishedProduction() {
    if let pin = spec.serving.version, registry[pin]?.isServable == true { return }
    guard registry.production == nil, let previous = registry.previous else { return }
    promote(previous.version, by: Actor.operator, reason: "the version in production is gone from the registry")
  }

  /// The canary's next step, when its time has come.
  mutating func advanceRollout() {
    guard let canary = registry.canary else { return }
    let steps = spec.promotion.rollout?.steps ?? []
    let done = canary.status.history.reversed().prefix { $0.to == .canary }
    guard let current = done.first, done.count <= steps.count else {
      return promote(canary.version, by: Actor.operator, reason: "the rollout has no more steps")
    }
    noteIgnoredAnalysis()
    let end = current.at.advanced(bySeconds: steps[done.count - 1].duration.seconds)
    guard now >= end else { return lookAgain(in: end.seconds(since: now)) }
    guard done.count < steps.count else {
      let steps = steps.count == 1 ? "the step of the rollout is" : "all \(steps.count) steps of the rollout are"
      return promote(canary.version, by: Actor.operator, reason: "\(steps) done")
    }
    let next = steps[done.count]
    registry.move(
      canary.version, to: .canary, by: Actor.operator,
      reason: "step \(done.count + 1) of \(steps.count), \(next.weight) %")
    announce(.normal, .progressing, "\(canary.version) gets \(next.weight) % of the requests for \(next.duration)")
    lookAgain(in: next.duration.seconds)
  }

  /// Percent of the requests that go to the canary.
  var canaryWeight: Int {
    guard let canary = registry.canary, let steps = spec.promotion.rollout?.steps else { return 0 }
    let done = canary.status.history.reversed().prefix { $0.to == .canary }.count
    return steps.indices.contains(done - 1) ? min(max(steps[done - 1].weight, 0), 100) : 0
  }

  private static let ignoredAnalysis =
    "the steps of the rollout go by time only; shadow and analysis are not evaluated"

  private mutating func noteIgnoredAnalysis() {
    guard let rollout = spec.promotion.rollout, rollout.shadow != nil || rollout.analysis != nil else { return }
    caveat = Self.ignoredAnalysis
  }
}
