import ApusAPI
import KubernetesModel
import WorkerContract

/// How often it is looked whether the removal of an earlier model's data has ended.
private let removalInterval = 5.0
private let keptJobs = 5

extension ModelWork {
  /// Starts at most one run. Triggers are facts that stay (an annotation, a digest, a request, an instant that has
  /// passed) until a run has handled them, so a trigger that comes while one runs is not lost.
  mutating func train() {
    forgetDeletedPolicies()
    recallRecentStart()
    renewTrainingInput()
    status.handled.scheduledUntil = status.handled.scheduledUntil?.corrected(at: now)
    followSchedule()
    if let running = trainings.running {
      followRun(running)
    } else {
      status.training?.blocker = nil
      startIfDue()
    }
    scheduleNext()
  }

  /// What the start of a run took care of that the status does not know.
  private mutating func recallRecentStart() {
    guard let (job, handled) = trainings.recalled(ModelDeploymentStatus.Handled.self) else { return }
    status.handled.trainingInput = handled.trainingInput
    status.handled.retrainRequest = handled.retrainRequest
    status.handled.monitoringRequests = handled.monitoringRequests
    status.handled.scheduledUntil = handled.scheduledUntil
    // It may have ended meanwhile, and have been recorded.
    if status.training?.job != job.name { status.training = training(job, blocker: nil) }
  }

  /// A digest that another release made of the same spec is replaced silently.
  private mutating func renewTrainingInput() {
    guard let known = status.handled.trainingInput, spec.hasTrainingInput(known) else { return }
    status.handled.trainingInput = spec.trainingInput
  }

  /// A policy of the same name that is made later asks anew. Only of what the status names it is known whether it is there,
  /// and not of what the Job of a start that is yet to be recalled names.
  private mutating func forgetDeletedPolicies() {
    guard let policies = observed.policies else { return }
    status.handled.monitoringRequests = status.handled.monitoringRequests.filter { policies.contains($0.key) }
  }

  private func training(_ job: WorkerJob, blocker: Blocker?) -> ModelDeploymentStatus.TrainingStatus {
    .init(
      job: job.name, version: job.version, state: .running, trigger: job.trigger,
      startedAt: job.createdAt.wholeSeconds, finishedAt: nil, message: blocker?.message, blocker: blocker)
  }

  private mutating func followRun(_ job: WorkerJob) {
    var running = training(job, blocker: trainings.blocker)
    if let known = status.training, known.job == job.name { running.startedAt = known.startedAt }
    status.training = running
    trainings.follow(job.name, since: running.startedAt)
  }

  /// Pending reasons to train, the most telling first.
  private var pendingTriggers: [(trigger: ModelDeploymentStatus.Trigger, why: String)] {
    var pending: [(ModelDeploymentStatus.Trigger, String)] = []
    let handled = status.handled
    let knownInput = handled.trainingInput ?? registry.entries.last?.spec.trainingInput
    if let knownInput {
      if !spec.hasTrainingInput(knownInput) {
        pending.append((.specChange, "schema, source, split, algorithm, limits, resources or template changed"))
      }
    } else {
      pending.append((.firstSight, "the model is new"))
    }
    if let request = annotations[ApusAnnotations.retrainRequestedAt], request != handled.retrainRequest {
      pending.append((.request, "annotation \(ApusAnnotations.retrainRequestedAt): \(request)"))
    }
    for (policy, request) in observed.retrainingRequests.sorted(by: { $0.key < $1.key })
    where request.id != handled.monitoringRequests[policy] {
      pending.append((.monitoring, "policy \(policy): \(request.reason)"))
    }
    if let due = nextScheduled, due <= now {
      pending.append((.schedule, "scheduled for \(due)"))
    }
    return pending
  }

  private mutating func followSchedule() {
    status.schedule = .following(
      spec.training.schedule, known: status.schedule, of: observed.model.metadata,
      isNew: observed.model.status.observedGeneration == nil, at: now)
  }

  private var nextScheduled: Timestamp? { status.schedule?.firstOpen(after: status.handled.scheduledUntil) }

  private mutating func startIfDue() {
    let pending = pendingTriggers
    guard let first = pending.first, let owner = observed.model.ownerReference else { return }
    // It would store the files that the removal takes away.
    guard !observed.predecessorIsBeingRemoved else { return lookAgain(in: removalInterval) }
    let isScheduled = pending.contains { $0.trigger == .schedule } || first.trigger == .firstSight
    status.handled.trainingInput = spec.trainingInput
    status.handled.retrainRequest = annotations[ApusAnnotations.retrainRequestedAt]
    // A policy that cannot be read just now keeps what was answered: it must not ask again when it can.
    status.handled.monitoringRequests.merge(observed.retrainingRequests.mapValues(\.id)) { $1 }
    // However many instants were missed, one run makes up for them.
    if isScheduled { status.handled.scheduledUntil = now }
    let number = VersionNumber(highestNumber.value + 1)
    let run = runRequest(number, trigger: first.trigger, owner: owner)
    effects.apply += trainings.start(run, observed.settings)
    status.training = .init(
      job: run.job, version: number.description, state: .running, trigger: first.trigger, startedAt: now,
      finishedAt: nil,
      message: nil)
    announce(
      .normal, .trainingStarted, "training \(number): " + pending.map(\.why).joined(separator: "; "), regarding: run.job
    )
  }

  /// Numbers are never used again, whatever has been deleted since, a model of the same name included.
  private var highestNumber: VersionNumber {
    let known = [trainings.jobs.last?.number, status.training?.number].compactMap(\.self)
    return max(registry.highestNumber, VersionNumber(observed.highestForeignNumber), known.max() ?? VersionNumber(0))
  }

  private func runRequest(
    _ number: VersionNumber, trigger: ModelDeploymentStatus.Trigger, owner: OwnerReference
  ) -> RunRequest {
    let job = ResourceName.trainingJob(model: name, number: number.value)
    let training = spec.training
    return RunRequest(
      component: .train, job: job,
      specification: RunSpecification(
        run: "\(namespace).\(job)", namespace: namespace, model: name,
        train: TrainingRun(
          version: number.description, schema: spec.schema, source: training.source, split: training.split,
          algorithm: training.algorithm, segments: spec.promotion.segments,
          champion: registry.production?.spec.artifact, confidence: spec.promotion.against.confidence,
          comparedBy: spec.promotion.against.metric, retired: retiredFiles,
          unless: trigger == .schedule ? latestData : nil, limits: training.limits == .init() ? nil : training.limits)),
      labels: [ApusLabels.model: name, ApusLabels.version: number.description],
      annotations: [
        ApusAnnotations.trigger: trigger.rawValue, ApusAnnotations.trainingInput: spec.trainingInput,
        RunAnnotation.handled: JSONValue.document(status.handled).text,
      ],
      owner: owner, deadline: training.deadline, retries: training.retries, resources: training.resources,
      template: training.template)
  }

  /// The data of the latest version that was trained as the spec says now: on the same data a training by schedule alone
  /// would make it once more.
  private var latestData: UnchangedData? {
    guard let latest = registry.entries.last(where: { $0.spec.failure == nil && $0.spec.result != nil }),
      let digest = latest.spec.result?.dataDigest, !digest.isEmpty, spec.hasTrainingInput(latest.spec.trainingInput)
    else { return nil }
    return UnchangedData(version: latest.version, dataDigest: digest)
  }

  private mutating func scheduleNext() {
    guard let next = spec.training.schedule.next(after: max(now, status.handled.scheduledUntil ?? now)) else {
      status.nextTraining = nil
      return
    }
    status.nextTraining = next
    lookAgain(in: next.seconds(since: now))
  }

  mutating func tidy() {
    effects.remove += trainings.tidying(.latest(keptJobs), observed.runConfigurations)
    // Left alone it would go on to change the replicas that the spec fixes now.
    if spec.serving.autoscaling == nil, let uid = observed.autoscalerUID {
      effects.remove.append(Removal(Resource.autoscalers("v1"), namespace: namespace, name: name, uid: uid))
    }
  }
}
