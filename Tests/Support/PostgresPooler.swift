import Foundation
import Synchronization

/// A pgbouncer of its own before a temporary server, reached through a socket in the server's folder.
package final class TemporaryPooler: Sendable {
  private let server: TemporaryServer
  private let process: Mutex<Process>

  /// What differs between poolers.
  package struct Settings: Sendable {
    package var mode = "transaction"
    /// Sessions with the server, which all clients share.
    package var poolSize = 3
    package var maximumClients = 100

    package init() {}
  }

  package static let program: String? = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/usr/local/bin/pgbouncer"].first
  {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  private static let port = 6432

  package init(_ server: TemporaryServer, _ settings: Settings = .init()) async throws {
    guard Self.program != nil else { throw CocoaError(.fileNoSuchFile) }
    self.server = server
    let folder = server.folder
    // `ghost` leads to a database that the server does not have.
    let text = """
      [databases]
      postgres = host=\(folder.path) dbname=postgres
      ghost = host=\(folder.path) dbname=nowhere
      [pgbouncer]
      listen_addr =
      listen_port = \(Self.port)
      unix_socket_dir = \(folder.path)
      auth_type = trust
      auth_file = \(folder.path)/users.txt
      pool_mode = \(settings.mode)
      default_pool_size = \(settings.poolSize)
      max_client_conn = \(settings.maximumClients)
      query_wait_timeout = 20
      server_login_retry = 1
      logfile = \(folder.path)/pooler.log
      """
    try Data(text.utf8).write(to: folder.appending(path: "pooler.ini"))
    try Data("\"apus\" \"\"\n\"locked\" \"\"\n".utf8).write(to: folder.appending(path: "users.txt"))
    process = Mutex(try await Self.started(folder))
  }

  /// - Parameter more: What follows in the URL, such as `&options=…`.
  package func url(user: String = "apus", database: String = "postgres", _ more: String = "") -> String {
    "postgres://\(user)@/\(database)?host=\(server.folder.path)&port=\(Self.port)\(more)"
  }

  private static func started(_ folder: URL) async throws -> Process {
    let process = TemporaryServer.process(program ?? "", [folder.appending(path: "pooler.ini").path])
    let log = folder.appending(path: "pooler.log")
    try? FileManager.default.removeItem(at: log)
    try await TemporaryServer.start(process)
    _ = try await eventually("pgbouncer listens", every: .milliseconds(20)) {
      (try? String(contentsOf: log, encoding: .utf8))?.contains("process up") == true ? true : nil
    }
    return process
  }

  /// Clients are cut off; a new one listens.
  package func restart() async throws {
    try await stop()
    let started = try await Self.started(server.folder)
    process.withLock { $0 = started }
  }

  /// SIGKILL: Foundation starts programs with signals blocked, which pgbouncer leaves so.
  package func stop() async throws {
    try await blocking { [self] in
      process.withLock {
        kill($0.processIdentifier, SIGKILL)
        $0.waitUntilExit()
      }
    }
    try? FileManager.default.removeItem(at: server.folder.appending(path: ".s.PGSQL.\(Self.port)"))
  }
}
