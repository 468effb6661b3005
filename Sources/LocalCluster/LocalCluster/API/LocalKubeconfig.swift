internal import Foundation

/// The file by which kubectl, and pods, find the local cluster: context `apus`, no credentials, as nothing but this
/// machine reaches it.
package struct LocalKubeconfig: Sendable {
  package var server: String

  /// `server` is a URL such as `http://127.0.0.1:6550`.
  package init(server: String) { self.server = server }

  package var text: String {
    """
    apiVersion: v1
    kind: Config
    current-context: apus
    clusters:
    - name: apus
      cluster:
        server: \(server)
    contexts:
    - name: apus
      context:
        cluster: apus
        namespace: default
        user: apus
    users:
    - name: apus
      user: {}

    """
  }

  /// Whether a file of this text may be replaced: it names no cluster but local ones.
  package static func isOwn(_ text: String) -> Bool {
    let lines = text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    let servers = lines.filter { $0.hasPrefix("server:") }
    return lines.isEmpty || !servers.isEmpty && servers.allSatisfy { $0.hasPrefix("server: http://127.0.0.1:") }
  }

  /// Replaces the file as a whole, readable by its owner only. A kubeconfig of other clusters is left alone.
  package func write(to path: String) throws(StoreError) {
    let file = URL(fileURLWithPath: path)
    if let present = FileManager.default.contents(atPath: path), !Self.isOwn(String(decoding: present, as: UTF8.self)) {
      throw .kubeconfig(path: path, reason: "the file is there and holds more than this cluster")
    }
    let fresh = file.deletingLastPathComponent().appendingPathComponent(".\(file.lastPathComponent).\(getpid())")
    do {
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      errno = 0
      guard
        FileManager.default.createFile(
          atPath: fresh.path, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
      else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    } catch {
      throw .kubeconfig(path: path, reason: FileFailure.reason(error))
    }
    guard rename(fresh.path, file.path) == 0 else {
      throw .kubeconfig(path: path, reason: String(cString: strerror(errno)))
    }
  }
}
