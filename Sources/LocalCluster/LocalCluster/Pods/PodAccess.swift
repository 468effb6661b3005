internal import Foundation
internal import KubernetesModel

/// What pods get to reach the API with: a token each, which says as which service account they run.
struct PodAccess: Sendable {
  let credentials: ClusterCredentials
  /// On 127.0.0.1.
  var apiPort = 0

  /// Where Kubernetes mounts the files below.
  static let mountPath = "/var/run/secrets/kubernetes.io/serviceaccount"

  /// Neither the pod nor its account says no.
  static func isWanted(by pod: ClusterObject, account: ClusterObject?) -> Bool {
    pod.spec["automountServiceAccountToken"]?.bool ?? account?.json["automountServiceAccountToken"]?.bool ?? true
  }

  func token(of pod: ClusterObject, account: ClusterObject?, audience: String?) -> [UInt8] {
    let audiences = audience.map { [$0] } ?? [PodToken.issuer]
    return Array(
      PodToken(pod: pod, account: account, audiences: audiences).text(signedWith: credentials.signingKey).utf8)
  }

  /// As Kubernetes mounts them, and a kubeconfig beside them: programs here do not see `mountPath`.
  func files(of pod: ClusterObject, account: ClusterObject?) -> [String: ProjectedFolder.File] {
    let kubeconfig = LocalKubeconfig(
      server: "https://127.0.0.1:\(apiPort)", authority: credentials.authority, login: .tokenFile("token"),
      namespace: pod.namespace)
    let files: [String: [UInt8]] = [
      "token": token(of: pod, account: account, audience: nil), "ca.crt": Array(credentials.authority.utf8),
      "namespace": Array(pod.namespace.utf8), "kubeconfig": Array(kubeconfig.text.utf8),
    ]
    return files.mapValues { ProjectedFolder.File(bytes: $0, mode: 0o600) }
  }

  /// Variables of containers whose files are in this folder.
  func environment(folder: String) -> [String: String] {
    [
      "KUBECONFIG": folder + "/kubeconfig", "KUBERNETES_SERVICE_HOST": "127.0.0.1",
      "KUBERNETES_SERVICE_PORT": String(apiPort),
    ]
  }
}
