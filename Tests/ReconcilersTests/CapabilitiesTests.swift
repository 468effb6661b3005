import Decisions
import KubernetesClient
import KubernetesModel
import Logging
import Synchronization
import Testing

@testable import Reconcilers

/// What the cluster was asked for, and how long its answers are believed.
@Suite struct CapabilitiesTests {
  private final class Clock: Sendable {
    private let now = Mutex(Duration.zero)
    var time: Duration { now.withLock { $0 } }
    func set(_ seconds: Double) { now.withLock { $0 = .seconds(seconds) } }
  }

  @Test func `where NetworkPolicies may be written is asked for each namespace`() async throws {
    let scene = Scene()
    scene.cluster.fail {
      $0.target.resource == Resource.networkPolicies && $0.target.namespace == "shop" ? 403 : nil
    }
    let capabilities = Capabilities(
      scene.cluster, time: ManualClock().source, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    for (namespace, may) in [("shop", false), ("bank", true), ("shop", false)] {
      let reader = CacheReader(scene.caches, of: ObjectKey(namespace: namespace, name: "income"))
      #expect(try await capabilities.canRestrictNetwork(reader) == may, "\(namespace)")
    }
    #expect(scene.cluster.requests.count == 2)
  }

  private static let start = Timestamp(secondsSince1970: 1_793_188_800)

  @Test func `a claim is believed for ten minutes after its answer, however often the answer is used`() async throws {
    let scene = Scene()
    scene.put(
      Resource.claims,
      ["apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": ["name": "apus-data", "namespace": "shop"]])
    let clock = Clock()
    let capabilities = Capabilities(
      scene.cluster,
      time: TimeSource(
        monotonic: { clock.time }, wall: { Self.start.advanced(bySeconds: clock.time / .seconds(1)) },
        sleep: { _ in }, random: { 0 }), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    for (seconds, believed, asked) in [(0, 600, 1), (400, 200, 1), (599, 1, 1), (600, 600, 2)]
      as [(Double, Double, Int)]
    {
      clock.set(seconds)
      let reader = CacheReader(scene.caches, of: scene.key)
      #expect(try await capabilities.hasClaim("apus-data", reader))
      #expect(reader.believedFor == believed, "after \(seconds) s")
      #expect(scene.cluster.requests.count == asked, "after \(seconds) s")
      // An object that rests on the answer is looked at again when the answer has grown too old.
      let settled = SettledObjects()
      let now = Self.start.advanced(bySeconds: seconds)
      settled.remember(reader, at: now, due: nil)
      let (before, after) = (now.advanced(bySeconds: believed - 0.5), now.advanced(bySeconds: believed))
      #expect(settled.rest(scene.key, in: scene.caches, at: before) != nil, "after \(seconds) s")
      #expect(settled.rest(scene.key, in: scene.caches, at: after) == nil, "after \(seconds) s")
    }
  }
}
