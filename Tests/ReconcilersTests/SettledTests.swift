import ApusAPI
import Decisions
import KubernetesClient
import KubernetesModel
import Testing

@testable import Reconcilers

/// A reconcile that finds what the last one found decides nothing anew: so what it finds has to tell of all that matters.
@Suite struct SettledTests {
  static let policyKey = ObjectKey(namespace: "shop", name: "watch")

  /// A model in production with a policy and its check.
  func scene() async throws -> Scene {
    let scene = Scene()
    try await scene.serve()
    scene.put(
      ApusGroup.monitoringPolicies,
      [
        "apiVersion": "apus.dev/v1alpha1", "kind": "MonitoringPolicy",
        "metadata": [
          "name": "watch", "namespace": "shop", "annotations": ["apus.dev/check-requested-at": "2026-01-01T00:00:00Z"],
        ],
        "spec": ["modelRef": ["name": "income"], "schedule": ["cron": "0 2 * * *"]],
      ])
    _ = try await scene.policies.reconcile(Self.policyKey)
    return scene
  }

  private func sights(_ scene: Scene) throws -> (model: Sight, policy: Sight) {
    let model = try #require(scene.caches.models.store[scene.key])
    let policy = try #require(scene.caches.policies.store[Self.policyKey])
    return (
      scene.caches.sight(ofModel: scene.key, model), scene.caches.sight(ofPolicy: Self.policyKey, policy)
    )
  }

  private func note(_ scene: Scene, _ resource: GroupVersionResource, _ object: JSONValue) {
    var object = object
    object.set(nil, at: ["metadata", "resourceVersion"])
    let stored = scene.cluster.put(resource, object)
    if resource == Resource.pods { scene.caches.pods.note(stored) } else { scene.caches.note(stored, resource) }
  }

  @Test func `what others note on an object changes nothing`() async throws {
    let scene = try await scene()
    let before = try sights(scene)
    for (resource, name) in [(ApusGroup.modelDeployments, "income"), (ApusGroup.monitoringPolicies, "watch")] {
      var object = try #require(scene.cluster.object(resource.resource, name))
      object.set("now", at: ["metadata", "annotations", "example.com/touched"])
      note(scene, resource, object)
    }
    let after = try sights(scene)
    #expect(after.model.hashValue != 0)
    #expect(after.policy == before.policy)
    // The policy's version is part of what the model's reconcile sees.
    let policy = try #require(scene.cluster.object("monitoringpolicies", "watch"))
    note(scene, ApusGroup.monitoringPolicies, policy)
    let again = try sights(scene)
    #expect(again.model != after.model && again.policy == after.policy)
    var model = try #require(scene.cluster.object("modeldeployments", "income"))
    model.set("later", at: ["metadata", "annotations", "example.com/touched"])
    note(scene, ApusGroup.modelDeployments, model)
    #expect(try sights(scene) == again)
  }

  @Test(arguments: [
    ("modeldeployments", "income", ["metadata", "annotations", "apus.dev/retrain-requested-at"], true, true),
    ("modeldeployments", "income", ["metadata", "labels", "team"], true, true),
    ("modeldeployments", "income", ["spec", "serving", "replicas"], true, true),
    ("modeldeployments", "income", ["status", "version"], true, true),
    ("monitoringpolicies", "watch", ["spec", "window"], true, true),
    ("monitoringpolicies", "watch", ["metadata", "annotations", "apus.dev/check-requested-at"], true, true),
    ("modelversions", "income-v1", ["status", "stage"], true, true),
    ("deployments", "income", ["status", "observedGeneration"], true, false),
    ("services", "income", ["spec", "type"], true, false),
    ("configmaps", "income-routing", ["data", "x"], true, false),
    ("jobs", "income-train-1", ["metadata", "labels", "x"], true, false),
    ("pods", "income-train-1-abcde", ["status", "phase"], true, false),
    ("pods", "income-1", ["status", "podIP"], true, false),
  ])
  func `whatever a decision is made from is seen`(
    _ resource: String, _ name: String, _ path: [String], _ byModel: Bool, _ byPolicy: Bool
  ) async throws {
    let scene = try await scene()
    let before = try sights(scene)
    let resources = [
      ApusGroup.modelDeployments, ApusGroup.monitoringPolicies, ApusGroup.modelVersions, Resource.deployments,
      Resource.services, Resource.configMaps, Resource.jobs, Resource.pods,
    ]
    let place = try #require(resources.first { $0.resource == resource })
    var object = try #require(scene.cluster.object(resource, name))
    object.set("changed", at: path)
    note(scene, place, object)
    let after = try sights(scene)
    #expect((after.model != before.model) == byModel)
    #expect((after.policy != before.policy) == byPolicy)
  }

  @Test func `the check's Job and its pods are seen by the policy`() async throws {
    let scene = try await scene()
    let before = try sights(scene)
    let keys = scene.caches.jobs.store.keys.map(\.name).filter { $0 != "income-train-1" }
    let job = try #require(keys.first)
    scene.failForGood(job)
    let withPod = try sights(scene)
    #expect(withPod.policy != before.policy)
    note(scene, Resource.jobs, try #require(scene.cluster.object("jobs", job)))
    #expect(try sights(scene).policy != withPod.policy)
  }

  @Test func `what was seen is remembered until it changes, is due, or ten minutes have passed`() {
    let key = ObjectKey(namespace: "a", name: "m")
    let sight = Sight { $0.combine(1) }
    let start = Timestamp(secondsSince1970: 1_793_188_800)
    let settled = SettledObjects()
    func rest(_ seconds: Double, _ seen: Sight) -> SettledObjects.Rest? {
      settled.rest(key, seen, at: start.advanced(bySeconds: seconds))
    }
    #expect(rest(0, sight) == nil)
    settled.remember(key, sight, at: start, due: 90)
    #expect(rest(0, sight) == .init(seconds: 90) && rest(60, sight) == .init(seconds: 30))
    #expect(rest(90, sight) == nil && rest(3600, sight) == nil)
    #expect(rest(60, Sight { $0.combine(2) }) == nil && rest(60, sight.with(1)) == nil)
    // The clock was put back: then times mean nothing.
    #expect(rest(-1, sight) == nil)
    #expect(settled.rest(ObjectKey(namespace: "a", name: "n"), sight, at: start) == nil)
    settled.remember(key, sight, at: start, due: nil)
    #expect(rest(599, sight) == .init(seconds: nil) && rest(600, sight) == nil)
    settled.forget(key)
    #expect(rest(0, sight) == nil)
  }

  @Test func `a model that was left alone is looked at when its server's table gets lost`() async throws {
    let scene = try await scene()
    for _ in 0..<3 { _ = try await scene.models.reconcile(scene.key) }
    scene.cluster.forgetWrites()
    var routing = try #require(scene.cluster.object("configmaps", "income-routing"))
    routing["data"] = [:]
    note(scene, Resource.configMaps, routing)
    _ = try await scene.models.reconcile(scene.key)
    #expect(scene.cluster.writes.contains("apply configmaps/income-routing"))
  }
}
