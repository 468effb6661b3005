import KubernetesModel
import Synchronization
import TestSupport
import Testing

@testable import KubernetesClient

@Suite("Faults in watches: the end state is the cluster's")
struct WatchFaultTests {
  /// Changes of every kind, missed by whoever is not watching.
  func change(_ cluster: FaultyCluster) {
    cluster.put("a", "2")
    cluster.remove("b")
    cluster.remove("c")
    cluster.put("c", "born again")
    cluster.put("d", "1")
  }

  func following(_ cluster: FaultyCluster = FaultyCluster(), idle: Duration = .seconds(75)) async throws -> Follower {
    for name in ["a", "b", "c"] { cluster.put(name, "1") }
    let follower = try Follower(cluster, watchIdle: idle)
    try await follower.converge("at first")
    try await follower.opened("a watch") { follower.informer.statistics.watches > 0 }
    return follower
  }

  @Test("When it is opened", arguments: badAnswers)
  func opening(_ fault: Named<[ScriptedStep]>) async throws {
    let cluster = FaultyCluster()
    cluster.inject(.watch, [.instead(fault.value), .instead(fault.value)])
    let follower = try await following(cluster)
    cluster.inject(.watch, [.instead(fault.value)])
    cluster.interrupt(.cut)
    change(cluster)
    try await follower.converge("after \(fault.name)")
    await follower.stop()
  }

  static let lines: [Named<String>] = [
    Named("410 in the stream", event("ERROR", status(410, "Expired"))),
    Named("410 without a code", event("ERROR", #"{"kind":"Status","reason":"Gone"}"#)),
    Named("429 in the stream", event("ERROR", status(429, "TooManyRequests"))),
    Named("500 in the stream", event("ERROR", status(500, "InternalError"))),
    Named("403 in the stream", event("ERROR", status(403, "Forbidden"))),
    Named("an error without a word", #"{"type":"ERROR"}"# + "\n"),
    Named("no JSON", "{]\n"),
    Named("a page", "<html>\n"),
    Named("an unknown type", event("RENAMED", map("a", 900, value: "x"))),
    Named("no type", #"{"object":{}}"# + "\n"),
    Named("no object", #"{"type":"ADDED"}"# + "\n"),
    Named("null for an object", #"{"type":"MODIFIED","object":null}"# + "\n"),
    Named("a bookmark without an object", #"{"type":"BOOKMARK"}"# + "\n"),
    Named("a bookmark without a version", #"{"type":"BOOKMARK","object":{"metadata":{}}}"# + "\n"),
    Named("empty lines", "\n\n\n"),
    Named("an object without a name", event("ADDED", #"{"metadata":{"uid":"x"}}"#)),
    Named("half an event, and then others", #"{"type":"ADDED","object":{"meta"#),
    Named("null", "null\n"),
    Named("a number", "7\n"),
  ]

  @Test("In the stream", arguments: lines)
  func inside(_ line: Named<String>) async throws {
    let follower = try await following()
    follower.cluster.interrupt(.bytes(Array(line.value.utf8)))
    change(follower.cluster)
    try await follower.converge("after \(line.name)")
    // Once more, when the back-off is under way.
    follower.cluster.interrupt(.bytes(Array(line.value.utf8)))
    follower.cluster.put("e", "1")
    try await follower.converge("after \(line.name) again")
    await follower.stop()
  }

  @Test("Cut, ended and cut within an event, again and again: each goes on where it stopped, without a list")
  func ends() async throws {
    let follower = try await following()
    for round in 0..<5 {
      let watches = follower.informer.statistics.watches
      switch round % 3 {
      case 0: follower.cluster.interrupt(.cut)
      case 1: follower.cluster.interrupt(.end)
      default:
        follower.cluster.interrupt(.bytes(Array(#"{"type":"ADDED","object":{"metadata":{"na"#.utf8)))
        follower.cluster.interrupt(.cut)
      }
      follower.cluster.put("round", "\(round)")
      try await follower.converge("round \(round)")
      try await follower.opened("the next watch") { follower.informer.statistics.watches > watches }
    }
    #expect(follower.informer.statistics.lists == 1)
    await follower.stop()
  }

  @Test("A connection that is half open is given up, and the watch goes on over another")
  func silence() async throws {
    let follower = try await following(idle: .seconds(1))
    follower.cluster.interrupt(.silence)
    try await follower.opened("the silence") { !follower.cluster.isWatched }
    change(follower.cluster)
    try await follower.converge("after the silence")
    #expect(follower.informer.statistics.lists == 1)
    #expect(follower.informer.statistics.failures == 0)
    await follower.stop()
  }

  @Test("Servers that begin to answer a watch with its first event are no failure, as long as they answer at all")
  func noHead() async throws {
    let cluster = FaultyCluster()
    cluster.inject(.watch, [.instead([.hold]), .instead([.hold])])
    let follower = try await following(cluster, idle: .seconds(1))
    change(follower.cluster)
    try await follower.converge("after the silence")
    #expect(follower.informer.statistics.failures == 0)
    #expect(follower.informer.statistics.lists == 1)
    await follower.stop()
  }

  @Test("Two megabytes, separators that are not line feeds, and every byte in a packet of its own")
  func frames() async throws {
    let cluster = FaultyCluster()
    cluster.inject(.watch, [.dribbled])
    let follower = try await following(cluster)
    cluster.put("odd", "\u{85} \u{2028} \u{2029} \u{FEFF} ö 😀 \" \\ \n end")
    try await follower.converge("byte by byte")
    cluster.interrupt(.end)
    cluster.put("large", String(repeating: "x\u{2028}", count: 1 << 19))
    cluster.put("b", "after it")
    try await follower.converge("with a large one")
    #expect(follower.informer.store["a", "large"]?.data["k"]?.utf8.count == 1 << 21)
    #expect(follower.informer.store["a", "odd"]?.data["k"]?.contains("\u{85} \u{2028}") == true)
    await follower.stop()
  }

  @Test("Bytes that are no UTF-8 become replacement characters and hurt nobody else")
  func invalid() async throws {
    let follower = try await following()
    let version = follower.cluster.version
    let text = event("MODIFIED", map("a", version + 1, uid: "uid-1", value: "o?k"))
    follower.cluster.interrupt(.bytes(text.utf8.map { $0 == 0x3F ? 0xFF : $0 }))
    try await follower.opened("the odd event") {
      follower.informer.store["a", "a"]?.data["k"] == "o\u{FFFD}k"
    }
    follower.cluster.put("b", "2")
    follower.cluster.put("a", "3")
    try await follower.converge("after it")
    #expect(follower.informer.statistics.failures == 0)
    await follower.stop()
  }

  @Test("A token that is refused is found anew, and the stream goes on")
  func token() async throws {
    let scratch = try Scratch()
    try scratch.write("token", "old")
    let cluster = FaultyCluster()
    cluster.put("a", "1")
    let follower = try Follower(cluster, credentials: .tokenFile("\(scratch.path)/token"))
    try await follower.converge("at first")
    try scratch.write("token", "new")
    cluster.inject(.watch, [.instead([.answer(401, body: status(401, "Unauthorized"))])])
    cluster.interrupt(.cut)
    cluster.put("a", "2")
    try await follower.opened("the new token is shown") {
      follower.server.requests.last?.headers["authorization"] == "Bearer new"
    }
    try await follower.converge("with the new token")
    await follower.stop()
  }
}
