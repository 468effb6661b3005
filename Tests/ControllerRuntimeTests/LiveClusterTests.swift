import ControllerRuntime
import Foundation
import KubernetesClient
import KubernetesModel
import LiveSupport
import Synchronization
import TestSupport
import Testing

/// What the scripted servers are assumed to do, seen on a real API server: with `APUS_TEST_KUBECONFIG` set, against any
/// cluster; objects are made in its default namespace and taken away again.
@Suite("Against a live API server", .enabled(if: LiveCluster.kubeconfig != nil))
struct LiveClusterTests {
  let client: ClusterClient
  let suffix = String(UUID().uuidString.lowercased().prefix(8))

  init() async throws {
    client = try ClusterClient(ClusterConfiguration.load(kubeconfig: LiveCluster.kubeconfig ?? ""), logger: quiet)
    try await LiveCluster.prepare(client)
  }

  func map(_ name: String, _ value: String) -> LiveMap {
    LiveMap(
      metadata: ObjectMeta(name: "apus-\(suffix)-\(name)", namespace: "default", labels: ["apus-test": suffix]),
      data: ["k": value])
  }

  @Test("Objects: create, list in pages, apply, no-op apply, foreign objects, finalizers, deletes with a uid")
  func objects() async throws {
    for number in 0..<5 { _ = try await client.create(map("m\(number)", "v")) }
    let exists = await #expect(throws: KubernetesError.self) { try await client.create(map("m0", "v")) }
    #expect(exists?.isAlreadyExists == true)
    let selection = Selection(namespace: "default", labels: "apus-test=\(suffix)")
    let paged = try await client.list(ObjectKind<LiveMap>.typed, selection, limit: 2)
    #expect(paged.objects.count == 5 && !paged.resourceVersion.isEmpty)

    var owner = try await client.create(map("owner", "o"))
    let reference = try #require(owner.ownerReference)
    let applier = Applier(client)
    let desired = try map("applied", "v").manifest
    let first = try await applier.apply(desired, LiveMap.gvr, namespace: "default", live: nil, owner: reference)
    guard case .created = first else { throw KubernetesError.configuration("\(first)") }
    let second = try await applier.apply(desired, LiveMap.gvr, namespace: "default", live: nil, owner: reference)
    guard case .unchanged(let live) = second else { throw KubernetesError.configuration("\(second)") }
    var smaller = desired
    smaller["data"] = nil
    let third = try await applier.apply(smaller, LiveMap.gvr, namespace: "default", live: live, owner: reference)
    #expect(third.object["data"] == nil)
    await #expect(throws: ApplyError.self) {
      try await applier.apply(
        try map("m0", "w").manifest, LiveMap.gvr, namespace: "default", live: nil, owner: reference)
    }

    owner = try #require(try await client.addFinalizer("apus.dev/test", to: owner))
    try await client.delete(LiveMap.self, namespace: "default", name: owner.metadata.name ?? "", uid: "another")
    #expect(
      try await client.get(LiveMap.self, namespace: "default", name: owner.metadata.name ?? "").metadata
        .deletionTimestamp == nil)
    try await client.delete(
      LiveMap.self, namespace: "default", name: owner.metadata.name ?? "", uid: owner.metadata.uid)
    owner = try await client.get(LiveMap.self, namespace: "default", name: owner.metadata.name ?? "")
    #expect(owner.metadata.isBeingDeleted)
    try await client.removeFinalizer("apus.dev/test", from: owner)
    try await client.removeFinalizer("apus.dev/test", from: owner)
    #expect(try await client.find(LiveMap.self, namespace: "default", name: owner.metadata.name ?? "") == nil)
    try await remove(selection)
  }

  func remove(_ selection: Selection) async throws {
    for object in try await client.list(LiveMap.self, selection).objects {
      try await client.delete(LiveMap.self, namespace: "default", name: object.metadata.name ?? "")
    }
  }

  @Test("An informer follows")
  func follow() async throws {
    let selection = Selection(namespace: "default", labels: "apus-test=\(suffix)")
    _ = try await client.create(map("one", "1"))
    let informer = Informer(client, ObjectKind<LiveMap>.typed, selection, logger: quiet)
    let task = Task { await informer.run() }
    defer { task.cancel() }
    await informer.waitForSync()
    #expect(informer.store.count == 1)
    _ = try await client.create(map("two", "2"))
    _ = try await client.apply(map("one", "changed"))
    let content = try await eventually("both changes are seen") {
      let values = informer.store.objects.compactMap { $0.data["k"] }
      return values == ["changed", "2"] ? values : nil
    }
    #expect(content.count == 2)
    try await remove(selection)
    _ = try await eventually("the deletes are seen") { informer.store.count == 0 ? true : nil }
    #expect(informer.statistics.failures == 0)
  }

  @Test(
    "A custom resource's status is written once, apart from the rest, and conflicts when it is stale",
    .enabled(if: !LiveCluster.hasCore))
  func customStatus() async throws {
    let live = try await client.create(map("status", "v"))
    let written = try #require(try await client.writeStatus(["failed": 3], of: live))
    #expect(written[path: "status", "failed"] == 3 && written[path: "metadata", "generation"] == 1)
    let conflict = await #expect(throws: KubernetesError.self) {
      try await client.writeStatus(["failed": 4], of: live)
    }
    #expect(conflict?.isConflict == true)
    let now = try await client.get(LiveMap.self, namespace: "default", name: live.metadata.name ?? "")
    #expect(try await client.writeStatus(["failed": 3], of: now) == nil)
    try await remove(Selection(namespace: "default", labels: "apus-test=\(suffix)"))
  }

  @Test("A status is written once and conflicts when it is stale", .enabled(if: LiveCluster.hasCore))
  func status() async throws {
    let template = PodTemplateSpec(
      spec: PodSpec(containers: [Container(name: "c", image: "none")], restartPolicy: "Never"))
    var job = Job(metadata: ObjectMeta(name: "apus-\(suffix)", namespace: "default"), spec: .init(template: template))
    job.spec?.suspend = true
    job.spec?.parallelism = 0
    job = try await client.create(job)
    let written = try await eventually("a status write that meets no other writer") {
      let live = try await client.get(Job.self, namespace: "default", name: "apus-\(suffix)")
      do {
        return try await client.writeStatus(["failed": 3], of: live).map { (live, $0) }
      } catch let error as KubernetesError where error.isConflict {
        return nil
      }
    }
    let conflict = await #expect(throws: KubernetesError.self) {
      try await client.writeStatus(["failed": 4], of: written.0)
    }
    #expect(conflict?.isConflict == true)
    try await client.delete(Job.self, namespace: "default", name: "apus-\(suffix)", propagation: .background)
  }

  @Test("Leases change hands, Events are written and repeated", .enabled(if: LiveCluster.hasCore))
  func coordination() async throws {
    let first = LeaderElector(client, namespace: "default", name: "apus-\(suffix)", identity: "one", logger: quiet)
    let second = LeaderElector(client, namespace: "default", name: "apus-\(suffix)", identity: "two", logger: quiet)
    try await first.acquire()
    #expect(first.leadership.isLeading && !second.leadership.isLeading)
    await first.release()
    try await second.acquire()
    let lease = try await client.get(Lease.self, namespace: "default", name: "apus-\(suffix)")
    #expect(lease.spec?.holderIdentity == "two" && lease.spec?.leaseTransitions == 1)
    try await client.delete(Lease.self, namespace: "default", name: "apus-\(suffix)")

    let recorder = EventRecorder(
      client, reporter: "apus.dev/test", instance: "test", metrics: RuntimeMetrics(), logger: quiet)
    let task = Task { try await recorder.run() }
    defer { task.cancel() }
    let object = ObjectReference(
      apiVersion: "v1", kind: "ConfigMap", namespace: "default", name: "apus-\(suffix)", uid: suffix)
    for _ in 0..<2 { recorder.record(Announcement(object, reason: "Tested", action: "Test", note: "It works.")) }
    let event = try await eventually("the event has become a series") {
      try await client.list(Event.self, Selection(namespace: "default")).objects.first { event in
        event.regarding?.name == "apus-\(suffix)" && event.series?.count == 2
      }
    }
    #expect(event.note == "It works." && event.reportingController == "apus.dev/test")
    try await client.delete(Event.self, namespace: "default", name: event.metadata.name ?? "")
  }
}
