import ApusAPI
import KubernetesModel
import WorkerContract

extension WorkerJob {
  /// Number of the version that a training Job makes; from its label, nothing is inferred from its name.
  var number: VersionNumber? { labels[ApusLabels.version].flatMap(VersionNumber.init) }

  /// The version that a training Job makes.
  var version: String { (number ?? VersionNumber(0)).description }

  var trigger: ModelDeploymentStatus.Trigger {
    annotations[ApusAnnotations.trigger].flatMap(ModelDeploymentStatus.Trigger.init) ?? .request
  }
}

extension ModelObservation {
  /// The model's trainings, in the order of their versions.
  func trainings(_ registry: Registry) -> RunLedger {
    let jobs = jobs.filter { !$0.isLoad }.sorted { ($0.number ?? VersionNumber(0)) < ($1.number ?? VersionNumber(0)) }
    let last = model.status.training
    // A version that a person has deleted does not come back because its Job is still there.
    let recorded = jobs.filter { job in
      guard let number = job.number, registry[number.description] == nil else { return true }
      guard let last, let lastNumber = last.number else { return number <= registry.highestNumber }
      return number <= lastNumber && !(last.job == job.name && last.state == .running)
    }
    let known = jobs.filter { ($0.number ?? VersionNumber(0)) <= last?.number ?? VersionNumber(0) }
    return RunLedger(
      jobs, recorded: Set(recorded.map(\.name)), known: Set(known.map(\.name)), current: current(registry),
      namespace: model.metadata.namespace ?? "", now: now)
  }

  private func current(_ registry: Registry) -> RunLedger.Current? {
    guard let training = model.status.training, training.state == .running, training.number != nil,
      registry[training.version] == nil
    else { return nil }
    return .init(job: training.job, since: training.startedAt, blocker: training.blocker)
  }
}

/// The registry with what has ended: every ended run becomes a version, failures included. Nothing is lost silently.
struct TrainingEndsPass: ModelPass {
  @Shared var observed: ModelObservation
  var effects = Effects()
  private(set) var registry: Registry
  private(set) var trainings: RunLedger
  /// The last run, as far as the status or one that found its data unchanged tells.
  private(set) var training: ModelDeploymentStatus.TrainingStatus?
  /// The training that has ended and whose version is still to be loaded.
  private(set) var loading: (job: WorkerJob, blocker: Blocker?)?

  init(_ observed: ModelObservation) {
    _observed = Shared(wrappedValue: observed)
    registry = Registry(observed.versions, now: observed.now)
    trainings = observed.trainings(registry)
    training = observed.model.status.training
    registerEndedRuns()
  }

  private mutating func registerEndedRuns() {
    registry.repair()
    if let pause = trainings.pause { lookAgain(in: pause) }
    for end in trainings.ends(givingUp: isOfOtherSpec) {
      switch end.outcome {
      case .ended(let result):
        if let unchanged = result.unchanged {
          recordUnchanged(end, unchanged)
        } else {
          registerTrained(end, result.trained)
        }
      case .failed(let failure): register(end, nil, failure)
      }
    }
    registerLostRun()
    effects.add(trainings.closing(settled: settledRuns))
    var loads = LoadPass(observed)
    loads.tidy(registry, loading: loading?.job)
    effects.add(loads.effects)
  }

  private func isOfOtherSpec(_ job: WorkerJob) -> Bool {
    job.annotations[ApusAnnotations.trainingInput].map { !spec.hasTrainingInput($0) } ?? false
  }

  /// A version is written before any Job goes; that the data was unchanged stands in the status alone, which is written last.
  private var settledRuns: Set<String> {
    let versions = trainings.jobs.filter { registry[$0.version] != nil }.map(\.name)
    let last = observed.model.status.training
    return Set(versions + (last?.state == .unchanged ? [last?.job].compactMap(\.self) : []))
  }

  /// Once the version was loaded, where it has to be.
  private mutating func registerTrained(_ end: RunLedger.End, _ result: TrainingResult?) {
    guard let result else { return register(end, nil, nil) }
    var loads = LoadPass(observed)
    let verdict = loads.verdict(on: end.job, result.artifact)
    effects.add(loads.effects)
    switch verdict {
    case .loads: register(end, result, nil)
    case .refused(let failure): register(end, nil, failure, stored: result.artifact)
    case .pending(let blocker): loading = (end.job, blocker)
    }
  }

  /// - Parameter stored: the files of a version that is refused: they are given up at once, and removed as others that are.
  private mutating func register(
    _ end: RunLedger.End, _ result: TrainingResult?, _ failure: RunFailure?, stored: ArtifactReference? = nil
  ) {
    let job = end.job
    trainings.record(job.name)
    let number = job.number ?? VersionNumber(0)
    let missing = RunFailure(
      .resultUnreadable, "\(job.name) wrote a result that is not the result of a training", retryable: false)
    let failure = failure ?? (result == nil ? missing : nil)
    let version = number.description
    registry.add(
      ResourceName.version(model: name, number: number.value),
      ModelVersionSpec(
        modelRef: .init(name: name), version: version, number: number.value, job: job.name, trigger: job.trigger,
        trainedAt: (end.time ?? now).wholeSeconds,
        trainingInput: job.annotations[ApusAnnotations.trainingInput] ?? "",
        artifact: failure == nil ? result?.artifact : stored, result: result, failure: failure))
    if stored != nil { registry.retire(version) }
    for removed in result?.removed ?? [] { registry.noteRemoved(removed) }
    if let failure {
      announce(
        .warning, failure.reason, "training of \(version) failed in step \(failure.step): \(failure.message)",
        regarding: job.name)
    } else {
      announce(
        .normal, .trainingSucceeded, "\(version) was trained" + (result.map { ": \(Self.summary($0))" } ?? ""),
        regarding: job.name)
    }
  }

  private static func summary(_ result: TrainingResult) -> String {
    "accuracy \(Figures.metric(result.metrics.accuracy)), "
      + "rocAUC \(result.metrics.rocAUC.map(Figures.metric) ?? "–") on " + Figures.count(result.rows.test, "test row")
  }

  /// The run found the data that an earlier version was trained on: there is no version to register, and no failure.
  private mutating func recordUnchanged(_ end: RunLedger.End, _ unchanged: UnchangedData) {
    let job = end.job
    trainings.record(job.name)
    for removed in unchanged.removed ?? [] { registry.noteRemoved(removed) }
    let message = "data unchanged since version \(unchanged.version); no training"
    let known = training?.job == job.name ? training?.startedAt : nil
    training = .init(
      job: job.name, version: job.version, state: .unchanged, trigger: job.trigger,
      startedAt: known ?? job.createdAt.wholeSeconds, finishedAt: (end.time ?? now).wholeSeconds, message: message)
    announce(.normal, .dataUnchanged, "\(job.name): \(message)", regarding: job.name)
  }

  private mutating func registerLostRun() {
    switch trainings.loss {
    case .none: return
    case .suspected(let seconds): lookAgain(in: seconds)
    case .certain(let run):
      guard let training, training.job == run.job, let number = training.number else { return }
      trainings.record(training.job)
      let failure = RunFailure(
        .resultMissing,
        "\(training.job) was deleted before its result was read; ask for another run with the annotation "
          + ApusAnnotations.retrainRequestedAt, retryable: true)
      registry.add(
        ResourceName.version(model: name, number: number.value),
        ModelVersionSpec(
          modelRef: .init(name: name), version: training.version, number: number.value, job: training.job,
          trigger: training.trigger, trainedAt: now, trainingInput: observed.model.status.handled.trainingInput ?? "",
          artifact: nil,
          result: nil, failure: failure))
      announce(.warning, failure.reason, failure.message, regarding: training.job)
    }
  }
}
