import KubernetesModel
import TestSupport
import Testing

@testable import KubernetesClient

@Suite("Faults in writes: nothing is written twice")
struct WriteFaultTests {
  func map(_ name: String?, _ value: String) -> ConfigMap {
    var map = ConfigMap(metadata: ObjectMeta(name: name, namespace: "a"), data: ["k": value])
    if name == nil { map.metadata.generateName = "generated-" }
    return map
  }

  /// A client whose connection is warm, as it is in an operator's life.
  func client(_ cluster: FaultyCluster) async throws -> (ClusterClient, ScriptedServer) {
    let server = try ScriptedServer { cluster.answer($0) }
    let client = try ClusterClient(
      ClusterConfiguration(server: server.url), time: ScriptedTime(skipping: true).source, logger: quiet)
    _ = try await client.find(ConfigMap.self, namespace: "a", name: "none")
    return (client, server)
  }

  static let lostAnswers: [Named<[ScriptedStep]>] = [
    Named("a reset", [.reset]), Named("a cut", [.close]), Named("half an answer", [.raw("HTTP/1.1 20"), .close]),
    Named("half a body", [.raw("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{"), .close]),
    Named("a time-out of the server", [.answer(504, body: status(504, "Timeout"))]),
    Named("500", [.answer(500, body: status(500, "InternalError"))]),
    Named("a proxy's page", [.answer(502, body: "<html>Bad Gateway</html>")]),
    Named("no JSON", [.answer(200, body: "{]")]),
  ]

  @Test("A create whose answer is lost has happened once, and the next try learns that", arguments: lostAnswers)
  func create(_ fault: Named<[ScriptedStep]>) async throws {
    let cluster = FaultyCluster()
    let (client, server) = try await client(cluster)
    defer { server.stop() }
    cluster.inject(.create, [.afterwards(fault.value)])
    let lost = await #expect(throws: KubernetesError.self) { try await client.create(map("one", "v")) }
    #expect(lost?.isAlreadyExists == false && lost?.isConflict == false)
    let second = await #expect(throws: KubernetesError.self) { try await client.create(map("one", "v")) }
    #expect(second?.isAlreadyExists == true)
    #expect(cluster.effects("create one") == 1)
    #expect(try await client.get(ConfigMap.self, namespace: "a", name: "one").data == ["k": "v"])
  }

  @Test("A create with a generated name is never sent twice by itself", arguments: lostAnswers)
  func generated(_ fault: Named<[ScriptedStep]>) async throws {
    let cluster = FaultyCluster()
    let (client, server) = try await client(cluster)
    defer { server.stop() }
    cluster.inject(.create, [.afterwards(fault.value)])
    await #expect(throws: KubernetesError.self) { try await client.create(map(nil, "v")) }
    #expect(cluster.effects("create generated") == 1)
    #expect(server.requests.filter { $0.method == "POST" }.count == 1)
  }

  @Test("Applies, updates and deletes that are repeated after a lost answer leave one effect", arguments: lostAnswers)
  func repeated(_ fault: Named<[ScriptedStep]>) async throws {
    let cluster = FaultyCluster()
    let (client, server) = try await client(cluster)
    defer { server.stop() }
    let first = try await client.create(map("one", "1"))
    cluster.inject(.apply, [.afterwards(fault.value)])
    // libcurl may send an apply again by itself where a kept connection broke at once: it changes nothing the second time.
    do { _ = try await client.apply(map("one", "2")) } catch { #expect(!error.isConflict) }
    _ = try await client.apply(map("one", "2"))
    #expect(cluster.effects("apply one") == 1)

    var stale = first
    stale.data = ["k": "3"]
    let conflict = await #expect(throws: KubernetesError.self) { try await client.update(stale) }
    #expect(conflict?.isConflict == true)
    var fresh = try await client.get(ConfigMap.self, namespace: "a", name: "one")
    fresh.data = ["k": "3"]
    cluster.inject(.update, [.afterwards(fault.value)])
    await #expect(throws: KubernetesError.self) { try await client.update(fresh) }
    let second = await #expect(throws: KubernetesError.self) { try await client.update(fresh) }
    #expect(second?.isConflict == true)
    #expect(cluster.effects("update one") == 1)

    cluster.inject(.delete, [.afterwards(fault.value)])
    do { try await client.delete(ConfigMap.self, namespace: "a", name: "one") } catch { #expect(!error.isNotFound) }
    try await client.delete(ConfigMap.self, namespace: "a", name: "one")
    #expect(cluster.effects("delete one") == 1)
    #expect(cluster.content.isEmpty)
  }

  @Test(
    "Refusals that a client waits out are sent again and take effect once",
    arguments: [
      Named(
        "429 in seconds",
        [ScriptedStep.answer(429, headers: ["Retry-After": "1"], body: status(429, "TooManyRequests"))]),
      Named("503 in seconds", [.answer(503, headers: ["Retry-After": "1"])]),
      Named("429 by date", [.answer(429, headers: ["Retry-After": "Fri, 15 Jan 2027 08:00:02 GMT"])]),
      Named(
        "429 in the status",
        [
          .answer(429, body: #"{"kind":"Status","code":429,"details":{"retryAfterSeconds":1}}"#)
        ]),
    ])
  func waitedOut(_ fault: Named<[ScriptedStep]>) async throws {
    let cluster = FaultyCluster()
    let (client, server) = try await client(cluster)
    defer { server.stop() }
    cluster.inject(.create, [.instead(fault.value), .instead(fault.value)])
    #expect(try await client.create(map("one", "v")).data == ["k": "v"])
    #expect(cluster.effects("create one") == 1)
  }

  @Test("What the server finds wrong is told in its own words, with verb, object and code")
  func words() async throws {
    let cluster = FaultyCluster()
    let (client, server) = try await client(cluster)
    defer { server.stop() }
    let invalid = await #expect(throws: KubernetesError.self) { try await client.create(map("one", "bad")) }
    #expect(invalid?.isInvalid == true)
    #expect(invalid?.description == "create configmaps in a: data.k: must not be bad (HTTP 422, Invalid)")
    cluster.inject(.create, [.instead([.answer(403, body: status(403, "Forbidden", "user x cannot create"))])])
    let forbidden = await #expect(throws: KubernetesError.self) { try await client.create(map("one", "v")) }
    #expect(forbidden?.description == "create configmaps in a: user x cannot create (HTTP 403, Forbidden)")
    #expect(cluster.content.isEmpty)
  }
}
