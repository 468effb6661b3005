import KubernetesModel
import Synchronization
import TestSupport
import Testing

@testable import KubernetesClient
import Values

@Suite("Faults and changes at random")
struct RandomFaultTests {
  static func fault(_ dice: inout SplitMix64, _ cluster: FaultyCluster) {
    let answer = badAnswers[Int.random(in: 0..<badAnswers.count, using: &dice)].value
    switch Int.random(in: 0..<12, using: &dice) {
    case 0: cluster.inject(.list, [.instead(answer)])
    case 1: cluster.inject(.page, [.instead(answer)])
    case 2: cluster.inject(.watch, [.instead(answer)])
    case 3: cluster.inject(.streamingList, [.instead(answer)])
    case 4: cluster.inject(.watch, [.dribbled])
    case 5: cluster.interrupt(.cut)
    case 6: cluster.interrupt(.end)
    case 7: cluster.compact()
    case 8: cluster.interrupt(line: event("ERROR", status(410, "Expired")).trimmed)
    case 9: cluster.interrupt(.bytes(Array("{\"type\":\"ADD".utf8)))
    case 10: cluster.inject(.list, [.stale(cluster.version - Int.random(in: 0..<20, using: &dice))])
    default:
      let line = WatchFaultTests.lines[Int.random(in: 0..<WatchFaultTests.lines.count, using: &dice)].value
      cluster.interrupt(.bytes(Array(line.utf8)))
    }
  }

  @Test(
    "However they fall, the end state is the cluster's, and handlers were told a consistent story", arguments: 0..<40)
  func storm(_ seed: UInt64) async throws {
    var dice = SplitMix64(seed: seed)
    let cluster = seed % 2 == 0 ? FaultyCluster() : FaultyCluster(streaming: .supported, minor: "33")
    for number in 0..<8 { cluster.put("m\(number)", "first") }
    let follower = try Follower(cluster)
    for step in 0..<120 {
      let name = "m\(Int.random(in: 0..<12, using: &dice))"
      switch Int.random(in: 0..<4, using: &dice) {
      case 0: cluster.remove(name)
      case 1: Self.fault(&dice, cluster)
      default: cluster.put(name, "step \(step)")
      }
      // Lets the informer have its turn, so that faults meet it at different moments.
      for _ in 0..<Int.random(in: 0..<200, using: &dice) { await Task.yield() }
    }
    // What is left of the faults only happens where something is asked for that had no reason to be asked for.
    cluster.forgetFaults()
    try await follower.converge("seed \(seed)")
    cluster.put("last", "word")
    try await follower.converge("seed \(seed), and on")
    await follower.stop()
  }
}
