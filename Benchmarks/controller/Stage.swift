import Foundation
import HTTPTransport
import LocalCluster
import Logging
import ServiceLifecycle

/// A cluster that answers, and an operator at work on it.
struct Stage {
  let cluster: BenchmarkCluster
  let process: OperatorProcess
  let port: Int

  /// Runs `body` on it and ends both afterwards.
  static func run<Result>(
    _ cluster: BenchmarkCluster, _ folder: String, _ program: String, _ body: (Stage) async throws -> Result
  ) async throws -> Result {
    let ports = (0..<3).map { 21_000 + Int(getpid()) % 3000 * 3 + $0 }
    var logger = Logger(label: "benchmark")
    logger.logLevel = .critical
    let server = BenchmarkServer(cluster: cluster, port: ports[0], logger: logger)
    let group = ServiceGroup(services: server.services(), logger: logger)
    let serving = Task { try await group.run() }
    try await answering(ports[0])
    let kubeconfig = folder + "/kubeconfig"
    try LocalKubeconfig(server: "http://127.0.0.1:\(ports[0])").write(to: kubeconfig)
    let process = try OperatorProcess(
      program: program, folder: folder, kubeconfig: kubeconfig, health: ports[1], metrics: ports[2])
    do {
      let result = try await body(Stage(cluster: cluster, process: process, port: ports[0]))
      process.stop()
      await group.triggerGracefulShutdown()
      _ = try? await serving.value
      return result
    } catch {
      process.stop()
      if let log = try? String(contentsOfFile: folder + "/operator.log", encoding: .utf8) {
        FileHandle.standardError.write(Data(log.suffix(2000).utf8))
      }
      await group.triggerGracefulShutdown()
      _ = try? await serving.value
      throw error
    }
  }

  /// Errors: a port is taken, as by another benchmark.
  private static func answering(_ port: Int) async throws {
    let transport = try CurlTransport()
    for _ in 0..<100 {
      let answer = try? await transport.send(HTTPRequest(.get, url: "http://127.0.0.1:\(port)/version"))
      if answer?.status == 200 { return }
      try await Task.sleep(for: .milliseconds(50))
    }
    throw BenchmarkFailure(
      "the API server does not answer; something else listens on port \(port) or on 127.77.0.1 to .8, port 8081")
  }

  func until(_ what: String, within limit: Duration = .seconds(150), _ holds: () async -> Bool) async throws {
    let deadline = ContinuousClock.now + limit
    while !(await holds()) {
      guard ContinuousClock.now < deadline else { throw BenchmarkFailure("waited in vain until \(what)") }
      try await Task.sleep(for: .milliseconds(10))
    }
  }

  func ready() async throws {
    try await until("the operator is ready") { await process.isReady() }
  }

  /// Until the operator neither writes nor computes for so long.
  func quiet(seconds: Double, within limit: Duration = .seconds(400)) async throws {
    let deadline = ContinuousClock.now + limit
    var since = ContinuousClock.now
    var writes = -1
    var time = -1.0
    while ContinuousClock.now - since < .seconds(seconds) {
      guard ContinuousClock.now < deadline else { throw BenchmarkFailure("the operator does not come to rest") }
      try await Task.sleep(for: .milliseconds(200))
      let now = await (cluster.tally.writes, process.processorTime)
      // Leases and timers cost a little always.
      if now.0 != writes || now.1 - time > 0.02 { since = ContinuousClock.now }
      (writes, time) = now
    }
  }
}
