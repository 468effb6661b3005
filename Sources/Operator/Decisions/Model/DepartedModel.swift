package import ApusAPI
package import KubernetesModel
import Values
import WorkerContract

/// A model that was deleted with `spec.deletion: Delete`, and what one decision about its removal needs. Its ModelVersions
/// carry a finalizer: they have outlived it, and tell what there is to remove.
///
/// | what is seen | what is done |
/// |---|---|
/// | the cluster refuses the Job | say why, try again for some hours, then let go |
/// | servers, trainings or checks of the model that may still write | wait, at most ten minutes |
/// | all of it lay in a claim that is gone | nothing is left to remove: let go |
/// | no removal Job | start one |
/// | a Job that runs | wait; one that does not start within its deadline has failed |
/// | a Job that ended well | say what was removed, let go |
/// | a Job that failed | another one after 10 minutes, and after an hour; then say why, and let go |
package struct DepartedModel: Sendable {
  package var now: Timestamp
  package var namespace: String
  package var name: String
  package var uid: String
  /// When the first of its versions was deleted.
  package var since: Timestamp
  /// All that carry the finalizer, whether or not the cluster has come to deleting them.
  package var versions: [ModelVersion]
  /// Names of those that do not decode: nothing is known of their files.
  package var unreadable: [String]
  package var settings: OperatorSettings
  /// Removal Jobs of this model. They stay until nothing waits any more: what has been done is known by them.
  package var jobs: [WorkerJob]
  /// Pods and Jobs that may still write rows or files of the model.
  package var writers: [String]
  /// Digests of the files that other models have.
  package var foreignDigests: Set<String>
  package var claimExists: Bool
  /// That the cluster took no Job just now.
  package var refusal: Refusal?

  package struct Refusal: Sendable, Equatable {
    /// The server's.
    package var words: String
    /// When this operator process was first refused.
    package var since: Timestamp

    package init(_ words: String, since: Timestamp) {
      self.words = words
      self.since = since
    }
  }

  package init(
    now: Timestamp, namespace: String, name: String, uid: String, since: Timestamp, versions: [ModelVersion],
    unreadable: [String] = [], settings: OperatorSettings, jobs: [WorkerJob] = [], writers: [String] = [],
    foreignDigests: Set<String> = [], claimExists: Bool = true
  ) {
    self.now = now.wholeSeconds
    self.namespace = namespace
    self.name = name
    self.uid = uid
    self.since = since
    self.versions = versions
    self.unreadable = unreadable
    self.settings = settings
    self.jobs = jobs
    self.writers = writers
    self.foreignDigests = foreignDigests
    self.claimExists = claimExists
  }

  /// Names of all removal Jobs that a model may have.
  package static func jobNames(model: String, uid: String) -> [String] {
    (1...attempts).map { ResourceName.removalJob(model: model, uid: uid, attempt: $0) }
  }

  fileprivate static let attempts = 3
  /// Behind the failure of the first try, and of the second.
  fileprivate static let pauses = [600.0, 3600]
  /// How long those that may still write are waited for: a node that is cut off keeps its pods for ever.
  fileprivate static let writersPatience = 600.0
  fileprivate static let deadline = TimeSpan(seconds: 3600)
  /// The controller of Jobs ends a Job at its deadline; one that never got a pod has none on older clusters.
  fileprivate static let deadlinePatience = 60.0
  fileprivate static let interval = 5.0
  /// As long as three Jobs that do not start.
  fileprivate static let refusalPatience = 15_600.0
  /// An operator that was away for these hours tries for this long before it gives up.
  fileprivate static let refusalTrial = 600.0
  fileprivate static let refusalInterval = 60.0
}

/// What to do about the data of a deleted model, in the order of the members.
package struct DepartureDecision: Sendable, Equatable {
  package var apply: [DesiredObject] = []
  package var stop: [Removal] = []
  /// To be told once `apply` is done; the same decision made again tells the same.
  package var events: [PendingEvent] = []
  /// Nothing is waited for any more: the finalizers go.
  package var letsGo = false
  /// Seconds; nil: only a change calls for another look.
  package var requeueAfter: Double?
}

extension DepartedModel {
  /// Pure, total, quick.
  package func decide() -> DepartureDecision {
    let storage = settings.storage
    let liesInClaim = storage.artifacts.hasPrefix("file:") && storage.telemetryLiesInClaim
    if liesInClaim, !claimExists {
      return end(.normal, .dataRemoved, "nothing to remove: the volume claim \(storage.claim.name) no longer exists")
    }
    if let refusal { return refused(refusal) }
    guard let job = removals.jobs.last else {
      return awaitsWriters ? DepartureDecision(requeueAfter: Self.interval) : start(1)
    }
    switch removals.state(of: job) {
    case .ended(let result):
      guard let removed = result.removed else {
        return failed(
          job, RunFailure(.resultUnreadable, "\(job.name) wrote the result of another kind of run", retryable: true))
      }
      return end(
        .normal, .dataRemoved,
        "removed \(Figures.count(removed.rows, "row")) from the telemetry store, \(Figures.count(removed.reports, "report")) and the "
          + "files of \(Figures.count(removed.versions, "version"))"
          + (job.annotations[RunAnnotation.keptFiles].map { "; kept the files of \($0), which another model shares" }
            ?? "")
          + (unreadable.isEmpty
            ? ""
            : "; the files of \(unreadable.sorted().joined(separator: ", ")) stay, as these objects cannot be read"))
    case .failed(let failure): return failed(job, failure)
    case .running(let blocker): return waits(for: job, blocker)
    case .stuck(let blocker): return waits(for: job, blocker)
    }
  }

  /// The model's removals, in their order.
  private var removals: RunLedger {
    RunLedger(jobs.sorted { $0.attempt < $1.attempt }, namespace: namespace, now: now)
  }

  private func waits(for job: WorkerJob, _ blocker: Blocker?) -> DepartureDecision {
    let age = now.seconds(since: job.createdAt)
    let limit = Self.deadline.seconds + Self.deadlinePatience
    guard age >= limit else {
      return DepartureDecision(events: [beginning(of: job)], requeueAfter: max(limit - age, 1))
    }
    let why = blocker?.message ?? "no pod of it started"
    return failed(job, RunFailure(.removalDeadlineExceeded, "\(job.name) did not start: \(why)", retryable: true))
  }

  private var awaitsWriters: Bool { !writers.isEmpty && now.seconds(since: since) < Self.writersPatience }

  /// Nothing was made that could be counted: the time decides.
  private func refused(_ refusal: Refusal) -> DepartureDecision {
    let message = PodRefusal(refusal.words).sentence(of: "the removal Job", .removal)
    let mayPass =
      now.seconds(since: since) < Self.refusalPatience || now.seconds(since: refusal.since) < Self.refusalTrial
    guard mayPass else {
      return end(.warning, .dataNotRemoved, "gave up: \(message); \(leftovers)")
    }
    return DepartureDecision(
      events: [PendingEvent(.warning, .dataNotRemoved, message, at: since)], requeueAfter: Self.refusalInterval)
  }

  private var leftovers: String {
    "the rest of the model's data (uid \(uid)) stays, docs/deleting.md says how to remove it"
  }

  private var artifacts: [ArtifactReference] {
    var seen: Set<String> = []
    return versions.sorted { $0.spec.number < $1.spec.number }
      .filter { $0.status.files != .removed }.compactMap(\.spec.artifact)
      .filter { !foreignDigests.contains($0.digest) && seen.insert($0.digest).inserted }
  }

  /// Versions whose files are another model's, too.
  private var shared: [String] {
    versions.filter { $0.spec.artifact.map { foreignDigests.contains($0.digest) } ?? false }.map(\.spec.version)
  }

  private func start(_ attempt: Int) -> DepartureDecision {
    let job = ResourceName.removalJob(model: name, uid: uid, attempt: attempt)
    let artifacts = artifacts
    var annotations = [RunAnnotation.attempt: String(attempt), RunAnnotation.removedFiles: String(artifacts.count)]
    if !shared.isEmpty { annotations[RunAnnotation.keptFiles] = shared.sorted().joined(separator: ", ") }
    let run = RunRequest(
      component: .remove, job: job,
      specification: RunSpecification(
        run: ResourceName.run(of: job, in: namespace), namespace: namespace, model: name,
        identity: ModelIdentity(uid: uid, created: nil),
        remove: RemovalRun(artifacts: artifacts)),
      labels: [ApusLabels.model: name], annotations: annotations, owner: nil,
      deadline: Self.deadline, retries: 3, resources: .ofRemovals, template: settings.removalTemplate)
    var decision = DepartureDecision()
    let storage = settings.storage
    if storage.needsClaim, storage.claim.create, !claimExists {
      decision.apply.append(dataClaim(storage.claim, namespace: namespace))
    }
    var removals = removals
    decision.apply += removals.start(run, settings)
    return decision
  }

  private func failed(_ job: WorkerJob, _ failure: RunFailure) -> DepartureDecision {
    let attempt = job.attempt
    let halting = removals.halting(job)
    guard attempt < Self.attempts, failure.retryable else {
      var last = end(
        .warning, .dataNotRemoved,
        "gave up after \(Figures.count(attempt, "Job")): \(failure.message.clause); \(leftovers)")
      last.stop = halting
      return last
    }
    var decision = DepartureDecision()
    decision.stop = halting
    let pause = Self.pauses[attempt - 1] - now.seconds(since: endTime(of: job))
    guard pause <= 0 else {
      decision.events = [
        beginning(of: job),
        PendingEvent(
          .warning, .dataNotRemoved, "removal Job \(attempt) of \(Self.attempts) failed: \(failure.message)",
          at: endTime(of: job)),
      ]
      decision.requeueAfter = pause
      return decision
    }
    var next = start(attempt + 1)
    next.stop = decision.stop
    return next
  }

  private func beginning(of job: WorkerJob) -> PendingEvent {
    PendingEvent(
      .normal, .removingData,
      "Job \(job.name) is removing the model's rows, its reports and the files of \(Figures.count(job.removedFiles, "version"))",
      at: job.createdAt)
  }

  /// The same each time it is asked: what is told of it is told once.
  private func endTime(of job: WorkerJob) -> Timestamp {
    job.finishedAt ?? job.ends.last?.finishedAt
      ?? job.createdAt.advanced(bySeconds: Self.deadline.seconds + Self.deadlinePatience)
  }

  private func end(_ type: PendingEvent.Kind, _ reason: Reason, _ message: String) -> DepartureDecision {
    let last = removals.jobs.last
    let event = PendingEvent(type, reason, message, at: last.map(endTime) ?? since)
    // A Job may have ended before anybody saw it run.
    return DepartureDecision(events: (last.map { [beginning(of: $0)] } ?? []) + [event], letsGo: true)
  }
}

/// Removal Jobs and their configurations for which no ModelVersion waits any more.
package struct FinishedRemovals: Sendable {
  package var now: Timestamp
  package var namespace: String
  package var jobs: [WorkerJob]
  package var runConfigurations: [RunConfiguration]

  package init(now: Timestamp, namespace: String, jobs: [WorkerJob], runConfigurations: [RunConfiguration]) {
    self.now = now
    self.namespace = namespace
    self.jobs = jobs
    self.runConfigurations = runConfigurations
  }

  /// A Job that failed stays for a week, for its log; so does one that was given up. One that goes on, because somebody has let
  /// the versions go, is ended: a new model of the name may make the same files.
  private static let patience = 604_800.0

  package func decide() -> [Removal] {
    RunLedger(jobs, namespace: namespace, now: now).tidying(.failures(Self.patience), runConfigurations)
  }
}

extension String {
  /// A sentence as a part of another.
  fileprivate var clause: String { hasSuffix(".") ? String(dropLast()) : self }
}

extension PendingEvent {
  fileprivate init(_ type: Kind, _ reason: Reason, _ message: String, at time: Timestamp) {
    self.init(type: type, reason: reason.rawValue, message: message, at: MicroTime(time))
  }
}

extension ContainerResources {
  /// Rows go in batches, so that this is enough; a quota may ask for both.
  fileprivate static let ofRemovals = ContainerResources(
    requests: ["cpu": "50m", "memory": "128Mi"], limits: ["cpu": "1", "memory": "512Mi"])
}

extension WorkerJob {
  /// From 1 on, whatever somebody has written there.
  fileprivate var attempt: Int { max(annotations[RunAnnotation.attempt].flatMap(Int.init) ?? 1, 1) }
  fileprivate var removedFiles: Int { annotations[RunAnnotation.removedFiles].flatMap(Int.init) ?? 0 }
}
