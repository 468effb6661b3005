internal import Foundation
internal import KubernetesModel

/// A file that gets a line of JSON for each request, in the order in which the cluster answered them. It grows without
/// bound: who asks for it moves it away.
struct AuditLog {
  private let file: FileHandle
  private let path: String

  /// Goes on at the end of a file that is there; else makes it, readable by its owner only.
  init(file path: String) throws(StoreError) {
    self.path = path
    let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .unauditable(file: path, reason: String(cString: strerror(errno))) }
    file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
  }

  func append(_ event: JSONValue) throws(StoreError) {
    do {
      try file.write(contentsOf: Data(event.bytes + [0x0A]))
    } catch {
      throw .unauditable(file: path, reason: FileFailure.reason(error))
    }
  }
}
