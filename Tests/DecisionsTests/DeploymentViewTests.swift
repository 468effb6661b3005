import ApusAPI
import Decisions
import KubernetesModel
import Testing

/// What the edge gives as JSON, as decisions see it.
@Suite struct DeploymentViewTests {
  private static func deployment(_ status: JSONValue, generation: Int64 = 2, replicas: Int64 = 3) -> JSONValue {
    ["metadata": ["generation": .integer(generation)], "spec": ["replicas": .integer(replicas)], "status": status]
  }

  @Test(
    arguments: [
      ([:], false),
      (["observedGeneration": 2, "updatedReplicas": 3, "replicas": 3], false),
      // The controller has not seen the change.
      (["observedGeneration": 1, "updatedReplicas": 3, "replicas": 3], true),
      // Pods of the new template are missing, all of them or some.
      (["observedGeneration": 2, "replicas": 3], true),
      (["observedGeneration": 2, "updatedReplicas": 2, "replicas": 3], true),
      // Pods of the old template are still there.
      (["observedGeneration": 2, "updatedReplicas": 3, "replicas": 4], true),
    ] as [(JSONValue, Bool)])
  func `a Deployment is rolling out by its own word`(_ status: JSONValue, _ isRollingOut: Bool) {
    let view = DeploymentView(Self.deployment(status))
    #expect(view == DeploymentView(replicas: 3, isRollingOut: isRollingOut))
  }

  @Test func `it says why it can make no pods`() {
    func refusal(_ conditions: JSONValue) -> String? {
      DeploymentView(Self.deployment(["conditions": conditions])).podRefusal
    }
    let failure: JSONValue = ["type": "ReplicaFailure", "status": "True", "message": "exceeded quota: small"]
    #expect(refusal([["type": "Available", "status": "True", "message": "fine"], failure]) == "exceeded quota: small")
    #expect(refusal([failure.merged(with: ["status": "False"])]) == nil)
    #expect(refusal([["type": "Available", "status": "True", "message": "fine"]]) == nil && refusal([]) == nil)
  }

  @Test func `one without a number of replicas has none, and odd documents are no trouble`() {
    #expect(DeploymentView([:]) == DeploymentView() && DeploymentView(.null) == DeploymentView())
    #expect(DeploymentView(["spec": ["replicas": "three"], "status": ["conditions": "none"]]) == DeploymentView())
  }

  @Test func `servers that prefer the claim's node are known by their template`() {
    let term: JSONValue = [
      "weight": 100,
      "podAffinityTerm": [
        "topologyKey": "kubernetes.io/hostname",
        "labelSelector": ["matchLabels": ["app.kubernetes.io/managed-by": "apus"]],
      ],
    ]
    func isDrawn(_ terms: JSONValue) -> Bool {
      let affinity: JSONValue = ["podAffinity": ["preferredDuringSchedulingIgnoredDuringExecution": terms]]
      return DeploymentView(["spec": ["template": ["spec": ["affinity": affinity]]]]).isDrawnToClaim
    }
    #expect(isDrawn([term]) && !isDrawn([]) && !isDrawn([term.merged(with: ["weight": 1])]))
  }

  // MARK: Pods of servers

  private static func pod(_ status: JSONValue, labels: JSONValue = [:]) throws -> ServerPod {
    let pod: JSONValue = [
      "apiVersion": "v1", "kind": "Pod",
      "metadata": ["name": "income-1", "namespace": "shop", "uid": "u", "labels": labels], "status": status,
    ]
    return ServerPod(try pod.decode(as: Pod.self))
  }

  @Test func `a pod is another server after each start of a container`() throws {
    func containers(_ restarts: [Int64]) -> JSONValue {
      .array(restarts.map { ["name": "server", "restartCount": .integer($0)] })
    }
    let starts = try [[0], [1], [1, 1], []].map { try Self.pod(["containerStatuses": containers($0)]).uid }
    #expect(starts == ["u/0", "u/1", "u/2", "u/0"])
  }

  @Test func `address, port and readiness of a pod, and since when its server runs`() throws {
    let running: JSONValue = ["running": ["startedAt": "2026-10-28T12:00:00Z"]]
    let ready = try Self.pod(
      [
        "podIP": "10.0.0.1", "conditions": [["type": "Ready", "status": "True"]],
        "containerStatuses": [["name": "proxy"], ["name": "server", "state": running]],
      ], labels: ["apus.dev/admin-scheme": "https"])
    #expect(
      ready
        == ServerPod(
          name: "income-1", uid: "u/0", address: "10.0.0.1", isReady: true, isEncrypted: true,
          runningSince: Timestamp("2026-10-28T12:00:00Z")))
    let stuck = try Self.pod([
      "phase": "Pending",
      "containerStatuses": [
        ["name": "server", "state": ["waiting": ["reason": "ErrImagePull", "message": "no such image"]]]
      ],
    ])
    #expect(stuck.trouble?.reason == "ImagePullBackOff" && stuck.silent == nil && !stuck.isReady && !stuck.isEncrypted)
  }
}
