import ApusAPI
import KubernetesModel
import WorkerContract

/// How long a ready model stays ready while its servers learn a new routing table: the previous table answers meanwhile.
private let confirmationPatience = 60.0

extension ConditionsPass {
  mutating func setServing() {
    guard let serving = status.serving else {
      return set(.serving, .no, Reason.noVersion.rawValue, "no version is in production, so nothing is served")
    }
    let count = Figures.part(serving.readyReplicas, of: serving.replicas, "server", (one: "is", many: "are")) + " ready"
    let note = autoscalingNote ?? secretNote
    if serving.readyReplicas == 0 {
      let trouble = serverTrouble
      set(
        .serving, .no, trouble?.reason ?? Reason.serversUnavailable.rawValue,
        count + note + (trouble.map { "; \($0.message)" } ?? refusal) + shortcomings)
    } else if serving.confirmedReplicas < serving.readyReplicas {
      let previous = observed.model.status.conditions[ConditionType.serving.rawValue]?.reason
      let message =
        Figures.part(
          serving.confirmedReplicas, of: serving.readyReplicas, "ready server", (one: "has", many: "have"))
        + " confirmed routing revision \(status.routingRevision)"
      if let missing = observed.pushRefusal {
        set(.serving, .unknown, Reason.forbidden.rawValue, message + shortcomings)
        if previous != Reason.forbidden.rawValue { announce(.warning, .forbidden, missing) }
      } else if let other = otherTable {
        set(.serving, .unknown, Reason.anotherTableServed.rawValue, message + refusal + "; " + other)
        if previous != Reason.anotherTableServed.rawValue { announce(.warning, .anotherTableServed, other) }
      } else {
        set(.serving, .unknown, Reason.routingUnconfirmed.rawValue, message + refusal + shortcomings)
      }
    } else {
      set(
        .serving, .yes, Reason.routingConfirmed.rawValue,
        "\(count)\(note) and \(serving.readyReplicas == 1 ? "serves" : "serve") \(status.trafficSummary ?? "") (routing revision \(status.routingRevision))"
          + (traffic.orphan.map { "; the ModelVersion of \($0.version) is not in production" } ?? "") + shortcomings)
      announceConfirmation(serving)
    }
  }

  /// Why the autoscaler that the spec asks for scales nothing.
  private var autoscalingNote: String? {
    guard spec.serving.autoscaling != nil else { return nil }
    guard observed.canAutoscale else {
      return " (not autoscaled: the cluster offers no autoscaling/v1, so the minimum runs)"
    }
    // A LimitRange of the namespace may have set what the spec does not.
    return spec.serving.containersWithoutCPU.first.map { missing in
      " (autoscaling goes by the requested CPU: set \(missing.path), unless a LimitRange does)"
    }
  }

  /// Labels and annotations that take no effect, and a right that is missing: at the end of a sentence, as that ends with a command.
  private var shortcomings: String {
    let marks = TemplateMark.note(
      on: spec.serving.template, field: "spec.serving.template", observed.settings.templates, in: namespace)
    return (marks.map { "; \($0)" } ?? "") + (observed.secretsRefusal.map { "; \($0)" } ?? "")
  }

  /// Servers that run have their Secrets mounted and go on; new ones cannot start.
  private var secretNote: String {
    observed.secretProblems.isEmpty
      ? "" : " (new servers cannot start: \(observed.secretProblems.joined(separator: "; ")))"
  }

  /// Once for each routing table, when the last of the wanted servers has taken it.
  private mutating func announceConfirmation(_ serving: ModelDeploymentStatus.ServingStatus) {
    let before = observed.model.status
    let wasComplete =
      before.routingRevision == status.routingRevision
      && (before.serving?.confirmedReplicas ?? 0) >= wantedReplicas
      && before.conditions.isTrue(ConditionType.serving.rawValue)
    guard serving.confirmedReplicas >= wantedReplicas, !wasComplete else { return }
    let servers = serving.readyReplicas == 1 ? "the server serves" : "all \(serving.readyReplicas) servers serve"
    announce(.normal, .routingConfirmed, "\(servers) \(status.trafficSummary ?? "")")
  }

  /// Servers that have to be ready; more may come and go under an autoscaler.
  private var wantedReplicas: Int { spec.serving.autoscaling?.minimum ?? spec.serving.replicas }

  /// Why a server does not take the table, and what helps; empty where none has said so.
  private var refusal: String {
    let pods = observed.pods.sorted { $0.name < $1.name }
    guard let pod = pods.first(where: { observed.refusals[$0.uid] != nil }), let reason = observed.refusals[pod.uid]
    else { return "" }
    return "; pod \(pod.name) does not take the routing table: \(reason)"
      + " Pin a version that can be served (spec.serving.version), or train a new one."
  }

  /// A ready server that serves another table than it was told, and what helps; nil: none has said so.
  private var otherTable: String? {
    let pods = observed.pods.filter(\.isReady).sorted { $0.name < $1.name }
    guard let pod = pods.first(where: { observed.otherTables[$0.uid] != nil }),
      let revision = observed.otherTables[pod.uid]
    else { return nil }
    let served =
      revision == status.routingRevision
      ? "another one of revision \(revision)" : "revision \(revision) in place of revision \(status.routingRevision)"
    return
      "another table is served: pod \(pod.name) has \(served); it takes up the mounted table within three minutes, and "
      + "otherwise delete it, so that it starts anew"
  }

  /// What keeps servers from starting, as a pod or the Deployment says it.
  private var serverTrouble: Blocker? { status.serving?.blocker }

  /// Why the training that runs does not get on.
  var trainingBlocker: Blocker? { status.training?.state == .running ? status.training?.blocker : nil }

  mutating func setReconciling() {
    if let pause = observed.pods.compactMap({ $0.silent?.nextLook(at: now) }).min() { lookAgain(in: pause) }
    let previous = status.conditions[ConditionType.reconciling.rawValue]?.reason
    let blocker = serverTrouble ?? trainingBlocker
    if let trouble = serverTrouble {
      set(.reconciling, .yes, trouble.reason, "a server does not start; \(trouble.message)")
    } else if status.training?.state == .running, let training = status.training {
      let trouble = blocker.map { "; \($0.message)" } ?? ""
      set(
        .reconciling, .yes, blocker?.reason ?? Reason.trainingRunning.rawValue,
        "\(training.job) is training \(training.version)" + trouble)
    } else if registry.canary != nil {
      set(.reconciling, .yes, Reason.progressing.rawValue, "a rollout is under way")
    } else if let serving = status.serving, isProgressing(serving) {
      set(.reconciling, .yes, Reason.serversProgressing.rawValue, "servers are starting or learning the new routing")
    } else {
      status.conditions.clear(ConditionType.reconciling.rawValue)
    }
    if let blocker, blocker.reason != previous { announce(.warning, blocker.reason, blocker.message) }
  }

  private func isProgressing(_ serving: ModelDeploymentStatus.ServingStatus) -> Bool {
    observed.deployment?.isRollingOut == true || serving.readyReplicas < max(serving.replicas, wantedReplicas)
      // Nothing comes of waiting for servers that may not be asked.
      || serving.confirmedReplicas < serving.readyReplicas && observed.pushRefusal == nil
  }

  /// Ready while the wanted servers are there and serve what they should. A promotion that is still spreading does not take
  /// it away, unless it gets stuck.
  mutating func setReady() {
    // What a person has to mend is not as the spec wants it, however well the version before is served (kstatus).
    if let stall {
      // That says by itself what is served.
      let isSaid = stall.reason == Reason.versionDeleted.rawValue
      return set(.ready, .no, stall.reason, stall.message + (isSaid ? "" : status.stillServed))
    }
    guard let serving = status.serving, let version = status.version else { return setReadyWithoutVersion() }
    if let note = traffic.orphanNote { return set(.ready, .no, Reason.versionDeleted.rawValue, note) }
    let wanted = wantedReplicas
    if wanted == 0 {
      return set(
        .ready, .no, Reason.serversUnavailable.rawValue,
        "spec.serving.replicas is 0, so nothing serves \(version); raise it"
      )
    }
    if serving.readyReplicas < wanted {
      let reason: Reason = serving.readyReplicas == 0 ? .serversUnavailable : .serversProgressing
      let trouble = serverTrouble
      let count = Figures.part(serving.readyReplicas, of: wanted, "server", (one: "is", many: "are"))
      return set(
        .ready, .no, trouble?.reason ?? reason.rawValue,
        "\(count) ready to serve \(version)" + (trouble.map { "; \($0.message)" } ?? refusal))
    }
    guard serving.confirmedReplicas >= wanted || canWaitForConfirmation else {
      return set(
        .ready, .no, Reason.routingUnconfirmed.rawValue,
        Figures.part(serving.confirmedReplicas, of: wanted, "server", (one: "has", many: "have"))
          + " confirmed to serve \(version)" + refusal)
    }
    let servers = Figures.count(serving.readyReplicas, "server") + (serving.readyReplicas == 1 ? " serves" : " serve")
    set(.ready, .yes, Reason.serversReady.rawValue, "\(servers) \(status.trafficSummary ?? version)\(failureNote)")
  }

  /// A model that is served well is ready, and no longer heals while its trainings fail.
  private var failureNote: String {
    guard let count = status.failedTrainings, let last = lastRun, let failure = last.spec.failure else { return "" }
    let trainings = count == 1 ? "the last training" : "the last \(count) trainings"
    return
      "; \(trainings) failed, most recently \(last.version) (\(failure.reason)): the condition Trained says what to do"
  }

  /// Whether the model was ready and has not waited too long for its servers yet. Servers that may not be asked serve the
  /// table that they had: an operator that starts with fewer rights takes nothing from a model that is served as it was.
  private var canWaitForConfirmation: Bool {
    let before = observed.model.status
    guard before.conditions.isTrue(ConditionType.ready.rawValue) else { return false }
    if observed.pushRefusal != nil, before.routingRevision == status.routingRevision { return true }
    let since = status.conditions[ConditionType.serving.rawValue]?.lastTransitionTime ?? now
    return now.seconds(since: since) < confirmationPatience
  }

  private mutating func setReadyWithoutVersion() {
    let isTraining = status.training?.state == .running
    let blocker = trainingBlocker
    if let failure = lastRun?.spec.failure, !isTraining {
      return set(.ready, .no, failure.reason, failure.message)
    }
    let reason: Reason =
      isTraining ? .trainingRunning : registry.candidate != nil ? .awaitingApproval : .noVersion
    let rejected = registry.entries.last { $0.stage == .rejected }
    let message =
      isTraining
      ? "the first version is being trained" + (blocker.map { "; \($0.message)" } ?? "")
      : registry.candidate.map { "\($0.version) awaits approval" }
        ?? rejected.map { "\($0.version) did not pass its gates: \($0.status.reason ?? "")" }
        ?? "no version is in production"
    set(.ready, .no, blocker?.reason ?? reason.rawValue, message)
  }
}
