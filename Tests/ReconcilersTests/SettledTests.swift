import ApusAPI
import Decisions
import KubernetesClient
import KubernetesModel
import Testing

@testable import Reconcilers

/// A reconcile that finds what the last one found decides nothing anew: so what it has read has to tell of all that matters.
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

  private static let now = Timestamp(secondsSince1970: 1_793_188_800)

  /// Whether the next reconciles would leave model and policy alone.
  private func rests(_ scene: Scene) -> (model: Bool, policy: Bool) {
    (
      scene.models.settled.rest(scene.key, in: scene.caches, at: Self.now) != nil,
      scene.policies.settled.rest(Self.policyKey, in: scene.caches, at: Self.now) != nil
    )
  }

  private func settle(_ scene: Scene) async throws {
    for _ in 0..<4 where rests(scene) != (true, true) {
      _ = try await scene.models.reconcile(scene.key)
      _ = try await scene.policies.reconcile(Self.policyKey)
    }
    try #require(rests(scene) == (true, true))
  }

  private static let watched = [
    ApusGroup.modelDeployments, ApusGroup.monitoringPolicies, ApusGroup.modelVersions, Resource.deployments,
    Resource.services, Resource.configMaps, Resource.jobs, Resource.pods,
  ]

  private func note(_ scene: Scene, _ resource: GroupVersionResource, _ object: JSONValue) {
    var object = object
    object.set(nil, at: ["metadata", "resourceVersion"])
    let stored = scene.cluster.put(resource, object)
    if resource == Resource.pods { scene.caches.pods.note(stored) } else { scene.caches.note(stored, resource) }
  }

  @Test func `what others note on an object changes nothing`() async throws {
    let scene = try await scene()
    try await settle(scene)
    for (resource, name) in [(ApusGroup.modelDeployments, "income"), (ApusGroup.monitoringPolicies, "watch")] {
      for note in ["now", "later"] {
        var object = try #require(scene.cluster.object(resource.resource, name))
        object.set(.string(note), at: ["metadata", "annotations", "example.com/touched"])
        self.note(scene, resource, object)
        // The policy's version is part of what the model's reconcile reads.
        #expect(rests(scene) == (resource == ApusGroup.modelDeployments, true))
      }
    }
    try await settle(scene)
    let before = scene.cluster.requests.count
    for _ in 0..<3 {
      _ = try await scene.models.reconcile(scene.key)
      _ = try await scene.policies.reconcile(Self.policyKey)
    }
    #expect(scene.cluster.requests.count == before)
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
    try await settle(scene)
    let place = try #require(Self.watched.first { $0.resource == resource })
    var object = try #require(scene.cluster.object(resource, name))
    object.set("changed", at: path)
    note(scene, place, object)
    #expect(rests(scene) == (!byModel, !byPolicy))
  }

  @Test func `the check's Job and its pods are seen by the policy`() async throws {
    let scene = try await scene()
    try await settle(scene)
    let status = try #require(scene.cluster.object("monitoringpolicies", "watch")?["status"])
    let job = try #require(status["runningCheck"]?.string)
    let before = rests(scene)
    note(scene, Resource.jobs, try #require(scene.cluster.object("jobs", job)))
    #expect(before.policy && rests(scene) == (true, false))
    try await settle(scene)
    scene.failForGood(job)
    #expect(rests(scene) == (true, false))
  }

  @Test func `objects of others wake nobody`() async throws {
    let scene = try await scene()
    try await settle(scene)
    for resource in Self.watched {
      for (name, namespace) in [("other", "shop"), ("income", "elsewhere"), ("watch", "elsewhere")] {
        let model = namespace == "shop" ? name : "income"
        let object: JSONValue = [
          "metadata": [
            "name": .string(name), "namespace": .string(namespace),
            "labels": [
              "apus.dev/model": .string(model), "apus.dev/component": "server", "job-name": .string("\(model)-train-1"),
              "app.kubernetes.io/managed-by": "apus",
            ],
            "ownerReferences": [["apiVersion": "v1", "kind": "Other", "name": "o", "uid": "o", "controller": true]],
          ],
          "spec": ["modelRef": ["name": .string(model)], "template": [:]],
        ]
        note(scene, resource, object)
        #expect(rests(scene) == (true, true), "\(resource) \(namespace)/\(name)")
      }
    }
  }

  /// Members of an object down to the third level, each with the object without it.
  private static func mutilations(of object: JSONValue) -> [(path: [String], object: JSONValue)] {
    func paths(_ value: JSONValue, _ depth: Int) -> [[String]] {
      guard depth > 0, let members = value.object else { return [] }
      return members.keys.sorted().flatMap { key in
        [[key]] + paths(members[key] ?? .null, depth - 1).map { [key] + $0 }
      }
    }
    let identity: Set = ["apiVersion", "kind", "metadata", "name", "namespace", "uid", "resourceVersion"]
    return paths(object, 3).filter { !identity.contains($0.last ?? "") }.map { path in
      var without = object
      without.set(nil, at: path)
      return (path, without)
    }
  }

  private func decisions(_ scene: Scene) async throws -> (model: ModelDecision?, policy: PolicyDecision?) {
    let reader = CacheReader(scene.caches, of: scene.key)
    let model = try #require(reader.modelDocument("income"))
    let policy = try #require(reader.policyDocument("watch"))
    return (
      try await scene.models.observe(model, reader)?.decide(),
      try await scene.policies.observe(policy, CacheReader(scene.caches, of: Self.policyKey))?.decide()
    )
  }

  @Test func `no change that alters a decision goes unseen`() async throws {
    let scene = try await scene()
    try await settle(scene)
    let before = try await decisions(scene)
    let names = [
      ("modeldeployments", "income"), ("monitoringpolicies", "watch"), ("modelversions", "income-v1"),
      ("deployments", "income"), ("services", "income"), ("configmaps", "income-routing"), ("jobs", "income-train-1"),
      ("pods", "income-train-1-abcde"), ("pods", "income-1"),
    ]
    var altered = 0
    for (resource, name) in names {
      let place = try #require(Self.watched.first { $0.resource == resource })
      let whole = try #require(scene.cluster.object(resource, name))
      for (path, without) in Self.mutilations(of: whole) {
        note(scene, place, without)
        let after = try await decisions(scene)
        let rests = rests(scene)
        if after.model != before.model {
          altered += 1
          #expect(!rests.model, "\(resource)/\(name) without \(path.joined(separator: "."))")
        }
        if after.policy != before.policy {
          #expect(!rests.policy, "\(resource)/\(name) without \(path.joined(separator: "."))")
        }
      }
      note(scene, place, whole)
      try await settle(scene)
    }
    #expect(altered > 20)
  }

  @Test func `what was read is remembered until it changes, is due, or ten minutes have passed`() {
    let scene = Scene()
    let key = ObjectKey(namespace: "a", name: "m")
    let settled = SettledObjects()
    let reader = CacheReader(scene.caches, of: key)
    #expect(reader.modelDocument("m") == nil && reader.deployment("m") == nil)
    func rest(_ seconds: Double) -> SettledObjects.Rest? {
      settled.rest(key, in: scene.caches, at: Self.now.advanced(bySeconds: seconds))
    }
    #expect(rest(0) == nil)
    settled.remember(reader, at: Self.now, due: 90)
    #expect(rest(0) == .init(seconds: 90) && rest(60) == .init(seconds: 30))
    #expect(rest(90) == nil && rest(3600) == nil)
    // The clock was put back: then times mean nothing.
    #expect(rest(-1) == nil)
    #expect(settled.rest(ObjectKey(namespace: "a", name: "n"), in: scene.caches, at: Self.now) == nil)
    settled.remember(reader, at: Self.now, due: nil)
    #expect(rest(599) == .init(seconds: nil) && rest(600) == nil)
    settled.forget(key)
    #expect(rest(0) == nil)
    settled.remember(reader, at: Self.now, due: nil)
    scene.caches.deployments.note(["metadata": ["name": "m", "namespace": "a", "uid": "u", "resourceVersion": "1"]])
    #expect(rest(0) == nil)
  }

  @Test func `what was read outside the caches is believed as long as its reader says`() {
    let scene = Scene()
    let settled = SettledObjects()
    func rest(_ believedFor: [Double], after seconds: Double) -> SettledObjects.Rest? {
      let reader = CacheReader(scene.caches, of: scene.key)
      for seconds in believedFor { reader.readOutside(believedFor: seconds) }
      settled.forget(scene.key)
      settled.remember(reader, at: Self.now, due: nil)
      return settled.rest(scene.key, in: scene.caches, at: Self.now.advanced(bySeconds: seconds))
    }
    #expect(rest([], after: 599) != nil && rest([3600], after: 599) != nil && rest([3600], after: 600) == nil)
    #expect(rest([3600, 15], after: 14) == .init(seconds: nil) && rest([15, 3600], after: 15) == nil)
    #expect(rest([15, 0], after: 0) == nil)
  }

  @Test(
    arguments: [
      ["serving": ["security": ["tokenSecretRef": ["name": "tokens", "key": "token"]]]],
      ["serving": ["autoscaling": ["minimum": 1, "maximum": 3]]],
    ] as [JSONValue])
  func `a model whose servers depend on what no cache holds is never left alone`(_ spec: JSONValue) async throws {
    let scene = Scene()
    _ = scene.cluster.put(
      Resource.secrets, ["metadata": ["name": "tokens", "namespace": "shop"], "data": ["token": "c2VjcmV0"]])
    try await scene.serve(spec)
    for _ in 0..<3 { _ = try await scene.models.reconcile(scene.key) }
    #expect(scene.condition("Ready")?["status"] == "True")
    #expect(!rests(scene).model)
    let before = scene.cluster.requests.count
    _ = try await scene.models.reconcile(scene.key)
    #expect(scene.cluster.requests.count > before)
  }

  @Test func `another model's version is seen where files may be given up`() async throws {
    let scene = try await scene()
    try await settle(scene)
    let reader = CacheReader(scene.caches, of: scene.key)
    #expect(reader.digests(notOwnedBy: "uid-income") == [])
    let memo = try #require(reader.memo())
    func holds() -> Bool {
      var memo = memo
      return memo.holds(for: scene.key, in: scene.caches)
    }
    #expect(holds())
    note(
      scene, ApusGroup.modelVersions,
      [
        "metadata": ["name": "other-v1", "namespace": "other"],
        "spec": ["artifact": ["digest": .string(digest(of: "v1"))]],
      ])
    #expect(!holds() && rests(scene) == (true, true))
    #expect(reader.digests(notOwnedBy: "uid-income") == [digest(of: "v1")])
  }

  @Test func `a model that was left alone is looked at when its server's table gets lost`() async throws {
    let scene = try await scene()
    try await settle(scene)
    scene.cluster.forgetWrites()
    var routing = try #require(scene.cluster.object("configmaps", "income-routing"))
    routing["data"] = [:]
    note(scene, Resource.configMaps, routing)
    _ = try await scene.models.reconcile(scene.key)
    #expect(scene.cluster.writes.contains("apply configmaps/income-routing"))
  }
}
