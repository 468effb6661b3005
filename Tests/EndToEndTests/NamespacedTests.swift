import Foundation
import KubernetesModel
import TestSupport
import Testing

/// `manifests/namespaced`: what one team can install for itself.
@Suite("An operator with rights in one namespace", .serialized, .enabled(if: Cluster.isThere))
struct NamespacedTests {
  @Test("trains, serves and guards a model there, and sees nothing of others")
  func namespaced() async throws {
    let stage = try await Stage.open("tenant")
    let other = try await Stage.open("neighbour")
    try SmallModel.placeRows(on: stage)
    let manifests = try await stage.cluster.kubectl("kustomize", "manifests/namespaced").text
      .replacingOccurrences(of: "apus-models", with: stage.namespace)
    #expect(!manifests.contains("kind: ClusterRole"))
    try await stage.cluster.withoutItsOperator {
      try await stage.apply(manifests)
      try await stage.kubectl("rollout", "status", "deployment/apus-operator", "--timeout=120s")
      try await Self.live(on: stage, beside: other)
      // Of two operators only one may look after the namespace.
      try await stage.kubectl("delete", "deployment", "apus-operator", "--timeout=60s")
    }
    await stage.close()
    await other.close()
  }

  private static func live(on stage: Stage, beside other: Stage) async throws {
    try await other.apply(SmallModel(name: "theirs").model)
    try await stage.apply(
      """
      {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "own-clients"}, "stringData": {"tokens": "sesame"}}
      """)
    try await stage.apply(
      SmallModel(name: "own").model.trimmingCharacters(in: .newlines) + """

            security:
              tokenSecretRef: {name: own-clients, key: tokens}

        """)
    try await stage.wait("md", "own", condition: "Ready", within: .seconds(180))
    // The table was brought with the token, which the operator reads by the right that it has here.
    try await stage.wait("md", "own", condition: "Serving")
    #expect(try await other.get("md", "theirs")?["status"] == nil)
    guard stage.cluster.kind == .real else { return }
    for (verb, resource, namespace, answer) in [
      ("get", "secrets", stage.namespace, "yes"), ("get", "secrets", other.namespace, "no"),
      ("create", "jobs.batch", other.namespace, "no"), ("list", "modeldeployments.apus.dev", other.namespace, "no"),
      ("get", "secrets", "apus-system", "no"),
    ] {
      let said = try await stage.cluster.kubectl(
        "auth", "can-i", verb, resource, "-n", namespace,
        "--as=system:serviceaccount:\(stage.namespace):apus-operator", allowFailure: true)
      #expect(said.text.hasPrefix(answer), "\(verb) \(resource) in \(namespace)")
    }
  }
}
