import ApusAPI
import KubernetesModel
import WorkerContract

/// For so long after a training a version that passing trouble keeps from being loaded is loaded again; its Job, with the result, is
/// kept for a week.
private let loadPatience = 86_400.0
/// Between two loads: half of the time since the training ended, within these bounds.
private let shortestLoadPause = 60.0
private let longestLoadPause = 3600.0

extension WorkerJob {
  /// Loads a version that another Job has stored.
  var isLoad: Bool { labels[ApusLabels.component] == ApusLabels.Component.load.rawValue }

  /// Makes a version that a worker has to load before it is registered: its trainer is somebody else's program. Trainings that an
  /// earlier release has started are registered as they were.
  fileprivate var mustLoad: Bool { annotations[RunAnnotation.loads] != nil }
}

/// Whether the version of a training that has ended can be served. The trainer of an image that is not ours is not believed: a worker
/// loads what it has stored, with a server's own code, and predicts, before the version is registered. What the Job `…-load-<n>`
/// needs is derived from the training's result alone, so that an operator that dies in between goes on where it was.
struct LoadPass: ModelPass {
  @Shared var observed: ModelObservation
  var effects = Effects()

  enum Verdict: Sendable, Equatable {
    /// It loads, or need not show that it does.
    case loads
    /// What holds up the worker that loads it; nil: nothing.
    case pending(Blocker?)
    case refused(RunFailure)
  }

  init(_ observed: ModelObservation) { _observed = Shared(wrappedValue: observed) }

  mutating func verdict(on training: WorkerJob, _ artifact: ArtifactReference) -> Verdict {
    guard training.mustLoad, let number = training.number else { return .loads }
    let name = ResourceName.loadJob(model: self.name, number: number.value)
    guard let owner = observed.model.ownerReference else { return .pending(nil) }
    let run = request(name, artifact, owner)
    guard let job = observed.jobs.first(where: { $0.name == name && $0.isLoad }) else {
      effects.apply += run.objects(observed.settings)
      return .pending(nil)
    }
    let ledger = RunLedger([job], namespace: namespace, now: now)
    switch ledger.state(of: job) {
    case .running(let blocker):
      if let pause = ledger.pause { lookAgain(in: pause) }
      return .pending(blocker)
    case .stuck(let blocker):
      if job.isOutdated(by: run) { remove(job) }
      return .pending(blocker)
    case .ended(let result):
      guard let loaded = result.loaded, loaded.artifact == artifact else {
        return .refused(
          RunFailure(.resultInvalid, "\(name) wrote a result that is not about \(artifact.version)", retryable: false))
      }
      return .loads
    case .failed(let failure):
      // A worker of the release before: it would refuse every version.
      if job.doesNotKnowStep { return .loads }
      guard failure.retryable else {
        return .refused(
          RunFailure(
            reason: failure.reason, message: "\(artifact.version) cannot be served: \(failure.message)",
            retryable: false, step: failure.step))
      }
      return retried(job, failure, as: run, since: training.endTime, artifact.version)
    }
  }

  /// Passing trouble, such as a bucket that is away or a pod that was evicted, costs no good training: the Job makes room for another
  /// try, at once where it would be another one.
  private mutating func retried(
    _ job: WorkerJob, _ failure: RunFailure, as run: RunRequest, since trained: Timestamp, _ version: String
  ) -> Verdict {
    let end = job.endTime
    let age = end.seconds(since: trained)
    guard age < loadPatience else {
      return .refused(
        RunFailure(
          reason: failure.reason,
          message: "\(version) could not be loaded within a day, and was given up: \(failure.message)", retryable: true,
          step: failure.step))
    }
    let pause = min(max(age / 2, shortestLoadPause), longestLoadPause).rounded(.up)
    let left = pause - now.seconds(since: end)
    if left <= 0 || job.isOutdated(by: run) { remove(job) } else { lookAgain(in: left) }
    let again = end.advanced(bySeconds: pause).wholeSeconds
    return .pending(
      Blocker(
        reason: failure.reason,
        message: "\(version) could not be loaded, the next try is at \(again): \(failure.message)"))
  }

  private mutating func remove(_ job: WorkerJob) {
    guard !job.isBeingDeleted else { return }
    effects.remove.append(job.removal(from: namespace))
  }

  /// Of a version that is registered nobody needs the load any more. One that failed is kept with its training, for its log.
  /// - Parameter loading: the training whose version is still to be loaded.
  mutating func tidy(_ registry: Registry, loading: WorkerJob?) {
    let trainings = observed.jobs.filter { training in
      guard !training.isLoad, let number = training.number else { return false }
      return training.name == loading?.name || registry[number.description]?.spec.failure != nil
    }
    let kept = Set(trainings.compactMap(\.number).map { ResourceName.loadJob(model: name, number: $0.value) })
    let current = loading?.number.map { ResourceName.loadJob(model: name, number: $0.value) }
    for job in observed.jobs where job.isLoad && job.name != current {
      if !kept.contains(job.name) || job.isHeldUp {
        remove(job)
      } else if job.mustStop {
        effects.stop.append(job.removal(from: namespace))
      }
    }
  }

  private func request(_ job: String, _ artifact: ArtifactReference, _ owner: OwnerReference) -> RunRequest {
    let training = spec.training
    var run = RunRequest(
      component: .load, job: job,
      specification: RunSpecification(
        run: ResourceName.run(of: job, in: namespace), namespace: namespace, model: name,
        load: LoadRun(artifact: artifact)),
      labels: [ApusLabels.model: name], annotations: [:], owner: owner, deadline: training.deadline,
      retries: training.retries, resources: training.resources, template: Self.withoutProgram(training.template))
    let objects = run.objects(observed.settings).map(\.manifest.fingerprint).joined(separator: " ")
    run.annotations[RunAnnotation.recipe] = StableHash.hexadecimal(objects.utf8)
    return run
  }

  /// Members of a container by which another program would run, or end otherwise, or say something else than the worker did.
  private static let program = [
    "image", "command", "args", "workingDir", "lifecycle", "ports", "livenessProbe", "readinessProbe", "startupProbe",
    "terminationMessagePath", "terminationMessagePolicy",
  ]

  /// People's template without what would run another program than the operator's worker, or spoil its result. Variables stay, as
  /// stores and proxies are set up by them, but for those of the dynamic loader.
  static func withoutProgram(_ template: JSONValue?) -> JSONValue? {
    guard var template else { return nil }
    for path in [["spec", "containers"], ["containers"]] {
      var place: JSONValue? = template
      for key in path { place = place?[key] }
      guard let containers = place?.array else { continue }
      let own = containers.map { container -> JSONValue in
        guard container["name"]?.string == WorkerJob.container else { return container }
        var copy = container
        for member in program { copy[member] = nil }
        if let variables = container["env"]?.array { copy["env"] = .array(variables.filter { !isOfLoader($0) }) }
        return copy
      }
      template.set(.array(own), at: path)
    }
    return template
  }

  private static func isOfLoader(_ variable: JSONValue) -> Bool {
    guard let name = variable["name"]?.string else { return false }
    return name.hasPrefix("LD_") || name == "GLIBC_TUNABLES"
  }
}

extension WorkerJob {
  /// Where it has ended.
  fileprivate var endTime: Timestamp { finishedAt ?? ends.last?.finishedAt ?? createdAt }

  /// Whether it would be another Job today. A Job's template cannot change.
  fileprivate func isOutdated(by run: RunRequest) -> Bool {
    guard let made = annotations[RunAnnotation.recipe] else { return false }
    return made != run.annotations[RunAnnotation.recipe]
  }
}
