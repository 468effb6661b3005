import ApusAPI
import KubernetesClient
import KubernetesModel
import WorkerContract

/// The Secrets of `spec.serving.security`, asked for by name when they matter and never kept.
struct ServingSecrets: Sendable {
  let secrets: SecretReader

  /// What a look at these Secrets gave.
  struct Findings {
    /// What keeps servers from starting, as sentences; empty where nothing does.
    var problems: [String] = []
    /// That the operator may not read them, and the command that allows it.
    var refusal: String?
  }

  func look(_ security: ModelDeploymentSpec.Security?, _ reader: CacheReader) async throws -> Findings {
    guard let security else { return Findings() }
    reader.readOutside()
    let namespace = reader.namespace
    var findings = Findings()
    do {
      if let tokens = security.tokenSecretRef {
        findings.problems += try await shortcomings(of: tokens.name, keys: [tokens.key], in: namespace)
      }
      for grant in security.tokens {
        findings.problems += try await shortcomings(
          of: grant.secretRef.name, keys: [grant.secretRef.key], in: namespace)
      }
      if let tls = security.tlsSecretRef {
        findings.problems += try await shortcomings(of: tls.name, keys: ["tls.crt", "tls.key"], in: namespace)
      }
    } catch .refused(let words) {
      findings.refusal = words
    } catch .failed(let error) {
      throw error
    }
    return findings
  }

  private func shortcomings(
    of name: String, keys: [String], in namespace: String
  ) async throws(SecretError) -> [String] {
    guard let secret = try await secrets.find(name, in: namespace) else {
      return ["there is no Secret \(name) in namespace \(namespace)"]
    }
    return keys.filter { secret.text($0)?.isEmpty ?? true }.map { "Secret \(name) has no key '\($0)'" }
  }

  /// What servers show on both ports, in PEM: the first of the chain in `tls.crt`. nil: they speak plain HTTP, or there is
  /// nothing to know them by.
  func certificate(_ security: ModelDeploymentSpec.Security?, in namespace: String) async throws -> [UInt8]? {
    guard let reference = security?.tlsSecretRef,
      let chain = try await secrets.find(reference.name, in: namespace)?.text("tls.crt")
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
