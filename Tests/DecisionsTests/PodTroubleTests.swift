import ApusAPI
import Decisions
import KubernetesModel
import Testing
import WorkerContract

/// What a pod's status says becomes a sentence that names the pod, the cluster's reason and what helps.
@Suite struct PodTroubleTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var status: JSONValue
    var reason: String?
    var parts: [String] = []
  }

  private static func waiting(_ reason: String, _ message: String, restarts: Int64 = 0) -> JSONValue {
    [
      "phase": "Pending",
      "containerStatuses": [
        [
          "name": "server", "ready": false, "restartCount": .integer(restarts),
          "state": ["waiting": ["reason": .string(reason), "message": .string(message)]],
        ]
      ],
    ]
  }

  private static func looping(
    _ state: JSONValue, restarts: Int64,
    end: JSONValue = ["exitCode": 64, "reason": "Error", "message": "no routing table"]
  ) -> JSONValue {
    [
      "phase": "Running",
      "containerStatuses": [
        [
          "name": "server", "ready": false, "restartCount": .integer(restarts), "state": state,
          "lastState": ["terminated": end],
        ]
      ],
    ]
  }

  static let rows: [Row] = [
    Row(
      testDescription: "an image that is not there", status: waiting("ErrImagePull", "manifest unknown"),
      reason: "ImagePullBackOff",
      parts: [
        "pod p cannot start: ImagePullBackOff: manifest unknown; correct the image", "images.server of the operator",
      ]),
    Row(
      testDescription: "an image whose signature the node refuses",
      status: waiting("SignatureValidationFailed", "no signature found"), reason: "SignatureValidationFailed",
      parts: ["no signature found; name an image that the node's signature policy accepts"]),
    Row(
      testDescription: "a hook before the start, as of a device plugin",
      status: waiting("PreStartHookError", "device plugin gone"), reason: "RunContainerError",
      parts: ["device plugin gone"]),
    Row(
      testDescription: "a mount that cannot be prepared",
      status: waiting("CreateContainerConfigError", "failed to prepare subPath for volumeMount \"data\""),
      reason: "CreateContainerConfigError", parts: ["correct environment and mounts in spec.serving.template.spec"]),
    Row(
      testDescription: "memory that a limit does not give",
      status: looping(["running": [:]], restarts: 2, end: ["exitCode": 137, "reason": "OOMKilled"]),
      reason: "CrashLoopBackOff", parts: ["raise spec.serving.resources.limits.memory"]),
    Row(
      testDescription: "a program that only speaks of it",
      status: looping(
        ["running": [:]], restarts: 2, end: ["exitCode": 1, "reason": "Error", "message": "a child was OOMKilled"]),
      reason: "CrashLoopBackOff", parts: ["a child was OOMKilled", "kubectl logs p --previous"]),
    Row(
      testDescription: "a key that a Secret lacks",
      status: waiting("CreateContainerConfigError", "couldn't find key url in Secret shop/db"),
      reason: "CreateContainerConfigError", parts: ["couldn't find key url", "create the Secret or ConfigMap"]),
    Row(
      testDescription: "a container that ends again and again",
      status: looping(["waiting": ["reason": "CrashLoopBackOff", "message": "back-off 40s restarting"]], restarts: 1),
      reason: "CrashLoopBackOff",
      parts: ["container server ends with exit code 64 (Error: no routing table)", "kubectl logs p --previous"]),
    Row(
      testDescription: "the same while it runs for a moment", status: looping(["running": [:]], restarts: 2),
      reason: "CrashLoopBackOff", parts: ["exit code 64"]),
    Row(
      testDescription: "a container that was started again once is no loop",
      status: looping(["running": [:]], restarts: 1), reason: nil),
    Row(
      testDescription: "no node has room",
      status: [
        "phase": "Pending",
        "conditions": [
          [
            "type": "PodScheduled", "status": "False", "reason": "Unschedulable",
            "message": "0/3 nodes are available: 3 Insufficient cpu.",
          ]
        ],
      ], reason: "Unschedulable", parts: ["0/3 nodes are available", "give the cluster room"]),
    Row(
      testDescription: "a container before the others",
      status: [
        "phase": "Pending",
        "initContainerStatuses": [
          ["name": "fetch", "state": ["waiting": ["reason": "InvalidImageName", "message": "bad name"]]]
        ],
        "containerStatuses": [["name": "server", "state": ["waiting": ["reason": "PodInitializing"]]]],
      ], reason: "InvalidImageName", parts: ["bad name"]),
    Row(
      testDescription: "a pod that just starts",
      status: ["containerStatuses": [["name": "server", "state": ["waiting": ["reason": "ContainerCreating"]]]]],
      reason: nil),
    Row(
      testDescription: "a pod that is ready", status: ["conditions": [["type": "Ready", "status": "True"]]], reason: nil
    ),
    Row(
      testDescription: "a pod that was evicted is no pod that should start",
      status: ["phase": "Failed", "containerStatuses": [["name": "server", "restartCount": 9]]], reason: nil),
  ]

  @Test(arguments: rows) func `a pod's trouble`(_ row: Row) throws {
    let pod: Pod = try JSONValue.object(["metadata": ["name": "p"], "status": row.status]).decode()
    let trouble = PodTrouble(pod)
    #expect(trouble?.reason == row.reason)
    let sentence = trouble?.blocker(.serving, after: nil).message ?? ""
    for part in row.parts { #expect(sentence.contains(part), "\(sentence)") }
  }

  @Test func `a message about waiting does not drive out the cause, so that the sentence stays`() {
    let cause = PodTrouble(pod: "p", reason: "ImagePullBackOff", message: "manifest unknown")
    let pause = PodTrouble(
      pod: "p", reason: "ImagePullBackOff", message: "Back-off pulling image \"x\"", sign: .pausing)
    let known = cause.blocker(.serving, after: nil)
    #expect(pause.blocker(.serving, after: known) == known)
    #expect(pause.blocker(.serving, after: nil).message.contains("Back-off pulling image"))
    #expect(cause.blocker(.serving, after: pause.blocker(.serving, after: nil)) == known)
    var other = pause
    other.pod = "q"
    #expect(other.blocker(.serving, after: known).message.hasPrefix("pod q cannot start"))
  }

  /// From Kubernetes 1.32 on the pause names the cause, in whatever words: the status says by a reason that it is a pause.
  @Test(arguments: ["Back-off pulling image \"x\"", "Back-off pulling image \"x\": ErrImagePull: denied", "waiting"])
  func `that the kubelet waits is known by its reason`(_ message: String) throws {
    func trouble(_ reason: String, _ message: String) throws -> PodTrouble {
      let pod: Pod = try JSONValue.object(["metadata": ["name": "p"], "status": Self.waiting(reason, message)]).decode()
      return try #require(PodTrouble(pod))
    }
    let known = try trouble("ErrImagePull", "manifest unknown").blocker(.serving, after: nil)
    #expect(try trouble("ImagePullBackOff", message).blocker(.serving, after: known) == known)
    let other = try trouble("ErrImagePull", "Back-off is what the registry asks for").blocker(.serving, after: known)
    #expect(other.detail == "Back-off is what the registry asks for")
  }

  // MARK: Servers

  private static let stuck = PodTrouble(pod: "server-1", reason: "ImagePullBackOff", message: "manifest unknown")

  /// A served model, of which these pods have trouble.
  private func decision(
    troubled: [Int], ready: [Int], refusal: String? = nil, before: ModelDeploymentStatus? = nil
  ) throws -> ModelDecision {
    var world = World.serving()
    world.settle()
    if let before { world.model?.status = before }
    var observed = try #require(world.observeModel())
    for index in observed.pods.indices {
      observed.pods[index].isReady = ready.contains(index)
      observed.pods[index].trouble = troubled.contains(index) ? Self.stuck : nil
    }
    observed.deployment?.podRefusal = refusal
    return observed.decide()
  }

  @Test func `no server that starts: every condition of it tells the pod's own reason`() throws {
    let decision = try decision(troubled: [1], ready: [])
    for type in [ConditionType.ready, .serving, .reconciling] {
      let condition = try #require(decision.status.conditions[type.rawValue])
      #expect(condition.reason == "ImagePullBackOff", "\(type)")
      #expect(condition.message.contains("pod server-1 cannot start: ImagePullBackOff: manifest unknown"), "\(type)")
    }
    #expect(decision.announcements.filter { $0.reason == "ImagePullBackOff" }.map(\.kind) == [.warning])
    let again = try self.decision(troubled: [1], ready: [], before: decision.status)
    #expect(again.status.conditions == decision.status.conditions)
    #expect(!again.announcements.contains { $0.reason == "ImagePullBackOff" })
  }

  @Test func `a rollout that is stuck is told while the pods before it serve on`() throws {
    let decision = try decision(troubled: [1], ready: [0])
    #expect(decision.status.conditions["Serving"]?.status == .yes)
    #expect(decision.status.conditions["Serving"]?.message.hasPrefix("1 of 2 servers is ready and serves v1") == true)
    #expect(decision.status.conditions["Reconciling"]?.reason == "ImagePullBackOff")
    #expect(decision.status.conditions["Ready"]?.message.hasPrefix("1 of 2 servers is ready to serve v1; pod") == true)
    #expect(try self.decision(troubled: [], ready: [0, 1]).status.conditions["Reconciling"] == nil)
  }

  @Test func `pods that the cluster refuses are told in the Deployment's words`() throws {
    let decision = try decision(troubled: [], ready: [], refusal: "exceeded quota: small")
    #expect(decision.status.conditions["Ready"]?.reason == "PodsRefused")
    #expect(decision.status.conditions["Ready"]?.message.contains("exceeded quota: small") == true)
  }

  // MARK: Runs

  private func isTold(_ job: (inout WorkerJob) -> Void, _ words: String, reason: String) throws {
    var world = World(aModel())
    world.settle()
    var running = try #require(world.jobs["income-train-1"])
    running.retries = 4
    job(&running)
    world.jobs["income-train-1"] = running
    world.settle()
    for type in [ConditionType.ready, .trained, .reconciling] {
      let condition = try #require(world.modelCondition(type))
      #expect(condition.reason == reason && condition.message.hasSuffix(words), "\(type): \(condition.message)")
    }
    #expect(world.model?.status.training?.message == words)
    #expect(world.announcements.filter { $0.reason == reason && $0.kind == .warning }.count == 1)
  }

  private static let unreachable = RunFailure(
    reason: "SourceUnreachable", message: "https://x does not answer", retryable: true, step: "ingest")

  @Test func `a run whose pod cannot start tells why`() throws {
    try isTold(
      { $0.trouble = PodTrouble(pod: "t", reason: "Unschedulable", message: "0/1 nodes are available") },
      "pod t cannot start: Unschedulable: 0/1 nodes are available; give the cluster room for it, or correct "
        + "spec.training.resources.requests or spec.training.template.spec", reason: "Unschedulable")
  }

  @Test func `between two tries the last error and the next try are told`() throws {
    let end = WorkerJob.PodEnd(exitCode: 1, message: termination(Self.unreachable), finishedAt: noon)
    try isTold(
      { $0.ends = [end] }, "attempt 1 of 5 failed, next at 2026-10-28T12:00:10Z: https://x does not answer",
      reason: "SourceUnreachable")
    try isTold(
      { $0.ends = [end, end] }, "attempt 2 of 5 failed, next at 2026-10-28T12:00:20Z: https://x does not answer",
      reason: "SourceUnreachable")
    try isTold(
      {
        $0.ends = [end, end]
        $0.isTrying = true
      }, "attempt 3 of 5 is under way, the one before failed: https://x does not answer", reason: "SourceUnreachable")
    try isTold(
      { $0.ends = Array(repeating: end, count: 5) }, "attempt 5 of 5 failed: https://x does not answer",
      reason: "SourceUnreachable")
  }
}
