import KubernetesModel
import TestSupport
import Testing

@testable import KubernetesClient

@Suite("Streaming lists")
struct StreamingListTests {
  func cluster(_ streaming: FaultyCluster.StreamingLists, minor: String = "32") -> FaultyCluster {
    let cluster = FaultyCluster(streaming: streaming, minor: minor)
    for name in ["c", "a", "b"] { cluster.put(name, "1") }
    return cluster
  }

  func queries(_ follower: Follower) -> [String] {
    follower.server.requests.filter { $0.path != "/version" }.map { request in
      request.query["sendInitialEvents"] == "true" ? "stream" : request.query["watch"] == "1" ? "watch" : "list"
    }
  }

  @Test("One request fills the store and goes on as the watch")
  func supported() async throws {
    let follower = try Follower(cluster(.supported))
    try await follower.converge("at first")
    follower.cluster.put("d", "1")
    follower.cluster.remove("a")
    try await follower.converge("going on")
    #expect(queries(follower) == ["stream"])
    let request = try #require(follower.server.requests.last)
    #expect(request.query["resourceVersionMatch"] == "NotOlderThan" && request.query["resourceVersion"] == nil)
    #expect(request.query["allowWatchBookmarks"] == "true")
    // The version of the bookmark is where the next watch begins.
    follower.cluster.interrupt(.end)
    follower.cluster.put("e", "1")
    try await follower.opened("the next watch") { follower.informer.statistics.watches == 2 }
    try await follower.converge("in the next watch")
    #expect(queries(follower) == ["stream", "watch"])
    #expect(follower.informer.statistics.lists == 1)
    await follower.stop()
  }

  @Test(
    "A server that refuses or does not understand is asked for a plain list, and not asked for a stream again",
    arguments: [
      Named("the gate is off", FaultyCluster.StreamingLists.gated), Named("ignored", .ignored),
    ])
  func refused(_ streaming: Named<FaultyCluster.StreamingLists>) async throws {
    let follower = try Follower(cluster(streaming.value))
    try await follower.converge("at first")
    follower.cluster.interrupt(line: event("ERROR", status(410, "Expired")).trimmed)
    follower.cluster.put("d", "1")
    try await follower.converge("after a second list")
    #expect(queries(follower).filter { $0 == "stream" }.count == 1)
    #expect(queries(follower).filter { $0 == "list" }.count >= 2)
    await follower.stop()
  }

  @Test("An old server is not asked at all", arguments: ["20", "26", "x"])
  func old(_ minor: String) async throws {
    let follower = try Follower(cluster(.ignored, minor: minor))
    try await follower.converge("at first")
    #expect(!queries(follower).contains("stream"))
    await follower.stop()
  }

  @Test("A kind that is not there yet is asked for as a stream again, once it is")
  func missing() async throws {
    let cluster = cluster(.supported)
    let absent = FaultyCluster.Fault.instead([.answer(404, body: "404 page not found")])
    cluster.inject(.streamingList, [absent, absent])
    cluster.inject(.list, [absent, absent])
    let follower = try Follower(cluster)
    try await follower.converge("when it is there")
    #expect(queries(follower) == ["stream", "list", "stream", "list", "stream"])
    // Only a person can mend it: the pauses are long from the start.
    #expect(follower.time.slept.allSatisfy { $0 >= .seconds(15) } && follower.time.slept.count == 2)
    await follower.stop()
  }

  @Test("What goes wrong before the list is complete leaves no trace", arguments: badAnswers)
  func faults(_ fault: Named<[ScriptedStep]>) async throws {
    let cluster = cluster(.supported)
    cluster.inject(.streamingList, [.instead(fault.value)])
    let follower = try Follower(cluster)
    try await follower.converge("after \(fault.name)")
    cluster.put("a", "2")
    cluster.remove("b")
    try await follower.converge("going on")
    await follower.stop()
  }

  @Test(
    "A list that is cut, ended or refused halfway is not believed",
    arguments: [
      Named("cut", [ScriptedStep.close]), Named("ended", [.endChunked]),
      Named("refused", [.chunk(event("ERROR", status(410, "Expired"))), .endChunked]),
      Named("garbled", [.chunk("{]\n"), .hold]),
    ])
  func halfway(_ end: Named<[ScriptedStep]>) async throws {
    let cluster = cluster(.supported)
    let ghost = event("ADDED", map("ghost", 101, value: "never"))
    cluster.inject(.streamingList, [.instead([.beginChunked(), .chunk(ghost)] + end.value)])
    let follower = try Follower(cluster)
    try await follower.converge("without the ghost")
    await follower.stop()
  }

  @Test("Changes that arrive before the end of the list are part of it, deletes too; nothing is told before it ends")
  func unordered() async throws {
    let gate = ScriptedGate()
    let cluster = FaultyCluster(streaming: .supported, minor: "32")
    cluster.put("a", "2")
    cluster.put("b", "1")
    // As the cluster has them, after the detours.
    let final = cluster.content
    #expect(final.count == 2)
    let lines = [
      event("ADDED", map("b", 102, uid: "uid-2", value: "1")), event("ADDED", map("a", 99, uid: "uid-1", value: "1")),
      event("ADDED", map("ghost", 98)), event("MODIFIED", map("a", 101, uid: "uid-1", value: "2")),
      event("DELETED", map("ghost", 100)),
    ]
    let end = event(
      "BOOKMARK", #"{"metadata":{"resourceVersion":"102","annotations":{"k8s.io/initial-events-end":"true"}}}"#)
    cluster.inject(
      .streamingList, [.instead([.beginChunked()] + lines.map { .chunk($0) } + [.wait(gate), .chunk(end), .hold])])
    let follower = try Follower(cluster)
    try await follower.opened("the request") { follower.server.requests.contains { $0.query["watch"] == "1" } }
    #expect(!follower.informer.hasSynced && follower.informer.store.count == 0)
    gate.open()
    try await follower.converge("all at once", watched: false)
    await follower.stop()
  }
}
