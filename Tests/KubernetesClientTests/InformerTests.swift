import HTTPTransport
import KubernetesClient
import KubernetesModel
import Synchronization
import TestSupport
import Testing

/// A cluster's ConfigMaps as a script of answers: each list and each watch takes the next one; the last watch stays open.
final class ScriptedMaps: Sendable {
  let lists: Mutex<[[ScriptedStep]]>
  let watches: Mutex<[[ScriptedStep]]>

  init(lists: [[ScriptedStep]], watches: [[ScriptedStep]]) {
    self.lists = Mutex(lists)
    self.watches = Mutex(watches)
  }

  func answer(_ request: ScriptedRequest) -> [ScriptedStep] {
    let next: (inout [[ScriptedStep]]) -> [ScriptedStep] = { steps in
      steps.isEmpty ? [.beginChunked(), .hold] : steps.removeFirst()
    }
    guard request.path != "/version" else { return [.answer(404, body: status(404, "NotFound"))] }
    return request.query["watch"] == "1" ? watches.withLock { next(&$0) } : lists.withLock { next(&$0) }
  }
}

func map(_ name: String, _ version: Int, uid: String? = nil, value: String = "v") -> String {
  """
  {"metadata":{"name":"\(name)","namespace":"a","uid":"\(uid ?? name)","resourceVersion":"\(version)",\
  "labels":{"app":"\(value)"},"managedFields":[{"manager":"x"}]},"data":{"k":"\(value)"}}
  """
}

func list(_ version: Int, _ items: String...) -> [ScriptedStep] {
  [.answer(200, body: #"{"metadata":{"resourceVersion":"\#(version)"},"items":[\#(items.joined(separator: ","))]}"#)]
}

func event(_ type: String, _ object: String) -> String { #"{"type":"\#(type)","object":\#(object)}"# + "\n" }

@Suite("Informers")
struct InformerTests {
  /// Runs an informer against a script until the store has the expected content; returns the changes that were told.
  @discardableResult
  func run(
    lists: [[ScriptedStep]], watches: [[ScriptedStep]], until expected: [String: String],
    _ also: (Informer<ConfigMap>, ScriptedServer) -> Bool = { _, _ in true }
  ) async throws -> (changes: [String], server: ScriptedServer, informer: Informer<ConfigMap>) {
    let maps = ScriptedMaps(lists: lists, watches: watches)
    let server = try ScriptedServer { maps.answer($0) }
    defer { server.stop() }
    let time = ScriptedTime(skipping: true)
    let client = try ClusterClient(ClusterConfiguration(server: server.url), time: time.source, logger: quiet)
    let informer = Informer(client, ObjectKind<ConfigMap>.typed, indexing: ["app"], time: time.source, logger: quiet)
    let changes = Mutex<[String]>([])
    informer.onChange { event in
      let text =
        switch event.change {
        case .added(let map): "+\(map.metadata.name ?? "")"
        case .updated(_, let map): "~\(map.metadata.name ?? "")"
        case .deleted(let map): "-\(map.metadata.name ?? "")"
        }
      changes.withLock { $0.append(text) }
    }
    let task = Task { await informer.run() }
    defer { task.cancel() }
    await informer.waitForSync()
    _ = try await eventually("the store holds \(expected)", within: .seconds(60)) {
      let content = Dictionary(
        uniqueKeysWithValues: informer.store.objects.map { ($0.metadata.name ?? "", $0.data["k"] ?? "") })
      return content == expected && also(informer, server) ? true : nil
    }
    task.cancel()
    await task.value
    return (changes.withLock { $0 }, server, informer)
  }

  @Test("List, then watch from there; events split at every byte")
  func follow() async throws {
    let run = try await run(
      lists: [list(5, map("one", 1), map("two", 2))],
      watches: [
        [
          .beginChunked(),
          .dribble(
            event("ADDED", map("three", 6, value: "\u{2028}ö")) + event("MODIFIED", map("one", 7, value: "new"))
              + event("DELETED", map("two", 8)) + event("BOOKMARK", #"{"metadata":{"resourceVersion":"11"}}"#)),
          .endChunked,
        ]
      ], until: ["one": "new", "three": "\u{2028}ö"]
    ) { _, server in server.requests.count >= 3 }
    #expect(run.changes == ["+one", "+two", "+three", "~one", "-two"])
    let watches = run.server.requests.filter { $0.query["watch"] != nil }
    #expect(watches[0].query["resourceVersion"] == "5")
    #expect(watches[1].query["resourceVersion"] == "11")
    #expect(watches[0].query["allowWatchBookmarks"] == "true")
    #expect(watches[0].query["timeoutSeconds"] == "450")
    #expect(run.informer.statistics.lists == 1)
    #expect(run.informer.store.objects(.label("app", "new")).count == 1)
    #expect(run.informer.store.objects(.label("app", "v")).isEmpty)
  }

  @Test("A connection that is cut within an event goes on from the last whole one, without a new list")
  func cut() async throws {
    let run = try await run(
      lists: [list(5)],
      watches: [
        [.beginChunked(), .chunk(event("ADDED", map("one", 6))), .chunk(#"{"type":"ADDED","obj"#), .close],
        [.reset],
        [.beginChunked(), .chunk(#"{"type":"ADDED""#), .endChunked],
        [.beginChunked(), .chunk(event("ADDED", map("two", 7))), .hold],
      ], until: ["one": "v", "two": "v"])
    let versions = run.server.requests.compactMap { $0.query["watch"] == nil ? nil : $0.query["resourceVersion"] }
    #expect(versions == ["5", "6", "6", "6"])
    #expect(run.informer.statistics.lists == 1)
  }

  @Test(
    "410 as an event, as a status, and as a status without a code: a new list, and deletes for what vanished",
    arguments: [
      [.beginChunked(), .chunk(event("ERROR", status(410, "Expired"))), .endChunked],
      [.answer(410, body: status(410, "Gone"))],
      [.beginChunked(), .chunk(event("ERROR", #"{"kind":"Status","reason":"Expired"}"#)), .hold],
    ] as [[ScriptedStep]])
  func expired(_ watch: [ScriptedStep]) async throws {
    let run = try await run(
      lists: [list(5, map("one", 1), map("two", 2)), list(9, map("two", 2), map("three", 8))], watches: [watch],
      until: ["two": "v", "three": "v"])
    #expect(run.changes == ["+one", "+two", "-one", "+three"])
  }

  @Test("An object that was deleted and made again while nobody watched is told as both")
  func reborn() async throws {
    let run = try await run(
      lists: [list(5, map("one", 1)), list(9, map("one", 8, uid: "other", value: "w"))],
      watches: [[.answer(410, body: status(410, "Gone"))]], until: ["one": "w"])
    #expect(run.changes == ["+one", "-one", "+one"])
  }

  @Test("Lists that fail are tried again: refused, busy, cut, half an answer, no JSON")
  func lists() async throws {
    let run = try await run(
      lists: [
        [.answer(403, body: status(403, "Forbidden"))], [.answer(500, body: "oops")], [.reset],
        [.raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"items\""), .close], [.answer(200, body: "{")],
        [.answer(429, headers: ["Retry-After": "1"], body: status(429, "TooManyRequests"))], list(5, map("one", 1)),
      ], watches: [], until: ["one": "v"])
    // A connection that was kept and is reset at its next use is opened anew by libcurl itself.
    #expect([4, 5].contains(run.informer.statistics.failures))
  }

  @Test("A busy watch is asked again from the same version")
  func busy() async throws {
    let run = try await run(
      lists: [list(5)],
      watches: [
        [.beginChunked(), .chunk(event("ERROR", status(429, "TooManyRequests"))), .endChunked],
        [.answer(503, body: "x")], [.beginChunked(), .endChunked],
        [.beginChunked(), .chunk(event("ADDED", map("one", 6))), .hold],
      ], until: ["one": "v"])
    #expect(run.server.requests.filter { $0.query["watch"] != nil }.allSatisfy { $0.query["resourceVersion"] == "5" })
    #expect(run.informer.statistics.lists == 1)
  }

  @Test("One unreadable object does not end the stream, and is known as a problem until it is mended")
  func unreadable() async throws {
    let bad = #"{"metadata":{"name":"bad","namespace":"a","uid":"bad","resourceVersion":"6"},"data":[1]}"#
    let run = try await run(
      lists: [list(5, map("one", 1), bad, #"{"metadata":{"name":"worse","namespace":"a"},"data":3}"#)],
      watches: [
        [
          .beginChunked(), .chunk(event("MODIFIED", bad)), .chunk(event("ADDED", map("two", 7))),
          .chunk(event("MODIFIED", map("bad", 8))), .hold,
        ]
      ], until: ["one": "v", "two": "v", "bad": "v"])
    #expect(run.informer.store.problems.keys.map(\.name) == ["worse"])
    #expect(run.informer.statistics.undecodable == 3)
  }

  @Test("Own writes are seen at once, and neither an older event nor an older list undoes them")
  func ownWrites() throws {
    let store = ObjectStore<String>()
    func identity(_ name: String, _ version: String, uid: String = "u") throws -> ObjectIdentity {
      try #require(
        ObjectIdentity(["metadata": ["name": .string(name), "uid": .string(uid), "resourceVersion": .string(version)]]))
    }
    let key = ObjectKey(namespace: "", name: "one")
    _ = store.note(try identity("one", "10"), "ten")
    #expect(store.note(try identity("one", "9"), "nine") == nil)
    #expect(store[key] == "ten")
    #expect(store.note(try identity("one", "11"), "eleven") != nil)
    #expect(store[key] == "eleven")
  }
}
