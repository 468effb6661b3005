import ApusAPI
import Decisions
import KubernetesModel
import Testing
import WorkerContract

/// A run has ended when its own container has, whatever else is in its pod and whatever the Job makes of it.
@Suite struct SidecarTests {
  enum End: Sendable, Equatable { case running, succeeded, failed(String) }

  struct Row: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var containers: [JSONValue]
    var initContainers: [JSONValue] = []
    var phase: JSONValue = "Running"
    var isPodDeleted = false
    /// Reason of the Job's condition Failed.
    var jobFailure: JSONValue?
    /// Seconds since the worker's end.
    var after = 5.0
    var component = "train"
    var end: End
  }

  private static func terminated(_ name: String, _ code: Int64, _ message: String = "", _ reason: String = "Error")
    -> JSONValue
  {
    [
      "name": .string(name),
      "state": [
        "terminated": [
          "exitCode": .integer(code), "reason": .string(reason), "message": .string(message),
          "finishedAt": .string(noon.description),
        ]
      ],
    ]
  }

  private static func running(_ name: String) -> JSONValue {
    ["name": .string(name), "ready": true, "state": ["running": ["startedAt": .string(noon.description)]]]
  }

  private static let good = terminated("worker", 0, termination(result("v1")), "Completed")
  private static let unreachable = terminated(
    "worker", 1,
    termination(RunFailure(reason: "SourceUnreachable", message: "no answer", retryable: true, step: "ingest")))
  private static let hopeless = terminated(
    "worker", 65,
    termination(RunFailure(reason: "NoRows", message: "no rows", retryable: false, step: "ingest")))
  private static let proxy = running("istio-proxy")

  static let rows: [Row] = [
    Row(testDescription: "an appended proxy runs on", containers: [good, proxy], end: .succeeded),
    Row(testDescription: "a proxy in front runs on", containers: [proxy, good], end: .succeeded),
    Row(
      testDescription: "several, one of which never started",
      containers: [proxy, good, ["name": "vault", "state": ["waiting": ["reason": "ImagePullBackOff"]]]],
      end: .succeeded),
    Row(
      testDescription: "a native sidecar runs on", containers: [good], initContainers: [running("istio-proxy")],
      end: .succeeded),
    Row(
      testDescription: "the Job's time was up before anybody ended the proxy", containers: [good, proxy],
      isPodDeleted: true, jobFailure: "DeadlineExceeded", end: .succeeded),
    Row(
      testDescription: "the proxy was killed and failed the pod", containers: [good, terminated("istio-proxy", 137)],
      phase: "Failed", end: .succeeded),
    Row(
      testDescription: "the proxy failed the pod, and with it the Job",
      containers: [terminated("istio-proxy", 1), good], phase: "Failed", jobFailure: "BackoffLimitExceeded",
      end: .succeeded),
    Row(
      testDescription: "a check's result counts as well", containers: [proxy, terminated("worker", 0, checked)],
      component: "check", end: .succeeded),
    Row(testDescription: "the worker still runs", containers: [running("worker"), proxy], end: .running),
    Row(
      testDescription: "a proxy that ended is not the worker", containers: [running("worker"), terminated("proxy", 0)],
      end: .running),
    Row(
      testDescription: "a container of another name has no result", containers: [terminated("copy", 0, "x"), proxy],
      end: .running),
    Row(
      testDescription: "a result that may yet come", containers: [terminated("worker", 0), proxy], end: .running),
    Row(
      testDescription: "no result, and none will come", containers: [terminated("worker", 0), proxy], after: 61,
      end: .failed("ResultMissing")),
    Row(
      testDescription: "a failure that may be tried again once the proxy ends", containers: [unreachable, proxy],
      end: .running),
    Row(
      testDescription: "a failure that the proxy keeps from being tried again", containers: [unreachable, proxy],
      after: 61, end: .failed("SourceUnreachable")),
    Row(
      testDescription: "out of memory beside a proxy", containers: [proxy, terminated("worker", 137, "", "OOMKilled")],
      after: 61, end: .failed("WorkerCrashed")),
    Row(
      testDescription: "a native sidecar is ended by the kubelet, and then the Job tries again",
      containers: [unreachable], initContainers: [running("istio-proxy")], after: 61, end: .running),
    Row(
      testDescription: "a hopeless failure needs no patience", containers: [proxy, hopeless], end: .failed("NoRows")),
    Row(
      testDescription: "the time was up while the worker ran",
      containers: [terminated("worker", 137), terminated("istio-proxy", 0)], phase: "Failed", isPodDeleted: true,
      jobFailure: "DeadlineExceeded", end: .failed("TrainingDeadlineExceeded")),
    Row(
      testDescription: "a worker that went quietly when the time was up has no result",
      containers: [terminated("worker", 0), terminated("istio-proxy", 0)], phase: "Failed", isPodDeleted: true,
      jobFailure: "DeadlineExceeded", end: .failed("TrainingDeadlineExceeded")),
  ]

  private static let checked = JSONValue.document(RunResult(run: "r", checked: checkResult())).text

  private static func seen(_ row: Row) throws -> WorkerJob {
    var status: JSONValue = ["active": 1]
    if let failure = row.jobFailure {
      status = [
        "failed": 1,
        "conditions": [
          [
            "type": "Failed", "status": "True", "reason": failure, "lastTransitionTime": .string(noon.description),
          ]
        ],
      ]
    }
    let job: Job = try JSONValue.object([
      "metadata": ["name": "j", "uid": "u", "labels": ["apus.dev/component": .string(row.component)]],
      "spec": ["backoffLimit": 2, "template": [:]], "status": status,
    ]).decode()
    var metadata: JSONValue = ["name": "p", "uid": "p"]
    if row.isPodDeleted { metadata["deletionTimestamp"] = .string(noon.description) }
    let pod: Pod = try JSONValue.object([
      "metadata": metadata,
      "status": [
        "phase": row.phase, "containerStatuses": .array(row.containers),
        "initContainerStatuses": .array(row.initContainers),
      ],
    ]).decode()
    return try #require(WorkerJob(job, pods: [pod], at: noon.advanced(bySeconds: row.after)))
  }

  @Test(arguments: rows) func `a run's end`(_ row: Row) throws {
    switch try Self.seen(row).outcome {
    case .running: #expect(row.end == .running)
    case .ended: #expect(row.end == .succeeded)
    case .failed(let failure): #expect(row.end == .failed(failure.reason), "\(failure)")
    }
  }

  // MARK: What becomes of the Job

  private static func linger(_ job: inout WorkerJob, for seconds: Double) {
    job.ends = [.init(exitCode: 0, message: termination(result("v1")), finishedAt: noon, isPodFailed: false)]
    job.lingering = .init(pod: "p", containers: ["istio-proxy"], since: noon, isOverdue: seconds >= 60)
  }

  @Test func `a training beside a proxy is in production at once, its Job goes a minute later, and the next may start`()
    throws
  {
    var world = World(aModel())
    world.settle()
    var job = try #require(world.jobs["income-train-1"])
    Self.linger(&job, for: 5)
    world.jobs["income-train-1"] = job
    let early = try #require(world.observeModel()?.decide())
    #expect(early.remove.isEmpty && early.stop.isEmpty && (early.requeueAfter ?? .infinity) <= 60)
    world.settle()
    #expect(world.stage("v1") == .production && world.jobs["income-train-1"] != nil)
    #expect(world.model?.status.training?.state == .succeeded)
    Self.linger(&job, for: 61)
    world.jobs["income-train-1"] = job
    world.settle()
    #expect(world.jobs["income-train-1"] == nil && world.announced("SidecarsEnded"))
    world.retrains(result("v2", against: "v1"))
    #expect(world.startedJobs == ["income-train-1", "income-train-2"] && world.stage("v2") == .production)
  }

  @Test func `a Job that lost its pods after its run was recorded holds up nothing`() throws {
    var world = World(aModel())
    world.settle()
    world.trains(result("v1"))
    // Stopped, its pods deleted, and never finished.
    world.jobs["income-train-1"]?.ends = []
    world.jobs["income-train-1"]?.succeeded = false
    world.jobs["income-train-1"]?.isStopped = true
    world.retrains(result("v2", against: "v1"))
    #expect(world.stage("v2") == .production)
  }

  @Test func `a good run is not tried again because a proxy failed its pod`() throws {
    var world = World(aModel())
    world.settle()
    world.jobs["income-train-1"]?.ends = [
      .init(exitCode: 0, message: termination(result("v1")), finishedAt: noon, isPodFailed: true)
    ]
    world.settle()
    #expect(world.stage("v1") == .production && world.jobs["income-train-1"]?.isStopped == true)
  }

  @Test func `a good run whose Job is about to be complete is left alone`() throws {
    var world = World(aModel())
    world.settle()
    world.jobs["income-train-1"]?.ends = [
      .init(exitCode: 0, message: termination(result("v1")), finishedAt: noon, isPodFailed: false)
    ]
    world.settle()
    #expect(world.stage("v1") == .production && world.jobs["income-train-1"]?.isStopped == false)
  }

  @Test func `a check is recorded before its Job goes`() throws {
    var world = World.serving(policy: aPolicy("watch"))
    world.policy?.metadata.annotations[ApusAnnotations.checkRequestedAt] = "now"
    world.settle()
    let name = try #require(world.policy?.status.runningCheck)
    world.jobs[name]?.ends = [.init(exitCode: 0, message: Self.checked, finishedAt: noon, isPodFailed: false)]
    world.jobs[name]?.lingering = .init(pod: "p", containers: ["istio-proxy"], since: noon, isOverdue: true)
    let first = try #require(world.observePolicy()?.decide())
    #expect(first.remove.isEmpty && first.status.history.first?.job == name)
    world.settle()
    #expect(world.jobs[name] == nil && world.policy?.status.lastCheck?.outcome == .healthy)
    #expect(world.policy?.status.runningCheck == nil && world.announced("SidecarsEnded"))
    world.pass(TimeSpan(seconds: 60))
    world.checks(checkResult())
    #expect(world.policy?.status.history.count == 2)
  }
}
