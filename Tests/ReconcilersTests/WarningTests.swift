import ApusAPI
import Decisions
import KubernetesClient
import KubernetesModel
import Reconcilers
import Testing

/// Events about what does not get on reach the conditions, and nothing is asked while all goes well.
@Suite struct WarningTests {
  private static let quota =
    #"Error creating: pods "income-train-1-abcde" is forbidden: exceeded quota: small, requested: limits.memory=4Gi, "#
    + "used: limits.memory=0, limited: limits.memory=1Gi"

  private func say(_ scene: Scene, _ reason: String, _ message: String, about kind: String, _ name: String) throws {
    let resource = kind == "Job" ? "jobs" : "pods"
    let uid = try #require(scene.cluster.object(resource, name)?[path: "metadata", "uid"])
    scene.put(
      Resource.events,
      [
        "apiVersion": "v1", "kind": "Event", "metadata": ["name": .string("\(name).\(reason)"), "namespace": "shop"],
        "involvedObject": ["kind": .string(kind), "name": .string(name), "uid": uid], "type": "Warning",
        "reason": .string(reason), "message": .string(message), "lastTimestamp": "2026-10-28T12:00:00Z",
      ])
  }

  private func lists(_ scene: Scene) -> [APIRequest] {
    scene.cluster.requests.filter { $0.verb == .list && $0.target.resource == Resource.events }
  }

  @Test func `a quota that refuses the training's pod is told with the field to set, within seconds`() async throws {
    let scene = Scene()
    scene.putModel()
    _ = try await scene.models.reconcile(scene.key)
    scene.age("income-train-1")
    try say(scene, "FailedCreate", Self.quota, about: "Job", "income-train-1")
    let again = try await scene.models.reconcile(scene.key)
    for type in ["Ready", "Trained", "Reconciling"] {
      let condition = try #require(scene.condition(type))
      #expect(condition["reason"] == "PodsRefused")
      #expect(condition["message"]?.string?.contains("lower spec.training.resources.limits.memory") == true)
    }
    #expect(try #require(again) <= 15)
    #expect(scene.events.reasons.contains("ModelDeployment PodsRefused"))
    let request = try #require(lists(scene).first)
    #expect(request.pathAndQuery.contains("involvedObject.name%3Dincome-train-1"))
    #expect(request.target.namespace == "shop")
  }

  @Test func `of a Job that has a pod, and of one that has ended, no Event is read`() async throws {
    let scene = Scene()
    try await scene.serve()
    let before = lists(scene).count
    for _ in 0..<3 { _ = try await scene.models.reconcile(scene.key) }
    #expect(lists(scene).count == before)
  }

  @Test func `Events are asked for at most once in a while`() async throws {
    let scene = Scene()
    scene.putModel()
    _ = try await scene.models.reconcile(scene.key)
    scene.age("income-train-1")
    for _ in 0..<5 { _ = try await scene.models.reconcile(scene.key) }
    #expect(lists(scene).count == 1)
  }

  @Test func `an operator that may not read Events goes on without`() async throws {
    let scene = Scene()
    scene.cluster.fail { $0.verb == .list && $0.target.resource == Resource.events ? 403 : nil }
    scene.putModel()
    _ = try await scene.models.reconcile(scene.key)
    #expect(lists(scene).isEmpty)
    scene.age("income-train-1")
    for _ in 0..<3 { _ = try await scene.models.reconcile(scene.key) }
    #expect(scene.condition("Reconciling")?["reason"] == "TrainingRunning")
    #expect(lists(scene).count == 1)
  }

  @Test func `Events about another object of the name say nothing`() async throws {
    let scene = Scene()
    scene.putModel()
    _ = try await scene.models.reconcile(scene.key)
    scene.age("income-train-1")
    scene.put(
      Resource.events,
      [
        "apiVersion": "v1", "kind": "Event", "metadata": ["name": "old", "namespace": "shop"],
        "involvedObject": ["kind": "Job", "name": "income-train-1", "uid": "of a model before"], "type": "Warning",
        "reason": "FailedCreate", "message": .string(Self.quota), "lastTimestamp": "2026-10-28T12:00:00Z",
      ])
    _ = try await scene.models.reconcile(scene.key)
    #expect(scene.condition("Reconciling")?["reason"] == "TrainingRunning")
  }

  @Test func `a server whose volume does not mount is told`() async throws {
    let scene = Scene()
    try await scene.serve(startsServer: false)
    scene.put(
      Resource.pods,
      [
        "apiVersion": "v1", "kind": "Pod",
        "metadata": [
          "name": "income-1", "namespace": "shop", "uid": "uid-pod", "creationTimestamp": "2026-10-28T11:00:00Z",
          "labels": [
            "apus.dev/model": "income", "apus.dev/component": "server", "app.kubernetes.io/managed-by": "apus",
          ],
          "ownerReferences": Scene.serverOwners,
        ],
        "status": [
          "phase": "Pending",
          "containerStatuses": [["name": "server", "state": ["waiting": ["reason": "ContainerCreating"]]]],
        ],
      ])
    try say(
      scene, "FailedMount", #"MountVolume.SetUp failed for volume "keys" : secret "keys" not found"#, about: "Pod",
      "income-1")
    _ = try await scene.models.reconcile(scene.key)
    let condition = try #require(scene.condition("Serving"))
    #expect(condition["reason"] == "FailedMount")
    #expect(
      condition["message"]?.string?.hasSuffix("create the Secret keys, or correct spec.serving.template.spec.volumes")
        == true)
  }
}
