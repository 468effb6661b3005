import ApusAPI
import Decisions
import Exposition
import HTTPTransport
import KubernetesClient
import KubernetesModel
import Reconcilers
import Testing
import WorkerContract

@Suite struct ReconcilerTests {
  @Test func `a new model gets its claim, a run and a status`() async throws {
    let scene = Scene()
    scene.putModel()
    let next = try await scene.models.reconcile(scene.key)
    #expect(next != nil)
    #expect(scene.cluster.object("jobs", "income-train-1") != nil)
    #expect(scene.cluster.object("persistentvolumeclaims", "apus-data") != nil)
    #expect(scene.status?[path: "training", "state"] == "Running")
    #expect(scene.events.reasons == ["ModelDeployment TrainingStarted"])
  }

  @Test func `a policy that is being deleted has nothing trained`() async throws {
    let scene = Scene()
    try await scene.serve()
    let request: JSONValue = ["id": "1", "at": "2026-10-28T12:00:00Z", "reason": "drift"]
    scene.putPolicy(["deletionTimestamp": "2026-10-28T12:00:00Z"], status: ["retraining": ["request": request]])
    _ = try await scene.models.reconcile(scene.key)
    #expect(scene.cluster.object("jobs", "income-train-2") == nil)
    scene.putPolicy(status: ["retraining": ["request": request]])
    _ = try await scene.models.reconcile(scene.key)
    #expect(scene.cluster.object("jobs", "income-train-2") != nil)
    #expect(scene.status?[path: "handled", "monitoringRequests", "income"] == "1")
  }

  /// The namespace's end takes minutes where something in it has a finalizer: all that time nothing can be made in it.
  @Test func `in a namespace that is going away nothing is tried again at once, and nothing piles up`() async throws {
    let scene = Scene()
    try await scene.serve()
    var model = scene.cluster.object("modeldeployments", "income") ?? [:]
    model.set(["apus.dev/retrain-requested-at": "now"], at: ["metadata", "annotations"])
    scene.put(ApusGroup.modelDeployments, model)
    scene.cluster.fail { [.apply, .create].contains($0.verb) ? 403 : nil }
    let told = scene.events.reasons
    scene.cluster.forgetWrites()
    for _ in 0..<5 { #expect(try await scene.models.reconcile(scene.key) == 60) }
    #expect(scene.events.reasons == told)
    #expect((scene.status?["outbox"]?.array?.count ?? 0) <= 1)
    #expect(scene.cluster.writes.count <= 1, "\(scene.cluster.writes)")
  }

  @Test func `looking again without a change writes nothing`() async throws {
    let scene = Scene()
    try await scene.serve()
    scene.cluster.forgetWrites()
    _ = try await scene.models.reconcile(scene.key)
    #expect(scene.cluster.writes.isEmpty)
  }

  @Test func `the result in the pod's termination message becomes a version in production`() async throws {
    let scene = Scene()
    try await scene.serve()
    let version = try #require(scene.cluster.object("modelversions", "income-v1"))
    #expect(version[path: "status", "stage"] == "Production")
    #expect(version[path: "spec", "artifact", "digest"]?.string == digest(of: "v1"))
    #expect(scene.cluster.object("deployments", "income") != nil)
    #expect(scene.cluster.object("services", "income") != nil)
    #expect(scene.status?["trafficSummary"] == "v1 100%")
  }

  @Test func `ready pods are told the table on their admin port, and their answer makes the model ready`() async throws
  {
    let scene = Scene()
    try await scene.serve()
    let push = try #require(scene.transport.requests.first)
    #expect(push.url == "http://10.0.0.1:8081/model/reload")
    #expect(scene.transport.requests.count == 1)
    #expect(scene.condition("Ready")?["status"] == "True")
    #expect(scene.status?[path: "serving", "confirmedReplicas"] == 1)
  }

  @Test func `an operator that starts again asks the pods, and neither status nor Events show it`() async throws {
    let scene = Scene()
    try await scene.serve()
    let (status, told, writes) = (scene.status, scene.events.reasons, scene.cluster.writes.count)
    let models = scene.restarted()
    for _ in 0..<3 { _ = try await models.reconcile(scene.key) }
    #expect(scene.transport.requests.count == 2)
    #expect(scene.status == status && scene.events.reasons == told && scene.cluster.writes.count == writes)
  }

  @Test func `a server that was started again in its pod is told the table again`() async throws {
    let scene = Scene()
    try await scene.serve()
    scene.startServer(restarts: 1)
    for _ in 0..<3 { _ = try await scene.models.reconcile(scene.key) }
    #expect(scene.transport.requests.count == 2)
    #expect(scene.condition("Serving")?["status"] == "True")
  }

  @Test func `of pods enough is kept to say why one does not start`() async throws {
    let scene = Scene()
    try await scene.serve(["serving": ["replicas": 2]])
    let labels: JSONValue = [
      "apus.dev/model": "income", "apus.dev/component": "server", "app.kubernetes.io/managed-by": "apus",
    ]
    func status(_ status: JSONValue) -> JSONValue {
      [
        "apiVersion": "v1", "kind": "Pod",
        "metadata": [
          "name": "income-2", "namespace": "shop", "labels": labels, "ownerReferences": Scene.serverOwners,
        ], "status": status,
      ]
    }
    scene.put(
      Resource.pods,
      status([
        "phase": "Pending",
        "conditions": [
          ["type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "no node has room"]
        ],
      ]))
    _ = try await scene.models.reconcile(scene.key)
    #expect(scene.condition("Ready")?["reason"] == "Unschedulable")
    #expect(scene.condition("Reconciling")?["message"]?.string?.contains("no node has room") == true)
    let waiting: JSONValue = ["waiting": ["reason": "ErrImagePull", "message": "no such image"]]
    scene.put(
      Resource.pods, status(["phase": "Pending", "initContainerStatuses": [["name": "fetch", "state": waiting]]]))
    _ = try await scene.models.reconcile(scene.key)
    #expect(scene.condition("Ready")?["reason"] == "ImagePullBackOff")
    #expect(scene.condition("Ready")?["message"]?.string?.contains("no such image") == true)
    #expect(scene.events.reasons.suffix(2) == ["ModelDeployment Unschedulable", "ModelDeployment ImagePullBackOff"])
  }

  @Test func `a pod that has loaded something else does not confirm`() async throws {
    let scene = Scene(
      ScriptedTransport { _ in
        HTTPResponse(status: 200, body: Array(#"{"revision":1,"versions":[{"digest":"sha256:other"}]}"#.utf8))
      })
    try await scene.serve()
    #expect(scene.condition("Ready")?["reason"] == "RoutingUnconfirmed")
  }

  @Test func `a conflict in the status is an error, so that the decision is made again`() async throws {
    let scene = Scene()
    scene.putModel()
    scene.cluster.fail { $0.target.subresource == "status" ? 409 : nil }
    await #expect(throws: KubernetesError.self) { try await scene.models.reconcile(scene.key) }
    scene.cluster.heal()
    _ = try await scene.models.reconcile(scene.key)
    #expect(scene.cluster.writes.filter { $0.hasPrefix("apply jobs/") }.count == 1)
    #expect(scene.status?[path: "training", "version"] == "v1")
  }

  @Test func `a spec that does not decode gets a condition that names the field`() async throws {
    let scene = Scene()
    scene.putModel(["training": ["algorithm": ["gradientBoosting": ["rounds": "many"]]]])
    _ = try await scene.models.reconcile(scene.key)
    #expect(scene.condition("Stalled")?["reason"] == "InvalidSpec")
    #expect(scene.condition("Stalled")?["message"]?.string?.contains("rounds") == true)
    #expect(scene.condition("Ready")?["status"] == "False")
    scene.cluster.forgetWrites()
    _ = try await scene.models.reconcile(scene.key)
    #expect(scene.cluster.writes.isEmpty)
  }

  @Test func `a deleted model says once what it leaves behind, also where its name is given again at once`()
    async throws
  {
    let scene = Scene()
    try await scene.serve()
    func farewells() -> Int { scene.events.reasons.count { $0 == "ModelDeployment DataKept" } }
    let model = try #require(scene.cluster.object("modeldeployments", "income"))
    var next = model
    next.set("another-uid", at: ["metadata", "uid"])
    scene.caches.models.note(next)
    _ = try? await scene.models.reconcile(scene.key)
    #expect(farewells() == 1)
    next.set("2026-10-28T12:00:00Z", at: ["metadata", "deletionTimestamp"])
    scene.caches.models.note(next)
    for _ in 0..<2 { _ = try await scene.models.reconcile(scene.key) }
    #expect(farewells() == 2)
  }

  @Test func `another's Deployment is left alone and the model says so`() async throws {
    let scene = Scene()
    _ = scene.cluster.put(
      Resource.deployments,
      ["metadata": ["name": "income", "namespace": "shop"], "spec": ["replicas": 7]])
    try await scene.serve()
    #expect(scene.condition("Stalled")?["reason"] == "OwnedByAnother")
    #expect(scene.cluster.object("deployments", "income")?[path: "spec", "replicas"] == 7)
    // The version is registered, and is not promoted.
    func told(_ reason: String) -> Int { scene.events.reasons.count { $0 == "ModelDeployment \(reason)" } }
    #expect(told("TrainingSucceeded") == 1 && told("OwnedByAnother") == 1 && told("Promoted") == 0)
    // What waits to be told does not wait for the other object to go.
    var model = try #require(scene.cluster.object("modeldeployments", "income"))
    model.set(
      [["type": "Normal", "reason": "Unpinned", "message": "earlier", "at": "2026-10-28T11:59:00.000000Z"]],
      at: ["status", "outbox"])
    scene.put(ApusGroup.modelDeployments, model)
    _ = try await scene.models.reconcile(scene.key)
    #expect(told("Unpinned") == 1 && told("OwnedByAnother") == 1 && scene.status?["outbox"] == nil)
  }

  @Test func `a policy checks on request and its verdict becomes conditions and metrics`() async throws {
    let scene = Scene()
    try await scene.serve()
    scene.put(
      ApusGroup.monitoringPolicies,
      [
        "apiVersion": "apus.dev/v1alpha1", "kind": "MonitoringPolicy",
        "metadata": ["name": "watch", "namespace": "shop", "annotations": ["apus.dev/check-requested-at": "now"]],
        "spec": [
          "modelRef": ["name": "income"], "retraining": ["debounce": ["failures": 1, "of": 1]],
          "alerts": [
            "routes": [["severities": ["critical"], "channels": ["chat"]]],
            "channels": [["name": "chat", "slack": ["webhookSecretRef": ["name": "alerts", "key": "slack"]]]],
          ],
        ],
      ])
    _ = scene.cluster.put(
      Resource.secrets,
      ["metadata": ["name": "alerts", "namespace": "shop"], "data": ["slack": "aHR0cDovL3NsYWNrL2hvb2s="]])
    let key = ObjectKey(namespace: "shop", name: "watch")
    _ = try await scene.policies.reconcile(key)
    let job = try #require(scene.cluster.object("monitoringpolicies", "watch")?[path: "status", "runningCheck"]?.string)
    let check = CheckResult(
      version: "v1", rows: 500, conclusive: true,
      drift: DriftSummary(
        severity: .critical, features: 1, critical: 1, share: 1,
        worst: [.init(feature: "age", severity: .critical, psi: 0.4, pValue: 0, effect: 0.5)]), quality: .init(),
      performance: .init(
        coverage: 1, labelled: 100,
        metrics: .init(accuracy: 0.9, precision: 0, recall: nil, f1: 0, rocAUC: nil, brier: 0.1)))
    scene.end(job, RunResult(run: "r", checked: check))
    _ = try await scene.policies.reconcile(key)
    #expect(scene.condition("DriftDetected", of: "monitoringpolicies", "watch")?["reason"] == "CriticalDrift")
    #expect(scene.condition("RetrainingNeeded", of: "monitoringpolicies", "watch")?["status"] == "True")
    let text = scene.registry.text()
    #expect(text.contains(#"apus_drift_psi{namespace="shop",policy="watch",model="income",feature="age"} 0.4"#))
    #expect(text.contains(#"apus_model_accuracy_ratio{namespace="shop",policy="watch",model="income"} 0.9"#))
    #expect(!text.contains("apus_model_roc_auc_ratio{") && !text.contains("apus_model_recall_ratio{"))
    #expect(text.contains(#"apus_checks_total{namespace="shop",policy="watch",model="income",outcome="Critical"} 1"#))
    #expect(scene.transport.requests.contains { $0.url == "http://slack/hook" })
    // The model answers the policy's request.
    _ = try await scene.models.reconcile(scene.key)
    #expect(scene.cluster.object("jobs", "income-train-2") != nil)
  }

  @Test(arguments: [404, 403]) func `a write that comes too late is no failure`(_ code: Int) async throws {
    let scene = Scene()
    scene.putModel()
    scene.cluster.fail { request in
      code == 404 ? (request.target.subresource == "status" ? 404 : nil) : request.isWrite ? 403 : nil
    }
    #expect(try await scene.models.reconcile(scene.key) == 60)
  }

  @Test func `versions that a deleted model of the same name has left keep their numbers`() async throws {
    let scene = Scene()
    let left = scene.cluster.put(
      ApusGroup.modelVersions,
      [
        "apiVersion": "apus.dev/v1alpha1", "kind": "ModelVersion",
        "metadata": ["name": "income-v3", "namespace": "shop"],
        "spec": ["modelRef": ["name": "income"], "version": "v3", "number": 3],
      ])
    scene.caches.versions.note(left)
    scene.putModel()
    _ = try await scene.models.reconcile(scene.key)
    #expect(scene.cluster.object("jobs", "income-train-4") != nil)
  }

  @Test func `the metrics of a model go when the model goes`() async throws {
    let scene = Scene()
    try await scene.serve()
    #expect(scene.registry.text().contains(#"apus_model_ready{namespace="shop",model="income"} 1"#))
    #expect(
      scene.registry.text().contains(#"apus_trainings_total{namespace="shop",model="income",outcome="Failed"} 0"#),
      "Prometheus sees an increase only from a value it has seen")
    var model = try #require(scene.cluster.object("modeldeployments", "income"))
    model.set("2026-10-28T12:00:00Z", at: ["metadata", "deletionTimestamp"])
    scene.put(ApusGroup.modelDeployments, model)
    _ = try await scene.models.reconcile(scene.key)
    #expect(!scene.registry.text().contains("apus_model_ready{"))
    #expect(!scene.registry.text().contains("apus_trainings_total{"))
  }

  @Test func `an operator that dies after any write and starts again ends in the same state`() async throws {
    let whole = Scene()
    await whole.liveThrough()
    for count in 0..<whole.cluster.writes.count {
      let scene = Scene()
      let written = Counter()
      scene.cluster.fail { request in request.isWrite && written.next() == count ? 500 : nil }
      await scene.liveThrough()
      for (kind, name) in [
        ("modeldeployments", "income"), ("modelversions", "income-v1"), ("deployments", "income"),
        ("configmaps", "income-routing"), ("jobs", "income-train-1"),
      ] {
        let end = scene.cluster.object(kind, name)
        let expected = whole.cluster.object(kind, name)
        #expect(
          end?["status"] == expected?["status"] && end?["spec"] == expected?["spec"],
          "\(kind) after write \(count): \(end?["status"]?.text ?? "-") instead of \(expected?["status"]?.text ?? "-")")
        #expect(end?["data"] == expected?["data"], "\(kind) after write \(count)")
      }
      #expect(scene.cluster.object("jobs", "income-train-2") == nil)
    }
  }
}

extension Scene {
  func liveThrough() async {
    putModel()
    await untilQuiet()
    end("income-train-1", Scene.trained("v1"))
    await untilQuiet()
    startServer()
    await untilQuiet()
  }

  /// Reconciles as the queue would: again after an error, and a few times for what follows.
  func untilQuiet() async {
    for _ in 0..<4 { _ = try? await models.reconcile(key) }
  }
}
