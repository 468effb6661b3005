import ApusAPI
import KubernetesModel
import WorkerContract

extension ModelWork {
  /// The status as people and programs read it: printer columns and conditions.
  mutating func summarise() {
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
    status.version = production?.version
    status.previousVersion = registry.previous?.version
    status.candidate = registry.candidate?.version
    status.accuracy = production?.metrics?.accuracy.rounded(toDecimals: 3)
    status.rocAUC = production?.metrics?.rocAUC.rounded(toDecimals: 3)
    status.lastTrained = registry.entries.last { $0.spec.result != nil && $0.spec.failure == nil }?.spec.trainedAt
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
    guard var training = status.training, let entry = registry[training.version] else { return }
    training.state = entry.spec.failure == nil ? .succeeded : .failed
    training.finishedAt = entry.spec.trainedAt
    training.message = entry.spec.failure?.message ?? entry.status.reason
    status.training = training
  }

  private var lastRun: Registry.Entry? { registry.entries.last }

  private mutating func setTrained() {
    guard let last = lastRun else {
      let running = status.training
      return set(
        .trained, .unknown, (running == nil ? Reason.notTrainedYet : .trainingRunning).rawValue,
        running.map { "\($0.job) is training \($0.version)" } ?? "no training has ended yet")
    }
    if let failure = last.spec.failure {
      set(.trained, .no, failure.reason, "\(last.version): \(failure.message)")
    } else {
      let warnings = last.spec.result?.warnings ?? []
      set(
        .trained, .yes, Reason.trainingSucceeded.rawValue,
        (["\(last.version) was trained"] + warnings).joined(separator: "; "))
    }
  }

  private mutating func setPromoted() {
    let extra = caveat.map { "; \($0)" } ?? ""
    if let canary = registry.canary {
      return set(
        .promoted, .unknown, Reason.progressing.rawValue,
        "\(canary.version) gets \(canaryWeight) % of the requests" + extra)
    }
    if let candidate = registry.candidate {
      return set(
        .promoted, .no, Reason.awaitingApproval.rawValue,
        "\(candidate.version) awaits approval: annotate the model with \(ApusAnnotations.approve)="
          + candidate.version + extra)
    }
    guard let last = registry.entries.last(where: { $0.spec.failure == nil }) else {
      return set(.promoted, .unknown, Reason.noVersion.rawValue, "no version has been trained yet")
    }
    switch last.stage {
    case .production:
      set(
        .promoted, .yes, Reason.promotedToProduction.rawValue,
        "\(last.version) is in production: \(last.status.reason ?? "")" + extra)
    case .archived:
      let production = registry.production?.version ?? "no version"
      set(
        .promoted, registry.production == nil ? .no : .yes, Reason.rolledBack.rawValue,
        "\(production) is in production; \(last.version) is archived: \(last.status.reason ?? "")" + extra)
    default:
      set(.promoted, .no, Reason.gatesFailed.rawValue, "\(last.version): \(last.status.reason ?? "")" + extra)
    }
  }

  private mutating func setServing() {
    guard let serving = status.serving else {
      return set(.serving, .no, Reason.noVersion.rawValue, "no version is in production, so nothing is served")
    }
    var count = "\(serving.readyReplicas) of \(serving.replicas) servers are ready"
    if spec.serving.autoscaling != nil, !observed.canAutoscale {
      count += " (not autoscaled: the cluster offers no autoscaling/v1, so the minimum runs)"
    }
    if serving.readyReplicas == 0 {
      set(.serving, .no, Reason.serversUnavailable.rawValue, count)
    } else if serving.confirmedReplicas < serving.readyReplicas {
      set(
        .serving, .unknown, Reason.routingUnconfirmed.rawValue,
        "\(serving.confirmedReplicas) of \(serving.readyReplicas) ready servers have confirmed routing revision "
          + "\(status.routingRevision)")
    } else {
      let wasTrue = observed.model.status.conditions.isTrue(ConditionType.serving.rawValue)
      let isNews = !wasTrue || observed.model.status.routingRevision != status.routingRevision
      set(
        .serving, .yes, Reason.routingConfirmed.rawValue,
        "\(count) and serve \(status.trafficSummary ?? "") (routing revision \(status.routingRevision))")
      if isNews {
        announce(
          .normal, .routingConfirmed,
          "all \(serving.readyReplicas) ready servers serve \(status.trafficSummary ?? "")")
      }
    }
  }

  private mutating func setStalled() {
    let type = ConditionType.stalled.rawValue
    let previous = observed.model.status.conditions[type]
    // Nothing has ever been served and the last run says that trying again can not help: a person has to act.
    if stall == nil, registry.production == nil, status.training?.state == .failed,
      let failure = lastRun?.spec.failure, !failure.retryable
    {
      stall = (failure.reason, failure.message)
    }
    guard let stall else { return status.conditions.clear(type) }
    set(.stalled, .yes, stall.reason, stall.message)
    let isSaid = decision.announcements.contains { $0.reason == stall.reason }
    if !isSaid, previous?.reason != stall.reason || previous?.message != stall.message {
      announce(.warning, stall.reason, stall.message)
    }
  }

  private mutating func setReconciling() {
    if status.training?.state == .running, let training = status.training {
      let trouble = training.message.map { ", but its pod can not start: \($0)" } ?? ""
      set(
        .reconciling, .yes, Reason.trainingRunning.rawValue, "\(training.job) is training \(training.version)" + trouble
      )
    } else if registry.canary != nil {
      set(.reconciling, .yes, Reason.progressing.rawValue, "a rollout is under way")
    } else if let serving = status.serving,
      serving.readyReplicas < serving.replicas || serving.confirmedReplicas < serving.readyReplicas
    {
      set(.reconciling, .yes, Reason.serversProgressing.rawValue, "servers are starting or learning the new routing")
    } else {
      status.conditions.clear(ConditionType.reconciling.rawValue)
    }
  }

  /// Ready while a version answers requests. A promotion that is still spreading does not take it away: the version
  /// before it answers meanwhile.
  private mutating func setReady() {
    guard let serving = status.serving, let version = status.version else {
      let failure = lastRun?.spec.failure
      let isTraining = status.training?.state == .running
      if let failure, !isTraining {
        return set(.ready, .no, failure.reason, failure.message)
      }
      let reason: Reason =
        isTraining ? .trainingRunning : registry.candidate != nil ? .awaitingApproval : .noVersion
      let rejected = registry.entries.last { $0.stage == .rejected }
      let message =
        isTraining
        ? "the first version is being trained"
        : registry.candidate.map { "\($0.version) awaits approval" }
          ?? rejected.map { "\($0.version) did not pass its gates: \($0.status.reason ?? "")" }
          ?? "no version is in production"
      return set(.ready, .no, reason.rawValue, message)
    }
    if serving.readyReplicas == 0 {
      return set(
        .ready, .no, Reason.serversUnavailable.rawValue, "none of \(serving.replicas) servers of \(version) is ready")
    }
    let wasReady = observed.model.status.conditions.isTrue(ConditionType.ready.rawValue)
    guard serving.confirmedReplicas > 0 || wasReady else {
      return set(
        .ready, .no, Reason.routingUnconfirmed.rawValue, "no server has confirmed that it serves \(version) yet")
    }
    set(
      .ready, .yes, Reason.serversReady.rawValue,
      "\(serving.readyReplicas) servers serve \(status.trafficSummary ?? version)")
  }
}
