internal import Foundation

/// The file by which kubectl, and pods, find a local cluster: context `apus`.
package struct LocalKubeconfig: Sendable {
  /// By what a client says who it is.
  package enum Login: Sendable {
    case none
    case token(String)
    /// Relative to the kubeconfig.
    case tokenFile(String)
  }

  package var server: String
  /// PEM of the certificate to trust; nil: the system's.
  package var authority: String?
  package var login: Login
  package var namespace: String

  /// `server` is a URL such as `https://127.0.0.1:6550`.
  package init(server: String, authority: String? = nil, login: Login = .none, namespace: String = "default") {
    self.server = server
    self.authority = authority
    self.login = login
    self.namespace = namespace
  }

  /// For the one who runs the cluster.
  package init(port: Int, credentials: ClusterCredentials) {
    self.init(
      server: "https://127.0.0.1:\(port)", authority: credentials.authority, login: .token(credentials.token))
  }

  package var text: String {
    let trust = authority.map { "\n    certificate-authority-data: " + Data($0.utf8).base64EncodedString() } ?? ""
    let user =
      switch login {
      case .none: " {}"
      case .token(let token): "\n    token: \(token)"
      case .tokenFile(let file): "\n    tokenFile: \(file)"
      }
    return """
      apiVersion: v1
      kind: Config
      current-context: apus
      clusters:
      - name: apus
        cluster:
          server: \(server)\(trust)
      contexts:
      - name: apus
        context:
          cluster: apus
          namespace: \(namespace)
          user: apus
      users:
      - name: apus
        user:\(user)

      """
  }

  /// Whether a file of this text may be replaced: it names no cluster but local ones of Apus. Those without TLS
  /// are of an earlier Apus; other local clusters have it, so then the names must be ours as well.
  package static func isOwn(_ text: String) -> Bool {
    let lines = text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    let servers = lines.filter { $0.hasPrefix("server:") }
    if servers.isEmpty { return lines.isEmpty }
    if servers.allSatisfy({ $0.hasPrefix("server: http://127.0.0.1:") }) { return true }
    let names = lines.filter { $0.hasPrefix("- name:") || $0.hasPrefix("name:") || $0.hasPrefix("current-context:") }
    return servers.allSatisfy {
      $0.hasPrefix("server: https://127.0.0.1:") || $0.hasPrefix("server: http://127.0.0.1:")
    }
      && !names.isEmpty && names.allSatisfy { $0.hasSuffix(": apus") }
  }

  /// Replaces the file as a whole; only its owner can ever read it. A kubeconfig of other clusters, and what is no plain
  /// file, is left alone.
  package func write(to path: String) throws(StoreError) {
    let file = URL(fileURLWithPath: path)
    if let rights = FileRights(of: path) {
      guard rights.isPlainFile else { throw .kubeconfig(path: path, reason: "it is no plain file") }
      guard let there = FileManager.default.contents(atPath: path), Self.isOwn(String(decoding: there, as: UTF8.self))
      else { throw .kubeconfig(path: path, reason: "the file is there and holds more than this cluster") }
    }
    do {
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true,
        attributes: [.posixPermissions: 0o700])
      try PrivateFile.replace(file.path, with: Array(text.utf8))
    } catch {
      throw .kubeconfig(path: path, reason: FileFailure.reason(error))
    }
  }
}
