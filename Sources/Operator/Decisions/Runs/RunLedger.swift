package import ApusAPI
package import KubernetesModel
package import WorkerContract

/// How soon a finished Job is looked at again whose pods' ends have not been seen.
private let laggingPodsInterval = 5.0
/// A run whose Job is gone before its result was read is given up after this long: a cache may be late.
private let lostRunPatience = 60.0
/// An announced start is resumed under its name for this long; later it would be about another time.
private let resumableStart = 60.0

/// The runs of one owner: the trainings of a model, the checks of a policy, the removals of what a model has left. It knows their
/// Jobs and what the owner's status says about them, and answers what a run's life asks: which have ended, which goes on, what
/// is to be started, recalled, stopped and tidied up. What a run is about, and where its end is recorded, is its owner's.
///
/// Pure: it is made from what was observed, and takes note of what this decision records and starts.
package struct RunLedger: Sendable, Equatable {
  package let namespace: String
  package let now: Timestamp
  /// In the order in which the runs were started.
  package let jobs: [WorkerJob]
  /// Jobs of the owner that are about something that is no more: not followed, and removed.
  package let outdated: [WorkerJob]
  /// Names of the Jobs that the owner's status knows. One that it does not know was made by an operator that died before it
  /// could write the status.
  private let known: Set<String>
  /// Names of the Jobs whose run needs no following: it is recorded, or has been forgotten on purpose.
  package private(set) var recorded: Set<String>
  /// The run that the owner's status calls running.
  package private(set) var current: Current?

  package struct Current: Sendable, Equatable {
    package var job: String
    /// nil: not known.
    package var since: Timestamp?
    /// What was last known to hold it up.
    package var blocker: Blocker?

    package init(job: String, since: Timestamp? = nil, blocker: Blocker? = nil) {
      self.job = job
      self.since = since
      self.blocker = blocker
    }
  }

  /// - Parameter known: nil: the recorded ones and the current one.
  package init(
    _ jobs: [WorkerJob], recorded: Set<String> = [], known: Set<String>? = nil, current: Current? = nil,
    outdated: [WorkerJob] = [], namespace: String, now: Timestamp
  ) {
    self.namespace = namespace
    self.now = now
    self.jobs = jobs
    self.outdated = outdated
    self.recorded = recorded
    self.known = known ?? recorded.union([current?.job].compactMap(\.self))
    self.current = current
  }
}

// How runs stand.
extension RunLedger {
  package enum State: Sendable, Equatable {
    /// What holds it up; nil: nothing.
    case running(Blocker?)
    /// No worker has started, and none will before somebody acts.
    case stuck(Blocker)
    case ended(RunResult)
    case failed(RunFailure)
  }

  /// The end of a run.
  package struct End: Sendable, Equatable {
    package var job: WorkerJob
    package var outcome: Outcome

    package enum Outcome: Sendable, Equatable {
      case ended(RunResult)
      case failed(RunFailure)
    }

    package init(_ job: WorkerJob, _ outcome: Outcome) {
      self.job = job
      self.outcome = outcome
    }

    /// nil: not known.
    package var time: Timestamp? { job.finishedAt ?? job.ends.last?.finishedAt }
  }

  package func state(of job: WorkerJob) -> State {
    switch job.outcome {
    case .ended(let result): return .ended(result)
    case .failed(let failure): return .failed(failure.explained(by: knownBlocker(of: job), job))
    case .running:
      let blocker = job.blocker(after: knownBlocker(of: job))
      guard job.isStuck, let blocker else { return .running(blocker) }
      return .stuck(blocker)
    }
  }

  /// What was last known to hold up a run.
  private func knownBlocker(of job: WorkerJob) -> Blocker? { current?.job == job.name ? current?.blocker : nil }

  /// The run that goes on, the latest of them. One whose end is recorded does not, even if its pods are gone and its Job says
  /// nothing more.
  package var running: WorkerJob? { jobs.last(where: isRunning) }

  private func isRunning(_ job: WorkerJob) -> Bool {
    !job.isEnded && !job.isBeingDeleted && !recorded.contains(job.name)
  }

  /// What holds up the run that goes on; nil: nothing does, or none goes on.
  package var blocker: Blocker? {
    guard let running else { return nil }
    switch state(of: running) {
    case .running(let blocker): return blocker
    case .stuck(let blocker): return blocker
    case .ended, .failed: return nil
    }
  }

  /// Runs that are over and not recorded, in the order of their starts.
  ///
  /// - Parameter givesUp: Whether a run that cannot start makes room: a Job's template cannot change, so where a person has
  ///   changed what it is made from, as its condition asks for, the next run takes its place.
  package func ends(givingUp givesUp: (WorkerJob) -> Bool = { _ in false }) -> [End] {
    jobs.filter { !recorded.contains($0.name) }.compactMap { job in
      switch state(of: job) {
      case .running: nil
      case .stuck(let blocker): givesUp(job) ? End(job, .failed(.neverStarted(job, blocker))) : nil
      case .ended(let result): End(job, .ended(result))
      case .failed(let failure): End(job, .failed(failure))
      }
    }
  }

  /// What became of the current run where its Job is not there: somebody, or its time to live, has deleted it.
  package enum Loss: Sendable, Equatable {
    /// It is there, or there is no current run.
    case none
    /// A cache may be late: to be asked again in this many seconds.
    case suspected(Double)
    case certain(Current)
  }

  package var loss: Loss {
    guard let current, !recorded.contains(current.job), !jobs.contains(where: { $0.name == current.job }) else {
      return .none
    }
    let age = now.seconds(since: current.since ?? .distantPast)
    return age < lostRunPatience ? .suspected(lostRunPatience - age) : .certain(current)
  }

  /// Seconds until another look at Jobs that change without an event; nil: none does.
  package var pause: Double? {
    let lagging = jobs.contains(where: \.awaitsPods) ? laggingPodsInterval : nil
    let silent = jobs.filter { !$0.isEnded }.compactMap { $0.silent?.nextLook(at: now) }
    return (silent + jobs.compactMap { $0.graceLeft(at: now) } + [lagging].compactMap(\.self)).min()
  }
}

// Starts.
extension RunLedger {
  /// The latest run where the status does not know it: an operator made its Job and died before it wrote the status. What the
  /// start took care of stands in the Job's annotation.
  package func recalled<Handled: Decodable>(_ type: Handled.Type = Handled.self) -> (job: WorkerJob, handled: Handled)?
  {
    guard let latest = jobs.last, !known.contains(latest.name),
      let handled: Handled = latest.annotations[RunAnnotation.handled].flatMap({ JSONValue.value(in: $0) })
    else { return nil }
    return (latest, handled)
  }

  /// When a start was announced whose Job is not there: an operator died in between. Job and configuration come about under the
  /// announced name, unless it is too long ago.
  package func announcedStart(_ reason: Reason, in outbox: [PendingEvent]) -> Timestamp? {
    let time = outbox.last { isAnnouncedOnly($0, reason) }?.at.time.wholeSeconds
    return time.flatMap { (0...resumableStart).contains(now.seconds(since: $0)) ? $0 : nil }
  }

  /// Whether it announces a start that never was, or is yet to be.
  package func isAnnouncedOnly(_ pending: PendingEvent, _ reason: Reason) -> Bool {
    pending.reason == reason.rawValue && current.map { !pending.concerns($0.job) } ?? true
      && !jobs.contains { pending.concerns($0.name) } && !recorded.contains(where: pending.concerns)
  }

  /// Whether a run of that name was there before.
  package func hasUsed(_ name: String) -> Bool {
    recorded.contains(name) || (jobs + outdated).contains { $0.name == name }
  }

  /// The objects of a new run, which is the current one from now on.
  package mutating func start(_ run: RunRequest, _ settings: OperatorSettings) -> [DesiredObject] {
    follow(run.job, since: now)
    return run.objects(settings)
  }

  /// From now on this is the current run; what held up another is forgotten.
  package mutating func follow(_ job: String, since: Timestamp?) {
    if current?.job != job { current = Current(job: job, since: since) }
  }

  package mutating func record(_ job: String) {
    recorded.insert(job)
    if current?.job == job { current = nil }
  }
}

// What Jobs would do after their run.
extension RunLedger {
  package enum Retention: Sendable, Equatable {
    /// The last so many runs that are over, for `kubectl logs`.
    case latest(Int)
    /// Runs that failed or were stopped, for so many seconds. The owner is gone: nobody waits for what goes on.
    case failures(Double)
  }

  /// Ends what the Jobs of recorded runs would go on with: another try, or containers that go on for ever, which only the
  /// deletion of the Job ends.
  ///
  /// - Parameter settled: Names of the Jobs whose record is written before any Job is removed.
  func closing(settled: Set<String>) -> Effects {
    var effects = Effects()
    effects.stop = jobs.filter { recorded.contains($0.name) && $0.mustStop }.map(removal)
    let settled = jobs.filter { settled.contains($0.name) }
    effects.remove = settled.filter(\.isOfNoUse).map(removal)
    for job in settled where job.isHeldUp {
      effects.remove.append(removal(of: job))
      effects.announce(.normal, .sidecarsEnded, job.sidecarNote, regarding: job.name)
    }
    return effects
  }

  /// Stops a run that is given up: it must not begin after all, when a queue or a node lets it.
  package func halting(_ job: WorkerJob) -> [Removal] {
    let isOver = job.succeeded || job.failure != nil || job.isStopped || job.isBeingDeleted
    return isOver ? [] : [removal(of: job)]
  }

  /// Jobs that are kept no longer, and configurations that no Job mounts.
  package func tidying(_ retention: Retention, _ configurations: [RunConfiguration]) -> [Removal] {
    let old = old(retention)
    let kept = Set(jobs.map(\.name)).subtracting(old.map(\.name)).union([current?.job].compactMap(\.self))
    return (outdated + old).filter { !$0.isBeingDeleted }.map(removal)
      + configurations.filter { !kept.contains($0.job) }
      .map { Removal(Resource.configMaps, namespace: namespace, name: $0.name, uid: $0.uid) }
  }

  private func old(_ retention: Retention) -> [WorkerJob] {
    switch retention {
    case .latest(let count):
      jobs.filter { ($0.isEnded || recorded.contains($0.name)) && !$0.isBeingDeleted }.dropLast(count)
    case .failures(let patience):
      jobs.filter { job in
        switch job.outcome {
        case .running: !job.isStopped || now.seconds(since: job.createdAt) >= patience
        case .ended: true
        case .failed: now.seconds(since: job.finishedAt ?? job.createdAt) >= patience
        }
      }
    }
  }

  private func removal(of job: WorkerJob) -> Removal { job.removal(from: namespace) }
}

extension WorkerJob {
  func removal(from namespace: String) -> Removal {
    Removal(Resource.jobs, namespace: namespace, name: name, uid: uid)
  }

  /// Of a Job whose run is recorded: it would go on, or lost its pods, and nobody waits for it.
  fileprivate var isOfNoUse: Bool { !isEnded && !awaitsPods && !isBeingDeleted }

  /// Why the Job of a run that has ended is deleted.
  fileprivate var sidecarNote: String {
    let names = (lingering?.containers ?? []).joined(separator: ", ")
    return
      "\(name): container \(names) kept the pod after the worker had ended, so the Job was deleted with its pod; to keep the "
      + "log, make it a native sidecar (\(fields.template("initContainers")) with restartPolicy: Always)"
  }
}

extension RunFailure {
  fileprivate static func neverStarted(_ job: WorkerJob, _ blocker: Blocker) -> RunFailure {
    RunFailure(
      reason: blocker.reason,
      message: "\(job.name) had not started when the spec changed, and was given up: \(blocker.message)",
      retryable: true, step: "run")
  }
}
