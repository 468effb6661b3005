import ApusAPI
import HTTPTransport
import KubernetesClient
import KubernetesModel
import WorkerContract

/// The Secrets of `spec.serving.security`, asked for by name when they matter and never kept.
struct ServingSecrets: Sendable {
  let api: any KubernetesAPI

  /// What keeps servers from starting with these Secrets, as sentences; empty where nothing does.
  func problems(_ security: ModelDeploymentSpec.Security?, in namespace: String) async throws -> [String] {
    var problems: [String] = []
    if let tokens = security?.tokenSecretRef {
      problems += try await shortcomings(of: tokens.name, keys: [tokens.key], in: namespace)
    }
    if let tls = security?.tlsSecretRef {
      problems += try await shortcomings(of: tls.name, keys: ["tls.crt", "tls.key"], in: namespace)
    }
    return problems
  }

  private func shortcomings(of name: String, keys: [String], in namespace: String) async throws -> [String] {
    guard let secret = try await api.find(Secret.self, namespace: namespace, name: name) else {
      return ["there is no Secret \(name) in namespace \(namespace)"]
    }
    return keys.filter { secret.text($0)?.isEmpty ?? true }.map { "Secret \(name) has no key '\($0)'" }
  }

  /// What the operator proves itself with at the servers' port for it; nothing where no token is asked for, or none can be had.
  func headers(_ security: ModelDeploymentSpec.Security?, in namespace: String) async throws -> HTTPHeaders {
    guard let reference = security?.tokenSecretRef,
      let secret = try await api.find(Secret.self, namespace: namespace, name: reference.name),
      // The last one: where tokens are being replaced it is the new one, and both are valid meanwhile.
      let token = (secret.text(reference.key) ?? "").split(whereSeparator: \.isWhitespace).last
    else { return [:] }
    return ["Authorization": "Bearer \(token)"]
  }
}
