import KubernetesModel
import TestSupport
import Testing

@testable import KubernetesClient

@Suite("A cluster that was restored from a backup")
struct RestoreTests {
  /// The cluster has lived on to a high version, and goes back to an early one, where everything was different.
  func restored(_ cluster: FaultyCluster = FaultyCluster()) async throws -> (Follower, early: Int) {
    cluster.put("kept", "early")
    cluster.put("lost", "early")
    let early = cluster.version
    let follower = try Follower(cluster)
    try await follower.converge("early")
    cluster.put("kept", "late")
    cluster.remove("lost")
    for round in 0..<6 { cluster.put("new", "\(round)") }
    try await follower.converge("late")
    return (follower, early)
  }

  @Test("The connection breaks, and the server knows only older versions")
  func tooLarge() async throws {
    let (follower, early) = try await restored()
    follower.cluster.restore(to: early)
    follower.cluster.interrupt(.cut)
    try await follower.converge("as early as the backup")
    follower.cluster.put("kept", "second life")
    try await follower.converge("and on")
    await follower.stop()
  }

  @Test("The stream stays open, and a bookmark tells that versions have gone back")
  func bookmark() async throws {
    let (follower, early) = try await restored()
    follower.cluster.restore(to: early)
    follower.cluster.interrupt(line: event("BOOKMARK", #"{"metadata":{"resourceVersion":"\#(early)"}}"#).trimmed)
    try await follower.converge("as early as the backup")
    await follower.stop()
  }

  @Test("The second life has reached the first one's versions before anybody looks: the same numbers, other states")
  func sameNumbers() async throws {
    let (follower, early) = try await restored()
    let late = follower.cluster.version
    follower.cluster.restore(to: early)
    follower.cluster.put("kept", "second life")
    while follower.cluster.version < late - 1 { follower.cluster.put("new", "second life") }
    follower.cluster.interrupt(.cut)
    try await follower.converge("in the second life")
    await follower.stop()
  }

  @Test("Streaming lists converge as well")
  func streaming() async throws {
    let (follower, early) = try await restored(FaultyCluster(streaming: .supported, minor: "32"))
    follower.cluster.restore(to: early)
    follower.cluster.interrupt(.cut)
    try await follower.converge("as early as the backup")
    #expect(follower.server.requests.allSatisfy { $0.path == "/version" || $0.query["watch"] == "1" })
    await follower.stop()
  }
}
