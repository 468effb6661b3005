import ApusAPI
import KubernetesModel
import WorkerContract

extension WorkerJob {
  /// Number of the version that a training Job makes; from its label, nothing is inferred from its name.
  var number: VersionNumber? { labels[ApusLabels.version].flatMap(VersionNumber.init) }

  var handledByModel: ModelDeploymentStatus.Handled? {
    annotations[RunAnnotation.handled].flatMap { JSONValue.value(in: $0) }
  }

  var trigger: ModelDeploymentStatus.Trigger {
    annotations[ApusAnnotations.trigger].flatMap(ModelDeploymentStatus.Trigger.init) ?? .request
  }
}

/// How soon a finished Job is looked at again whose pods' ends have not been seen.
let laggingPodsInterval = 5.0

/// A run whose Job is gone before its result was read is given up after this long: a cache may be late.
private let lostRunPatience = 60.0

extension ModelWork {
  /// Training Jobs in the order of their versions.
  var jobs: [WorkerJob] {
    observed.jobs.compactMap { job in job.number.map { (job, $0) } }.sorted { $0.1 < $1.1 }.map(\.0)
  }

  /// Every ended run becomes a version, failures included: nothing is lost silently.
  mutating func registerEndedRuns() {
    registry.repair()
    if let pause = observed.jobs.pause(at: now) { lookAgain(in: pause) }
    for job in jobs {
      guard let number = job.number, isUnrecorded(job, number) else { continue }
      switch job.outcome {
      case .running: giveUpIfStuck(job, number)
      case .ended(let result):
        if let unchanged = result.unchanged {
          recordUnchanged(job, unchanged)
        } else {
          register(job, number, result.trained, nil)
        }
      case .failed(let failure): register(job, number, nil, failure.explained(by: known(of: job), job))
      }
    }
    registerLostRun()
    endRecordedJobs()
  }

  /// A Job's template cannot change: where a run cannot start and a person has changed what it is made from, as its condition
  /// asks for, the next run takes its place.
  private mutating func giveUpIfStuck(_ job: WorkerJob, _ number: VersionNumber) {
    guard job.isStuck, let input = job.annotations[ApusAnnotations.trainingInput], !spec.hasTrainingInput(input),
      let blocker = job.blocker(after: known(of: job))
    else { return }
    register(job, number, nil, .neverStarted(job, blocker))
  }

  /// What was last known to hold up a run.
  func known(of job: WorkerJob) -> Blocker? {
    status.training.flatMap { $0.job == job.name ? $0.blocker : nil }
  }

  /// Not in the registry yet. A version that a person has deleted does not come back because its Job is still there.
  func isUnrecorded(_ job: WorkerJob, _ number: VersionNumber) -> Bool {
    guard registry[number.description] == nil else { return false }
    guard let training = status.training, let last = training.number else {
      return number > registry.highestNumber
    }
    return number > last || (training.job == job.name && training.state == .running)
  }

  private mutating func register(
    _ job: WorkerJob, _ number: VersionNumber, _ result: TrainingResult?, _ failure: RunFailure?
  ) {
    let missing = RunFailure(
      .resultUnreadable, "\(job.name) wrote a result that is not the result of a training", retryable: false)
    let failure = failure ?? (result == nil ? missing : nil)
    let version = number.description
    registry.add(
      ResourceName.version(model: name, number: number.value),
      ModelVersionSpec(
        modelRef: .init(name: name), version: version, number: number.value, job: job.name, trigger: job.trigger,
        trainedAt: (job.finishedAt ?? job.ends.last?.finishedAt ?? now).wholeSeconds,
        trainingInput: job.annotations[ApusAnnotations.trainingInput] ?? "",
        artifact: failure == nil ? result?.artifact : nil, result: result, failure: failure))
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
  private mutating func recordUnchanged(_ job: WorkerJob, _ unchanged: UnchangedData) {
    recallRecentStart()
    for removed in unchanged.removed ?? [] { registry.noteRemoved(removed) }
    let message = "data unchanged since version \(unchanged.version); no training"
    let known = status.training?.job == job.name ? status.training?.startedAt : nil
    status.training = .init(
      job: job.name, version: version(of: job), state: .unchanged, trigger: job.trigger,
      startedAt: known ?? job.createdAt.wholeSeconds,
      finishedAt: (job.finishedAt ?? job.ends.last?.finishedAt ?? now).wholeSeconds, message: message)
    announce(.normal, .dataUnchanged, "\(job.name): \(message)", regarding: job.name)
  }

  /// The Job was deleted, by somebody or by its time to live, before its end was seen.
  private mutating func registerLostRun() {
    guard let training = status.training, training.state == .running, registry[training.version] == nil,
      !observed.jobs.contains(where: { $0.name == training.job }),
      let number = training.number
    else { return }
    let age = now.seconds(since: training.startedAt ?? .distantPast)
    guard age >= lostRunPatience else { return lookAgain(in: lostRunPatience - age) }
    let failure = RunFailure(
      .resultMissing,
      "\(training.job) was deleted before its result was read; ask for another run with the annotation "
        + ApusAnnotations.retrainRequestedAt, retryable: true)
    registry.add(
      ResourceName.version(model: name, number: number.value),
      ModelVersionSpec(
        modelRef: .init(name: name), version: training.version, number: number.value, job: training.job,
        trigger: training.trigger, trainedAt: now, trainingInput: status.handled.trainingInput ?? "", artifact: nil,
        result: nil, failure: failure))
    announce(.warning, failure.reason, failure.message, regarding: training.job)
  }

  /// What the Job would do after its run is in the registry: try again, or wait for containers that go on for ever. Deleting
  /// it is the only way to end such containers.
  private mutating func endRecordedJobs() {
    let recorded = jobs.filter { registry[version(of: $0)] != nil }
    decision.stop = recorded.filter(\.mustStop).map { removal(of: $0) }
    decision.remove += recorded.filter(\.isOfNoUse).map { removal(of: $0) }
    for job in recorded where job.isHeldUp {
      decision.remove.append(removal(of: job))
      announce(.normal, .sidecarsEnded, job.sidecarNote, regarding: job.name)
    }
  }

  /// The version that a training Job makes.
  func version(of job: WorkerJob) -> String { (job.number ?? VersionNumber(0)).description }

  private func removal(of job: WorkerJob) -> Removal {
    Removal(Resource.jobs, namespace: namespace, name: job.name, uid: job.uid)
  }
}

extension WorkerJob {
  /// Of a Job whose run is recorded: it would go on, or lost its pods, and nobody waits for it.
  var isOfNoUse: Bool { !isEnded && !awaitsPods && !isBeingDeleted }

  /// Why the Job of a run that has ended is deleted.
  var sidecarNote: String {
    let names = (lingering?.containers ?? []).joined(separator: ", ")
    return
      "\(name): container \(names) kept the pod after the worker had ended, so the Job was deleted with its pod; to keep the "
      + "log, make it a native sidecar (\(fields.template("initContainers")) with restartPolicy: Always)"
  }
}

extension RunFailure {
  static func neverStarted(_ job: WorkerJob, _ blocker: Blocker) -> RunFailure {
    RunFailure(
      reason: blocker.reason,
      message: "\(job.name) had not started when the spec changed, and was given up: \(blocker.message)",
      retryable: true, step: "run")
  }
}

extension [WorkerJob] {
  /// Seconds until another look at Jobs that change without an event; nil: none does.
  func pause(at now: Timestamp) -> Double? {
    let lagging = contains(where: \.awaitsPods) ? laggingPodsInterval : nil
    let silent = filter { !$0.isEnded }.compactMap { $0.silent?.nextLook(at: now) }
    return (silent + compactMap { $0.graceLeft(at: now) } + [lagging].compactMap(\.self)).min()
  }
}
