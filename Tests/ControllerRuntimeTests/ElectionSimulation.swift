import ControllerRuntime
import KubernetesModel
import Values

/// Candidates for one Lease in a world where everything goes wrong: requests and answers are lost or late, processes are
/// stopped and go on, are killed and started again, clocks run at different speeds and show anything, the Lease is deleted.
/// All of it follows from the seed.
struct ElectionSimulation {
  /// Two processes that might have written in the same instant.
  struct Overlap: Error, CustomStringConvertible {
    var description: String
  }

  private enum Action {
    case handle(LeaderElection.Event, attempt: Int)
    case read(attempt: Int)
    case write(Lease, attempt: Int)
    case kill
  }

  private struct Scheduled {
    var time: Double
    var process: Int
    var life: Int
    var action: Action
  }

  private struct Process {
    var election: LeaderElection
    /// Counts restarts: what was meant for an earlier life does not arrive.
    var life = 0
    var attempt = 0
    var stoppedUntil = 0.0
    var rate: Double
    var offset: Double
    var wall: Double
    var wallRate: Double

    func local(_ time: Double) -> Duration { .seconds(offset + rate * time) }
    func real(_ local: Duration) -> Double { (local / .seconds(1) - offset) / rate }
    /// Until when this process lets writes through, in the world's time.
    var writesUntil: Double { election.writeDeadline.map(real) ?? -.infinity }
  }

  private var random: SplitMix64
  private var processes: [Process] = []
  private var agenda: [Scheduled] = []
  private var lease: Lease?
  private var version = 0
  private var now = 0.0
  /// Deleted only when it has stood for a while: one that nobody has seen hides its leader from candidates.
  private var leaseSince = 0.0
  private let quietFrom: Double
  private let end: Double
  /// Reigns that have begun.
  private(set) var reigns = 0

  init(seed: UInt64, candidates: Int = 3, trouble: Double = 50, quiet: Double = 35) {
    random = SplitMix64(seed: seed)
    quietFrom = trouble
    end = trouble + quiet
    for index in 0..<candidates {
      processes.append(
        Process(
          election: LeaderElection(identity: "p\(index).0"), rate: random.between(0.97, 1.03),
          offset: random.between(0, 1e6), wall: random.between(0, 2e9), wallRate: random.pick([0, 1, 1, -3, 100])))
      schedule(index, after: random.between(0, 5), .handle(.ready, attempt: 0))
      schedule(index, after: random.between(0, trouble * 2), .kill)
    }
  }

  private mutating func schedule(_ process: Int, after delay: Double, _ action: Action) {
    agenda.append(Scheduled(time: now + delay, process: process, life: processes[process].life, action: action))
  }

  /// Errors: `Overlap`. Gives how many processes lead at the end, after a time without trouble.
  mutating func run() throws -> Int {
    while let next = agenda.indices.min(by: { agenda[$0].time < agenda[$1].time }) {
      let event = agenda.remove(at: next)
      guard event.time < end else { break }
      now = event.time
      guard processes[event.process].life == event.life else { continue }
      try perform(event)
    }
    now = end
    return processes.count { $0.writesUntil > end }
  }

  private var isQuiet: Bool { now >= quietFrom }

  private mutating func perform(_ event: Scheduled) throws {
    let index = event.process
    switch event.action {
    case .kill:
      if !isQuiet { restart(index) }
    case .read(let attempt):
      if !isQuiet, lease != nil, now > leaseSince + 15, random.chance(0.03) { lease = nil }
      answer(index, .found(lease), attempt)
    case .write(let wanted, let attempt): answer(index, store(wanted), attempt)
    case .handle(let happened, let attempt):
      guard attempt == processes[index].attempt else { return }
      if processes[index].stoppedUntil > now {
        agenda.append(
          Scheduled(time: processes[index].stoppedUntil, process: index, life: event.life, action: event.action))
        return
      }
      if !isQuiet, random.chance(0.01) {
        processes[index].stoppedUntil = now + random.between(0.1, 40)
        agenda.append(
          Scheduled(time: processes[index].stoppedUntil, process: index, life: event.life, action: event.action))
        return
      }
      try handle(index, happened)
    }
  }

  private mutating func handle(_ index: Int, _ event: LeaderElection.Event) throws {
    let wasLeading = processes[index].election.renewedAt != nil
    let local = processes[index].local(now)
    let wall = Timestamp(secondsSince1970: processes[index].wall + processes[index].wallRate * now)
    let step = processes[index].election.step(event, at: local, wall: wall, random: random.between(0, 1))
    processes[index].attempt += 1
    let attempt = processes[index].attempt
    if processes[index].writesUntil > now {
      if !wasLeading { reigns += 1 }
      for other in processes.indices where other != index && processes[other].writesUntil > now {
        throw Overlap(
          description: "at \(now) s: \(processes[index].election.identity) and "
            + "\(processes[other].election.identity), the latter until \(processes[other].writesUntil) s")
      }
    }
    switch step {
    case .pause(let pause):
      // Now and then a leader stops in good order.
      if let written = lease, wasLeading, !isQuiet, random.chance(0.02),
        let free = processes[index].election.released(written, wall: wall)
      {
        restart(index)
        schedule(index, after: random.between(0, 3), .write(free, attempt: -1))
      } else {
        schedule(index, after: pause / .seconds(1) / processes[index].rate, .handle(.ready, attempt: attempt))
      }
    case .look(let by): send(index, .read(attempt: attempt), by: by, attempt)
    case .create(let spec, let by):
      send(index, .write(Lease(metadata: ObjectMeta(name: "l"), spec: spec), attempt: attempt), by: by, attempt)
    case .update(let lease, let by): send(index, .write(lease, attempt: attempt), by: by, attempt)
    case .lost: restart(index)
    }
  }

  private mutating func send(_ index: Int, _ action: Action, by limit: Duration, _ attempt: Int) {
    schedule(
      index, after: max(0, processes[index].real(limit) - now), .handle(.failed("no answer"), attempt: attempt))
    if isQuiet || !random.chance(0.08) { schedule(index, after: delay(), action) }
  }

  private mutating func answer(_ index: Int, _ event: LeaderElection.Event, _ attempt: Int) {
    if isQuiet || !random.chance(0.08) { schedule(index, after: delay(), .handle(event, attempt: attempt)) }
  }

  /// Mostly quick, sometimes longer than a lease.
  private mutating func delay() -> Double {
    if isQuiet { return random.between(0.001, 0.05) }
    return random.chance(0.8) ? random.between(0.001, 0.3) : random.between(0.3, random.chance(0.3) ? 30 : 6)
  }

  private mutating func store(_ wanted: Lease) -> LeaderElection.Event {
    guard wanted.metadata.resourceVersion == lease?.metadata.resourceVersion else { return .failed("conflict") }
    version += 1
    var stored = wanted
    if lease == nil {
      stored.metadata.uid = "u\(version)"
      leaseSince = now
    }
    stored.metadata.resourceVersion = String(version)
    lease = stored
    return .written(stored)
  }

  private mutating func restart(_ index: Int) {
    processes[index].life += 1
    processes[index].attempt = 0
    processes[index].stoppedUntil = 0
    processes[index].election = LeaderElection(identity: "p\(index).\(processes[index].life)")
    schedule(index, after: random.between(0, 4), .handle(.ready, attempt: 0))
    if !isQuiet { schedule(index, after: random.between(0, 2 * quietFrom), .kill) }
  }
}

extension SplitMix64 {
  mutating func between(_ low: Double, _ high: Double) -> Double {
    low + (high - low) * Double(next() >> 11) * 0x1p-53
  }

  mutating func chance(_ probability: Double) -> Bool { between(0, 1) < probability }
  mutating func pick<Value>(_ values: [Value]) -> Value { values[Int(next() % UInt64(values.count))] }
}
