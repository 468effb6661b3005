import ApusAPI
import Decisions
import Foundation
import HTTPTransport
import KubernetesClient
import KubernetesModel
import Logging
import Synchronization
import Telemetry
import TestSupport
import Testing
import WorkerContract

@testable import Reconcilers

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
      if isAway.withLock({ $0 }) || location.contains("away") {
        throw .unavailable(store: "test", reason: "it is away")
      }
      return try openTelemetryStore(at: "sqlite://\(folder.path)/apus.sqlite")
    }
  }

  private static let model = ModelKey(namespace: "shop", model: "income")

  /// What sleeps make pass.
  private let clock = ManualClock()

  private func mirror(
    _ scene: ScriptedCluster, _ database: Database,
    _ storage: OperatorSettings.Storage = .init(telemetry: "postgres://db/x")
  ) -> TelemetryMirror? {
    TelemetryMirror(
      secrets: SecretReader(scene, .init()), storage: storage,
      time: TimeSource(
        monotonic: clock.source.monotonic, wall: { .init(secondsSince1970: 0) },
        sleep: { [clock] pause in
          clock.advance(by: pause)
          await Task.yield()
        }, random: { 0 }),
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

  @Test func `namespaces whose store is away hold up no other`() async throws {
    let database = try Database()
    let cluster = ScriptedCluster()
    let mirror = try #require(
      self.mirror(cluster, database, OperatorSettings.Storage(telemetrySecret: .init(name: "db", key: "url"))))
    let record = VersionRecord(
      version: "v1", digest: "sha256:x", stage: "Production", reason: "", metrics: nil, created: 1, updated: 1)
    var notes: [TelemetryMirror.Note] = []
    for namespace in (0..<20).map({ "away-\($0)" }) + ["shop"] {
      let url = Data("postgres://\(namespace)/x".utf8).base64EncodedString()
      _ = cluster.put(
        Resource.secrets,
        [
          "apiVersion": "v1", "kind": "Secret", "metadata": ["name": "db", "namespace": .string(namespace)],
          "data": ["url": .string(url)],
        ])
      notes.append(.version(record, ModelKey(namespace: namespace, model: "income")))
    }
    mirror.note(notes)
    _ = try await eventually("shop is written") {
      database.opened.withLock { $0.contains("postgres://shop/x") } ? true : nil
    }
    // Each of the others was asked once before: nothing slept for them.
    let before = database.opened.withLock { opened in opened.prefix { $0 != "postgres://shop/x" }.count }
    #expect(before == 20)
    // They are asked again.
    _ = try await eventually("the others are tried again") {
      database.opened.withLock { $0.count { $0.contains("away-7") } > 2 } ? true : nil
    }
  }
}
