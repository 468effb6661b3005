import ApusAPI
import Decisions
import Foundation
import KubernetesClient
import KubernetesModel
import Logging
import Reconcilers
import Testing
import YAMLCoding

/// Whatever the operator asks of the API is allowed by the role it is installed with.
@Suite struct PermissionTests {
  /// `patch apus.dev/modelversions/status`
  static func allowed() throws -> Set<String> {
    let file = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../manifests/install/rbac-operator.yaml").standardizedFileURL
    let documents = try YAML.documents(String(contentsOf: file, encoding: .utf8)).map(\.value)
    let role = try #require(documents.first { $0["kind"]?.string == "ClusterRole" })
    var allowed: Set<String> = []
    for rule in role["rules"]?.array ?? [] {
      func words(_ member: String) -> [String] { rule[member]?.array?.compactMap(\.string) ?? [] }
      for group in words("apiGroups") {
        for resource in words("resources") {
          for verb in words("verbs") { allowed.insert("\(verb) \(group)/\(resource)") }
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

  @Test func `every request of a model's and a policy's life is allowed`() async throws {
    let allowed = try Self.allowed()
    let scene = Scene()
    try await scene.live()
    let needed = Set(scene.cluster.requests.flatMap(Self.needs))
    #expect(
      needed.isSuperset(of: [
        "get /secrets", "list /events", "delete autoscaling/horizontalpodautoscalers", "patch batch/jobs",
      ]))
    for need in needed.sorted() where !allowed.contains(need) { Issue.record("not allowed: \(need)") }
  }

  @Test func `everything that is watched may be listed and watched`() throws {
    let allowed = try Self.allowed()
    let watched = [
      ApusGroup.modelDeployments, ApusGroup.monitoringPolicies, ApusGroup.modelVersions, Resource.jobs, Resource.pods,
      Resource.deployments, Resource.services, Resource.configMaps,
    ]
    for resource in watched {
      for verb in ["list", "watch"] {
        #expect(allowed.contains("\(verb) \(resource.group)/\(resource.resource)"), "\(verb) \(resource.resource)")
      }
    }
  }
}

extension Scene {
  /// Served under an autoscaler and without one, checked, alerted about, and trained in vain.
  fileprivate func live() async throws {
    _ = await InstalledDefinitions(cluster, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }).look()
    putModel(["serving": ["autoscaling": ["minimum": 1, "maximum": 3, "targetCPU": 70]]])
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
