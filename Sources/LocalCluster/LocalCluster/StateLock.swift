internal import Foundation
internal import Glibc

/// The right to use a state folder, held by one process at a time. The kernel gives it back when the process ends, in
/// whatever way.
package final class StateLock: Sendable {
  private let descriptor: Int32

  /// Makes the folder where it is missing, and closes it to others. Errors: it belongs to somebody else, another process holds it, or the folder cannot be written.
  package init(folder: String) throws(LocalClusterError) {
    do {
      try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw .stateFolderUnusable(folder, reason: FileFailure.reason(error))
    }
    try Self.shut(folder)
    let path = Self.path(in: folder)
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .stateFolderUnusable(folder, reason: String(cString: strerror(errno))) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      // `deinit` runs also after this, and closes: twice would close what somebody else has opened since.
      throw .stateFolderInUse(folder, process: Self.holder(of: folder))
    }
    let text = "\(getpid())\n"
    ftruncate(descriptor, 0)
    _ = text.withCString { write(descriptor, $0, strlen($0)) }
  }

  deinit { close(descriptor) }

  /// Whoever can write into the folder can start processes as the one who runs the cluster, and whoever can read it has
  /// his token.
  private static func shut(_ folder: String) throws(LocalClusterError) {
    guard let rights = FileRights(of: folder) else {
      throw .stateFolderUnusable(folder, reason: "its rights cannot be read")
    }
    guard rights.isOwn || geteuid() == 0 else {
      throw .stateFolderUnusable(folder, reason: "it belongs to another user")
    }
    guard !rights.isPrivate else { return }
    // A folder such as /tmp is not taken from others by a mistyped option.
    let content = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    guard content.contains("lock") || content.allSatisfy(["up.log", "kubeconfig"].contains) else {
      throw .stateFolderUnusable(folder, reason: "it is open to other users and holds other files")
    }
    guard chmod(folder, 0o700) == 0 else {
      throw .stateFolderUnusable(folder, reason: String(cString: strerror(errno)))
    }
  }

  private static func path(in folder: String) -> String { folder + "/lock" }

  /// Whether a process that had the folder is still there. Its locks (this one, that of the objects) go one after the
  /// other while it ends; only then is the folder free for the next one. One that has ended and that nobody has asked
  /// about counts as gone.
  package static func isEnding(_ process: Int32) -> Bool {
    guard let state = ProcessTable.state(of: process) else { return false }
    return state != "Z" && state != "X"
  }

  /// The process that uses the folder now, or nil.
  package static func holder(of folder: String) -> Int32? {
    let descriptor = open(path(in: folder), O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    guard flock(descriptor, LOCK_SH | LOCK_NB) != 0 else { return nil }
    return FileManager.default.contents(atPath: path(in: folder))
      .flatMap { Int32(String(decoding: $0, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)) }
  }
}

/// Why a local cluster cannot be started.
package enum LocalClusterError: Error, Sendable, CustomStringConvertible {
  case stateFolderInUse(String, process: Int32?)
  case stateFolderUnusable(String, reason: String)
  case portInUse(Int)
  case listenFailed(Int, reason: String)
  case store(StoreError)
  case credentials(CredentialsFailure)

  package var description: String {
    switch self {
    case .stateFolderInUse(let folder, let process):
      "A local cluster with the state folder \(folder) is running already"
        + (process.map { " (process \($0))" } ?? "")
        + ". Use it, stop it with `apus down --state \(folder)`, or choose another folder with --state."
    case .stateFolderUnusable(let folder, let reason):
      "The state folder \(folder) cannot be used: \(reason). Choose another with --state."
    case .portInUse(let port):
      "Port \(port) of 127.0.0.1 is in use by another program. Choose another with --port."
    case .listenFailed(let port, let reason):
      "Port \(port) of 127.0.0.1 cannot be listened on: \(reason). Choose another with --port."
    case .store(let error): error.description
    case .credentials(let error): error.description
    }
  }
}
