import ControllerRuntime
import KubernetesClient
import KubernetesModel
import Synchronization
import TestSupport
import Testing

@Suite("Electing a leader")
struct LeaderElectionTests {
  typealias Step = LeaderElection.Step

  static let wall = Timestamp(secondsSince1970: 1_800_000_000)

  func lease(_ holder: String?, _ transitions: Int? = 3, renewed: Double = 0) -> Lease {
    var spec = Lease.Spec()
    spec.holderIdentity = holder
    spec.leaseDurationSeconds = 15
    spec.leaseTransitions = transitions
    spec.renewTime = MicroTime(Timestamp(secondsSince1970: renewed))
    var lease = Lease(metadata: ObjectMeta(name: "l", namespace: "n"), spec: spec)
    lease.metadata.resourceVersion = "7"
    return lease
  }

  /// A look that is begun and answered at these seconds.
  func look(_ election: inout LeaderElection, _ lease: Lease?, _ asked: Int, _ answered: Int? = nil) -> Step {
    _ = election.step(.ready, at: .seconds(asked), wall: Self.wall, random: 0)
    return election.step(.found(lease), at: .seconds(answered ?? asked), wall: Self.wall, random: 0)
  }

  func written(_ step: Step) -> Lease.Spec? {
    switch step {
    case .create(let spec, _): spec
    case .update(let lease, _): lease.spec
    default: nil
    }
  }

  @Test("A free lease is taken at once and named with its version, our own is renewed without a transition")
  func free() throws {
    var election = LeaderElection(identity: "me")
    let step = look(&election, lease(""), 0)
    guard case .update(let mine, by: .seconds(10)) = step else { throw DeadlineExceeded(description: "\(step)") }
    #expect(mine.metadata.resourceVersion == "7")
    #expect(mine.spec?.holderIdentity == "me" && mine.spec?.leaseTransitions == 4)
    #expect(mine.spec?.leaseDurationSeconds == 15 && mine.spec?.acquireTime == MicroTime(Self.wall))
    #expect(election.step(.written(mine), at: .seconds(1), wall: Self.wall, random: 0) == .pause(.seconds(2)))
    #expect(election.writeDeadline == .seconds(10))
    let renewal = written(look(&election, mine, 3))
    #expect(renewal?.leaseTransitions == 4 && renewal?.acquireTime == MicroTime(Self.wall))
    // The wall clock stands still here; the record changes all the same.
    #expect(renewal != mine.spec)
    var first = LeaderElection(identity: "me")
    let untouched = Lease(metadata: ObjectMeta(name: "l"))
    #expect(written(look(&first, untouched, 0))?.leaseTransitions == 0)
    #expect(written(look(&first, lease("", .max), 0))?.leaseTransitions == Int(Int32.max))
  }

  @Test("Another's lease is taken only when it has not changed for its duration on our clock, whatever its times say")
  func expiry() {
    var election = LeaderElection(identity: "me")
    #expect(look(&election, lease("other", renewed: 0), 100) == .pause(.seconds(2)))
    #expect(look(&election, lease("other", renewed: 0), 114) == .pause(.seconds(2)))
    #expect(look(&election, lease("other", renewed: 1), 115) == .pause(.seconds(2)))
    #expect(look(&election, lease("other", renewed: 1), 129) == .pause(.seconds(2)))
    #expect(election.holder == "other")
    #expect(written(look(&election, lease("other", renewed: 1), 130))?.leaseTransitions == 4)
  }

  @Test("Its time begins with the answer that showed the record, and ends before the look that still finds it")
  func slowAnswers() {
    var election = LeaderElection(identity: "me")
    #expect(look(&election, lease("other"), 0, 9) == .pause(.seconds(2)))
    #expect(look(&election, lease("other"), 16) == .pause(.seconds(2)))
    #expect(look(&election, lease("other"), 23, 25) == .pause(.seconds(2)))
    #expect(written(look(&election, lease("other"), 24)) != nil)
  }

  @Test("A lease that is missing may have been deleted under its leader: candidates wait, the leader makes it again")
  func missing() {
    var candidate = LeaderElection(identity: "candidate")
    #expect(look(&candidate, nil, 0) == .pause(.seconds(2)))
    #expect(look(&candidate, nil, 8) == .pause(.seconds(2)))
    #expect(look(&candidate, nil, 14) == .pause(.seconds(2)))
    // After a pause in which there may have been one its time begins anew.
    #expect(look(&candidate, nil, 24) == .pause(.seconds(2)))
    #expect(look(&candidate, nil, 31) == .pause(.seconds(2)))
    #expect(look(&candidate, nil, 38) == .pause(.seconds(2)))
    #expect(written(look(&candidate, nil, 39))?.leaseTransitions == 0)
    var leader = LeaderElection(identity: "leader")
    _ = look(&leader, lease(""), 0)
    _ = leader.step(.written(lease("leader")), at: .zero, wall: Self.wall, random: 0)
    guard case .create(_, by: .seconds(10)) = look(&leader, nil, 2) else { return #expect(Bool(false)) }
  }

  @Test("A leader ends when another has the lease, and when its time is over, however it finds out")
  func losing() {
    func leader() -> LeaderElection {
      var leader = LeaderElection(identity: "me")
      _ = look(&leader, lease(""), 0)
      _ = leader.step(.written(lease("me")), at: .seconds(1), wall: Self.wall, random: 0)
      return leader
    }
    func isLost(_ event: LeaderElection.Event, at seconds: Int) -> Bool {
      var leader = leader()
      _ = leader.step(.ready, at: .seconds(3), wall: Self.wall, random: 0)
      let step = leader.step(event, at: .seconds(seconds), wall: Self.wall, random: 0)
      guard case .lost = step else { return false }
      return leader.writeDeadline == nil
    }
    #expect(isLost(.found(lease("other")), at: 3))
    #expect(!isLost(.failed("away"), at: 9))
    for event in [
      LeaderElection.Event.ready, .failed("away"), .found(lease("me")), .found(nil), .written(lease("me")),
    ] { #expect(isLost(event, at: 10), "\(event)") }
    var late = leader()
    _ = late.step(.failed("away"), at: .seconds(9), wall: Self.wall, random: 0)
    #expect(late.step(.failed("away"), at: .seconds(9), wall: Self.wall, random: 0) == .pause(.seconds(1)))
  }

  @Test("An answer that took longer than a leader may go without one makes no leader")
  func lateSuccess() {
    var election = LeaderElection(identity: "me")
    _ = look(&election, lease(""), 0)
    #expect(election.step(.written(lease("me")), at: .seconds(10), wall: Self.wall, random: 0) == .pause(.seconds(2)))
    #expect(election.writeDeadline == nil)
  }

  @Test(
    "Settings with which two could lead are refused",
    arguments: [(10, 10, 2), (15, 10, 9), (15, 10, 0), (15, 1, 1), (0, -1, -2)])
  func settings(lease: Int, deadline: Int, retry: Int) {
    #expect(throws: UnusableElectionSettings.self) {
      try LeaderElectionSettings(
        leaseDuration: .seconds(lease), renewDeadline: .seconds(deadline), retryPeriod: .seconds(retry))
    }
  }

  @Test("Never do two lead in one instant, and soon after trouble one does")
  func neverTwo() async throws {
    var reigns = 0
    for seed in 0..<2000 {
      var world = ElectionSimulation(seed: UInt64(seed), candidates: 2 + seed % 2)
      let leaders = try world.run()
      #expect(leaders == 1, "seed \(seed)")
      reigns += world.reigns
      // Other tests wait for their turn.
      await Task.yield()
    }
    // The trouble is real: leaders come and go.
    #expect(reigns > 2000)
  }
}

extension ScriptedTime {
  /// Goes on by itself, half a second at each look, until it is cancelled.
  func running() -> Task<Void, Never> {
    Task {
      _ = try? await eventually("the test has ended", within: .seconds(3600), every: .milliseconds(1)) {
        if self.sleeping > 0 { self.advance(by: .milliseconds(500)) }
        return Task.isCancelled ? true : nil
      }
    }
  }
}

@Suite("Leading")
struct LeadingTests {
  /// A server with one lease; a script may refuse.
  static func leaseServer(_ refuses: @escaping @Sendable () -> Bool = { false }) -> (
    RecordingAPI, @Sendable () -> JSONValue?
  ) {
    let stored = Mutex<JSONValue?>(["metadata": ["name": "l", "namespace": "n", "resourceVersion": "1"]])
    let api = RecordingAPI { (request) throws(KubernetesError) in
      if refuses() { throw RecordingAPI.refusal(request, 500, "InternalError") }
      if request.verb == .get { return stored.withLock { $0 } }
      let written = try? JSONValue(parsing: request.body)
      stored.withLock { $0 = written }
      return written
    }
    return (api, { stored.withLock { $0 } })
  }

  let target = APITarget(ConfigMap.self, namespace: "a", name: "b")

  @Test("Writes pass only while the last renewal is young, and carry its end along; reads always pass")
  func guarded() async throws {
    let time = ScriptedTime()
    let (api, stored) = Self.leaseServer()
    let elector = LeaderElector(api, namespace: "n", name: "l", identity: "me", time: time.source, logger: quiet)
    let base = RecordingAPI()
    let guarded = LeaderGuardedAPI(base, elector.leadership)
    await #expect(throws: KubernetesError.notLeading(verb: .apply, target: target)) {
      try await guarded.apply(target, ["metadata": ["name": "b"]])
    }
    _ = try await guarded.find(target)
    time.advance(by: .seconds(5))
    try await elector.acquire()
    time.advance(by: .seconds(3))
    _ = try await guarded.apply(target, ["metadata": ["name": "b"]])
    #expect(base.requests.map(\.deadline) == [nil, .seconds(15)])
    await elector.release()
    #expect(!elector.leadership.isLeading)
    #expect(stored()?[path: "spec", "holderIdentity"] == "" && stored()?[path: "spec", "leaseDurationSeconds"] == 1)
    let renewed = stored()?[path: "spec", "renewTime"]?.string ?? ""
    #expect(renewed.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z/) != nil)
  }

  @Test("A write whose time is over is refused, also by a leader that has not noticed yet")
  func woken() async throws {
    let time = ScriptedTime()
    let (api, stored) = Self.leaseServer()
    let elector = LeaderElector(api, namespace: "n", name: "l", identity: "me", time: time.source, logger: quiet)
    let base = RecordingAPI()
    try await elector.acquire()
    let before = stored()
    // As after a stop of the whole process: time has passed, and nobody has done anything in it.
    time.advance(by: .seconds(20))
    await #expect(throws: KubernetesError.notLeading(verb: .apply, target: target)) {
      try await LeaderGuardedAPI(base, elector.leadership).apply(target, ["metadata": ["name": "b"]])
    }
    let clock = time.running()
    await #expect(throws: LeadershipLost.self) { try await elector.hold() }
    clock.cancel()
    #expect(base.requests.isEmpty)
    #expect(stored() == before)
    await elector.release()
    #expect(stored() == before)
  }

  @Test("A leader that cannot renew stops before anybody else can begin")
  func lost() async throws {
    let time = ScriptedTime()
    let isBroken = Mutex(false)
    let (api, _) = Self.leaseServer { isBroken.withLock { $0 } }
    let elector = LeaderElector(api, namespace: "n", name: "l", identity: "me", time: time.source, logger: quiet)
    try await elector.acquire()
    isBroken.withLock { $0 = true }
    let before = time.now
    // From here on, or time would pass between the lease and the look at the clock.
    let clock = time.running()
    defer { clock.cancel() }
    await #expect(throws: LeadershipLost.self) { try await elector.hold() }
    #expect(time.now - before >= .seconds(10) && time.now - before < .seconds(15))
    #expect(!elector.leadership.isLeading)
  }

  @Test("A lease that a cut-off renewal has changed is released all the same")
  func releaseAfterConflict() async throws {
    let time = ScriptedTime()
    let isFirst = Mutex(true)
    let updates = Mutex<[JSONValue]>([])
    let api = RecordingAPI { (request) throws(KubernetesError) in
      guard request.verb == .update else {
        return [
          "metadata": ["name": "l", "namespace": "n", "resourceVersion": "2"],
          "spec": ["holderIdentity": isFirst.withLock { $0 } ? "" : "me"],
        ]
      }
      let body = try? JSONValue(parsing: request.body)
      updates.withLock { $0.append(body ?? .null) }
      let count = updates.withLock { $0.count }
      isFirst.withLock { $0 = false }
      if count == 2 { throw RecordingAPI.refusal(request, 409, "Conflict") }
      return body
    }
    let elector = LeaderElector(api, namespace: "n", name: "l", identity: "me", time: time.source, logger: quiet)
    try await elector.acquire()
    await elector.release()
    #expect(updates.withLock { $0.map { $0[path: "spec", "holderIdentity"] } } == ["me", "", ""])
  }

  @Test("Losing is told before anything is waited for, and the host throws it")
  func loss() async throws {
    let time = ScriptedTime()
    let clock = time.running()
    defer { clock.cancel() }
    let isBroken = Mutex(false)
    let (api, _) = Self.leaseServer { isBroken.withLock { $0 } }
    let told = Mutex<[String]>([])
    let elector = LeaderElector(
      api, namespace: "n", name: "l", identity: "me", time: time.source, logger: quiet,
      onLoss: { loss in told.withLock { $0.append(loss.reason) } })
    let metrics = RuntimeMetrics()
    let host = ControllerHost(
      [Controller(name: "c", time: time.source, metrics: metrics, logger: quiet) { _, _ in .done }], elector: elector,
      time: time.source, metrics: metrics,
      logger: quiet)
    let run = Task { try await host.run() }
    _ = try await eventually("it leads") { host.isLeading ? true : nil }
    isBroken.withLock { $0 = true }
    await #expect(throws: LeadershipLost.self) { try await run.value }
    #expect(told.withLock { $0.count } == 1)
  }
}
