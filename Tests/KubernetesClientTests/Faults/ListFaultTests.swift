import KubernetesModel
import TestSupport
import Testing

@testable import KubernetesClient

/// A fault with a name for the report.
struct Named<Value: Sendable>: Sendable, CustomTestStringConvertible {
  var name: String
  var value: Value
  var testDescription: String { name }

  init(_ name: String, _ value: Value) {
    self.name = name
    self.value = value
  }
}

/// Answers that no list, no page and no watch can use.
let badAnswers: [Named<[ScriptedStep]>] = [
  Named("401", [.answer(401, body: status(401, "Unauthorized"))]),
  Named("403", [.answer(403, body: status(403, "Forbidden"))]),
  Named("404", [.answer(404, body: "404 page not found")]),
  Named("409", [.answer(409, body: status(409, "Conflict"))]),
  Named("410", [.answer(410, body: status(410, "Expired"))]),
  Named("422", [.answer(422, body: status(422, "Invalid"))]),
  Named("429 in seconds", [.answer(429, headers: ["Retry-After": "2"], body: status(429, "TooManyRequests"))]),
  Named(
    "429 by date",
    [.answer(429, headers: ["Retry-After": "Fri, 15 Jan 2027 09:00:00 GMT"], body: status(429, "TooManyRequests"))]),
  Named("429 for long", [.answer(429, headers: ["Retry-After": "600"], body: status(429, "TooManyRequests"))]),
  Named("500", [.answer(500, body: status(500, "InternalError"))]),
  Named("503 without a word", [.answer(503)]),
  Named("a proxy's page", [.answer(502, headers: ["Content-Type": "text/html"], body: "<html>Bad Gateway</html>")]),
  Named("a portal's page", [.answer(200, headers: ["Content-Type": "text/html"], body: "<html>log in</html>\n")]),
  Named("a redirect", [.answer(302, headers: ["Location": "/elsewhere"])]),
  Named("no JSON", [.answer(200, body: "{]\n")]),
  Named("half an answer", [.raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"items\":["), .close]),
  Named("half a head", [.raw("HTTP/1.1 200 O"), .close]),
  Named("no HTTP", [.raw("SSH-2.0-OpenSSH\r\n"), .close]),
  Named("a reset", [.reset]),
]

@Suite("Faults in lists: the end state is the cluster's")
struct ListFaultTests {
  @Test("At the first list", arguments: badAnswers)
  func first(_ fault: Named<[ScriptedStep]>) async throws {
    let cluster = FaultyCluster()
    for name in ["a", "b", "c"] { cluster.put(name, "1") }
    cluster.inject(.list, [.instead(fault.value), .instead(fault.value)])
    let follower = try Follower(cluster)
    try await follower.converge("after \(fault.name)")
    await follower.stop()
  }

  @Test("At a later page", arguments: badAnswers)
  func later(_ fault: Named<[ScriptedStep]>) async throws {
    let cluster = FaultyCluster()
    for name in ["a", "b", "c", "d", "e"] { cluster.put(name, "1") }
    cluster.inject(.page, [.instead(fault.value)])
    let follower = try Follower(cluster)
    try await follower.converge("after \(fault.name)")
    await follower.stop()
  }

  @Test("At the list after the watch's version has expired, while the cluster changes", arguments: badAnswers)
  func again(_ fault: Named<[ScriptedStep]>) async throws {
    let cluster = FaultyCluster()
    for name in ["a", "b", "c", "d"] { cluster.put(name, "1") }
    let follower = try Follower(cluster)
    try await follower.converge("at first")
    cluster.inject(.list, [.instead(fault.value), .instead(fault.value)])
    cluster.inject(.watch, [.instead([.answer(410, body: status(410, "Expired"))])])
    cluster.interrupt(.cut)
    cluster.put("a", "2")
    cluster.remove("b")
    cluster.remove("c")
    cluster.put("c", "born again")
    cluster.put("e", "1")
    cluster.compact()
    try await follower.converge("after \(fault.name)")
    await follower.stop()
  }

  @Test("The history is forgotten between two pages: the list begins anew, in one piece")
  func compactedBetweenPages() async throws {
    let cluster = FaultyCluster()
    for number in 0..<7 { cluster.put("m\(number)", "1") }
    cluster.inject(.page, [.instead([.answer(410, body: status(410, "Expired"))])])
    let follower = try Follower(cluster)
    try await follower.converge("with all seven")
    let lists = follower.server.requests.filter { $0.query["watch"] == nil && $0.path.hasSuffix("configmaps") }
    #expect(lists.map { $0.query["limit"] } == ["500", "500", nil])
    #expect(lists.map { $0.query["continue"] != nil } == [false, true, false])
    #expect(lists.allSatisfy { $0.query["resourceVersion"] == nil })
    await follower.stop()
  }

  @Test("Pages that go round in a circle are an error, not a loop without end")
  func circle() async throws {
    let cluster = FaultyCluster()
    for name in ["a", "b", "c"] { cluster.put(name, "1") }
    let page = [ScriptedStep.answer(200, body: #"{"metadata":{"resourceVersion":"103","continue":"x"},"items":[]}"#)]
    cluster.inject(.list, [.instead(page)])
    cluster.inject(.page, [.instead(page)])
    let follower = try Follower(cluster)
    try await follower.converge("after the circle")
    #expect(follower.informer.statistics.failures == 1)
    await follower.stop()
  }

  @Test("Lists that are older than what was seen are not believed: nothing comes back, nothing is lost")
  func stale() async throws {
    let cluster = FaultyCluster()
    for name in ["a", "b"] { cluster.put(name, "1") }
    let before = cluster.version
    let follower = try Follower(cluster)
    try await follower.converge("at first")
    cluster.remove("a")
    cluster.put("b", "2")
    try await follower.converge("with b alone")
    cluster.inject(.list, [.stale(before), .stale(before)])
    cluster.compact()
    cluster.put("c", "1")
    cluster.interrupt(line: event("ERROR", status(410, "Expired")).trimmed)
    try await follower.opened("a third list, which is believed") { follower.informer.statistics.lists == 2 }
    try await follower.converge("after two old lists")
    await follower.stop()
  }

  @Test("A list that comes a byte at a time, and one of nothing: items are null")
  func slowAndEmpty() async throws {
    let cluster = FaultyCluster()
    cluster.inject(.list, [.dribbled])
    let follower = try Follower(cluster)
    try await follower.converge("empty")
    for name in ["a", "b", "c"] { cluster.put(name, "\u{85}\u{2028}\u{2029}ö😀") }
    cluster.inject(.list, [.dribbled])
    cluster.inject(.page, [.dribbled])
    cluster.interrupt(line: event("ERROR", status(410, "Expired")).trimmed)
    try await follower.converge("with three")
    await follower.stop()
  }

  @Test("No server at all: it is asked until it is there, and again when it has gone and come back on the same port")
  func refused() async throws {
    let cluster = FaultyCluster()
    cluster.put("a", "1")
    let follower = try Follower(cluster)
    try await follower.converge("at first")
    follower.server.stop()
    cluster.put("a", "2")
    cluster.put("b", "1")
    try await follower.opened("some refusals") { follower.informer.statistics.failures >= 3 }
    let again = try ScriptedServer(port: follower.server.port) { cluster.answer($0) }
    defer { again.stop() }
    try await follower.converge("when it is back")
    #expect(follower.informer.statistics.lists == 1)
    await follower.stop()
  }
}

extension String {
  /// Without the line feed at its end.
  var trimmed: String { last == "\n" ? String(dropLast()) : self }
}
