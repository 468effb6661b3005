import ApusAPI
import KubernetesModel
import WorkerContract

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
    guard let job = observed.jobs.first(where: { $0.name == name && $0.isLoad }) else {
      start(name, artifact)
      return .pending(nil)
    }
    let ledger = RunLedger([job], namespace: namespace, now: now)
    switch ledger.state(of: job) {
    case .running(let blocker):
      if let pause = ledger.pause { lookAgain(in: pause) }
      return .pending(blocker)
    case .stuck(let blocker): return .pending(blocker)
    case .ended(let result):
      guard let loaded = result.loaded, loaded.artifact == artifact else {
        return .refused(
          RunFailure(.resultInvalid, "\(name) wrote a result that is not about \(artifact.version)", retryable: false))
      }
      return .loads
    case .failed(let failure):
      // A worker of the release before: it would refuse every version.
      if job.doesNotKnowStep { return .loads }
      return .refused(
        RunFailure(
          reason: failure.reason, message: "\(artifact.version) cannot be served: \(failure.message)",
          retryable: failure.retryable, step: failure.step))
    }
  }

  private mutating func start(_ job: String, _ artifact: ArtifactReference) {
    guard let owner = observed.model.ownerReference else { return }
    let training = spec.training
    effects.apply += RunRequest(
      component: .load, job: job,
      specification: RunSpecification(
        run: ResourceName.run(of: job, in: namespace), namespace: namespace, model: name,
        load: LoadRun(artifact: artifact)),
      labels: [ApusLabels.model: name], annotations: [:], owner: owner, deadline: training.deadline,
      retries: training.retries, resources: training.resources, template: Self.withoutProgram(training.template)
    ).objects(observed.settings)
  }

  /// People's template without what would run another program than the operator's worker.
  static func withoutProgram(_ template: JSONValue?) -> JSONValue? {
    guard var template else { return nil }
    for path in [["spec", "containers"], ["containers"]] {
      var place: JSONValue? = template
      for key in path { place = place?[key] }
      guard let containers = place?.array else { continue }
      let own = containers.map { container -> JSONValue in
        guard container["name"]?.string == WorkerJob.container else { return container }
        var copy = container
        for member in ["image", "command", "args", "lifecycle"] { copy[member] = nil }
        return copy
      }
      template.set(.array(own), at: path)
    }
    return template
  }
}
