import ApusAPI
package import KubernetesModel
package import WorkerContract

/// How long the ends of pods may be behind their Job's.
private let podPatience = 30.0

/// A training or check Job with its pods, as far as decisions need it.
package struct WorkerJob: Sendable, Equatable {
  package var name: String
  package var uid: String
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
  /// Why a pod of the Job can not start, such as an image that can not be pulled.
  package var trouble: PodTrouble?
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

    package init(exitCode: Int, reason: String? = nil, message: String? = nil, finishedAt: Timestamp? = nil) {
      self.exitCode = exitCode
      self.reason = reason
      self.message = message
      self.finishedAt = finishedAt
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
    awaitsPods = job.isFinished && !isKnown
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
    self.init(exitCode: end.exitCode, reason: end.reason, message: end.message, finishedAt: end.finishedAt)
  }
}

extension WorkerJob {
  /// The container that writes the result.
  package static let container = "worker"
  /// With this exit code a worker says that trying again can not help.
  package static let permanentFailure = 65

  /// How the run stands, seen over all its tries.
  package enum Outcome: Sendable, Equatable {
    case running
    /// Ended well: the result as it was written, or why it can not be read.
    case ended(RunResult)
    case failed(RunFailure)
  }

  package var outcome: Outcome {
    if succeeded { return result(of: ends.last { $0.exitCode == 0 }) }
    if let end = ends.last, Self.isPermanent(end) { return .failed(Self.failure(of: end, job: name)) }
    guard let failure else { return .running }
    if failure == "DeadlineExceeded" {
      return .failed(
        RunFailure(
          labels[ApusLabels.component] == ApusLabels.Component.check.rawValue
            ? .checkDeadlineExceeded : .trainingDeadlineExceeded,
          "\(name) ran longer than its deadline and was ended; raise the deadline or give it more CPU",
          retryable: true))
    }
    guard let end = ends.last else {
      return .failed(
        RunFailure(
          .resultMissing, "\(name) failed (\(failure)) and no pod of it is left to say why", retryable: true))
    }
    return .failed(Self.failure(of: end, job: name))
  }

  package var isEnded: Bool { outcome != .running }

  private func result(of end: PodEnd?) -> Outcome {
    let hint = "the container must write a RunResult of at most \(RunResult.maximumBytes) bytes to its result file"
    guard let text = end?.message, !text.isEmpty else {
      return .failed(
        RunFailure(.resultMissing, "\(name) ended without a result; \(hint)", retryable: true))
    }
    guard let result: RunResult = JSONValue.value(in: text) else {
      return .failed(
        RunFailure(
          .resultUnreadable, "\(name) wrote a result that can not be read; \(hint)", retryable: false))
    }
    if let failed = result.failed { return .failed(failed) }
    return .ended(result)
  }

  private static func isPermanent(_ end: PodEnd) -> Bool {
    if end.exitCode == permanentFailure { return true }
    guard end.exitCode != 0, let result = result(in: end) else { return false }
    return result.failed?.retryable == false
  }

  private static func result(in end: PodEnd) -> RunResult? {
    end.message.flatMap { JSONValue.value(RunResult.self, in: $0) }
  }

  /// What a failed pod said, or what is known of a pod that could not say anything.
  static func failure(of end: PodEnd, job: String) -> RunFailure {
    if let failed = result(in: end)?.failed { return failed }
    let cause =
      end.reason == "OOMKilled" ? "it needed more memory than its limit (OOMKilled); raise resources.limits" : nil
    let code = "the worker of \(job) ended with exit code \(end.exitCode) and no readable result"
    return RunFailure(
      .workerCrashed, cause.map { "\(code): \($0)" } ?? "\(code); see its log",
      retryable: end.exitCode != permanentFailure)
  }
}

extension RunFailure {
  /// A failure that the operator states, for a run that could not say it itself.
  init(_ reason: Reason, _ message: String, retryable: Bool) {
    self.init(reason: reason.rawValue, message: message, retryable: retryable, step: "run")
  }
}

extension Timestamp {
  /// Before anything that is recorded.
  package static let distantPast = Timestamp(secondsSince1970: 0)
}
