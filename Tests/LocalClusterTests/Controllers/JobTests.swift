import Foundation
import KubernetesModel
import Testing

@testable import LocalCluster

@Suite("A Job")
struct JobTests {
  private func aJob(_ spec: JSONValue = [:], status: JSONValue = [:]) -> ClusterObject {
    var job: JSONValue = [
      "apiVersion": "batch/v1", "kind": "Job",
      "metadata": ["name": "train", "namespace": "default", "uid": "j1", "generation": 1],
      "spec": [
        "parallelism": 1, "completions": 1, "backoffLimit": 2,
        "template": ["spec": ["restartPolicy": "Never", "containers": [["name": "web", "image": "web:1"]]]],
      ],
      "status": status,
    ]
    for (key, value) in spec.object ?? [:] { job.set(value, at: ["spec", key]) }
    return ClusterObject(job)
  }

  private let running: JSONValue = ["startTime": TimeText.json(noon)]

  private func decide(_ job: ClusterObject, _ pods: [ClusterObject], now: Date = noon) -> Decision {
    JobRun(job: job, pods: pods, now: now).decide()
  }

  private func failed(_ name: String, code: Int = 1, at time: Date = noon) -> ClusterObject {
    aPod(name, phase: "Failed", ready: false, exitCode: code, finished: time)
  }

  @Test("starts its pod with the labels people select by")
  func start() {
    let decision = decide(aJob(), [])
    #expect(decision.summary == ["create pods train-", "status jobs train"])
    guard case .create(_, let pod, _) = decision.writes[0] else { return }
    #expect(
      ClusterObject(pod).labels == [
        "batch.kubernetes.io/controller-uid": "j1", "controller-uid": "j1", "batch.kubernetes.io/job-name": "train",
        "job-name": "train",
      ])
    let status = decision.status(of: ClusterResource.jobs)
    #expect(status?["active"] == 1 && status?["startTime"] == TimeText.json(noon))
  }

  @Test("is complete when its pod has succeeded")
  func complete() {
    let decision = decide(aJob(status: running), [aPod("a", phase: "Succeeded", ready: false)], now: seconds(9))
    #expect(decision.summary == ["event Completed", "status jobs train"])
    let status = decision.status(of: ClusterResource.jobs)
    #expect(status?["succeeded"] == 1 && status?["completionTime"] == TimeText.json(seconds(9)))
    #expect(decision.conditions(of: ClusterResource.jobs) == ["Complete=True CompletionsReached"])
  }

  @Test(
    "waits 10 s after a failure, then twice as long each time",
    arguments: [([0.0], 10.0), ([0, 12], 32), ([0, 12, 40], 80)] as [([Double], Double)])
  func backoff(ends: [Double], due: Double) {
    let job = aJob(["backoffLimit": 9], status: running)
    let pods = ends.enumerated().map { failed("p\($0.offset)", at: seconds($0.element)) }
    let early = decide(job, pods, now: seconds(due - 1))
    #expect(early.lookAgainAt == seconds(due) && !early.summary.contains("create pods train-"))
    #expect(decide(job, pods, now: seconds(due)).summary.contains("create pods train-"))
  }

  @Test("fails after more failures than the limit, and stops what runs")
  func limit() {
    let pods = ["a", "b", "c"].map { failed($0) } + [aPod("d")]
    let decision = decide(aJob(status: running), pods)
    #expect(decision.conditions(of: ClusterResource.jobs) == ["Failed=True BackoffLimitExceeded"])
    #expect(decision.summary.contains("delete pods d"))
  }

  @Test("counts failures that were seen before although the pods were deleted")
  func remembered() {
    var status = running
    status["failed"] = 3
    #expect(
      decide(aJob(status: status), []).conditions(of: ClusterResource.jobs) == ["Failed=True BackoffLimitExceeded"])
  }

  @Test("fails at its deadline")
  func deadline() {
    let job = aJob(["activeDeadlineSeconds": 60], status: running)
    #expect(decide(job, [aPod("a")], now: seconds(59)).lookAgainAt == seconds(60))
    let decision = decide(job, [aPod("a")], now: seconds(60))
    #expect(decision.conditions(of: ClusterResource.jobs) == ["Failed=True DeadlineExceeded"])
    #expect(decision.summary.contains("delete pods a"))
  }

  @Test("fails at once for an exit code that its policy calls final")
  func policy() {
    let job = aJob(
      [
        "podFailurePolicy": [
          "rules": [["action": "FailJob", "onExitCodes": ["operator": "In", "values": [65]]]]
        ]
      ], status: running)
    #expect(
      decide(job, [failed("a", code: 65)]).conditions(of: ClusterResource.jobs) == ["Failed=True PodFailurePolicy"])
    #expect(decide(job, [failed("a", code: 1)]).conditions(of: ClusterResource.jobs).isEmpty)
  }

  @Test("that is suspended has no pods and no start time, and starts afresh when resumed")
  func suspended() throws {
    let job = aJob(["suspend": true], status: running)
    let decision = decide(job, [aPod("a")])
    #expect(decision.summary.contains("delete pods a"))
    let status = try #require(decision.status(of: ClusterResource.jobs))
    #expect(status["startTime"] == nil)
    #expect(decision.conditions(of: ClusterResource.jobs) == ["Suspended=True JobSuspended"])
    let resumed = decide(aJob(status: status), [], now: seconds(100))
    #expect(resumed.summary.contains("create pods train-"))
    #expect(resumed.status(of: ClusterResource.jobs)?["startTime"] == TimeText.json(seconds(100)))
    #expect(resumed.conditions(of: ClusterResource.jobs) == ["Suspended=False JobResumed"])
  }

  @Test("runs as many pods side by side as it may, until all completions are there")
  func parallel() {
    let job = aJob(["completions": 5, "parallelism": 2], status: running)
    #expect(decide(job, []).summary.count { $0 == "create pods train-" } == 2)
    let done = (1...4).map { aPod("s\($0)", phase: "Succeeded", ready: false) }
    #expect(decide(job, done).summary.count { $0 == "create pods train-" } == 1)
  }

  @Test("that has ended is deleted when its time to live is over, and touched no more before")
  func expiry() {
    let job = aJob(
      ["ttlSecondsAfterFinished": 100],
      status: ["conditions": [["type": "Complete", "status": "True", "lastTransitionTime": TimeText.json(noon)]]])
    #expect(decide(job, [], now: seconds(99)) == Decision(writes: [], lookAgainAt: seconds(100)))
    #expect(decide(job, [], now: seconds(100)).summary == ["delete jobs train"])
  }
}

@Suite("The small controllers")
struct SmallControllerTests {
  @Test("every living namespace gets a ServiceAccount default")
  func account() {
    let namespace = ClusterObject(["metadata": ["name": "ml"]])
    #expect(
      ServiceAccountController.decide(namespace: namespace, hasAccount: false).summary == [
        "create serviceaccounts default"
      ])
    #expect(ServiceAccountController.decide(namespace: namespace, hasAccount: true) == .nothing)
    #expect(ServiceAccountController.decide(namespace: nil, hasAccount: false) == .nothing)
  }

  @Test("a claim is given a volume, then bound, then left alone")
  func claim() throws {
    var claim = ClusterObject([
      "metadata": ["name": "data", "namespace": "ml", "uid": "c1"],
      "spec": ["accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": "1Gi"]]],
    ])
    let first = ClaimController.decide(claim: claim)
    guard case .replace(_, let named) = first.writes[0] else { return }
    claim = ClusterObject(named)
    #expect(claim.spec["volumeName"] == "pvc-c1")
    let status = try #require(ClaimController.decide(claim: claim).status(of: ClusterResource.claims))
    #expect(status["phase"] == "Bound" && status["capacity"]?["storage"] == "1Gi")
    claim.json["status"] = status
    #expect(ClaimController.decide(claim: claim) == .nothing)
  }
}
