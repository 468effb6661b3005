import KubernetesModel
import Synchronization
import TestSupport
import Testing

@testable import KubernetesClient

/// What a handler was told, in order.
private final class Diary: Sendable {
  private let lines = Mutex<[String]>([])

  var entries: [String] { lines.withLock { $0 } }

  func follow<Object>(_ informer: Informer<Object>) {
    informer.onChange { event in
      let sign =
        switch event.change {
        case .added: "+"
        case .updated: "~"
        case .deleted: "-"
        }
      self.lines.withLock { $0.append("\(sign)\(event.identity.key.name) \(event.cause)") }
    }
  }
}

@Suite("What informers tell, and whom")
struct InformerSharingTests {
  let cluster = FaultyCluster()
  let time = ScriptedTime()

  init() { for name in ["a", "b"] { cluster.put(name, "1") } }

  func running<Object>(_ informer: Informer<Object>) async throws -> Task<Void, Never> {
    let task = Task { await informer.run() }
    await informer.waitForSync()
    _ = try await eventually("the watch") { informer.statistics.watches > 0 ? true : nil }
    return task
  }

  func client(_ server: ScriptedServer) throws -> ClusterClient {
    try ClusterClient(ClusterConfiguration(server: server.url), time: time.source, logger: quiet)
  }

  @Test("Causes are told apart: first list, watch, own write, relist, resync")
  func causes() async throws {
    let server = try ScriptedServer { [cluster] in cluster.answer($0) }
    defer { server.stop() }
    let informer = Informer(
      try client(server), ObjectKind<ConfigMap>.typed, resync: .seconds(36000), time: time.source, logger: quiet)
    let diary = Diary()
    diary.follow(informer)
    let task = try await running(informer)
    defer { task.cancel() }
    #expect(diary.entries.sorted() == ["+a initialList", "+b initialList"])

    cluster.put("c", "1")
    _ = try await eventually("the watch's event") { diary.entries.count == 3 ? true : nil }
    let written = try JSONValue(parsing: map("own", cluster.version + 1))
    informer.note(written)
    informer.note(written)
    #expect(diary.entries.suffix(2) == ["+c watch", "+own ownWrite"])

    // Ten hours, give or take a tenth: the scripted chance is in the middle.
    time.advance(by: .seconds(35990))
    cluster.put("a", "2")
    _ = try await eventually("the change") { diary.entries.count == 5 ? true : nil }
    #expect(informer.statistics.resyncs == 0)
    time.advance(by: .seconds(10))
    cluster.put("b", "2")
    _ = try await eventually("the replay") { diary.entries.count == 10 ? true : nil }
    let replayed = diary.entries.dropFirst(4).joined(separator: ", ")
    #expect(replayed == "~a watch, ~b watch, ~a resync, ~b resync, ~c resync, ~own resync")
    #expect(informer.statistics.resyncs == 1)
    #expect(StoreCause.resync.isBackground && StoreCause.initialList.isBackground && !StoreCause.relist.isBackground)

    cluster.interrupt(line: event("ERROR", status(410, "Expired")).trimmed)
    _ = try await eventually("the relist") { informer.statistics.lists == 2 ? true : nil }
    // The own write was never in the cluster, whose versions are past it now.
    #expect(diary.entries.last == "-own relist")
  }

  @Test("A handler that is added late is told of all that is known first, and of nothing twice")
  func late() async throws {
    let server = try ScriptedServer { [cluster] in cluster.answer($0) }
    defer { server.stop() }
    let informer = Informer(try client(server), ObjectKind<ConfigMap>.typed, time: time.source, logger: quiet)
    let task = try await running(informer)
    defer { task.cancel() }
    let diary = Diary()
    diary.follow(informer)
    #expect(diary.entries == ["+a initialList", "+b initialList"])
    cluster.remove("a")
    _ = try await eventually("the delete") { diary.entries.count == 3 ? true : nil }
    #expect(diary.entries.last == "-a watch")
  }

  @Test("A handler that itself brings a change is told of it afterwards, and not within its own call")
  func recursion() throws {
    let informer = Informer(RefusingAPI(), ObjectKind<ConfigMap>.typed, logger: quiet)
    let story = Mutex<[String]>([])
    let second = try JSONValue(parsing: map("second", 2))
    informer.onChange { [weak informer] event in
      story.withLock { $0.append("begin \(event.identity.key.name)") }
      if event.identity.key.name == "first" { informer?.note(second) }
      story.withLock { $0.append("end \(event.identity.key.name)") }
    }
    informer.note(try JSONValue(parsing: map("first", 1)))
    #expect(story.withLock { $0 } == ["begin first", "end first", "begin second", "end second"])
  }

  @Test("Writers on many threads: handlers are called one at a time, and in the order of the versions")
  func threads() async throws {
    let informer = Informer(RefusingAPI(), ObjectKind<ConfigMap>.typed, logger: quiet)
    let inside = Atomic(0)
    let seen = Mutex<(versions: [Int], overlaps: Int)>(([], 0))
    informer.onChange { event in
      let others = inside.add(1, ordering: .sequentiallyConsistent).oldValue
      seen.withLock { seen in
        seen.versions.append(Int(event.identity.resourceVersion) ?? 0)
        if others != 0 { seen.overlaps += 1 }
      }
      inside.subtract(1, ordering: .sequentiallyConsistent)
    }
    await withTaskGroup(of: Void.self) { group in
      for worker in 0..<8 {
        group.addTask {
          for round in 0..<100 {
            if let object = try? JSONValue(parsing: map("one", 1 + round * 8 + worker, uid: "u")) {
              informer.note(object)
            }
          }
        }
      }
    }
    let (versions, overlaps) = seen.withLock { $0 }
    #expect(overlaps == 0)
    #expect(versions == versions.sorted() && versions.last == 800)
  }

  @Test("Who asks for the same objects gets the same informer; other selections, types and forms are others")
  func shared() async throws {
    let server = try ScriptedServer { [cluster] in cluster.answer($0) }
    defer { server.stop() }
    let set = InformerSet(try client(server), time: time.source, logger: quiet)
    let first = set.informer(ObjectKind<ConfigMap>.typed)
    let task = try await running(first)
    defer { task.cancel() }
    let second = set.informer(
      ObjectKind<ConfigMap>.typed, indexing: ["app"], fields: ["value": { [$0.data["k"] ?? ""] }])
    #expect(first === second)
    // The index knows what came before it.
    #expect(second.store.objects(.field("value", "1")).count == 2)
    cluster.put("c", "1")
    _ = try await eventually("the new one is found") {
      second.store.objects(.field("value", "1")).count == 3 ? true : nil
    }
    cluster.remove("a")
    _ = try await eventually("the old one is not") {
      second.store.objects(.field("value", "1")).count == 2 ? true : nil
    }
    #expect(set.informer(ObjectKind<ConfigMap>.typed, Selection(namespace: "a")) !== first)
    _ = set.informer(.untyped(ConfigMap.self))
    _ = set.informer(.metadataOnly(ConfigMap.self))
    #expect(set.all.count == 4)
    #expect(server.requests.filter { $0.query["watch"] == "1" }.count == 1)
  }

  @Test("Metadata alone is asked for and kept, also where the server sends whole objects")
  func metadata() async throws {
    let server = try ScriptedServer { [cluster] in cluster.answer($0) }
    defer { server.stop() }
    let informer = Informer(try client(server), .metadataOnly(ConfigMap.self), time: time.source, logger: quiet)
    let task = try await running(informer)
    defer { task.cancel() }
    #expect(informer.store["a", "a"]?.uid == "uid-1")
    #expect(informer.store.objects.map(\.name) == ["a", "b"])
    let asked = server.requests.filter { $0.path.hasSuffix("configmaps") }.compactMap { $0.headers["accept"] }
    #expect(asked.first?.hasPrefix("application/json;as=PartialObjectMetadataList;") == true)
    #expect(asked.last?.hasPrefix("application/json;as=PartialObjectMetadata;") == true)
    #expect(asked.allSatisfy { $0.hasSuffix(",application/json") })
  }
}

/// No server.
private struct RefusingAPI: KubernetesAPI {
  var fieldManager: String { "test" }
  func perform(_ request: APIRequest) async throws(KubernetesError) -> JSONValue { throw .cancelled }
  func open(_ request: APIRequest) async throws(KubernetesError) -> WatchStream { throw .cancelled }
}
