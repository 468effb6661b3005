import Artifacts
import Foundation
import Logging
import NIOCore
import NIOHTTP1
import PredictionLog
import Serving
import ServiceLifecycle
import Telemetry
import WorkerContract

/// A whole server, with its services and on free ports, which is asked in process as well.
final class FuzzedServer: Sendable {
  let port: Int
  private let server: ModelServer
  private let group: ServiceGroup
  private let running: Task<Void, any Error>
  private let folder: URL

  /// Bytes of an answer, by the server's limits.
  static let mostAnswer = 192 << 10

  init() async throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "apus-fuzz-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let logger = Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() }
    let artifacts = FileArtifactStore(folder: folder.appending(path: "artifacts").path)
    var configuration = ModelServer.Configuration(
      routingPath: folder.appending(path: RoutingTable.fileName).path,
      log: .init(spillFolder: folder.appending(path: "spill")))
    configuration.host = "127.0.0.1"
    configuration.port = 0
    configuration.adminPort = 0
    configuration.opensAdmin = true
    configuration.drainDelay = .zero
    configuration.limits = RequestLimits(body: 1 << 16, batch: 8, answer: Self.mostAnswer)
    let telemetry = try openTelemetryStore(at: "sqlite://\(folder.path)/telemetry.sqlite")
    let server = try ModelServer(
      configuration: configuration, artifacts: artifacts, telemetry: telemetry, logger: logger)
    self.server = server
    let (ports, port) = AsyncStream<Int>.makeStream()
    group = ServiceGroup(
      configuration: .init(
        services: [.init(service: Running(server: server) { if $0 == .public { port.yield($1) } })], logger: logger))
    running = Task { [group] in try await group.run() }
    var bound = 0
    for await number in ports {
      bound = number
      break
    }
    self.port = bound
    try await route(artifacts)
  }

  private struct Running: Service {
    let server: ModelServer
    let onListening: @Sendable (Listener, Int) -> Void

    func run() async throws { try await server.run(onListening: onListening) }
  }

  /// Production, a canary and a shadow; nothing but labels is logged.
  private func route(_ artifacts: FileArtifactStore) async throws {
    var entries: [RoutingTable.Entry] = []
    let roles: [(RoutingTable.Role, Int)] = [(.production, 90), (.canary, 10), (.shadow, 0)]
    for (place, (role, weight)) in roles.enumerated() {
      let bundle = try SampleModel.bundle(shift: Double(place) / 10)
      try await artifacts.put(bundle)
      entries.append(.init(version: "v\(place + 1)", digest: bundle.digest.description, weight: weight, role: role))
    }
    let table = RoutingTable(
      namespace: "default", model: SampleModel.name, revision: 1, entries: entries, logging: .init(sample: 0))
    let head = HTTPRequestHead(version: .http1_1, method: .POST, uri: "/model/reload", headers: ["Host": "fuzz"])
    let reply = await server.reply(to: head, ByteBuffer(bytes: try JSONEncoder().encode(table)), by: .admin)
    guard reply.code == 200 else { throw Failure.notLoaded(String(buffer: reply.body)) }
  }

  enum Failure: Error {
    case notLoaded(String)
  }

  /// What is wrong with the answer to a request; empty where nothing is.
  func problems(of request: FuzzedRequest, isTwice: Bool) async throws -> [String] {
    var headers = HTTPHeaders(request.headers.map { ($0.name, $0.value) })
    headers.add(name: "Host", value: "fuzz")
    headers.add(name: "Content-Length", value: String(request.body.count))
    let head = HTTPRequestHead(version: .http1_1, method: .POST, uri: request.path, headers: headers)
    let body = ByteBuffer(bytes: request.body)
    let reply = await server.reply(to: head, body)
    let jsonLength = reply.headers.first(name: "Inference-Header-Content-Length").flatMap { Int($0) }
    var problems = AnswerCheck(
      request: request, code: reply.code, jsonLength: jsonLength, body: Array(buffer: reply.body)
    ).problems()
    if isTwice, request.hasID, reply.code != 503 {
      let answers = [reply, await server.reply(to: head, body)].map { Self.settled(String(buffer: $0.body)) }
      if answers[0] != answers[1] {
        problems.append("another answer to the same bytes: \(answers.joined(separator: ", then "))")
      }
    }
    return problems
  }

  /// What does not depend on labels that others gave meanwhile: of a contradiction the one hears who contradicts.
  private static func settled(_ answer: String) -> String {
    answer.firstRange(of: ",\"conflicting\":").map { answer[..<$0.lowerBound] + "}" } ?? answer
  }

  func stop() async throws {
    await group.triggerGracefulShutdown()
    try await running.value
    try? FileManager.default.removeItem(at: folder)
  }
}
