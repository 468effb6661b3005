import ApusAPI
import KubernetesModel
import WorkerContract

/// How often it is looked whether the removal of an earlier model's data has ended.
private let removalInterval = 5.0

/// Trainings that go on or start: at most one at a time. Triggers are facts that stay (an annotation, a digest, a request, an
/// instant that has passed) until a run has handled them, so a trigger that comes while one runs is not lost.
struct RunsPass: ModelPass {
  @Shared var observed: ModelObservation
  var effects = Effects()
  let registry: Registry
  /// Given up by an earlier decision: the run that starts now removes them.
  private let retiredFiles: [ArtifactReference]?
  private(set) var trainings: RunLedger
  private(set) var handled: ModelDeploymentStatus.Handled
  private(set) var training: ModelDeploymentStatus.TrainingStatus?
  private(set) var schedule: ScheduleInForce?
  private(set) var nextTraining: Timestamp?
  /// The training that has ended and whose version is still to be loaded: it goes on until then.
  let loading: (job: WorkerJob, blocker: Blocker?)?

  init(_ observed: ModelObservation, _ ends: TrainingEndsPass, _ promotion: PromotionPass, _ traffic: TrafficPass) {
    _observed = Shared(wrappedValue: observed)
    registry = promotion.registry
    retiredFiles = registry.retiredFiles(FilesInUse(observed, traffic))
    trainings = ends.trainings
    handled = promotion.handled
    training = ends.training
    loading = ends.loading
    schedule = observed.model.status.schedule
    train()
  }

  private mutating func train() {
    forgetDeletedPolicies()
    recallRecentStart()
    renewTrainingInput()
    handled.scheduledUntil = handled.scheduledUntil?.corrected(at: now)
    followSchedule()
    if let running = trainings.running {
      followRun(running, trainings.blocker)
    } else if let loading {
      followRun(loading.job, loading.blocker)
    } else {
      training?.blocker = nil
      startIfDue()
    }
    scheduleNext()
  }

  /// What the start of a run took care of that the status does not know.
  private mutating func recallRecentStart() {
    guard let (job, start) = trainings.recalled(ModelDeploymentStatus.Handled.self) else { return }
    handled.trainingInput = start.trainingInput
    handled.retrainRequest = start.retrainRequest
    handled.monitoringRequests = start.monitoringRequests
    handled.scheduledUntil = start.scheduledUntil
    // It may have ended meanwhile, and have been recorded.
    if training?.job != job.name { training = status(of: job, blocker: nil) }
  }

  /// A digest that another release made of the same spec is replaced silently.
  private mutating func renewTrainingInput() {
    guard let known = handled.trainingInput, spec.hasTrainingInput(known) else { return }
    handled.trainingInput = spec.trainingInput
  }

  /// A policy of the same name that is made later asks anew. Only of what the status names it is known whether it is there,
  /// and not of what the Job of a start that is yet to be recalled names.
  private mutating func forgetDeletedPolicies() {
    guard let policies = observed.policies else { return }
    handled.monitoringRequests = handled.monitoringRequests.filter { policies.contains($0.key) }
  }

  private func status(of job: WorkerJob, blocker: Blocker?) -> ModelDeploymentStatus.TrainingStatus {
    .init(
      job: job.name, version: job.version, state: .running, trigger: job.trigger,
      startedAt: job.createdAt.wholeSeconds, finishedAt: nil, message: blocker?.message, blocker: blocker)
  }

  private mutating func followRun(_ job: WorkerJob, _ blocker: Blocker?) {
    var running = status(of: job, blocker: blocker)
    if let known = training, known.job == job.name { running.startedAt = known.startedAt }
    training = running
    trainings.follow(job.name, since: running.startedAt)
  }

  /// Pending reasons to train, the most telling first.
  private var pendingTriggers: [(trigger: ModelDeploymentStatus.Trigger, why: String)] {
    var pending: [(ModelDeploymentStatus.Trigger, String)] = []
    let knownInput = handled.trainingInput ?? registry.entries.last?.spec.trainingInput
    if let knownInput {
      if !spec.hasTrainingInput(knownInput) {
        pending.append((.specChange, "schema, source, split, algorithm, limits, resources or template changed"))
      }
    } else {
      pending.append((.firstSight, "the model is new"))
    }
    if let request = annotations.request(ApusAnnotations.retrainRequestedAt), request != handled.retrainRequest {
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
    schedule = .following(
      spec.training.schedule, known: schedule, of: observed.model.metadata,
      isNew: observed.model.status.observedGeneration == nil, at: now)
  }

  private var nextScheduled: Timestamp? { schedule?.firstOpen(after: handled.scheduledUntil) }

  private mutating func startIfDue() {
    let pending = pendingTriggers
    guard let first = pending.first, let owner = observed.model.ownerReference else { return }
    // It would store the files that the removal takes away.
    guard !observed.predecessorIsBeingRemoved else { return lookAgain(in: removalInterval) }
    let isScheduled = pending.contains { $0.trigger == .schedule } || first.trigger == .firstSight
    handled.trainingInput = spec.trainingInput
    handled.retrainRequest = annotations.request(ApusAnnotations.retrainRequestedAt)
    // A policy that cannot be read just now keeps what was answered: it must not ask again when it can.
    handled.monitoringRequests.merge(observed.retrainingRequests.mapValues(\.id)) { $1 }
    // However many instants were missed, one run makes up for them.
    if isScheduled { handled.scheduledUntil = now }
    let number = highestNumber.next
    let run = runRequest(number, trigger: first.trigger, owner: owner)
    effects.apply += trainings.start(run, observed.settings)
    training = .init(
      job: run.job, version: number.description, state: .running, trigger: first.trigger, startedAt: now,
      finishedAt: nil,
      message: nil)
    announce(
      .normal, .trainingStarted, "training \(number): " + pending.map(\.why).joined(separator: "; "), regarding: run.job
    )
  }

  /// Numbers are never used again, whatever has been deleted since, a model of the same name included.
  private var highestNumber: VersionNumber {
    let known = [trainings.jobs.last?.number, training?.number].compactMap(\.self)
    return max(
      registry.highestNumber, VersionNumber(foreign: observed.highestForeignNumber), known.max() ?? VersionNumber(0))
  }

  private func runRequest(
    _ number: VersionNumber, trigger: ModelDeploymentStatus.Trigger, owner: OwnerReference
  ) -> RunRequest {
    let job = ResourceName.trainingJob(model: name, number: number.value)
    let training = spec.training
    return RunRequest(
      component: .train, job: job,
      specification: RunSpecification(
        run: ResourceName.run(of: job, in: namespace), namespace: namespace, model: name,
        train: TrainingRun(
          version: number.description, schema: spec.schema, source: training.source, split: training.split,
          algorithm: training.algorithm, segments: spec.promotion.segments,
          champion: registry.production?.spec.artifact, confidence: spec.promotion.against.confidence,
          comparedBy: spec.promotion.against.metric, retired: retiredFiles,
          unless: trigger == .schedule ? latestData : nil, limits: training.limits == .init() ? nil : training.limits)),
      labels: [ApusLabels.model: name, ApusLabels.version: number.description],
      annotations: [
        ApusAnnotations.trigger: trigger.rawValue, ApusAnnotations.trainingInput: spec.trainingInput,
        RunAnnotation.handled: JSONValue.document(handled).text,
      ].merging(training.algorithm.custom == nil ? [:] : [RunAnnotation.loads: "Required"]) { $1 },
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
    guard let next = spec.training.schedule.next(after: max(now, handled.scheduledUntil ?? now)) else {
      nextTraining = nil
      return
    }
    nextTraining = next
    lookAgain(in: next.seconds(since: now))
  }
}
