internal import Foundation
internal import KubernetesModel

/// Runs a Job's pods to completion.
struct JobController: LocalController {
  let name = "job-controller"
  let watched = [ClusterResource.jobs, ClusterResource.pods]

  func keys(for change: ClusterChange, in cluster: any ClusterAccess) async -> [LocalKey] {
    let object = ClusterObject(change.object)
    if change.resource == ClusterResource.jobs { return change.kind == .deleted ? [] : [object.key] }
    guard let owner = object.controller, owner.kind == "Job" else { return [] }
    return [LocalKey(namespace: object.namespace, name: owner.name)]
  }

  func decision(for key: LocalKey, in cluster: any ClusterAccess, at now: Date) async -> Decision {
    guard let json = await cluster.get(ClusterResource.jobs, namespace: key.namespace, name: key.name) else {
      return .nothing
    }
    let job = ClusterObject(json)
    let pods = await cluster.list(ClusterResource.pods, namespace: key.namespace, labels: [:])
      .map(ClusterObject.init).filter { $0.isControlled(by: job) }
    return JobRun(job: job, pods: pods, now: now).decide()
  }
}

/// One look at a Job and its pods, and what follows from it.
struct JobRun {
  let job: ClusterObject
  /// The pods that the Job controls, in any phase.
  let pods: [ClusterObject]
  let now: Date
  private var decision = Decision()
  private var status: JSONValue

  init(job: ClusterObject, pods: [ClusterObject], now: Date) {
    self.job = job
    self.pods = pods
    self.now = now
    status = job.status
  }

  private var parallelism: Int { job.spec["parallelism"]?.integer ?? 1 }
  /// nil: the first success ends a work queue.
  private var completions: Int? { job.spec["completions"]?.integer ?? (job.spec["parallelism"] == nil ? 1 : nil) }
  private var backoffLimit: Int { job.spec["backoffLimit"]?.integer ?? 6 }
  private var isSuspended: Bool { job.spec["suspend"]?.bool == true }
  private var active: [ClusterObject] { pods.filter { !$0.isTerminating && !PodReading($0).isFinished } }
  private var failedPods: [ClusterObject] { pods.filter { PodReading($0).phase == "Failed" } }
  /// Never fewer than were counted before: finished pods may be deleted by hand.
  private var succeeded: Int {
    max(pods.count { PodReading($0).phase == "Succeeded" }, job.status["succeeded"]?.integer ?? 0)
  }
  private var failed: Int { max(failedPods.count, job.status["failed"]?.integer ?? 0) }
  private var isFinished: Bool { job.isConditionTrue("Complete") || job.isConditionTrue("Failed") }
  private var started: Date? { job.status["startTime"]?.string.flatMap(TimeText.date) }

  consuming func decide() -> Decision {
    if isFinished {
      expire()
      return decision
    }
    guard !job.isTerminating else { return decision }
    if isSuspended { suspend() } else { run() }
    writeStatus()
    return decision
  }

  private mutating func run() {
    if started == nil { status["startTime"] = TimeText.json(now) }
    if job.isConditionTrue("Suspended") {
      setCondition("Suspended", false, "JobResumed", "Job resumed")
      announce("Resumed", "Job resumed")
      status["startTime"] = TimeText.json(now)
    }
    if let verdict = failure() {
      end("Failed", verdict.reason, verdict.message)
      announce(verdict.reason, verdict.message, .warning)
    } else if isComplete {
      end("Complete", "CompletionsReached", "Reached expected number of succeeded pods")
      status["completionTime"] = TimeText.json(now)
      announce("Completed", "Job completed")
    } else {
      adjust()
      if let deadline { decision.lookAgain(at: deadline) }
    }
  }

  private var isComplete: Bool {
    guard let completions else { return succeeded > 0 && active.isEmpty }
    return succeeded >= completions
  }

  private var deadline: Date? {
    job.spec["activeDeadlineSeconds"]?.integer.flatMap { seconds in
      (status["startTime"]?.string.flatMap(TimeText.date))?.addingTimeInterval(TimeInterval(seconds))
    }
  }

  private func failure() -> (reason: String, message: String)? {
    if let rule = PodFailurePolicy(job.spec["podFailurePolicy"]).failing(failedPods) {
      return ("PodFailurePolicy", rule)
    }
    let restarts = active.reduce(0) { $0 + PodReading($1).restarts }
    let isOnFailure = job.spec[path: "template", "spec", "restartPolicy"]?.string == "OnFailure"
    if failed > backoffLimit || (isOnFailure && restarts > 0 && restarts >= backoffLimit) {
      return ("BackoffLimitExceeded", "Job has reached the specified backoff limit")
    }
    if let deadline, now >= deadline {
      return ("DeadlineExceeded", "Job was active longer than specified deadline")
    }
    return nil
  }

  /// Makes pods that are missing and deletes those that are too many.
  private mutating func adjust() {
    let remaining = completions.map { max(0, $0 - succeeded) } ?? (succeeded > 0 ? active.count : parallelism)
    let wanted = min(parallelism, remaining)
    if active.count > wanted {
      delete(active.sorted { ($0.created, $0.name) > ($1.created, $1.name) }.prefix(active.count - wanted))
    }
    guard active.count < wanted else { return }
    if let due = retryDue, now < due {
      decision.lookAgain(at: due)
      return
    }
    for _ in active.count..<wanted {
      decision.writes.append(
        .create(
          ClusterResource.pods,
          LocalPodTemplate.pod(
            from: job.spec["template"] ?? .object([:]), generateName: job.name + "-", owner: job,
            labels: JobLabels.of(job)),
          announced: event("SuccessfulCreate", "Created pod: ", .normal)))
    }
  }

  /// Kubernetes' Job documentation: 10 s after the first failure, then doubling, at most 6 minutes.
  private static let retryPause = DoublingPause(first: .seconds(10), longest: .seconds(360))

  /// A success resets the pause.
  private var retryDue: Date? {
    let lastSuccess = pods.filter { PodReading($0).phase == "Succeeded" }.compactMap { PodReading($0).finished }.max()
    let failures = failedPods.compactMap { PodReading($0).finished ?? $0.created }
      .filter { $0 > (lastSuccess ?? .distantPast) }
    guard let last = failures.max() else { return nil }
    return last.addingTimeInterval(Self.retryPause.after(failures: failures.count - 1) / .seconds(1))
  }

  private mutating func suspend() {
    delete(active[...])
    guard !job.isConditionTrue("Suspended") else { return }
    status["startTime"] = nil
    setCondition("Suspended", true, "JobSuspended", "Job suspended")
    announce("Suspended", "Job suspended")
  }

  private mutating func end(_ type: String, _ reason: String, _ message: String) {
    setCondition(type, true, reason, message)
    delete(active[...])
  }

  private mutating func delete(_ pods: ArraySlice<ClusterObject>) {
    for pod in pods {
      decision.writes.append(.delete(ClusterResource.pods, pod.key, uid: pod.uid, .background))
      announce("SuccessfulDelete", "Deleted pod: \(pod.name)")
    }
  }

  /// A finished Job is deleted, with its pods, when its time to live is over.
  private mutating func expire() {
    guard let ttl = job.spec["ttlSecondsAfterFinished"]?.integer, !job.isTerminating else { return }
    let ended =
      (job.condition("Complete") ?? job.condition("Failed"))?["lastTransitionTime"]?.string.flatMap(TimeText.date)
      ?? now
    let due = ended.addingTimeInterval(TimeInterval(ttl))
    if now >= due {
      decision.writes.append(.delete(ClusterResource.jobs, job.key, uid: job.uid, .background))
    } else {
      decision.lookAgain(at: due)
    }
  }

  private mutating func writeStatus() {
    let isEnding = (status["conditions"]?.array ?? []).contains {
      ["Complete", "Failed"].contains($0["type"]?.string) && $0["status"]?.string == "True"
    }
    let ending = isEnding || isSuspended
    func nonZero(_ count: Int) -> JSONValue? { count > 0 ? .integer(Int64(count)) : nil }
    let created = decision.writes.count {
      if case .create(ClusterResource.pods, _, _) = $0 { true } else { false }
    }
    status["active"] = ending ? nil : nonZero(active.count + created)
    status["ready"] = .integer(Int64(ending ? 0 : active.count { PodReading($0).isReady }))
    status["succeeded"] = nonZero(succeeded)
    status["failed"] = nonZero(failed + (isEnding && !isComplete ? active.count : 0))
    guard status != job.status else { return }
    decision.writes.append(.status(ClusterResource.jobs, job.key, uid: job.uid, status))
  }

  private mutating func setCondition(_ type: String, _ value: Bool, _ reason: String, _ message: String) {
    var list = (status["conditions"]?.array ?? []).filter { $0["type"]?.string != type }
    let time = TimeText.json(now)
    list.append([
      "type": .string(type), "status": .string(value ? "True" : "False"), "reason": .string(reason),
      "message": .string(message), "lastProbeTime": time, "lastTransitionTime": time,
    ])
    status["conditions"] = .array(list)
  }

  private func event(_ reason: String, _ message: String, _ severity: EventDraft.Severity) -> EventDraft {
    EventDraft(
      about: job.reference, severity: severity, reason: reason, message: message, source: "job-controller")
  }

  private mutating func announce(_ reason: String, _ message: String, _ severity: EventDraft.Severity = .normal) {
    decision.writes.append(.announce(event(reason, message, severity)))
  }
}

enum JobLabels {
  static func of(_ job: ClusterObject) -> [String: String] {
    [
      "batch.kubernetes.io/controller-uid": job.uid, "batch.kubernetes.io/job-name": job.name,
      "controller-uid": job.uid, "job-name": job.name,
    ]
  }
}

/// The rules that end a Job at once for an exit code that no retry can mend (`action: FailJob`, `onExitCodes`).
struct PodFailurePolicy {
  private let rules: [JSONValue]

  init(_ json: JSONValue?) { rules = json?["rules"]?.array ?? [] }

  /// Why the Job fails, or nil.
  func failing(_ pods: [ClusterObject]) -> String? {
    for pod in pods {
      for status in pod.status["containerStatuses"]?.array ?? [] {
        let container = status["name"]?.string ?? ""
        guard let code = status[path: "state", "terminated", "exitCode"]?.integer, code != 0 else { continue }
        for (index, rule) in rules.enumerated() where Self.matches(rule, container: container, code: code) {
          guard rule["action"]?.string == "FailJob" else { break }
          return "Container \(container) for pod \(pod.namespace)/\(pod.name) failed with exit code \(code) "
            + "matching FailJob rule at index \(index)"
        }
      }
    }
    return nil
  }

  private static func matches(_ rule: JSONValue, container: String, code: Int) -> Bool {
    guard let codes = rule["onExitCodes"] else { return false }
    if let name = codes["containerName"]?.string, name != container { return false }
    let values = (codes["values"]?.array ?? []).compactMap(\.integer)
    return codes["operator"]?.string == "NotIn" ? !values.contains(code) : values.contains(code)
  }
}
