import KubernetesModel
package import WorkerContract

/// The Secrets of a policy's namespace, read when a channel needs them and kept nowhere.
package struct ChannelSecrets: Sendable {
  private let secrets: SecretReader
  private let namespace: String

  package init(_ secrets: SecretReader, namespace: String) {
    self.secrets = secrets
    self.namespace = namespace
  }

  /// One line of text, without white space at its ends.
  package func line(_ reference: SecretKeyReference) async throws(ChannelProblem) -> Credential {
    try line(reference.key, of: try await secret(reference.name))
  }

  /// The URL of a server. Errors: also where the value is something else; they do not quote it. So is a URL with a `/` in its
  /// password: what precedes the `/` would be read as the port, and errors of the transport name the port.
  package func url(_ reference: SecretKeyReference) async throws(ChannelProblem) -> Credential {
    let line = try await line(reference)
    let form = #/https?://(?:[^/?#\s]*@)?(?:\[[^\]/?#\s]+\]|[^/?#\s:@\[\]]+)(?::[0-9]*)?(?:[/?#]\S*)?/#
    guard line.text.wholeMatch(of: form.ignoresCase()) != nil else {
      throw ChannelProblem(
        "Secret \(reference.name) has a key '\(reference.key)' whose value is not a URL; write it as https://…")
    }
    return line
  }

  /// A line for each key, in their order.
  package func lines(_ reference: SecretReference, _ keys: [String]) async throws(ChannelProblem) -> [Credential] {
    let secret = try await secret(reference.name)
    var lines: [Credential] = []
    for key in keys { lines.append(try line(key, of: secret)) }
    return lines
  }

  package func bytes(_ reference: SecretKeyReference) async throws(ChannelProblem) -> [UInt8] {
    let secret = try await secret(reference.name)
    guard let bytes = secret.bytes(reference.key), !bytes.isEmpty else {
      throw ChannelProblem("Secret \(reference.name) has no key '\(reference.key)', or its value is empty")
    }
    return bytes
  }

  private func line(_ key: String, of secret: Secret) throws(ChannelProblem) -> Credential {
    let name = secret.metadata.name ?? ""
    if let shortcoming = secret.shortcoming(ofLine: key) { throw ChannelProblem("Secret \(name) \(shortcoming)") }
    guard let text = secret.text(key) else { throw ChannelProblem("Secret \(name) has no key '\(key)'") }
    return Credential(text)
  }

  private func secret(_ name: String) async throws(ChannelProblem) -> Secret {
    let secret: Secret?
    do {
      secret = try await secrets.find(name, in: namespace)
    } catch .refused(let words) {
      throw ChannelProblem(words, awaitsRight: true)
    } catch {
      throw ChannelProblem("Secret \(name) cannot be read: \(error)")
    }
    guard let secret else { throw ChannelProblem("there is no Secret \(name)") }
    return secret
  }
}
