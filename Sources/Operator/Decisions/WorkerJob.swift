import ApusAPI
package import KubernetesModel
package import WorkerContract

/// How long the ends of pods may be behind their Job's.
private let podPatience = 30.0
/// How long other containers of a pod may go on after the worker, as proxies that end themselves do.
private let sidecarPatience = 60.0

/// A training or check Job with its pods, as far as decisions need it.
package struct WorkerJob: Sendable, Equatable {
  package var name: String
  package var uid: String
  /// Id of its run, which the result has to bear; nil: not known.
  package var run: String?
  package var labels: [String: String]
  package var annotations: [String: String]
  package var createdAt: Timestamp
  package var isBeingDeleted: Bool
  package var succeeded: Bool
  /// Reason of the condition `Failed`: `BackoffLimitExceeded`, `DeadlineExceeded`; nil while it has not failed.
  package var failure: String?
  package var finishedAt: Timestamp?
  /// Ends of the container `worker`, oldest first.
  package var ends: [PodEnd]
  /// Why a pod of the Job cannot start, such as an image that cannot be pulled.
  package var trouble: PodTrouble?
  /// Why the cluster makes no pod for the Job, in its own words.
  package var refusal: String?
  /// The Job without a pod, or its pod, where nothing says why it does not get on.
  package private(set) var silent: SilentObject?
  /// A worker of the Job runs.
  package private(set) var hasWorker = false
  /// Containers that go on in a pod whose worker has ended.
  package var lingering: Lingering?
  /// How often a failed pod is followed by another; nil where the Job does not say.
  package var retries: Int?
  /// A pod of the Job has not ended.
  package var isTrying: Bool
  /// Makes no more pods (`parallelism: 0`).
  package var isStopped: Bool
  /// The Job has finished, but not all of its pods have been seen to end.
  package private(set) var awaitsPods = false

  /// How one pod of the Job ended.
  package struct PodEnd: Sendable, Equatable {
    package var exitCode: Int
    /// `OOMKilled`, `Error`, `Completed`
    package var reason: String?
    package var message: String?
    package var finishedAt: Timestamp?
    /// The pod as a whole counts as failed, so that the Job tries again, whatever the worker's exit code.
    package var isPodFailed: Bool

    package init(
      exitCode: Int, reason: String? = nil, message: String? = nil, finishedAt: Timestamp? = nil,
      isPodFailed: Bool? = nil
    ) {
      self.exitCode = exitCode
      self.reason = reason
      self.message = message
      self.finishedAt = finishedAt
      self.isPodFailed = isPodFailed ?? (exitCode != 0)
    }
  }

  /// Other containers than the worker, such as a proxy that was injected: they keep a pod running for as long as they like,
  /// and the Job with it.
  package struct Lingering: Sendable, Equatable {
    package var pod: String
    package var containers: [String]
    /// When the worker ended.
    package var since: Timestamp
    /// They had their time to end by themselves.
    package var isOverdue: Bool

    package init(pod: String, containers: [String], since: Timestamp, isOverdue: Bool) {
      self.pod = pod
      self.containers = containers
      self.since = since
      self.isOverdue = isOverdue
    }
  }

  package init(
    name: String, uid: String, labels: [String: String] = [:], annotations: [String: String] = [:],
    createdAt: Timestamp, isBeingDeleted: Bool = false, succeeded: Bool = false, failure: String? = nil,
    finishedAt: Timestamp? = nil, ends: [PodEnd] = [], trouble: PodTrouble? = nil, retries: Int? = nil,
    isTrying: Bool = false,
    isStopped: Bool = false
  ) {
    self.name = name
    self.uid = uid
    self.labels = labels
    self.annotations = annotations
    self.createdAt = createdAt
    self.isBeingDeleted = isBeingDeleted
    self.succeeded = succeeded
    self.failure = failure
    self.finishedAt = finishedAt
    self.ends = ends
    self.trouble = trouble
    self.retries = retries
    self.isTrying = isTrying
    self.isStopped = isStopped
  }

  /// From what the API says about the Job and its pods. The two come by different watches: a Job that has finished counts
  /// as running until the ends of its pods are seen too, or would have been.
  package init?(_ job: Job, pods: [Pod], at now: Timestamp) {
    guard let name = job.metadata.name, let uid = job.metadata.uid else { return nil }
    let condition = job.status?.conditions["Failed"]
    let ends = pods.compactMap(PodEnd.init).sorted { ($0.finishedAt ?? .distantPast) < ($1.finishedAt ?? .distantPast) }
    let finishedAt = job.status?.completionTime ?? (job.hasFailed ? condition?.lastTransitionTime : nil)
    let isKnown = Self.hasAllEnds(job, ends) || now.seconds(since: finishedAt ?? .distantPast) >= podPatience
    self.init(
      name: name, uid: uid, labels: job.metadata.labels, annotations: job.metadata.annotations,
      createdAt: job.metadata.creationTimestamp ?? .distantPast, isBeingDeleted: job.metadata.isBeingDeleted,
      succeeded: job.hasSucceeded && isKnown,
      failure: job.hasFailed && isKnown ? (condition?.reason ?? "Failed") : nil, finishedAt: finishedAt, ends: ends,
      trouble: pods.lazy.compactMap(PodTrouble.init).first, retries: job.spec?.backoffLimit,
      isTrying: pods.contains { !$0.metadata.isBeingDeleted && PodEnd($0) == nil && $0.status?.phase != "Failed" },
      isStopped: job.spec?.parallelism == 0)
    run = job.metadata.namespace.map { ResourceName.run(of: name, in: $0) }
    awaitsPods = job.isFinished && !isKnown
    hasWorker = pods.contains { pod in
      pod.status?.containerStatuses.contains { $0.name == Self.container && $0.state?.running != nil } ?? false
    }
    lingering = pods.lazy.compactMap { Lingering($0, at: now) }.first
    // A suspended Job, as under a queue, is meant to have no pods.
    if !job.isFinished, !isStopped, !isBeingDeleted, job.spec?.suspend != true { silent = silentObject(pods) }
  }

  /// What does not get on without saying why: a pod that does not start, or the Job where it has none.
  private func silentObject(_ pods: [Pod]) -> SilentObject? {
    let pods = pods.filter { !$0.metadata.isBeingDeleted }
    if isTrying { return trouble == nil ? pods.lazy.compactMap(SilentObject.init).first : nil }
    guard lingering == nil, let since = ends.isEmpty ? createdAt : nextTry else { return nil }
    return SilentObject(.job, name: name, uid: uid, since: since)
  }

  /// Takes up what Events say about `silent`.
  package mutating func learn(_ warnings: [ClusterWarning]) {
    guard let silent else { return }
    switch silent.kind {
    case .pod: trouble = PodTrouble(silent, warnings)
    case .job:
      let before = ends.last?.finishedAt ?? .distantPast
      let refusals = warnings.filter { $0.reason == "FailedCreate" && $0.time >= before }
      refusal = refusals.max { $0.time < $1.time }?.message
    }
  }

  private static func hasAllEnds(_ job: Job, _ ends: [PodEnd]) -> Bool {
    if job.hasSucceeded { return ends.contains { $0.exitCode == 0 } }
    // A Job whose time is up deletes its pods: there is nothing to wait for.
    if job.status?.conditions["Failed"]?.reason == "DeadlineExceeded" { return true }
    return ends.count >= (job.status?.failed ?? 0)
  }
}

extension WorkerJob.PodEnd {
  fileprivate init?(_ pod: Pod) {
    let container = pod.status?.containerStatuses.first { $0.name == WorkerJob.container }
    guard let end = container?.state?.terminated ?? container?.lastState?.terminated else { return nil }
    self.init(
      exitCode: end.exitCode, reason: end.reason, message: end.message, finishedAt: end.finishedAt,
      isPodFailed: pod.status?.phase == "Failed")
  }
}

extension WorkerJob.Lingering {
  /// nil: the worker has not ended, or nothing but the worker keeps the pod. Native sidecars (init containers that are
  /// restarted always) do not count: the kubelet ends them when the worker has ended.
  fileprivate init?(_ pod: Pod, at now: Timestamp) {
    guard !pod.metadata.isBeingDeleted, let status = pod.status, status.phase != "Succeeded", status.phase != "Failed",
      let worker = status.containerStatuses.first(where: { $0.name == WorkerJob.container }),
      let end = worker.state?.terminated
    else { return nil }
    let others = status.containerStatuses.filter { $0.name != WorkerJob.container && $0.state?.terminated == nil }
    guard !others.isEmpty else { return nil }
    let since = end.finishedAt ?? now
    self.init(
      pod: pod.metadata.name ?? "", containers: others.map(\.name).sorted(), since: since,
      isOverdue: now.seconds(since: since) >= sidecarPatience)
  }
}

extension WorkerJob {
  /// The container that writes the result.
  package static let container = "worker"
  /// With this exit code a worker says that trying again cannot help.
  package static let permanentFailure = 65
  /// The end of a program that does not know its command (`EX_USAGE` of sysexits.h).
  private static let usageError = 64

  /// How the run stands, seen over all its tries.
  package enum Outcome: Sendable, Equatable {
    case running
    /// Ended well: the result as it was written, or why it cannot be read.
    case ended(RunResult)
    case failed(RunFailure)
  }

  /// The worker's own end counts, whatever the pod's other containers and the Job make of it: a proxy that goes on, or fails
  /// at the end, must not cost a result that is there.
  package var outcome: Outcome {
    let good = ends.last { $0.exitCode == 0 }
    if let good {
      let own = result(of: good)
      if goodResult(in: good) != nil || succeeded || lingering?.isOverdue == true { return own }
      if failure != nil, failure != Self.deadlineExceeded { return own }
    }
    if succeeded { return result(of: nil) }
    if let end = ends.last, isPermanent(end) { return .failed(failure(of: end)) }
    guard let failure else {
      // The Job cannot try again as long as the pod runs.
      guard let end = ends.last, good == nil, lingering?.isOverdue == true else { return .running }
      return .failed(self.failure(of: end))
    }
    if failure == Self.deadlineExceeded { return .failed(deadlineFailure) }
    guard let end = ends.last else {
      return .failed(
        RunFailure(
          .resultMissing, "\(name) failed (\(failure)) and no pod of it is left to say why", retryable: true))
    }
    return .failed(self.failure(of: end))
  }

  private static let deadlineExceeded = "DeadlineExceeded"

  var fields: PodFields { PodFields(component: labels[ApusLabels.component]) }

  private var deadlineReason: Reason {
    switch labels[ApusLabels.component].flatMap(ApusLabels.Component.init) {
    case .check: .checkDeadlineExceeded
    case .remove: .removalDeadlineExceeded
    case .train, .load, .server, nil: .trainingDeadlineExceeded
    }
  }

  private var deadlineFailure: RunFailure {
    RunFailure(
      deadlineReason,
      "\(name) ran longer than its deadline and was ended; \(fields.moreTime), or give it more CPU "
        + "(\(fields.resource("limits.cpu")))", retryable: true)
  }

  package var isEnded: Bool { outcome != .running }

  /// No worker has started, and none will before somebody acts.
  var isStuck: Bool {
    !isEnded && !isBeingDeleted && !hasWorker && ends.isEmpty && (trouble != nil || refusal != nil)
  }

  /// Has ended by its worker's word, while the Job would go on: it would try a good run again because another container
  /// failed, or a hopeless one because the cluster knows no podFailurePolicy.
  var mustStop: Bool {
    guard isEnded, !succeeded, failure == nil, !isStopped, !isBeingDeleted, lingering == nil else { return false }
    return ends.last?.exitCode != 0 || ends.contains { $0.isPodFailed }
  }

  /// Has ended but for containers that had their time to end as well.
  var isHeldUp: Bool {
    isEnded && !succeeded && failure == nil && !isBeingDeleted && lingering?.isOverdue == true
  }

  /// Seconds until the containers that go on have had their time; nil: there are none.
  func graceLeft(at now: Timestamp) -> Double? {
    guard let lingering, !lingering.isOverdue else { return nil }
    return sidecarPatience - now.seconds(since: lingering.since)
  }

  private func result(of end: PodEnd?) -> Outcome {
    guard let end, let reading = self.reading(end) else {
      return .failed(
        RunFailure(.resultMissing, "\(name) ended without a result; \(Self.resultHint)", retryable: true))
    }
    switch reading {
    case .success(let result): return result.failed.map(Outcome.failed) ?? .ended(result)
    case .failure(let problem): return .failed(failure(of: problem))
    }
  }

  private static let resultHint =
    "the container must write a RunResult of at most \(RunResult.maximumBytes) bytes to its result file"

  /// What a pod wrote, once it is known to be what the contract allows; nil: it wrote nothing.
  private func reading(_ end: PodEnd) -> Result<RunResult, ResultProblem>? {
    guard let text = end.message, !text.isEmpty else { return nil }
    let expected = RunResult.Expectation(run: run, version: fields == .training && !isLoad ? number?.description : nil)
    return Result { () throws(ResultProblem) in try RunResult(reading: text, expected) }
  }

  private func goodResult(in end: PodEnd) -> RunResult? { try? reading(end)?.get() }

  /// A result that is not used. The same run can write nothing else.
  private func failure(of problem: ResultProblem) -> RunFailure {
    switch problem.kind {
    case .unreadable:
      RunFailure(
        .resultUnreadable, "\(name) wrote a result that cannot be read (\(problem)); \(Self.resultHint)",
        retryable: false)
    case .invalid:
      RunFailure(.resultInvalid, "\(name) wrote a result that is not used: \(problem)", retryable: false)
    }
  }

  private func isPermanent(_ end: PodEnd) -> Bool {
    if end.exitCode == Self.permanentFailure || doesNotKnowStep(end) { return true }
    guard end.exitCode != 0, let result = goodResult(in: end) else { return false }
    return result.failed?.retryable == false
  }

  /// Workers of release 0.1.0 have no `remove` and no `load`. Trainers of other people may mean something else by their exit code.
  private func doesNotKnowStep(_ end: PodEnd) -> Bool {
    (fields == .removal || isLoad) && end.exitCode == Self.usageError && goodResult(in: end) == nil
  }

  /// Its worker is of a release that does not have the step.
  var doesNotKnowStep: Bool { ends.last.map { doesNotKnowStep($0) } ?? false }

  /// What a failed pod said, or what is known of a pod that could not say anything.
  func failure(of end: PodEnd) -> RunFailure {
    switch reading(end) {
    case .success(let result)?: if let failed = result.failed { return failed }
    case .failure(let problem)?: if problem.kind == .invalid { return failure(of: problem) }
    case nil: break
    }
    if doesNotKnowStep(end) {
      return RunFailure(
        .stepUnknown,
        "the worker image does not know the step \(isLoad ? "load" : "remove") (exit code \(end.exitCode)); name one of the operator's release, "
          + "\(fields.image(of: nil))", retryable: false)
    }
    let cause =
      end.reason == ContainerStatus.State.Terminated.outOfMemory
      ? "it needed more memory than its limit (OOMKilled); raise \(fields.resource("limits.memory"))" : nil
    let code = "the worker of \(name) ended with exit code \(end.exitCode) and no readable result"
    return RunFailure(
      .workerCrashed, cause.map { "\(code): \($0)" } ?? "\(code); see its log",
      retryable: end.exitCode != Self.permanentFailure)
  }
}

extension RunFailure {
  /// A failure that the operator states, for a run that could not say it itself.
  init(_ reason: Reason, _ message: String, retryable: Bool) {
    self.init(reason: reason.rawValue, message: message, retryable: retryable, step: "run")
  }
}

extension RunFailure {
  /// A run that never started did not take too long: what kept it is what a person has to know.
  func explained(by blocker: Blocker?, _ job: WorkerJob) -> RunFailure {
    guard let blocker, job.ends.isEmpty,
      [.trainingDeadlineExceeded, .checkDeadlineExceeded, .removalDeadlineExceeded].map(\Reason.rawValue).contains(
        reason)
    else { return self }
    var copy = self
    copy.message = "\(job.name) did not start before its deadline: \(blocker.message)"
    return copy
  }
}

extension Timestamp {
  /// Before anything that is recorded.
  package static let distantPast = Timestamp(secondsSince1970: 0)
}
