import ApusAPI
import Decisions
import Foundation
import HTTPTransport
import KubernetesClient
import KubernetesModel
import Testing

@testable import Reconcilers

/// What an operator does that lacks a right, and for whom it uses those it has.
@Suite struct RightsTests {
  private static let secured: JSONValue = [
    "serving": [
      "replicas": 1,
      "security": [
        "tokenSecretRef": ["name": "income-clients", "key": "tokens"], "tlsSecretRef": ["name": "income-tls"],
      ],
    ]
  ]
  private static let command =
    "kubectl -n shop create rolebinding apus-operator-secrets --clusterrole=apus-operator-secrets "
    + "--serviceaccount=apus-system:apus-operator"

  private static func withoutSecrets(_ request: APIRequest) -> Int? {
    request.target.resource == Resource.secrets ? 403 : nil
  }

  private func putSecrets(in scene: Scene) {
    let none = JSONValue.string(Data("none".utf8).base64EncodedString())
    scene.put(
      Resource.secrets,
      [
        "apiVersion": "v1", "kind": "Secret", "metadata": ["name": "income-tls", "namespace": "shop"],
        "data": ["tls.crt": none, "tls.key": none],
      ])
    scene.put(
      Resource.secrets,
      [
        "apiVersion": "v1", "kind": "Secret", "metadata": ["name": "income-clients", "namespace": "shop"],
        "data": ["tokens": .string(Data("open sesame".utf8).base64EncodedString())],
      ])
  }

  @Test func `without the right to read Secrets a model lives, and says which binding the operator needs`() async throws
  {
    let scene = Scene()
    putSecrets(in: scene)
    scene.cluster.fail(Self.withoutSecrets)
    try await scene.serve(Self.secured)
    let serving = try #require(scene.condition("Serving"))
    #expect(serving["reason"] == "Forbidden")
    #expect(serving["message"]?.string?.contains("may not read Secret income-clients in namespace shop") == true)
    #expect(serving["message"]?.string?.hasSuffix(Self.command) == true, "\(serving)")
    #expect(scene.status?["version"] == "v1")
    #expect(scene.transport.requests.isEmpty)
    #expect(scene.events.reasons.filter { $0 == "ModelDeployment Forbidden" }.count == 1)
    #expect(scene.events.messages.contains { $0.hasSuffix(Self.command) })

    scene.cluster.heal()
    for _ in 0..<2 { _ = try await scene.models.reconcile(scene.key) }
    #expect(scene.condition("Serving")?["status"] == "True")
    #expect(scene.transport.requests.count == 1)
  }

  @Test func `servers that only ask for tokens are told their table without their Secret`() async throws {
    let scene = Scene()
    putSecrets(in: scene)
    scene.cluster.fail(Self.withoutSecrets)
    try await scene.serve([
      "serving": ["replicas": 1, "security": ["tokenSecretRef": ["name": "income-clients", "key": "tokens"]]]
    ])
    #expect(scene.transport.requests.count == 1)
    let serving = try #require(scene.condition("Serving"))
    #expect(serving["status"] == "True")
    #expect(serving["message"]?.string?.hasSuffix(Self.command) == true, "\(serving)")
  }

  @Test func `the Secret with the operator's own keys is read for nobody`() async throws {
    let scene = Scene()
    scene.put(
      Resource.secrets,
      [
        "apiVersion": "v1", "kind": "Secret", "metadata": ["name": "apus-operator-keys", "namespace": "shop"],
        "data": ["keys.json": .string(Data("{}".utf8).base64EncodedString())],
      ])
    let reader = SecretReader(scene.cluster, OperatorAccess(home: "shop", watchedNamespace: "shop"))
    #expect(try await reader.find(OperatorAccess.keysSecret, in: "shop") == nil)
    #expect(scene.cluster.requests.isEmpty)
  }

  @Test func `a model that is served as it was stays ready under an operator that may read less`() async throws {
    let scene = Scene()
    putSecrets(in: scene)
    try await scene.serve(Self.secured)
    #expect(scene.condition("Ready")?["status"] == "True")
    scene.cluster.fail(Self.withoutSecrets)
    let next = scene.restarted()
    for _ in 0..<3 { _ = try await next.reconcile(scene.key) }
    #expect(scene.condition("Ready")?["status"] == "True")
    #expect(scene.condition("Reconciling") == nil)
    #expect(scene.condition("Serving")?["reason"] == "Forbidden")
    #expect(scene.transport.requests.count == 1)
  }

  @Test func `a label that the operator may not look for is told with the binding that lets it`() async throws {
    let template: JSONValue = ["containers": [["name": "server", "envFrom": [["secretRef": ["name": "db"]]]]]]
    let scene = Scene()
    scene.put(
      Resource.secrets,
      [
        "apiVersion": "v1", "kind": "Secret",
        "metadata": ["name": "db", "namespace": "shop", "labels": ["apus.dev/readable-by-models": "true"]],
      ])
    scene.cluster.fail(Self.withoutSecrets)
    scene.putModel(["serving": ["template": template]])
    let again = try await scene.models.reconcile(scene.key)
    #expect(again.map { $0 <= 60 } == true)
    let message = try #require(scene.condition("Stalled")?["message"]?.string)
    #expect(message.contains("Secret 'db' does not say that models may read it") && message.hasSuffix(Self.command))
    scene.cluster.heal()
    _ = try await scene.models.reconcile(scene.key)
    #expect(scene.condition("Stalled")?["status"] != "True")
  }

  @Test func `a policy says which binding its channels need, before there is an alert`() async throws {
    let scene = Scene()
    try await scene.serve()
    let channels: JSONValue = [
      ["name": "chat", "slack": ["webhookSecretRef": ["name": "alerts", "key": "slack"]]], ["name": "log", "log": [:]],
    ]
    scene.put(
      ApusGroup.monitoringPolicies,
      [
        "apiVersion": "apus.dev/v1alpha1", "kind": "MonitoringPolicy",
        "metadata": ["name": "watch", "namespace": "shop"],
        "spec": [
          "modelRef": ["name": "income"],
          "alerts": ["routes": [["severities": ["warning"], "channels": ["chat", "log"]]], "channels": channels],
        ],
      ])
    let key = ObjectKey(namespace: "shop", name: "watch")
    scene.cluster.fail(Self.withoutSecrets)
    let again = try await scene.policies.reconcile(key)
    #expect(again.map { $0 <= 60 } == true)
    let condition = try #require(scene.condition("AlertsDeliverable", of: "monitoringpolicies", "watch"))
    #expect(condition["status"] == "False")
    #expect(
      condition["message"]?.string
        == "chat: the operator may not read Secret alerts in namespace shop; allow it: \(Self.command)")
    #expect(scene.events.messages.contains { $0.hasSuffix(Self.command) })
    #expect(scene.condition("Ready", of: "monitoringpolicies", "watch")?["status"] == "True")

    scene.cluster.heal()
    _ = try await scene.policies.reconcile(key)
    #expect(scene.condition("AlertsDeliverable", of: "monitoringpolicies", "watch")?["status"] == "True")
  }

  private static func owner(_ kind: String, _ name: String, _ uid: String) -> JSONValue {
    [["apiVersion": "apps/v1", "kind": .string(kind), "name": .string(name), "uid": .string(uid), "controller": true]]
  }

  @Test(
    arguments: [
      ("nobody's", nil), ("of a ReplicaSet that is not there", owner("ReplicaSet", "income-gone", "uid-income-gone")),
      ("with another UID than the ReplicaSet's", owner("ReplicaSet", "income-abc", "uid-other")),
      ("of another Deployment's ReplicaSet", owner("ReplicaSet", "other-abc", "uid-other-abc")),
      ("of a ReplicaSet that nobody owns", owner("ReplicaSet", "bare", "uid-bare")),
      ("of the Deployment itself", owner("Deployment", "income", "uid-income")),
      ("of a Job", owner("Job", "income-abc", "uid-income-abc")),
    ] as [(String, JSONValue?)])
  func `a pod with a server's labels is told nothing and counts for nothing`(
    _ which: String, _ owners: JSONValue?
  ) async throws {
    let scene = Scene()
    putSecrets(in: scene)
    for (name, deployment) in [("other-abc", "uid-other"), ("bare", nil)] {
      var metadata: JSONValue = ["name": .string(name), "namespace": "shop"]
      metadata["ownerReferences"] = deployment.map { Self.owner("Deployment", "other", $0) }
      scene.put(Resource.replicaSets, ["apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": metadata])
    }
    scene.startServer("stranger", owners: owners ?? [])
    try await scene.serve(Self.secured, startsServer: false)
    #expect(scene.transport.requests.isEmpty, "a pod \(which)")
    #expect(scene.status?[path: "serving", "readyReplicas"] == 0)
    scene.startServer()
    for _ in 0..<2 { _ = try await scene.models.reconcile(scene.key) }
    #expect(scene.transport.requests.count == 1)
    #expect(scene.condition("Serving")?["status"] == "True")
  }

  @Test func `with the roles of an earlier release servers are told by their ReplicaSet's name`() async throws {
    let scene = Scene()
    putSecrets(in: scene)
    scene.cluster.fail { $0.target.resource == Resource.replicaSets ? 403 : nil }
    scene.startServer("stranger", owners: Self.owner("ReplicaSet", "other-abc", "uid-other-abc"))
    try await scene.serve(Self.secured, startsServer: false)
    #expect(scene.transport.requests.isEmpty)
    scene.startServer()
    for _ in 0..<2 { _ = try await scene.models.reconcile(scene.key) }
    #expect(scene.transport.requests.count == 1)
    #expect(scene.condition("Serving")?["status"] == "True")
  }

  @Test func `in a refused namespace nothing is made, and conditions and Events say why`() async throws {
    let scene = Scene(access: OperatorAccess(refusedNamespaces: ["shop"]))
    scene.putModel(["serving": ["autoscaling": ["minimum": 1, "maximum": 2, "targetCPU": 70]]])
    scene.putPolicy()
    // No role is bound there.
    let ours = [ApusGroup.modelDeployments, ApusGroup.monitoringPolicies]
    scene.cluster.fail { ours.contains($0.target.resource) ? nil : 403 }
    for _ in 0..<2 {
      _ = try await scene.models.reconcile(scene.key)
      _ = try await scene.policies.reconcile(scene.key)
    }
    #expect(scene.cluster.requests.allSatisfy { ours.contains($0.target.resource) }, "\(scene.cluster.requests)")
    let writes = scene.cluster.writes
    #expect(!writes.isEmpty && writes.allSatisfy { $0.hasSuffix("/status") }, "\(writes)")
    for kind in ["modeldeployments", "monitoringpolicies"] {
      let stalled = try #require(scene.condition("Stalled", of: kind))
      #expect(stalled["reason"] == "NamespaceRefused")
      #expect(stalled["message"]?.string?.contains("makes no pods in namespace shop") == true)
      #expect(scene.condition("Ready", of: kind)?["status"] == "False")
    }
    #expect(
      scene.events.reasons.sorted()
        == ["ModelDeployment NamespaceRefused", "MonitoringPolicy NamespaceRefused"])
  }

  @Test func `a model whose namespace is refused since then goes on being served`() async throws {
    let scene = Scene()
    try await scene.serve()
    let refusing = Scene(cluster: scene.cluster, access: OperatorAccess(refusedNamespaces: ["shop"]))
    refusing.caches.models.note(try #require(scene.cluster.object("modeldeployments", "income")))
    _ = try await refusing.models.reconcile(scene.key)
    #expect(refusing.condition("Ready")?["reason"] == "NamespaceRefused")
    #expect(refusing.condition("Ready")?["message"]?.string?.hasSuffix("; meanwhile v1 100% is served") == true)
    #expect(scene.cluster.object("deployments", "income") != nil)
  }

  @Test func `there no Job removes the data of a deleted model either, and its versions are let go`() async throws {
    let scene = Scene()
    try await scene.serve(["deletion": "Delete"])
    var version = try #require(scene.cluster.object("modelversions", "income-v1"))
    #expect(version[path: "metadata", "finalizers"] != nil)
    version.set("2026-10-28T12:30:00Z", at: ["metadata", "deletionTimestamp"])
    try await scene.cluster.delete(APITarget(ApusGroup.modelDeployments, namespace: "shop", name: "income"))
    let refusing = Scene(cluster: scene.cluster, access: OperatorAccess(refusedNamespaces: ["shop"]))
    refusing.caches.versions.note(scene.cluster.put(ApusGroup.modelVersions, version))
    scene.cluster.forgetWrites()
    _ = try await refusing.models.reconcile(scene.key)
    #expect(scene.cluster.writes == ["patch modelversions/income-v1"])
    #expect(scene.cluster.object("modelversions", "income-v1") == nil)
    #expect(refusing.events.reasons == ["ModelDeployment DataNotRemoved"])
  }
}
