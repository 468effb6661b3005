import ControllerRuntime
import KubernetesClient
import KubernetesModel
import Synchronization
import TestSupport
import Testing

@Suite("Leading")
struct LeaderElectionTests {
  let wall = Timestamp(secondsSince1970: 1_800_000_000)

  func lease(_ holder: String?, _ transitions: Int? = 3, renewed: Double = 0) -> Lease {
    var spec = Lease.Spec()
    spec.holderIdentity = holder
    spec.leaseDurationSeconds = 15
    spec.leaseTransitions = transitions
    spec.renewTime = MicroTime(Timestamp(secondsSince1970: renewed))
    return Lease(metadata: ObjectMeta(name: "l", namespace: "n"), spec: spec)
  }

  @Test("No lease is made, a free one is taken, our own is renewed without a transition")
  func free() {
    var election = LeaderElection(identity: "me")
    guard case .create(let made) = election.decide(nil, now: .zero, wall: wall) else { return #expect(Bool(false)) }
    #expect(made.holderIdentity == "me" && made.leaseTransitions == 0 && made.leaseDurationSeconds == 15)
    guard case .write(let taken) = election.decide(lease(""), now: .zero, wall: wall) else {
      return #expect(Bool(false))
    }
    #expect(taken.leaseTransitions == 4)
    guard case .write(let renewed) = election.decide(lease("me"), now: .zero, wall: wall) else {
      return #expect(Bool(false))
    }
    #expect(renewed.leaseTransitions == 3 && renewed.renewTime == MicroTime(wall))
    guard case .write(let bounded) = election.decide(lease("", .max), now: .zero, wall: wall) else {
      return #expect(Bool(false))
    }
    #expect(bounded.leaseTransitions == Int(Int32.max))
  }

  @Test("Another's lease is taken only when it has not changed for its duration on our clock, whatever its times say")
  func expiry() {
    var election = LeaderElection(identity: "me")
    #expect(election.decide(lease("other", renewed: 0), now: .seconds(100), wall: wall) == .wait(holder: "other"))
    #expect(election.decide(lease("other", renewed: 0), now: .seconds(114), wall: wall) == .wait(holder: "other"))
    #expect(election.decide(lease("other", renewed: 1), now: .seconds(115), wall: wall) == .wait(holder: "other"))
    #expect(election.decide(lease("other", renewed: 1), now: .seconds(129), wall: wall) == .wait(holder: "other"))
    guard case .write(let taken) = election.decide(lease("other", renewed: 1), now: .seconds(130), wall: wall) else {
      return #expect(Bool(false))
    }
    #expect(taken.holderIdentity == "me" && taken.leaseTransitions == 4)
  }

  @Test("Writes pass only while the last renewal is young; reads always")
  func guarded() async throws {
    let time = ScriptedTime()
    let stored = Mutex<JSONValue?>(nil)
    let api = RecordingAPI { (request) throws(KubernetesError) in
      switch request.verb {
      case .get:
        guard let lease = stored.withLock({ $0 }) else { throw RecordingAPI.refusal(request, 404, "NotFound") }
        return lease
      default:
        let written = try? JSONValue(parsing: request.body)
        stored.withLock { $0 = written }
        return written
      }
    }
    let elector = LeaderElector(
      api, namespace: "n", name: "l", identity: "me", time: time.source, logger: quiet)
    let guarded = LeaderGuardedAPI(RecordingAPI(), elector.leadership)
    let target = APITarget(ConfigMap.self, namespace: "a", name: "b")
    await #expect(throws: KubernetesError.notLeading(verb: .apply, target: target)) {
      try await guarded.apply(target, ["metadata": ["name": "b"]])
    }
    _ = try await guarded.find(target)
    try await elector.acquire()
    _ = try await guarded.apply(target, ["metadata": ["name": "b"]])
    time.advance(by: .seconds(10))
    #expect(!elector.leadership.isLeading)
    await elector.release()
    #expect(stored.withLock { $0?[path: "spec", "holderIdentity"] } == "")
  }

  @Test("A leader that cannot renew stops before anybody else can begin")
  func lost() async throws {
    let time = ScriptedTime(skipping: true)
    let isBroken = Mutex(false)
    let api = RecordingAPI { (request) throws(KubernetesError) in
      if isBroken.withLock({ $0 }) { throw RecordingAPI.refusal(request, 500, "InternalError") }
      if request.verb == .get { throw RecordingAPI.refusal(request, 404, "NotFound") }
      return nil
    }
    let elector = LeaderElector(api, namespace: "n", name: "l", identity: "me", time: time.source, logger: quiet)
    try await elector.acquire()
    isBroken.withLock { $0 = true }
    let before = time.now
    await #expect(throws: LeadershipLost.self) { try await elector.hold() }
    #expect(time.now - before >= .seconds(10))
    #expect(!elector.leadership.isLeading)
  }
}
