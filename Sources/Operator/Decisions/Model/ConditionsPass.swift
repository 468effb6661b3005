import ApusAPI
import KubernetesModel
import WorkerContract

/// The status as people and programs read it: printer columns and conditions. The last pass: what it says decides nothing.
struct ConditionsPass: ModelPass {
  @Shared var observed: ModelObservation
  var effects = Effects()
  var status: ModelDeploymentStatus
  let registry: Registry
  let promotion: PromotionPass
  let traffic: TrafficPass
  /// Reasons that the passes before have announced.
  private let announced: Set<String>
  var stall: PromotionPass.Stall?

  init(
    _ observed: ModelObservation, _ promotion: PromotionPass, _ traffic: TrafficPass, _ servers: ServersPass,
    _ runs: RunsPass, _ retention: RetentionPass, announced: Effects
  ) {
    _observed = Shared(wrappedValue: observed)
    registry = retention.registry
    self.promotion = promotion
    self.traffic = traffic
    self.announced = Set(announced.announcements.map(\.reason))
    stall = promotion.stall
    status = observed.model.status
    status.obstructed = nil
    status.rollout = promotion.rollout
    status.traffic = traffic.traffic
    status.routingRevision = traffic.revision
    status.serving = servers.serving
    status.handled = runs.handled
    status.training = runs.training
    status.schedule = runs.schedule
    status.nextTraining = runs.nextTraining
    summarise()
  }

  mutating func set(_ type: ConditionType, _ value: Condition.Status, _ reason: String, _ message: String) {
    status.conditions.set(
      type.rawValue, value, reason: reason, message: message, generation: generation, at: now)
  }

  private mutating func summarise() {
    status.observedGeneration = generation
    summariseVersions()
    summariseTraining()
    setTrained()
    setPromoted()
    setServing()
    setStalled()
    setReconciling()
    setReady()
    status.conditions.arrange()
  }

  private mutating func summariseVersions() {
    let production = registry.production
    status.version = production?.version ?? traffic.orphan?.version
    status.previousVersion = registry.previous?.version
    status.candidate = registry.candidate?.version
    if traffic.orphan == nil {
      status.accuracy = production?.metrics?.accuracy.rounded(toDecimals: 3)
      status.rocAUC = production?.metrics?.rocAUC?.rounded(toDecimals: 3)
    }
    status.lastTrained =
      registry.entries.last { $0.spec.result != nil && $0.spec.failure == nil }?.spec.trainedAt
      ?? status.lastTrained
    status.trafficSummary =
      status.traffic.isEmpty
      ? nil
      : status.traffic.filter { $0.role != .warm }.map { entry in
        entry.role == .shadow ? "\(entry.version) shadow" : "\(entry.version) \(entry.weight)%"
      }.joined(separator: ", ")
  }

  /// The last run's end, once its version is in the registry.
  private mutating func summariseTraining() {
    if status.training == nil, let last = registry.entries.last {
      status.training = .init(
        job: last.spec.job, version: last.version, state: .running, trigger: last.spec.trigger, startedAt: nil,
        finishedAt: nil, message: nil)
    }
    let failed = registry.entries.reversed().prefix { $0.spec.failure != nil }.count
    status.failedTrainings = failed > 0 ? failed : nil
    guard var training = status.training, let entry = registry[training.version] else { return }
    training.state = entry.spec.failure == nil ? .succeeded : .failed
    training.finishedAt = entry.spec.trainedAt
    training.message = entry.spec.failure?.message ?? entry.status.reason
    training.blocker = nil
    status.training = training
  }

  var lastRun: Registry.Entry? { registry.entries.last }

  private mutating func setTrained() {
    guard let last = lastRun else {
      guard let running = status.training else {
        guard !observed.predecessorIsBeingRemoved else {
          return set(
            .trained, .unknown, Reason.predecessorBeingRemoved.rawValue,
            "training waits until the data of an earlier model of this name is removed")
        }
        return set(.trained, .unknown, Reason.notTrainedYet.rawValue, "no training has ended yet")
      }
      guard running.state == .running else {
        let outcome =
          running.state == .succeeded ? "\(running.version) was trained" : "training of \(running.version) failed"
        return set(
          .trained, Condition.Status(running.state == .succeeded), Reason.versionDeleted.rawValue,
          "\(outcome); its ModelVersion was deleted")
      }
      let blocker = trainingBlocker
      return set(
        .trained, .unknown, blocker?.reason ?? Reason.trainingRunning.rawValue,
        "\(running.job) is training \(running.version)" + (blocker.map { "; \($0.message)" } ?? ""))
    }
    if let failure = last.spec.failure {
      set(.trained, .no, failure.reason, "\(last.version): \(failure.message)")
    } else {
      var warnings = last.spec.result?.warnings ?? []
      if let marks = TemplateMark.note(
        on: spec.training.template, field: "spec.training.template", observed.settings.templates, in: namespace)
      {
        warnings.append(marks)
      }
      set(
        .trained, .yes, Reason.trainingSucceeded.rawValue,
        (["\(last.version) was trained"] + warnings + unchangedRun).joined(separator: "; "))
    }
  }

  /// What the last run found, where it trained nothing.
  private var unchangedRun: [String] {
    guard let run = status.training, run.state == .unchanged, let message = run.message else { return [] }
    return [run.job + (run.finishedAt.map { " at \($0)" } ?? "") + ": " + message]
  }

  private mutating func setPromoted() {
    let extra = promotion.caveat.map { "; \($0)" } ?? ""
    if let canary = registry.canary {
      return set(
        .promoted, .unknown, Reason.progressing.rawValue,
        "\(canary.version) gets \(promotion.canaryWeight) % of the requests" + extra)
    }
    if let candidate = registry.candidate {
      return set(
        .promoted, .no, Reason.awaitingApproval.rawValue,
        "\(candidate.version) awaits approval: annotate the model with \(ApusAnnotations.approve)="
          + candidate.version + promotion.holds(candidate).map { "; \($0)" }.joined() + extra)
    }
    guard let last = registry.entries.last(where: { $0.spec.failure == nil }) else {
      if let orphan = traffic.orphan {
        return set(
          .promoted, .unknown, Reason.versionDeleted.rawValue,
          "\(orphan.version) is served; its ModelVersion was deleted")
      }
      return set(.promoted, .unknown, Reason.noVersion.rawValue, "there is no version yet")
    }
    switch last.stage {
    case .production:
      set(
        .promoted, .yes, Reason.promotedToProduction.rawValue,
        "\(last.version) is in production: \(last.status.reason ?? "")" + extra)
    case .archived:
      let production = registry.production?.version ?? traffic.orphan?.version ?? "no version"
      set(
        .promoted, registry.production == nil ? .no : .yes, Reason.rolledBack.rawValue,
        "\(production) is in production; \(last.version) is archived: \(last.status.reason ?? "")" + extra)
    default:
      set(.promoted, .no, Reason.gatesFailed.rawValue, "\(last.version): \(last.status.reason ?? "")" + extra)
    }
  }

  private mutating func setStalled() {
    let type = ConditionType.stalled.rawValue
    let previous = observed.model.status.conditions[type]
    // Nothing has ever been served and the last run says that trying again cannot help: a person has to act.
    if stall == nil, registry.production == nil, status.training?.state == .failed,
      let failure = lastRun?.spec.failure, !failure.retryable
    {
      stall = .init(reason: failure.reason, message: failure.message)
    }
    if stall == nil, status.training?.state != .running, let note = traffic.orphanNote {
      stall = .init(reason: Reason.versionDeleted.rawValue, message: note)
    }
    guard let stall else { return status.conditions.clear(type) }
    set(.stalled, .yes, stall.reason, stall.message)
    if !announced.contains(stall.reason), previous?.reason != stall.reason || previous?.message != stall.message {
      announce(.warning, stall.reason, stall.message)
    }
  }
}
