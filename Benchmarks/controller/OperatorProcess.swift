import Foundation
import HTTPTransport

/// The operator as a process of its own, as it runs in a cluster.
final class OperatorProcess {
  let pid: pid_t
  let started = ContinuousClock.now
  private let transport: CurlTransport
  private let health: Int
  private let metrics: Int

  /// Errors: the program cannot be started.
  init(program: String, folder: String, kubeconfig: String, health: Int, metrics: Int) throws {
    self.health = health
    self.metrics = metrics
    transport = try CurlTransport()
    let configuration = folder + "/operator.yaml"
    try Data("images: {worker: apus-worker:0.1.0, server: apus-server:0.1.0}\n".utf8)
      .write(to: URL(fileURLWithPath: configuration))
    let arguments = [
      program, "--config", configuration, "--kubeconfig", kubeconfig, "--health-address", "127.0.0.1:\(health)",
      "--metrics-address", "127.0.0.1:\(metrics)", "--log-level", "warning", "--no-leader-elect",
    ]
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 1, folder + "/operator.log", O_WRONLY | O_CREAT | O_APPEND, 0o600)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    var words = arguments.map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var child: pid_t = 0
    let result = posix_spawn(&child, program, &actions, nil, &words, environ)
    guard result == 0 else {
      throw BenchmarkFailure("\(program) cannot be started: \(String(cString: strerror(result)))")
    }
    pid = child
  }

  /// Ends it, and waits until it is gone; how long that took.
  @discardableResult
  func stop() -> Duration {
    let start = ContinuousClock.now
    kill(pid, SIGTERM)
    var status: Int32 = 0
    waitpid(pid, &status, 0)
    return ContinuousClock.now - start
  }

  /// Whether all caches are filled.
  func isReady() async -> Bool {
    let response = try? await transport.send(HTTPRequest(.get, url: "http://127.0.0.1:\(health)/readyz"))
    return response?.status == 200
  }

  /// The lines of `/metrics` that begin with this name.
  func values(of name: String) async throws -> Double {
    let response = try await transport.send(HTTPRequest(.get, url: "http://127.0.0.1:\(metrics)/metrics"))
    return response.text.split(separator: "\n").filter { $0.hasPrefix(name + "{") }
      .compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }.reduce(0, +)
  }

  /// Seconds on the processor so far, of all threads.
  var processorTime: Double {
    guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
      let end = text.lastIndex(of: ")")
    else { return 0 }
    // After the name in parentheses come state (3) to utime (14) and stime (15).
    let fields = text[text.index(end, offsetBy: 2)...].split(separator: " ")
    guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return 0 }
    return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
  }

  /// Megabytes (10⁶ bytes) of a line of `/proc/PID/status`: `VmRSS`, `VmHWM`.
  func memory(_ line: String) -> Double {
    guard let text = try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8),
      let found = text.split(separator: "\n").first(where: { $0.hasPrefix(line + ":") }),
      let kilobytes = found.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Double($0) })
    else { return 0 }
    return kilobytes * 1024 / 1_000_000
  }
}

/// Why there are no figures.
struct BenchmarkFailure: Error, CustomStringConvertible {
  var description: String

  init(_ description: String) { self.description = description }
}
