import ApusAPI
import Decisions
import Foundation
import KubernetesClient
import KubernetesModel
import Logging
import Reconcilers
import Testing
import YAMLCoding

/// Whatever the operator asks of the API is allowed by the roles it is installed with, and they allow nothing else.
@Suite struct PermissionTests {
  /// How the operator is installed.
  enum Mode: String, CaseIterable {
    /// For all namespaces, with the right to read Secrets where they are needed.
    case cluster
    /// Operator and models in one namespace.
    case namespaced

    var files: [String] {
      switch self {
      case .cluster: ["install/rbac-operator.yaml", "install/rbac-workloads.yaml", "install/rbac-secrets.yaml"]
      case .namespaced: ["namespaced/rbac-operator.yaml"]
      }
    }

    /// What it does without.
    var refused: Set<String> {
      self == .namespaced ? ["get apiextensions.k8s.io/customresourcedefinitions"] : []
    }
  }

  /// `patch apus.dev/modelversions/status`
  static func allowed(_ mode: Mode) throws -> Set<String> {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../manifests")
      .standardizedFileURL
    var allowed: Set<String> = []
    for file in mode.files {
      let text = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
      let roles = try YAML.documents(text).map(\.value).filter { $0["kind"]?.string?.hasSuffix("Role") == true }
      try #require(!roles.isEmpty)
      for rule in roles.flatMap({ $0["rules"]?.array ?? [] }) {
        func words(_ member: String) -> [String] { rule[member]?.array?.compactMap(\.string) ?? [] }
        for group in words("apiGroups") {
          for resource in words("resources") {
            for verb in words("verbs") { allowed.insert("\(verb) \(group)/\(resource)") }
          }
        }
      }
    }
    return allowed
  }

  /// A server-side apply needs `patch`, and `create` where the object is not there yet.
  static func needs(_ request: APIRequest) -> [String] {
    let target = request.target
    let resource =
      "\(target.resource.group)/\(target.resource.resource)" + (target.subresource.map { "/\($0)" } ?? "")
    let verbs = request.verb == .apply ? ["patch", "create"] : [request.verb.rawValue]
    return verbs.map { "\($0) \(resource)" }
  }

  /// What informers ask for.
  static let watched = [
    ApusGroup.modelDeployments, ApusGroup.monitoringPolicies, ApusGroup.modelVersions, Resource.jobs, Resource.pods,
    Resource.deployments, Resource.services, Resource.configMaps,
  ].flatMap { resource in ["list", "watch"].map { "\($0) \(resource.group)/\(resource.resource)" } }

  /// What lives other than the one below need, and who asks for it.
  static let elsewhere: Set<String> = [
    // The plugin OwnerReferencesPermissionEnforcement, of owner references that block deletion.
    "update apus.dev/modeldeployments/finalizers", "update apus.dev/monitoringpolicies/finalizers",
    // EventRecorder.
    "create events.k8s.io/events", "patch events.k8s.io/events",
    // DepartedModels, when a deleted model's data is removed; tidying of runs.
    "get apus.dev/modeldeployments", "delete batch/jobs", "delete /configmaps",
    // Where NetworkPolicies are switched on (`OperatorKeyTests`).
    "get networking.k8s.io/networkpolicies", "list networking.k8s.io/networkpolicies",
    "create networking.k8s.io/networkpolicies", "patch networking.k8s.io/networkpolicies",
  ]

  @Test(arguments: Mode.allCases)
  func `a model and a policy live with these rights, and need all of them`(_ mode: Mode) async throws {
    let allowed = try Self.allowed(mode)
    let scene = Scene()
    scene.cluster.fail { request in Self.needs(request).allSatisfy(allowed.contains) ? nil : 403 }
    try await scene.live()
    #expect(scene.condition("Serving")?["status"] == "True")
    let needed = Set(scene.cluster.requests.flatMap(Self.needs))
    #expect(needed.isSuperset(of: ["get /secrets", "list /events", "patch batch/jobs", "get apps/replicasets"]))
    #expect(needed.subtracting(allowed) == mode.refused)
    // Whatever an object names is looked for in its own namespace.
    #expect(Set(scene.cluster.requests.compactMap(\.target.namespace)) == ["shop"])
    #expect(Set(Self.watched).isSubset(of: allowed))
    let unused = allowed.subtracting(needed).subtracting(Self.watched).subtracting(Self.elsewhere)
    #expect(unused.isEmpty, "\(unused.sorted())")
  }

  @Test func `the rights in one namespace are those in all of them, without the CRDs`() throws {
    #expect(
      try Self.allowed(.cluster).subtracting(Self.allowed(.namespaced))
        == ["get apiextensions.k8s.io/customresourcedefinitions"])
    #expect(try Self.allowed(.namespaced).isSubset(of: Self.allowed(.cluster)))
  }
}

extension Scene {
  /// Served under an autoscaler and without one, checked, alerted about, and trained in vain.
  fileprivate func live() async throws {
    let definitions = InstalledDefinitions(cluster, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    _ = await definitions.look()
    #expect(definitions.hold == nil)
    putModel(["deletion": "Delete", "serving": ["autoscaling": ["minimum": 1, "maximum": 3, "targetCPU": 70]]])
    _ = try await models.reconcile(key)
    age("income-train-1")
    _ = try await models.reconcile(key)
    end("income-train-1", Self.trained("v1"))
    _ = try await models.reconcile(key)
    startServer()
    _ = try await models.reconcile(key)
    try await loseAutoscaler()
    put(
      ApusGroup.monitoringPolicies,
      [
        "apiVersion": "apus.dev/v1alpha1", "kind": "MonitoringPolicy",
        "metadata": ["name": "watch", "namespace": "shop", "annotations": ["apus.dev/check-requested-at": "now"]],
        "spec": [
          "modelRef": ["name": "income"],
          "alerts": [
            "routes": [["severities": ["warning"], "channels": ["chat"]]],
            "channels": [["name": "chat", "slack": ["webhookSecretRef": ["name": "alerts", "key": "slack"]]]],
          ],
        ],
      ])
    let policy = ObjectKey(namespace: "shop", name: "watch")
    _ = try await policies.reconcile(policy)
    if let check = cluster.object("monitoringpolicies", "watch")?[path: "status", "runningCheck"]?.string {
      failForGood(check)
    }
    _ = try await policies.reconcile(policy)
  }

  private func loseAutoscaler() async throws {
    var model = cluster.object("modeldeployments", "income") ?? [:]
    model.set(["replicas": 1], at: ["spec", "serving"])
    model.set(2, at: ["metadata", "generation"])
    put(ApusGroup.modelDeployments, model)
    _ = try await models.reconcile(key)
  }
}
