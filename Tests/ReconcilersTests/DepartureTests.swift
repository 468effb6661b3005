import ApusAPI
import Decisions
import KubernetesClient
import KubernetesModel
import Testing
import WorkerContract

@testable import Reconcilers

/// From a model with `spec.deletion: Delete` that is deleted to the last of its data.
@Suite struct DepartureTests {
  private let version = APITarget(ApusGroup.modelVersions, namespace: "shop", name: "income-v1")
  private let job = ResourceName.removalJob(model: "income", uid: "uid-income", attempt: 1)

  /// Long enough that its pods are waited for no more.
  private static let longAgo: JSONValue = "2026-10-28T11:00:00Z"

  /// Deleted by a person, and its ModelVersion by the garbage collector.
  private func departed(_ scene: Scene, at deletion: JSONValue = Self.longAgo) async throws {
    try await scene.serve(["deletion": "Delete"])
    let model = try #require(scene.cluster.object("modeldeployments", "income"))
    _ = try await scene.cluster.delete(
      APITarget(ApusGroup.modelDeployments, namespace: "shop", name: "income"), uid: "uid-income")
    var gone = model
    gone.set("2026-10-28T12:00:00Z", at: ["metadata", "deletionTimestamp"])
    gone.set("900", at: ["metadata", "resourceVersion"])
    scene.caches.models.note(gone)
    try terminate(scene, at: deletion)
  }

  private func terminate(_ scene: Scene, at time: JSONValue = Self.longAgo) throws {
    var version = try #require(scene.cluster.object("modelversions", "income-v1"))
    #expect(version[path: "metadata", "finalizers"] == [.string(ApusFinalizers.data)])
    version.set(time, at: ["metadata", "deletionTimestamp"])
    scene.caches.versions.note(scene.cluster.put(ApusGroup.modelVersions, version))
  }

  @Test func `its data is removed by a Job, people are told, and then it is gone`() async throws {
    let scene = Scene()
    try await departed(scene)
    let earlier = scene.cluster.requests.count
    _ = try await scene.models.reconcile(scene.key)
    #expect(scene.cluster.object("jobs", job) != nil)
    #expect(scene.cluster.object("modelversions", "income-v1") != nil)
    #expect(!scene.events.reasons.contains("ModelDeployment DataKept"))
    _ = try await scene.models.reconcile(scene.key)
    #expect(scene.events.reasons.last == "ModelDeployment RemovingData")
    scene.end(job, RunResult(run: "r", removed: RemovalResult(rows: 5, reports: 1, versions: 1)))
    _ = try await scene.models.reconcile(scene.key)
    #expect(scene.events.reasons.last == "ModelDeployment DataRemoved")
    #expect(scene.cluster.object("modelversions", "income-v1") == nil)
    let allowed = try PermissionTests.allowed(.cluster)
    let needed = Set(scene.cluster.requests.dropFirst(earlier).flatMap(PermissionTests.needs))
    #expect(needed.contains("patch apus.dev/modelversions"))
    for need in needed.sorted() where !allowed.contains(need) { Issue.record("not allowed: \(need)") }
  }

  @Test func `the same files in another namespace's claim are other files`() async throws {
    for (namespace, isShared) in [("lab", false), ("shop", true)] {
      let scene = Scene()
      try await departed(scene)
      var twin = try #require(scene.cluster.object("modelversions", "income-v1"))
      twin["metadata"] = ["name": "twin-v1", "namespace": .string(namespace), "uid": "twin", "resourceVersion": "1"]
      twin.set("twin", at: ["spec", "modelRef", "name"])
      scene.caches.versions.note(twin)
      _ = try await scene.models.reconcile(scene.key)
      let annotations = try #require(scene.cluster.object("jobs", job)?[path: "metadata", "annotations"])
      #expect(annotations[RunAnnotation.removedFiles] == (isShared ? "0" : "1"), "\(namespace)")
      #expect(annotations[RunAnnotation.keptFiles] == (isShared ? "v1" : nil), "\(namespace)")
    }
  }

  @Test func `a namespace that is going away is not held up`() async throws {
    let scene = Scene()
    try await departed(scene)
    scene.cluster.fail { $0.verb == .apply ? 403 : nil }
    _ = try await scene.models.reconcile(scene.key)
    #expect(scene.cluster.object("modelversions", "income-v1") == nil)
  }

  @Test func `a version that a person deletes goes at once while its model lives`() async throws {
    let scene = Scene()
    try await scene.serve(["deletion": "Delete"])
    try terminate(scene)
    _ = try await scene.models.reconcile(scene.key)
    #expect(scene.cluster.object("modelversions", "income-v1") == nil && scene.cluster.object("jobs", job) == nil)
    #expect(scene.condition("Ready")?["reason"] == "VersionDeleted")
  }

  @Test func `a version whose model is gone is never taken for one that a person deleted, whatever the cache says`()
    async throws
  {
    let scene = Scene()
    try await departed(scene)
    // The watch of models is behind.
    var living = try #require(CacheReader(scene.caches, of: scene.key).modelDocument("income"))
    let departed = living
    living["metadata"]?["deletionTimestamp"] = nil
    living.set("901", at: ["metadata", "resourceVersion"])
    scene.caches.models.note(living)
    _ = try? await scene.models.reconcile(scene.key)
    // What the model wished last is known when the watch has caught up.
    #expect(scene.cluster.object("modelversions", "income-v1") != nil && scene.cluster.object("jobs", job) == nil)
    living = departed
    living.set("902", at: ["metadata", "resourceVersion"])
    scene.caches.models.note(living)
    _ = try await scene.models.reconcile(scene.key)
    #expect(scene.cluster.object("modelversions", "income-v1") != nil && scene.cluster.object("jobs", job) != nil)
  }

  @Test func `back at Keep the versions are let go`() async throws {
    let scene = Scene()
    try await scene.serve(["deletion": "Delete"])
    scene.putModel(["deletion": "Keep"])
    _ = try await scene.models.reconcile(scene.key)
    #expect(scene.cluster.object("modelversions", "income-v1")?[path: "metadata", "finalizers"] == nil)
  }

  @Test func `versions that the cluster has not come to yet are removed with the others`() async throws {
    let scene = Scene()
    try await departed(scene)
    var next = try #require(scene.cluster.object("modelversions", "income-v1"))
    next.set("income-v2", at: ["metadata", "name"])
    next.set("uid-income-v2", at: ["metadata", "uid"])
    next.set(nil, at: ["metadata", "deletionTimestamp"])
    next.set("sha256:v2", at: ["spec", "artifact", "digest"])
    scene.caches.versions.note(scene.cluster.put(ApusGroup.modelVersions, next))
    _ = try await scene.models.reconcile(scene.key)
    let annotations = try #require(scene.cluster.object("jobs", job)?[path: "metadata", "annotations"])
    #expect(annotations[RunAnnotation.removedFiles] == "2")
    scene.end(job, RunResult(run: "r", removed: RemovalResult(rows: 5, reports: 1, versions: 2)))
    _ = try await scene.models.reconcile(scene.key)
    #expect(scene.cluster.object("modelversions", "income-v2")?[path: "metadata", "finalizers"] == nil)
  }

  @Test func `a proxy that answers in the server's place removes nothing`() async throws {
    let scene = Scene()
    try await scene.serve(["deletion": "Delete"])
    try terminate(scene)
    scene.cluster.fail {
      $0.verb == .get && $0.target.resource == ApusGroup.modelDeployments ? ScriptedCluster.pageNotFound : nil
    }
    _ = scene.cluster.put(
      Resource.customDefinitions, ["metadata": ["name": "modeldeployments.apus.dev"]])
    _ = try await scene.models.reconcile(scene.key)
    #expect(scene.cluster.object("jobs", job) == nil && scene.cluster.object("modelversions", "income-v1") != nil)
  }

  @Test func `a model that was back at Keep when it was deleted keeps its data, whatever its versions carry`()
    async throws
  {
    let scene = Scene()
    try await scene.serve(["deletion": "Delete"])
    // The operator has seen the spec, and comes to nothing more.
    scene.cluster.fail { $0.verb == .patch ? 409 : nil }
    scene.putModel(["deletion": "Keep"])
    await #expect(throws: KubernetesError.self) { try await scene.models.reconcile(scene.key) }
    scene.cluster.heal()
    let model = try #require(scene.cluster.object("modeldeployments", "income"))
    _ = try await scene.cluster.delete(
      APITarget(ApusGroup.modelDeployments, namespace: "shop", name: "income"), uid: "uid-income")
    var gone = model
    gone.set("2026-10-28T12:00:00Z", at: ["metadata", "deletionTimestamp"])
    gone.set("900", at: ["metadata", "resourceVersion"])
    scene.caches.models.note(gone)
    try terminate(scene)
    _ = try await scene.models.reconcile(scene.key)
    #expect(scene.events.reasons.contains("ModelDeployment DataKept"))
    #expect(scene.cluster.object("jobs", job) == nil && scene.cluster.object("modelversions", "income-v1") == nil)
  }

  @Test func `a Job that is refused is told, and a namesake lives on meanwhile`() async throws {
    let scene = Scene()
    try await departed(scene)
    scene.cluster.fail { $0.verb == .apply && $0.target.resource == Resource.jobs ? 422 : nil }
    _ = try await scene.models.reconcile(scene.key)
    #expect(scene.events.reasons.contains("ModelDeployment DataNotRemoved"))
    #expect(scene.cluster.object("modelversions", "income-v1") != nil)
  }

  @Test func `an operator that was away for a day does not give up at the first refusal`() async throws {
    let scene = Scene()
    try await departed(scene, at: "2026-10-27T12:00:00Z")
    scene.cluster.fail { $0.verb == .apply && $0.target.resource == Resource.jobs ? 422 : nil }
    _ = try await scene.models.reconcile(scene.key)
    #expect(scene.events.reasons.contains("ModelDeployment DataNotRemoved"))
    #expect(scene.cluster.object("modelversions", "income-v1") != nil)
    scene.cluster.heal()
    _ = try await scene.models.reconcile(scene.key)
    #expect(scene.cluster.object("jobs", job) != nil)
  }

  @Test func `an operator that dies between the Job's end and the last version leaves the rest to the next one`()
    async throws
  {
    let scene = Scene()
    try await departed(scene)
    _ = try await scene.models.reconcile(scene.key)
    scene.end(job, RunResult(run: "r", removed: RemovalResult(rows: 5, reports: 1, versions: 1)))
    scene.cluster.fail { $0.verb == .patch && $0.target.resource == ApusGroup.modelVersions ? 500 : nil }
    await #expect(throws: KubernetesError.self) { try await scene.models.reconcile(scene.key) }
    scene.cluster.heal()
    scene.cluster.forgetWrites()
    _ = try await scene.restarted().reconcile(scene.key)
    #expect(scene.cluster.object("modelversions", "income-v1") == nil)
    #expect(!scene.cluster.writes.contains { $0.hasPrefix("apply ") }, "\(scene.cluster.writes)")
  }

  @Test(arguments: [false, true])
  func `a model that is going and was back at Keep keeps its data`(isRestarted: Bool) async throws {
    let scene = Scene()
    try await scene.serve(["deletion": "Delete"])
    // With the flag --cascade=foreground the model goes after what it owns. Nobody saw the last spec before.
    var model = try #require(scene.cluster.object("modeldeployments", "income"))
    model.set("Keep", at: ["spec", "deletion"])
    model.set("2026-10-28T12:00:00Z", at: ["metadata", "deletionTimestamp"])
    scene.put(ApusGroup.modelDeployments, model)
    try terminate(scene)
    _ = try await (isRestarted ? scene.restarted() : scene.models).reconcile(scene.key)
    #expect(scene.cluster.object("modelversions", "income-v1") == nil && scene.cluster.object("jobs", job) == nil)
    #expect(scene.events.reasons.contains("ModelDeployment DataKept") == !isRestarted)
  }

  @Test(arguments: ["income-v1", "income-v2"])
  func `a version that the server does not let go holds no other`(_ held: String) async throws {
    let scene = Scene()
    try await departed(scene)
    var next = try #require(scene.cluster.object("modelversions", "income-v1"))
    next.set("income-v2", at: ["metadata", "name"])
    next.set("uid-income-v2", at: ["metadata", "uid"])
    scene.caches.versions.note(scene.cluster.put(ApusGroup.modelVersions, next))
    _ = try await scene.models.reconcile(scene.key)
    scene.end(job, RunResult(run: "r", removed: RemovalResult(rows: 5, reports: 1, versions: 2)))
    scene.cluster.fail { $0.verb == .patch && $0.target.name == held ? 422 : nil }
    await #expect(throws: KubernetesError.self) { try await scene.models.reconcile(scene.key) }
    for name in ["income-v1", "income-v2"] {
      #expect((scene.cluster.object("modelversions", name) != nil) == (name == held), "\(name)")
    }
  }

  @Test func `two models of a name that left one after the other are seen off side by side`() async throws {
    let scene = Scene()
    try await departed(scene)
    let (uid, version) = ("f00dcafe-0000-4000-8000-000000000000", "income-v2")
    var next = try #require(scene.cluster.object("modelversions", "income-v1"))
    next.set(.string(version), at: ["metadata", "name"])
    next.set("uid-income-v2", at: ["metadata", "uid"])
    next.set(
      [
        [
          "apiVersion": "apus.dev/v1alpha1", "kind": "ModelDeployment", "name": "income", "uid": .string(uid),
          "controller": true,
        ]
      ],
      at: ["metadata", "ownerReferences"])
    next.set("sha256:v2", at: ["spec", "artifact", "digest"])
    scene.caches.versions.note(scene.cluster.put(ApusGroup.modelVersions, next))
    _ = try await scene.models.reconcile(scene.key)
    let other = ResourceName.removalJob(model: "income", uid: uid, attempt: 1)
    let jobs = [job, other].compactMap { scene.cluster.object("jobs", $0) }
    #expect(jobs.map { $0[path: "metadata", "annotations", RunAnnotation.removedFiles] } == ["1", "1"])
    scene.end(other, RunResult(run: "r", removed: RemovalResult(rows: 5, reports: 1, versions: 1)))
    _ = try await scene.models.reconcile(scene.key)
    #expect(scene.cluster.object("modelversions", version) == nil)
    #expect(scene.cluster.object("modelversions", "income-v1") != nil && scene.cluster.object("jobs", job) != nil)
  }
}
