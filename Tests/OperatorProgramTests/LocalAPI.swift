import ControllerRuntime
import Foundation
import KubernetesClient
import KubernetesModel
import LocalCluster
import Logging
import ServiceLifecycle
import Synchronization
import TestSupport
import YAMLCoding

/// The local cluster's API server within the test, with a client for it.
struct LocalAPI {
  let client: ClusterClient
  let folder: String

  var kubeconfig: String { folder + "/kubeconfig" }

  /// Runs `body` while the server serves.
  static func with(_ body: (LocalAPI) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("apus-operator-\(UUID().uuidString)")
      .path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    log.logLevel = .error
    let store = try ClusterStore(folder: folder + "/state", audit: folder + "/audit.jsonl", log: log)
    let found = Mutex<Int?>(nil)
    let credentials = try ClusterCredentials()
    let server = APIServer(store: store, credentials: credentials, logs: NoLogs(), port: 0, log: log) { port in
      found.withLock { $0 = port }
    }
    let group = ServiceGroup(services: [server], logger: log)
    let running = Task { try await group.run() }
    func stop() async throws {
      await group.triggerGracefulShutdown()
      try await running.value
    }
    do {
      let port = try await eventually("the server listens") { found.withLock { $0 } }
      try LocalKubeconfig(port: port, credentials: credentials).write(to: folder + "/kubeconfig")
      let configuration = try ClusterConfiguration.load(kubeconfig: folder + "/kubeconfig")
      try await body(LocalAPI(client: ClusterClient(configuration, userAgent: "test", logger: log), folder: folder))
    } catch {
      try? await stop()
      throw error
    }
    try await stop()
  }

  /// Creates the objects of a YAML file of the repository.
  func install(_ path: String) async throws {
    for source in try YAML.documents(try String(contentsOfFile: path, encoding: .utf8)) {
      _ = try await client.create(APITarget(Self.definitions), source.value)
    }
  }

  /// Applies them over those of the same names.
  func replace(_ path: String) async throws {
    for source in try YAML.documents(try String(contentsOfFile: path, encoding: .utf8)) {
      let name = source.value[path: "metadata", "name"]?.string
      _ = try await client.apply(APITarget(Self.definitions, name: name), source.value)
    }
  }

  private static let definitions = GroupVersionResource(
    group: "apiextensions.k8s.io", version: "v1", resource: "customresourcedefinitions")

  /// Writes of everybody but the test that the server has received, with their times, in their order.
  var writes: [(agent: String, resource: String, at: Double)] {
    get throws {
      let text = try String(contentsOfFile: folder + "/audit.jsonl", encoding: .utf8)
      return try text.split(separator: "\n").map { try JSONValue(parsing: String($0)) }.compactMap { event in
        let agent = event["userAgent"]?.string ?? ""
        guard ["create", "update", "patch", "delete"].contains(event["verb"]?.string ?? ""), agent != "test",
          let at = event["requestReceivedTimestamp"]?.string.flatMap({ Timestamp($0) })
        else { return nil }
        return (agent, event[path: "objectRef", "resource"]?.string ?? "", at.secondsSince1970)
      }
    }
  }
}

/// No pods run here.
private struct NoLogs: PodLogs {
  func log(namespace: String, pod: String, options: LogOptions) async throws(APIFailure) -> AsyncStream<[UInt8]> {
    throw APIFailure(code: 400, reason: "BadRequest", message: "no pods run here")
  }
}
