import PredictionLog
import Artifacts
import Foundation
import Logging
import Serving
import ServiceLifecycle
import Synchronization
import Telemetry
import TestSupport
import WorkerContract

/// A server on free ports of the loopback address, with its folder.
struct RunningServer: Sendable {
  let folder: URL
  let port: Int
  let adminPort: Int
  let artifacts: FileArtifactStore
  let store: any TelemetryStore
  let group: ServiceGroup

  var databasePath: String { folder.appending(path: "db/t.sqlite").path }
  var routingPath: URL { folder.appending(path: RoutingTable.fileName) }

  /// One request on a connection of its own.
  func request(
    _ method: String, _ path: String, _ body: String? = nil, admin: Bool = false, headers: [String: String] = [:]
  ) async throws -> HTTPConnection.Reply {
    try await HTTPConnection(port: admin ? adminPort : port).request(method, path, body, headers: headers)
  }

  func request(
    _ method: String, _ path: String, data: Data, headers: [String: String] = [:]
  ) async throws -> HTTPConnection.Reply {
    try await HTTPConnection(port: port).request(method, path, data: data, headers: headers)
  }

  func predict(_ features: String = Sample.good, id: String? = nil) async throws -> HTTPConnection.Reply {
    let id = id.map { #""request_id":"\#($0)","# } ?? ""
    return try await request("POST", "/predict", "{\(id)\"features\":\(features)}")
  }

  /// Puts a version into the artifact store and returns its entry.
  func publish(
    _ version: String, shift: Double = 0, weight: Int = 100, _ role: RoutingTable.Role = .production
  ) async throws -> RoutingTable.Entry {
    let bundle = try Sample.bundle(shift: shift)
    try await artifacts.put(bundle)
    return anEntry(version, bundle.digest.description, weight: weight, role)
  }

  func reload(_ table: RoutingTable) async throws -> HTTPConnection.Reply {
    let body = String(decoding: try JSONEncoder().encode(table), as: UTF8.self)
    return try await request("POST", "/model/reload", body, admin: true)
  }

  /// The value of a metric; nil where it is not shown.
  func metric(_ name: String) async throws -> Double? {
    let text = try await request("GET", "/metrics").text
    let line = text.split(separator: "\n").first { $0.hasPrefix(name + " ") }
    return line.flatMap { $0.split(separator: " ").last }.flatMap { Double($0) }
  }

  func becomesReady() async throws {
    try await eventually("the server is ready") { try await request("GET", "/ready").code == 200 ? () : nil }
  }
}

/// Runs a server for the length of `body`, then shuts it down gracefully.
/// - Parameter isServing: Whether version v1 is served when `body` begins.
func withServer(
  isServing: Bool = true, logging: LoggingRules = .init(), limits: RequestLimits = .init(),
  drainDelay: Duration = .zero, logInterval: Duration = .milliseconds(20), tokens: String? = nil,
  crossOrigins: [String] = [], maximumConnections: Int? = nil,
  configure: (inout ModelServer.Configuration, URL) throws -> Void = { _, _ in },
  clock: @escaping @Sendable () -> Double = { Date().timeIntervalSince1970 },
  _ body: (RunningServer) async throws -> Void
) async throws {
  try await withFolder { folder in
    let artifacts = FileArtifactStore(folder: folder.appending(path: "artifacts").path)
    let store = try openTelemetryStore(at: "sqlite://\(folder.path)/db/t.sqlite")
    var log = PredictionLog.Configuration(spillFolder: folder.appending(path: "spill"))
    log.interval = logInterval
    var configuration = ModelServer.Configuration(
      routingPath: folder.appending(path: RoutingTable.fileName).path, log: log)
    configuration.host = "127.0.0.1"
    configuration.port = 0
    configuration.adminPort = 0
    configuration.opensAdmin = true
    configuration.limits = limits
    configuration.drainDelay = drainDelay
    if let tokens {
      let file = folder.appending(path: "tokens")
      try Data(tokens.utf8).write(to: file)
      configuration.tokenPath = file.path
    }
    configuration.crossOrigins = crossOrigins
    configuration.maximumConnections = maximumConnections
    configuration.routingInterval = .milliseconds(20)
    configuration.performanceInterval = .milliseconds(20)
    configuration.retentionInterval = .milliseconds(20)
    configuration.profileInterval = .milliseconds(20)
    try configure(&configuration, folder)
    let ports = Mutex<[Listener: Int]>([:])
    let server = Runner(
      server: try ModelServer(
        configuration: configuration, artifacts: artifacts, telemetry: store, logger: quiet, clock: clock)
    ) { listener, port in ports.withLock { $0[listener] = port } }
    let group = ServiceGroup(configuration: .init(services: [.init(service: server)], logger: quiet))
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await group.run() }
      let bound = try await eventually("both ports are open") { ports.withLock { $0.count == 2 ? $0 : nil } }
      let running = RunningServer(
        folder: folder, port: bound[.public] ?? 0, adminPort: bound[.admin] ?? 0, artifacts: artifacts, store: store,
        group: group)
      if isServing {
        var table = aTable(try await running.publish("v1"))
        table.logging = logging
        _ = try await running.reload(table)
        try await running.becomesReady()
      }
      let result: Result<Void, any Error>
      do {
        result = .success(try await body(running))
      } catch {
        result = .failure(error)
      }
      await group.triggerGracefulShutdown()
      try await tasks.waitForAll()
      try result.get()
    }
    await store.close()
  }
}

private struct Runner: Service {
  let server: ModelServer
  let onListening: @Sendable (Listener, Int) -> Void

  func run() async throws { try await server.run(onListening: onListening) }
}
