import Foundation
import Glibc
import KubernetesModel
import TestSupport
import Testing

/// One run of the soak with several operators.
actor LeaderSoak {
  private let stage: Stage
  private let crew: Crew
  private let names: Set<String>
  private var random = SeededGenerator(seed: Soak.seed)
  private var trail: AuditTrail
  private let begun = now
  /// When the last fault began: who leads is read from what happened since.
  private var mark = now
  private var faults: [LeaderFault] = []
  private var takeovers: [Takeover] = []

  init(_ stage: Stage, _ crew: Crew) async throws {
    self.stage = stage
    self.crew = crew
    names = Set(await crew.members.keys)
    trail = try #require(AuditTrail(stage.cluster), "the cluster writes no audit log")
  }

  private static var now: Timestamp { Timestamp(secondsSince1970: Date.now.timeIntervalSince1970) }

  func run() async throws {
    var first = Churn(stage, seed: Soak.seed)
    try await first.begin()
    Soak.say("models are trained; the faults begin")
    let work = Task { [first] in
      var churn = first
      while !Task.isCancelled {
        try await churn.go()
        // People are not that fast, and two cores have operators to run.
        try? await Task.sleep(for: .milliseconds(250))
      }
      return churn
    }
    let end = ContinuousClock.now + Soak.duration
    do {
      while ContinuousClock.now < end { try await befall(nextFault()) }
    } catch {
      work.cancel()
      // Without edits there are no writes: then this is the reason.
      _ = try await work.value
      throw error
    }
    work.cancel()
    let churn = try await work.value
    Soak.say("the faults have ended; waiting until everything is settled")
    try await churn.expectOutcome()
    #expect(await crew.fallen == [])
    let settled = Self.now
    #expect(try await crew.stop() == [0, 0, 0])
    try judge(edits: churn.edits, settled: settled)
  }

  /// Each kind once before any comes again.
  private func nextFault() -> LeaderFault {
    if faults.isEmpty { faults = LeaderFault.allCases.shuffled(using: &random) }
    return faults.removeFirst()
  }

  private func befall(_ fault: LeaderFault) async throws {
    let writes = Int.random(in: 10...80, using: &random)
    let leader = try await leader(after: writes)
    #expect(await crew.fallen == [], "only those end who are made to")
    guard let member = await crew[leader] else { return }
    let moment = ContinuousClock.now
    mark = Self.now
    let successor: (lease: Double, work: Double)
    let end: (status: Int32, at: ContinuousClock.Instant)
    var since = moment
    switch fault {
    case .kill:
      member.running.signal(SIGKILL)
      end = try await member.running.ended(within: .seconds(10))
      #expect(end.status == 128 + SIGKILL)
      successor = try await self.successor(of: leader)
    case .stop:
      member.running.signal(SIGTERM)
      end = try await member.running.ended(within: .seconds(20))
      #expect(end.status == 0, "an orderly end")
      successor = try await self.successor(of: leader)
    case .pause:
      member.running.signal(SIGSTOP)
      successor = try await self.successor(of: leader)
      _ = try await eventually("longer than the lease", within: .seconds(60), every: .milliseconds(200)) {
        moment.duration(to: .now) > .seconds(20) ? true : nil
      }
      since = .now
      member.running.signal(SIGCONT)
      end = try await member.running.ended(within: .seconds(30))
      #expect(end.status == 1, "an operator that has lost the lease ends by itself")
    case .refusal, .silence:
      try await member.path.become(fault == .refusal ? .refusing : .silent)
      end = try await member.running.ended(within: .seconds(30))
      #expect(end.status == 1, "an operator that cannot renew the lease ends by itself")
      try await crew.startAgain(leader)
      successor = try await self.successor(of: leader)
      try await member.path.become(.open)
    }
    if await crew[leader]?.running.status != nil { try await crew.startAgain(leader) }
    let seconds = since.duration(to: end.at) / .seconds(1)
    takeovers.append(Takeover(fault: fault, end: seconds, lease: successor.lease, work: successor.work))
    Soak.say(
      "\(fault.rawValue) of \(leader) after \(writes) writes: it ended with \(end.status) after \(seconds.short) s, "
        + "the lease was taken after \(successor.lease.short) s, the first write came after \(successor.work.short) s")
  }

  /// The one who leads and has written at least so often.
  private func leader(after writes: Int) async throws -> String {
    try await eventually("a leader writes \(writes) times", within: .seconds(120), every: .milliseconds(200)) {
      try trail.refresh()
      return Leaderships(trail.writes(since: mark), of: names).terms.last.flatMap { term in
        term.writes >= writes ? term.leader : nil
      }
    }
  }

  /// Seconds from the fault until another has the Lease, and until it has written.
  private func successor(of leader: String) async throws -> (lease: Double, work: Double) {
    try await eventually("another than \(leader) leads and writes", within: .seconds(90), every: .milliseconds(50)) {
      try trail.refresh()
      let terms = Leaderships(trail.writes(since: mark), of: names).terms
      return terms.first { $0.leader != leader }.flatMap { term in
        term.firstWrite.map { (term.begin.seconds(since: mark), $0.seconds(since: mark)) }
      }
    }
  }

  private func judge(edits: Int, settled: Timestamp) throws {
    try trail.refresh()
    let judged = Leaderships(trail.writes(since: begun), of: names)
    for stray in judged.strays.prefix(20) { Issue.record("another led: \(stray.sentence)") }
    #expect(judged.strays.isEmpty, "\(judged.strays.count) writes of one leader in the term of another")
    // When all are told to end, a standby may lead for a moment.
    let terms = judged.terms.filter { $0.begin < settled }
    #expect(terms.count == takeovers.count + 1, "a term ends by a fault, and by nothing else")
    let writes = terms.map(\.writes).reduce(0, +)
    Soak.say("\(edits) edits, \(writes) writes in \(terms.count) terms, \(judged.strays.count) in another's term")
    let changes = zip(takeovers, zip(terms, terms.dropFirst())).map { takeover, pair in
      Change(
        fault: takeover.fault, afterRenewal: pair.1.begin.seconds(since: pair.0.renewed),
        afterWrite: pair.0.lastWrite.map { pair.1.begin.seconds(since: $0) } ?? .nan)
    }
    for change in changes where change.fault != .stop {
      #expect(change.afterRenewal >= 15, "a lease that was not given back lasts for its duration: \(change)")
    }
    Soak.say(
      "| fault | times | the leader's end, s | next lease, s | next write, s | last renewal to next lease, s "
        + "| last write to next lease, s |")
    Soak.say("|---|---|---|---|---|---|---|")
    for fault in LeaderFault.allCases {
      let those = takeovers.filter { $0.fault == fault }
      let changed = changes.filter { $0.fault == fault }
      let columns = [
        those.map(\.end), those.map(\.lease), those.map(\.work), changed.map(\.afterRenewal),
        changed.map(\.afterWrite),
      ].map { figures in
        "\((figures.min() ?? .nan).short) … \((figures.max() ?? .nan).short)"
      }
      Soak.say("| \(fault.rawValue) | \(those.count) | \(columns.joined(separator: " | ")) |")
    }
  }
}

/// From one leader to the next, in seconds.
private struct Change {
  var fault: LeaderFault
  /// From the last renewal to the next one's lease.
  var afterRenewal: Double
  /// From the last write to the next one's lease.
  var afterWrite: Double
}

extension Double {
  /// With two digits after the point.
  var short: String { formatted(.number.precision(.fractionLength(2)).grouping(.never)) }
}
