import Foundation
import KubernetesModel
import LocalCluster
import Logging
import ServiceLifecycle
import Synchronization
import Testing
import TestSupport

/// An API server on a free port, with a folder of its own, and kubectl to talk to it.
struct RunningCluster {
  let store: ClusterStore
  let credentials: ClusterCredentials
  let folder: String
  let port: Int

  /// The audit log's file.
  var audit: String { folder + "/audit.jsonl" }

  /// Whether there is a kubectl to test with.
  static let hasKubectl = ProcessInfo.processInfo.environment["PATH", default: ""].split(separator: ":")
    .contains { FileManager.default.isExecutableFile(atPath: "\($0)/kubectl") }

  /// Runs `body` while the server serves, and stops it gracefully afterwards.
  static func with(_ body: (RunningCluster) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("apus-api-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var log = Logger(label: "test")
    log.logLevel = .error
    let store = try ClusterStore(folder: folder + "/state", audit: folder + "/audit.jsonl", log: log)
    let found = Mutex<Int?>(nil)
    let credentials = try ClusterCredentials()
    let server = APIServer(store: store, credentials: credentials, logs: WrittenLogs(), port: 0, log: log) { port in
      found.withLock { $0 = port }
    }
    let group = ServiceGroup(services: [server], logger: log)
    let running = Task { try await group.run() }
    do {
      let port = try await eventually("the server listens") { found.withLock { $0 } }
      try LocalKubeconfig(port: port, credentials: credentials).write(to: folder + "/kubeconfig")
      try await body(RunningCluster(store: store, credentials: credentials, folder: folder, port: port))
    } catch {
      await group.triggerGracefulShutdown()
      _ = try? await running.value
      throw error
    }
    await group.triggerGracefulShutdown()
    try await running.value
  }

  struct Output {
    var code: Int32
    var out: String
    var err: String
  }

  /// Runs kubectl to its end. `input` becomes `-f -`'s manifest.
  @discardableResult
  func kubectl(_ arguments: String..., input: String? = nil, environment: [String: String] = [:]) async throws -> Output
  {
    try await run(arguments, input: input, environment: environment)
  }

  /// As `kubectl`, and a failure fails the test.
  @discardableResult
  func succeed(_ arguments: String..., input: String? = nil, environment: [String: String] = [:]) async throws -> String
  {
    let output = try await run(arguments, input: input, environment: environment)
    #expect(output.code == 0, "kubectl \(arguments.joined(separator: " ")): \(output.err)")
    return output.out
  }

  private func run(_ arguments: [String], input: String?, environment: [String: String]) async throws -> Output {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    var arguments = ["kubectl"] + arguments
    let place = "\(folder)/run-\(UUID().uuidString)"
    if let input {
      try Data(input.utf8).write(to: URL(fileURLWithPath: place + ".yaml"))
      arguments += ["-f", place + ".yaml"]
    }
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment
      .merging(["KUBECONFIG": folder + "/kubeconfig", "HOME": folder], uniquingKeysWith: { $1 })
      .merging(environment, uniquingKeysWith: { $1 })
    for end in [".out", ".err"] { try Data().write(to: URL(fileURLWithPath: place + end)) }
    process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: place + ".out"))
    process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: place + ".err"))
    process.standardInput = FileHandle.nullDevice
    try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
      process.terminationHandler = { _ in continuation.resume() }
      do { try process.run() } catch { continuation.resume(throwing: error) }
    }
    func text(_ end: String) -> String { (try? String(contentsOfFile: place + end, encoding: .utf8)) ?? "" }
    return Output(code: process.terminationStatus, out: text(".out"), err: text(".err"))
  }
}

/// Logs as a pod runner would give them.
private struct WrittenLogs: PodLogs {
  func log(namespace: String, pod: String, options: LogOptions) async throws(APIFailure) -> AsyncStream<[UInt8]> {
    guard options.container != "none" else {
      throw APIFailure(code: 400, reason: "BadRequest", message: "container none is not valid for pod \(pod)")
    }
    return AsyncStream { stream in
      stream.yield(Array("first of \(pod)\n".utf8))
      stream.yield(Array("tail=\(options.tailLines ?? 0) follow=\(options.follow)\n".utf8))
      stream.finish()
    }
  }
}
