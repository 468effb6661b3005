import Foundation
import Glibc
import Synchronization
import TestSupport

/// A program of this package as a process of its own, beside the test's.
final class RunningProgram: Sendable {
  let process: pid_t
  let startedAt = ContinuousClock.now
  private let log: String
  private let end = Mutex<Int32?>(nil)

  /// - Parameter name: of the program, which lies beside the test's own.
  init(_ name: String, _ arguments: [String], environment: [String: String], log: String) throws {
    self.log = log
    let program = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
      .appendingPathComponent(name).path
    let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }.map { "\($0.key)=\($0.value)" }
    process = try Self.spawn([program] + arguments, variables, log)
    Thread { [self] in
      var status: Int32 = 0
      while waitpid(process, &status, 0) == -1, errno == EINTR {}
      let code = status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
      end.withLock { $0 = code }
    }.start()
  }

  private static func spawn(_ command: [String], _ variables: [String], _ log: String) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    for descriptor: Int32 in 1...2 {
      posix_spawn_file_actions_addopen(&actions, descriptor, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    }
    var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
    var environment: [UnsafeMutablePointer<CChar>?] = variables.map { strdup($0) } + [nil]
    defer { for text in arguments + environment { free(text) } }
    var process = pid_t()
    let failure = posix_spawn(&process, command[0], &actions, nil, &arguments, &environment)
    guard failure == 0 else { throw DeadlineExceeded(description: "\(command[0]) cannot be started: \(failure)") }
    return process
  }

  var output: String { (try? String(contentsOfFile: log, encoding: .utf8)) ?? "" }
  /// nil: it runs, or is stopped.
  var status: Int32? { end.withLock { $0 } }

  func signal(_ number: Int32) {
    end.withLock { if $0 == nil { _ = Glibc.kill(process, number) } }
  }

  /// Its exit status, or the signal that ended it plus 128.
  func ended() async throws -> Int32 {
    do {
      return try await eventually("the program ends", every: .milliseconds(5)) { status }
    } catch {
      signal(SIGKILL)
      throw DeadlineExceeded(description: "\(error)\n\(output)")
    }
  }

  /// A port of the loopback address for a program that is started next, given to nobody else of this process.
  ///
  /// Below the ports that the kernel gives to outgoing connections and to listeners of its choice (32768 and up): until the
  /// program has bound it, no connection of this machine takes it.
  static func freePort() throws -> Int {
    for port in 20_000..<32_000 {
      guard given.withLock({ $0.insert(port).inserted }) else { continue }
      guard let listener = try? ScriptedServer(port: port, { _ in [.close] }) else { continue }
      listener.stop()
      return port
    }
    throw DeadlineExceeded(description: "no port between 20000 and 32000 is free")
  }

  private static let given = Mutex<Set<Int>>([])
}
