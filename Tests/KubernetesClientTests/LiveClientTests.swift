import Foundation
import HTTPTransport
import KubernetesModel
import LiveSupport
import Synchronization
import TestSupport
import Testing

@testable import KubernetesClient

/// What the scripted servers are assumed to do, seen on a real API server: with `APUS_TEST_KUBECONFIG` set, against any
/// cluster. Objects are made in its default namespace and taken away again.
@Suite("The client against a live API server", .enabled(if: LiveCluster.kubeconfig != nil))
struct LiveClientTests {
  let configuration: ClusterConfiguration
  let client: ClusterClient
  let requests = Requests()
  let suffix = String(UUID().uuidString.lowercased().prefix(8))

  final class Requests: Sendable {
    private let outcomes = Mutex<[RequestOutcome]>([])
    var all: [RequestOutcome] { outcomes.withLock { $0 } }
    func note(_ outcome: RequestOutcome) { outcomes.withLock { $0.append(outcome) } }
  }

  init() async throws {
    configuration = try ClusterConfiguration.load(kubeconfig: LiveCluster.kubeconfig ?? "")
    client = try ClusterClient(configuration, logger: quiet, observe: requests.note)
    try await LiveCluster.prepare(client)
  }

  var selection: Selection { Selection(namespace: "default", labels: "apus-test=\(suffix)") }

  func map(_ name: String, _ value: String) -> LiveMap {
    LiveMap(
      metadata: ObjectMeta(name: "apus-\(suffix)-\(name)", namespace: "default", labels: ["apus-test": suffix]),
      data: ["k": value])
  }

  func remove() async throws {
    for object in try await client.list(LiveMap.self, selection).objects {
      try await client.delete(LiveMap.self, namespace: "default", name: object.metadata.name ?? "")
    }
  }

  @Test("Many watches and many requests at once, over few connections")
  func many() async throws {
    let informers = (0..<40).map { number in
      Informer(
        client, ObjectKind<LiveMap>.typed,
        Selection(namespace: "default", labels: "apus-test=\(suffix),n!=x\(number)"), logger: quiet)
    }
    let threads = Self.threads
    let tasks = informers.map { informer in Task { await informer.run() } }
    defer { for task in tasks { task.cancel() } }
    for informer in informers { await informer.waitForSync() }
    _ = try await eventually("all watches") { informers.allSatisfy { $0.statistics.watches > 0 } ? true : nil }
    let (sender, base) = (client, map("base", "v"))
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<30 {
        var object = base
        object.metadata.name = "\(base.metadata.name ?? "")-\(number)"
        group.addTask { [object] in _ = try await sender.create(object) }
      }
      try await group.waitForAll()
    }
    for informer in informers {
      _ = try await eventually("everyone sees all") { informer.store.count == 30 ? true : nil }
    }
    let sockets = Self.sockets(to: configuration.host)
    // None of them for a watch: the event loop's, and what the language's pool needs.
    #expect(Self.threads <= threads + 8)
    if configuration.server.hasPrefix("https") {
      #expect((1...4).contains(sockets))
    } else {
      #expect((40...71).contains(sockets))
    }
    try await remove()
    for informer in informers {
      _ = try await eventually("everyone sees nothing") { informer.store.count == 0 ? true : nil }
      #expect(informer.statistics.failures == 0)
    }
  }

  /// This process's TCP connections to a port.
  static func sockets(to host: String) -> Int {
    guard let port = host.split(separator: ":").last.flatMap({ UInt16($0) }) else { return 0 }
    let files = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
    return files.compactMap { Int32($0) }.filter { file in
      var address = sockaddr_in()
      var length = socklen_t(MemoryLayout<sockaddr_in>.size)
      return withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(file, $0, &length) == 0 }
      } && UInt16(bigEndian: address.sin_port) == port
    }.count
  }

  static var threads: Int {
    (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task"))?.count ?? 0
  }

  @Test("Metadata alone, in lists and in watches; large lists in pages and compressed")
  func forms() async throws {
    let large = String(repeating: "0123456789abcdef\u{2028}ö", count: 10000)
    for number in 0..<3 { _ = try await client.create(map("large\(number)", large)) }
    let informer = Informer(client, .metadataOnly(LiveMap.self), selection, logger: quiet)
    let task = Task { await informer.run() }
    defer { task.cancel() }
    await informer.waitForSync()
    #expect(informer.store.count == 3)
    var request = APIRequest.list(LiveMap.gvr, selection)
    request.isMetadataOnly = true
    let short = try await client.perform(request)
    #expect(short["kind"] == "PartialObjectMetadataList")
    #expect(short["items"]?[0]?["data"] == nil && short["items"]?[0]?["metadata"]?["name"] != nil)
    let whole = try await client.list(ObjectKind<LiveMap>.typed, selection, limit: 2)
    #expect(whole.objects.count == 3 && whole.objects.allSatisfy { $0.data["k"] == large })
    _ = try await client.apply(map("large0", "small"))
    _ = try await eventually("the change") {
      informer.statistics.events > 0 ? true : nil
    }
    try await remove()
    _ = try await eventually("the deletes") { informer.store.count == 0 ? true : nil }
    #expect(informer.statistics.failures == 0)
  }

  @Test("A first list streams where the server knows that, whole objects and metadata alike, and goes on as a watch")
  func streaming() async throws {
    let version = try await client.perform(.serverVersion)
    let isStreaming = Reflector<LiveMap>.knowsStreamingLists(version)
    #expect(isStreaming || LiveCluster.hasCore, "the server of scripts/current-kubernetes is a current one")
    let (sender, base) = (client, map("s", String(repeating: "x", count: 2000)))
    for round in 0..<15 {
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<20 {
          var object = base
          object.metadata.name = "\(base.metadata.name ?? "")-\(20 * round + number)"
          group.addTask { [object] in _ = try await sender.create(object) }
        }
        try await group.waitForAll()
      }
    }
    let before = requests.all.count
    let whole = Informer(client, ObjectKind<LiveMap>.typed, selection, logger: quiet)
    let names = Informer(client, .metadataOnly(LiveMap.self), selection, logger: quiet)
    let none = Informer(
      client, ObjectKind<LiveMap>.typed, Selection(namespace: "default", labels: "apus-test=none"), logger: quiet)
    let tasks = [Task { await whole.run() }, Task { await names.run() }, Task { await none.run() }]
    defer { for task in tasks { task.cancel() } }
    for wait in [whole.waitForSync, names.waitForSync, none.waitForSync] { await wait() }
    #expect(whole.store.count == 300 && names.store.count == 300 && none.store.count == 0)
    #expect(whole.store.objects.allSatisfy { $0.data["k"]?.count == 2000 })
    for statistics in [whole.statistics, names.statistics, none.statistics] {
      #expect(statistics.lists == 1 && statistics.failures == 0)
    }
    let plain = requests.all.dropFirst(before).filter { $0.verb == .list && $0.resource == LiveMap.gvr }
    #expect(plain.isEmpty == isStreaming, "\(version.text)")

    var changed = base
    changed.metadata.name = "\(base.metadata.name ?? "")-7"
    changed.data["k"] = "changed"
    _ = try await client.apply(changed)
    _ = try await eventually("the change is seen behind the list") {
      whole.store[changed.key]?.data["k"] == "changed" && names.statistics.events > 0 ? true : nil
    }
    try await remove()
    _ = try await eventually("the deletes are seen") {
      whole.store.count == 0 && names.store.count == 0 ? true : nil
    }
    #expect(whole.statistics.lists == 1 && names.statistics.lists == 1)
  }

  @Test("A version that is too old, one from the future, a missing API and a wrong token are told apart")
  func refusals() async throws {
    do throws(KubernetesError) {
      let stream = try await client.open(
        .watch(LiveMap.gvr, Selection(namespace: "default"), resourceVersion: "1", timeoutSeconds: 1))
      var events = stream.makeAsyncIterator()
      while let event = try await events.next() {
        if case .failure(let refusal) = event { throw KubernetesError.refused(refusal) }
      }
    } catch {
      // A cluster that is young still knows its first version.
      #expect(error.isGone, "\(error)")
    }
    var future = APIRequest.list(LiveMap.gvr, Selection(namespace: "default"), resourceVersion: "999999999999")
    future.query.append(.init(name: "resourceVersionMatch", value: "NotOlderThan"))
    let early = await #expect(throws: KubernetesError.self) { try await client.perform(future) }
    #expect(early?.isTooLargeResourceVersion == true, "\(String(describing: early))")
    let missing = GroupVersionResource(group: "none.apus.dev", version: "v1", resource: "things")
    let absent = await #expect(throws: KubernetesError.self) { try await client.perform(.list(missing)) }
    #expect(absent?.isMissingAPI == true)
    var stranger = configuration
    stranger.credentials = .token("wrong")
    stranger.trust.clientCertificate = nil
    stranger.trust.clientKey = nil
    stranger.trustFiles = TrustFiles()
    do throws(KubernetesError) {
      _ = try await ClusterClient(stranger, logger: quiet).perform(
        .list(LiveMap.gvr, Selection(namespace: "default")))
      // A local cluster lets everybody in.
      #expect(!configuration.server.hasPrefix("https"))
    } catch {
      // Without the core, whoever is not known is nobody rather than refused.
      #expect(error.isUnauthorized || !LiveCluster.hasCore && error.isForbidden, "\(error)")
    }
  }
}
