import Foundation
import KubernetesModel
import TestSupport
import Testing

@testable import LocalCluster

@Suite("What pods reach the API with")
struct PodAccessTests {
  private static let show =
    "echo \"[$KUBECONFIG]\"; test -n \"$KUBECONFIG\" && cat \"$KUBECONFIG\" && cat /var/run/secrets/kubernetes.io/serviceaccount/token"

  private func run(
    _ name: String, _ cluster: ClusterFixture, account: String? = nil, automount: Bool? = nil, volume: JSONValue? = nil,
    script: String = show
  ) async throws -> String {
    var spec: JSONValue = [
      "restartPolicy": "Never",
      "containers": [["name": "main", "image": "shell", "args": ["-c", .string(script)]]],
    ]
    if let account { spec["serviceAccountName"] = .string(account) }
    if let automount { spec["automountServiceAccountToken"] = .bool(automount) }
    if let volume {
      spec["volumes"] = [volume]
      spec["containers"] = [
        [
          "name": "main", "image": "shell", "args": ["-c", .string(script)],
          "volumeMounts": [["name": "tokens", "mountPath": "/tokens"]],
        ]
      ]
    }
    try await cluster.create(ClusterResource.pods, "Pod", name, ["spec": spec])
    _ = try await cluster.wait(ClusterResource.pods, name, "ended") { ["Succeeded", "Failed"].contains($0.phase) }
    return try await cluster.log(name)
  }

  /// The claims of the last line.
  private func claims(_ log: String) throws -> JSONValue {
    let parts = try #require(log.split(separator: "\n").last).split(separator: ".")
    try #require(parts.count == 3, "\(log)")
    let text = parts[1].replacing("-", with: "+").replacing("_", with: "/")
    let bytes = try #require(
      Data(base64Encoded: text + String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)))
    return try JSONValue(parsing: bytes)
  }

  @Test("each pod has a token of its own, that names its service account")
  func own() async throws {
    try await ClusterFixture.run { cluster in
      try await cluster.create(ClusterResource.serviceAccounts, "ServiceAccount", "robot", [:])
      let log = try await run("a", cluster, account: "robot")
      #expect(log.contains("server: https://127.0.0.1:1\n") && log.contains("tokenFile: token"))
      #expect(log.contains("/.serviceaccount/kubeconfig]"))
      let own = try claims(log)
      #expect(own["sub"] == "system:serviceaccount:default:robot")
      #expect(own[path: "kubernetes.io", "pod", "name"] == "a")
      let other = try claims(try await run("b", cluster))
      #expect(other["sub"] == "system:serviceaccount:default:default")
      #expect(other[path: "kubernetes.io", "pod", "uid"] != own[path: "kubernetes.io", "pod", "uid"])
    }
  }

  @Test("a pod that wants no token, or whose account wants none, has none; what the pod says comes first")
  func none() async throws {
    try await ClusterFixture.run { cluster in
      try await cluster.create(
        ClusterResource.serviceAccounts, "ServiceAccount", "shy", ["automountServiceAccountToken": false])
      for (name, account, automount) in [("a", nil, false), ("b", "shy", nil), ("c", "shy", false)]
        as [(String, String?, Bool?)]
      {
        #expect(try await run(name, cluster, account: account, automount: automount) == "[]\n")
      }
      #expect(try await run("d", cluster, account: "shy", automount: true).contains("tokenFile"))
    }
  }

  @Test("a projected token is for its audience, also where no other is mounted")
  func projected() async throws {
    try await ClusterFixture.run { cluster in
      let log = try await run(
        "a", cluster, automount: false,
        volume: [
          "name": "tokens",
          "projected": ["sources": [["serviceAccountToken": ["path": "apus", "audience": "apus.dev"]]]],
        ], script: "echo $KUBECONFIG; cat /tokens/apus")
      #expect(try claims(log)["aud"] == ["apus.dev"])
    }
  }
}
