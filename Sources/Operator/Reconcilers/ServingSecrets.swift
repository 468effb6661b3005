import ApusAPI
import KubernetesClient
import KubernetesModel
import WorkerContract

/// The Secrets of `spec.serving.security`, asked for by name when they matter and never kept.
struct ServingSecrets: Sendable {
  let api: any KubernetesAPI

  /// What keeps servers from starting with these Secrets, as sentences; empty where nothing does.
  func problems(_ security: ModelDeploymentSpec.Security?, _ reader: CacheReader) async throws -> [String] {
    guard let security else { return [] }
    reader.readOutside()
    let namespace = reader.namespace
    var problems: [String] = []
    if let tokens = security.tokenSecretRef {
      problems += try await shortcomings(of: tokens.name, keys: [tokens.key], in: namespace)
    }
    for grant in security.tokens {
      problems += try await shortcomings(of: grant.secretRef.name, keys: [grant.secretRef.key], in: namespace)
    }
    if let tls = security.tlsSecretRef {
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

  /// What servers show on both ports, in PEM: the first of the chain in `tls.crt`. nil: they speak plain HTTP, or there is
  /// nothing to know them by.
  func certificate(_ security: ModelDeploymentSpec.Security?, in namespace: String) async throws -> [UInt8]? {
    guard let reference = security?.tlsSecretRef,
      let chain = try await api.find(Secret.self, namespace: namespace, name: reference.name)?.text("tls.crt")
    else { return nil }
    return Self.first(of: chain).map { Array($0.utf8) }
  }

  /// The server's own certificate is the first (RFC 8446, 4.4.2); those that follow have signed it.
  static func first(of chain: String) -> Substring? {
    guard let begin = chain.firstRange(of: "-----BEGIN CERTIFICATE-----"),
      let end = chain[begin.upperBound...].firstRange(of: "-----END CERTIFICATE-----")
    else { return nil }
    return chain[begin.lowerBound..<end.upperBound]
  }
}
