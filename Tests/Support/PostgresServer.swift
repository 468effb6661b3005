package import Foundation
import Synchronization

/// A PostgreSQL server of its own in a temporary folder, reached through a socket there; it ends with the object.
package final class TemporaryServer: Sendable {
  let folder: URL
  private let process: Mutex<Process>

  /// Where distributions put the server's programs.
  private static let folders = ["/usr/local/bin"] + (13...18).reversed().map { "/usr/lib/postgresql/\($0)/bin" }

  package static let programs: URL? = folders.map { URL(fileURLWithPath: $0) }.first { folder in
    ["initdb", "postgres"].allSatisfy { FileManager.default.isExecutableFile(atPath: folder.appending(path: $0).path) }
  }

  /// `initdb` refuses to run as root, so that root hands over to this user.
  private static let user = "nobody"

  package init() async throws {
    guard let programs = Self.programs else { throw CocoaError(.fileNoSuchFile) }
    folder = URL(fileURLWithPath: "/tmp").appending(path: "apus-pg-\(UInt32.random(in: 0...UInt32.max))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: folder.path)
    let data = folder.appending(path: "data").path
    let status = try await blocking {
      let initialization = Self.process(
        programs.appending(path: "initdb").path,
        ["-D", data, "-U", "apus", "--auth=trust", "--encoding=UTF8", "--no-sync", "--locale=C"])
      try initialization.run()
      initialization.waitUntilExit()
      return initialization.terminationStatus
    }
    guard status == 0 else { throw CocoaError(.executableLoad) }
    process = Mutex(try await Self.started(folder))
  }

  private static func started(_ folder: URL) async throws -> Process {
    guard let programs else { throw CocoaError(.fileNoSuchFile) }
    let process = Self.process(
      programs.appending(path: "postgres").path,
      [
        "-D", folder.appending(path: "data").path, "-k", folder.path, "-c", "listen_addresses=", "-c", "fsync=off",
        "-c",
        "max_connections=40",
      ])
    try await start(process)
    return process
  }

  /// The thread that starts it waits for its end: the kernel takes a thread's end for the parent's.
  static func start(_ process: Process) async throws {
    try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
      Thread {
        continuation.resume(with: Result { try process.run() })
        process.waitUntilExit()
      }.start()
    }
  }

  package var url: String {
    "postgres://apus@/postgres?host=\(folder.path)"
  }

  /// SIGINT: fast shutdown, sessions are cut.
  package func interrupt() async throws {
    try await blocking { [self] in
      process.withLock {
        $0.interrupt()
        $0.waitUntilExit()
      }
    }
  }

  package func start() async throws {
    let started = try await Self.started(folder)
    process.withLock { $0 = started }
  }

  package func stop() async throws {
    try await interrupt()
    try? FileManager.default.removeItem(at: folder)
  }

  static func process(_ program: String, _ arguments: [String]) -> Process {
    let process = Process()
    if getuid() == 0 {
      process.executableURL = URL(fileURLWithPath: "/usr/bin/setpriv")
      process.arguments =
        ["--reuid=\(user)", "--regid=nogroup", "--clear-groups", "--pdeathsig=INT", program] + arguments
    } else {
      process.executableURL = URL(fileURLWithPath: program)
      process.arguments = arguments
    }
    process.currentDirectoryURL = URL(fileURLWithPath: "/tmp")
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    return process
  }
}
