internal import Foundation

/// The file by which kubectl, and pods, find the local cluster: context `apus`, no credentials, as nothing but this
/// machine reaches it.
package struct Kubeconfig: Sendable {
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

  /// Replaces the file as a whole, readable by its owner only.
  package func write(to path: String) throws(StoreError) {
    let file = URL(fileURLWithPath: path)
    let fresh = file.deletingLastPathComponent().appendingPathComponent(".\(file.lastPathComponent).\(getpid())")
    do {
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      guard
        FileManager.default.createFile(
          atPath: fresh.path, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
      else { throw CocoaError(.fileWriteUnknown) }
    } catch {
      throw .kubeconfig(path: path, reason: error.localizedDescription)
    }
    guard rename(fresh.path, file.path) == 0 else {
      throw .kubeconfig(path: path, reason: String(cString: strerror(errno)))
    }
  }
}
