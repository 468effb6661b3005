import Telemetry
import WorkerContract
import Values

@testable import PredictionLog

/// Servers that log rows of two models into one store and one folder, in a world where everything goes wrong: the store is
/// away, slow, refuses rows, or takes them and its answer is lost; the disk is full, slow, refuses, or writes half of what it
/// is given; processes are killed, end and start again. All of it follows from the seed.
struct LedgerSimulation {
  struct Violation: Error, CustomStringConvertible {
    var description: String
  }

  /// What may go wrong.
  struct Trouble: OptionSet {
    let rawValue: Int

    static let store = Trouble(rawValue: 1)
    static let disk = Trouble(rawValue: 2)
    static let rows = Trouble(rawValue: 4)
    static let processes = Trouble(rawValue: 8)
    static let all: Trouble = [.store, .disk, .rows, .processes]
  }

  private struct File {
    /// The process that holds the lock; nil: it is gone.
    var owner: Int?
    var segment: LogLedger.SegmentID
    var bytes: [UInt8] = []
  }

  private struct Process {
    var buffer: LogBuffer
    var ledger: LogLedger
    /// Counts restarts: what was meant for an earlier life does not arrive.
    var life = 0
    var ticks = 0
    /// Rows that were taken from the buffer and not released.
    var taken = 0
    var isEnding = false
    var isClosing = false
    var isClosed = false
    /// What the disk is at.
    var writing: LogLedger.DiskWork?
    /// Rows of the segment that was read last.
    var replaying: Set<String> = []
  }

  private enum Happening {
    case arrival, tick, kill, end, close, start
    case diskEnds(LogLedger.DiskWork)
    case store(LogLedger.StoreOutcome)
  }

  private struct Scheduled {
    var time: Double
    var process: Int
    var life: Int
    var what: Happening
  }

  private static let capacity = 200
  private static let models = [income, ModelKey(namespace: "default", model: "churn", identity: .init(uid: "u1"))]

  private var random: SplitMix
  private let trouble: Trouble
  private let quietFrom: Double
  private var now = 0.0
  private var agenda: [Scheduled] = []
  private var processes: [Process] = []
  private var files: [File] = []
  private var storeAwayUntil = 0.0
  private var diskAwayUntil = 0.0
  private var lastRow = 0
  /// Whether processes that end do not start again.
  private var isOver = false

  /// Rows that were accepted.
  private(set) var accepted: [String: ModelKey] = [:]
  /// Rows in the store, in the order in which they came; whether they came from disk.
  private(set) var arrivals: [(id: String, isReplayed: Bool)] = []
  private var stored: Set<String> = []
  /// Rows that only the memory of a killed process had.
  private(set) var perished: Set<String> = []
  private(set) var lost: [LogLoss: Int] = [:]
  private(set) var adopted = 0

  init(seed: UInt64, processes count: Int, trouble: Trouble, lasts: Double = 60) {
    random = SplitMix(seed)
    self.trouble = trouble
    quietFrom = lasts
    for process in 0..<count {
      processes.append(Self.process(trouble))
      schedule(process, after: random.between(0, 2), .start)
    }
  }

  private static func process(_ trouble: Trouble) -> Process {
    let spillBytes = trouble.contains(.disk) ? 40_000 : 1 << 30
    return Process(
      buffer: LogBuffer(capacity: capacity),
      ledger: LogLedger(
        limits: .init(
          batch: 20, kept: capacity / 2, diskPatience: .seconds(1), spillBytes: spillBytes, segmentBytes: 3_000)))
  }

  private mutating func schedule(_ process: Int, after delay: Double, _ what: Happening) {
    agenda.append(Scheduled(time: now + delay, process: process, life: processes[process].life, what: what))
  }

  private var isQuiet: Bool { now >= quietFrom }

  private mutating func goesWrong(_ what: Trouble, _ probability: Double) -> Bool {
    trouble.contains(what) && !isQuiet && random.chance(probability)
  }

  /// Runs through the trouble, then through three quiet minutes, then ends all processes in good order.
  ///
  /// Errors: `Violation`.
  mutating func run() throws {
    try run(until: quietFrom + 180)
    isOver = true
    for process in processes.indices { schedule(process, after: 0, .end) }
    try run(until: quietFrom + 200)
    guard processes.allSatisfy(\.isClosed) else { throw Violation(description: "a process does not end") }
    try checkEnd()
  }

  private mutating func run(until end: Double) throws {
    while let next = agenda.indices.min(by: { agenda[$0].time < agenda[$1].time }), agenda[next].time < end {
      let event = agenda.remove(at: next)
      now = event.time
      guard processes[event.process].life == event.life else { continue }
      try perform(event.what, by: event.process)
      try checkMemory(of: event.process)
    }
    now = end
  }

  private mutating func perform(_ what: Happening, by process: Int) throws {
    switch what {
    case .start:
      schedule(process, after: 0, .tick)
      schedule(process, after: random.between(0, 1), .arrival)
      if trouble.contains(.processes), !isQuiet {
        schedule(process, after: random.between(1, 60), random.chance(0.7) ? .kill : .end)
      }
    case .arrival:
      guard !processes[process].isEnding, !isQuiet else { return }
      accept(by: process)
      // Now and then rows come faster than anything takes them.
      schedule(process, after: random.chance(0.1) ? 0.001 : random.between(0.01, 0.6), .arrival)
    case .tick:
      guard !processes[process].isClosed else { return }
      try take(process)
      if processes[process].ticks % 4 == 0 { try handle(.flush, by: process) }
      processes[process].ticks += 1
      if !processes[process].isEnding { schedule(process, after: 0.25, .tick) }
    case .kill: kill(process)
    case .end:
      guard !processes[process].isEnding else { return }
      processes[process].isEnding = true
      try take(process)
      // A disk that is stuck is not waited for.
      schedule(process, after: 5, .close)
      try handle(.settle, by: process)
    case .close:
      guard !processes[process].isClosing else { return }
      processes[process].isClosing = true
      try handle(.close, by: process)
    case .diskEnds(let work):
      processes[process].writing = nil
      try handle(.disk(outcome(of: work, by: process)), by: process)
    case .store(let outcome): try handle(.store(outcome), by: process)
    }
  }

  private mutating func accept(by process: Int) {
    let model = Self.models[random.chance(0.7) ? 0 : 1]
    let labels = (0..<Int(random.between(1, 12))).map { _ in
      lastRow += 1
      return LabelRecord(requestID: "\(model.model)-\(lastRow)", label: ">50K", time: 1)
    }
    guard processes[process].buffer.append(labels, of: model) != nil else { return }
    for label in labels { accepted[label.requestID] = model }
  }

  private mutating func take(_ process: Int) throws {
    let batches = processes[process].buffer.take(size: 20)
    processes[process].taken += batches.reduce(0) { $0 + $1.count }
    try handle(.taken(batches), by: process)
  }

  private mutating func handle(_ event: LogLedger.Event, by process: Int) throws {
    for action in processes[process].ledger.handle(event, at: .seconds(now)) {
      switch action {
      case .disk(let work):
        processes[process].writing = work
        let isSlow = goesWrong(.disk, 0.05)
        schedule(process, after: random.between(0.001, isSlow ? 5 : 0.01), .diskEnds(work))
      case .store(let work):
        let (outcome, seconds) = try store(work, for: process)
        schedule(process, after: seconds, .store(outcome))
      case .release(let rows):
        processes[process].taken -= rows
        processes[process].buffer.release(rows)
      case .tell(.lost(let rows, let loss)): lost[loss, default: 0] += rows
      case .tell, .report: break
      case .settled: schedule(process, after: 0, .close)
      case .closed:
        processes[process].isClosed = true
        if !isOver { schedule(process, after: 0.5, .kill) }
      }
    }
  }

  // MARK: The store

  private mutating func store(
    _ work: LogLedger.StoreWork, for process: Int
  ) throws -> (LogLedger.StoreOutcome, seconds: Double) {
    if goesWrong(.store, 0.05) { storeAwayUntil = now + random.between(0, 20) }
    if now < storeAwayUntil, !isQuiet { return (.away("away"), random.between(0.001, 0.1)) }
    guard case .append(let batch) = work else { return (.done(seconds: 0), 0.001) }
    for label in batch.labels where accepted[label.requestID] != batch.model {
      throw Violation(description: "\(label.requestID) was brought to \(batch.model)")
    }
    if batch.labels.contains(where: { isPoison($0.requestID) }) { return (.refused("no"), 0.002) }
    for label in batch.labels where stored.insert(label.requestID).inserted {
      arrivals.append((label.requestID, processes[process].replaying.contains(label.requestID)))
    }
    // Stored, and the answer is late or lost.
    if goesWrong(.store, 0.1) { return (.away("no answer"), 5) }
    return (.done(seconds: 0), goesWrong(.store, 0.1) ? random.between(0.1, 5) : 0.005)
  }

  private func isPoison(_ id: String) -> Bool { trouble.contains(.rows) && id.hasSuffix("37") }

  // MARK: The disk

  private func file(_ segment: LogLedger.SegmentID, of process: Int) -> Int? {
    files.firstIndex { $0.owner == process && $0.segment == segment }
  }

  private mutating func outcome(of work: LogLedger.DiskWork, by process: Int) -> LogLedger.DiskOutcome {
    switch work {
    case .append(let data, let segment, let isNew):
      if goesWrong(.disk, 0.005) { diskAwayUntil = now + random.between(0, 20) }
      if now < diskAwayUntil, !isQuiet { return .notAppended(isSpoiled: false) }
      if isNew { files.append(File(owner: process, segment: segment)) }
      guard let file = file(segment, of: process) else { return .notAppended(isSpoiled: false) }
      if goesWrong(.disk, 0.05) {
        files[file].bytes += data.prefix(Int(random.between(0, Double(data.count))))
        return .notAppended(isSpoiled: true)
      }
      files[file].bytes += data
      return .appended
    case .read(let segment):
      guard let file = file(segment, of: process), !goesWrong(.disk, 0.1) else { return .contents(nil) }
      processes[process].replaying = rows(of: files[file])
      return .contents(files[file].bytes)
    case .remove(let segment):
      if let file = file(segment, of: process) { files.remove(at: file) }
      return .removed
    case .adopt(let first):
      var sizes: [Int] = []
      files.removeAll { $0.owner == nil && $0.bytes.isEmpty }
      for file in files.indices where files[file].owner == nil {
        files[file].owner = process
        files[file].segment = first + sizes.count
        sizes.append(files[file].bytes.count)
      }
      adopted += sizes.count
      return .adopted(sizes)
    }
  }

  private func rows(of file: File) -> Set<String> {
    Set(SpillLine.decode(file.bytes).batches.flatMap { $0.labels.map(\.requestID) })
  }

  // MARK: Processes

  private mutating func kill(_ process: Int) {
    guard !isQuiet || processes[process].isClosed else { return }
    // A write that is under way may have come to any point.
    if case .append(let data, let segment, let isNew)? = processes[process].writing {
      if isNew { files.append(File(owner: process, segment: segment)) }
      if let file = file(segment, of: process) {
        files[file].bytes += data.prefix(Int(random.between(0, Double(data.count + 1))))
      }
    }
    for file in files.indices where files[file].owner == process { files[file].owner = nil }
    let memory = processes[process].ledger.inMemory + processes[process].buffer.take(size: 20)
    let onDisk = files.reduce(into: Set<String>()) { $0.formUnion(rows(of: $1)) }
    for label in memory.flatMap(\.labels) where !stored.contains(label.requestID) && !onDisk.contains(label.requestID) {
      perished.insert(label.requestID)
    }
    let life = processes[process].life
    processes[process] = Self.process(trouble)
    processes[process].life = life + 1
    schedule(process, after: random.between(0, 5), .start)
  }

  // MARK: What must hold

  private func checkMemory(of index: Int) throws {
    let process = processes[index]
    let held = process.ledger.inMemory.reduce(0) { $0 + $1.count }
    guard held == process.taken else {
      throw Violation(description: "at \(now) s: \(held) rows are in memory, \(process.taken) were not released")
    }
    guard process.buffer.unstored <= Self.capacity else {
      throw Violation(description: "at \(now) s: \(process.buffer.unstored) rows are in memory")
    }
  }

  private func checkEnd() throws {
    guard files.isEmpty else { throw Violation(description: "\(files.count) segments are left") }
    let missing = Set(accepted.keys).subtracting(stored).subtracting(perished)
    let dropped = (lost[.spillFull] ?? 0) + (lost[.spillFailed] ?? 0)
    for (rows, told) in [(missing, dropped + (lost[.refused] ?? 0)), (missing.filter { !isPoison($0) }, dropped)]
    where rows.count > told {
      throw Violation(description: "\(rows.count) rows are nowhere, \(told) are told: \(rows.sorted().prefix(5))")
    }
  }
}

/// The choices of a simulation, the same from the same seed.
struct SplitMix: RandomNumberGenerator {
  private var generator: SplitMix64

  init(_ seed: UInt64) { generator = SplitMix64(seed: seed) }

  mutating func next() -> UInt64 { generator.next() }

  mutating func between(_ low: Double, _ high: Double) -> Double {
    low + (high - low) * Double(next() >> 11) * 0x1p-53
  }

  mutating func chance(_ probability: Double) -> Bool { between(0, 1) < probability }
}
