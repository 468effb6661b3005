import ApusAPI
import Decisions
import Foundation
import HTTPTransport
import KubernetesClient
import KubernetesModel
import Logging
import Reconcilers
import Synchronization
import Telemetry
import TestSupport
import Testing
import WorkerContract

@Suite struct TelemetryMirrorTests {
  /// The tables, in a file, for what calls itself a server.
  private final class Database: Sendable {
    let folder = FileManager.default.temporaryDirectory.appending(path: "apus-mirror-\(UUID().uuidString)")
    let opened = Mutex<[String]>([])
    let isAway = Mutex(false)

    init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(at: folder) }

    func open(_ location: String) throws(TelemetryError) -> any TelemetryStore {
      opened.withLock { $0.append(location) }
      if isAway.withLock({ $0 }) { throw .unavailable(store: "test", reason: "it is away") }
      return try openTelemetryStore(at: "sqlite://\(folder.path)/apus.sqlite")
    }
  }

  private static let model = ModelKey(namespace: "shop", model: "income")

  private func mirror(
    _ scene: ScriptedCluster, _ database: Database,
    _ storage: OperatorSettings.Storage = .init(telemetry: "postgres://db/x")
  ) -> TelemetryMirror? {
    TelemetryMirror(
      secrets: SecretReader(scene, .init()), storage: storage,
      time: TimeSource(
        monotonic: { .zero }, wall: { .init(secondsSince1970: 0) }, sleep: { _ in await Task.yield() }, random: { 0 }),
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
      open: { (location) throws(TelemetryError) in try database.open(location) })
  }

  @Test func `every version and each of its stages is in the table`() async throws {
    let database = try Database()
    let cluster = ScriptedCluster()
    let scene = Scene(cluster: cluster, mirror: mirror(cluster, database))
    try await scene.serve()
    let store = try database.open("")
    let rows = try await eventually("v1 serves in the table") {
      try await store.versions(of: Self.model).first { $0.stage == "Production" }
    }
    #expect(rows.version == "v1" && rows.digest == digest(of: "v1") && rows.metrics?.rocAUC == 0.92)
    #expect(rows.reason == "all gates passed")
    await store.close()
  }

  @Test func `an alert is there with who took it, and who did not and why`() async throws {
    let database = try Database()
    let cluster = ScriptedCluster()
    let transport = ScriptedTransport { request in
      request.url.contains("pager") ? HTTPResponse(status: 500) : ScriptedTransport.confirming(request)
    }
    let scene = Scene(transport, cluster: cluster, mirror: mirror(cluster, database))
    try await scene.serve()
    scene.put(
      ApusGroup.monitoringPolicies,
      [
        "apiVersion": "apus.dev/v1alpha1", "kind": "MonitoringPolicy",
        "metadata": ["name": "watch", "namespace": "shop", "annotations": ["apus.dev/check-requested-at": "now"]],
        "spec": [
          "modelRef": ["name": "income"],
          "alerts": [
            "routes": [["severities": ["warning"], "channels": ["book", "pager"]]],
            "channels": [
              ["name": "book", "log": [:]], ["name": "pager", "alertmanager": ["url": "http://pager"]],
            ],
          ],
        ],
      ])
    let policy = ObjectKey(namespace: "shop", name: "watch")
    _ = try await scene.policies.reconcile(policy)
    let check = try #require(
      scene.cluster.object("monitoringpolicies", "watch")?[path: "status", "runningCheck"]?.string)
    scene.failForGood(check)
    _ = try await scene.policies.reconcile(policy)
    let store = try database.open("")
    let alert = try await eventually("the alert is in the table") {
      try await store.alerts(of: Self.model, from: 0, limit: 9).first
    }
    #expect(alert.rule == "CheckFailed" && alert.state == "firing" && alert.severity == "warning")
    #expect(alert.delivered == ["book"] && alert.failure == "pager: the server answered 500")
    await store.close()
  }

  @Test func `a store that is away holds nobody up, and gets it all when it is back`() async throws {
    let database = try Database()
    database.isAway.withLock { $0 = true }
    let cluster = ScriptedCluster()
    let scene = Scene(cluster: cluster, mirror: mirror(cluster, database))
    try await scene.serve()
    #expect(scene.condition("Ready")?["status"] == "True")
    _ = try await eventually("it is tried again") { database.opened.withLock { $0.count > 3 } ? true : nil }
    database.isAway.withLock { $0 = false }
    let store = try database.open("")
    let row = try await eventually("v1 is in the table") { try await store.versions(of: Self.model).first }
    #expect(row.stage == "Production")
    await store.close()
  }

  @Test func `the address is the namespace's own Secret's, and a file is nobody's`() async throws {
    let database = try Database()
    let cluster = ScriptedCluster()
    let secret = OperatorSettings.Storage(telemetrySecret: .init(name: "db", key: "url"))
    let scene = Scene(cluster: cluster, mirror: mirror(cluster, database, secret))
    scene.put(
      Resource.secrets,
      [
        "apiVersion": "v1", "kind": "Secret", "metadata": ["name": "db", "namespace": "shop"],
        "data": ["url": .string(Data("postgres://me:secret@db/shop".utf8).base64EncodedString())],
      ])
    try await scene.serve()
    let location = try await eventually("the store is opened") { database.opened.withLock { $0.first } }
    #expect(location == "postgres://me:secret@db/shop")
    #expect(mirror(cluster, database, .init()) == nil, "the operator does not mount the volume")
  }
}
