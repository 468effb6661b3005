import Telemetry
import Values
import WorkerContract

@testable import PredictionLog

/// Servers that log rows of two models into one store and one folder, in a world where everything goes wrong: the store is
/// away, slow, refuses rows, or takes them and its answer is lost; the disk is full, slow, stuck, refuses, or writes half of
/// what it is given; processes are killed, end and start again. All of it follows from the seed.
///
/// After each step it is checked that every row is in memory, on disk or in the store, or was told as lost, and not both;
/// that files and bytes stay below their limits; and that the ledger asks for nothing that it must not ask for.
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
    /// The store is away all the time.
    static let outage = Trouble(rawValue: 16)
    static let all: Trouble = [.store, .disk, .rows, .processes]
  }

  private struct File {
    /// The process that holds the lock; nil: it is gone.
    var owner: Int?
    var isAdopted = false
    var segment: SegmentID
    var bytes: [UInt8] = []
    /// Bytes that the owner knows of: half a line may follow.
    var whole = 0
    /// The rows in them.
    var rows: Set<String> = []
  }

  private struct Process {
    var buffer: LogBuffer
    var ledger: LogLedger
    /// Counts restarts: what was meant for an earlier life does not arrive.
    var life = 0
    var ticks = 0
    /// Rows that were taken from the buffer and not released, and their number as the ledger tells it.
    var memory: Set<String> = []
    var taken = 0
    var isClosing = false
    var isClosed = false
    /// What the disk and the store are at.
    var writing: LogLedger.DiskWork?
    var storing: LogLedger.StoreWork?
    /// Whether the store's last answer was good.
    var isStoreUp = false
    var waitingBytes = 0
    /// Rows of the segment that was read last.
    var replaying: Set<String> = []
    /// Rows whose refusal was told.
    var refused: Set<String> = []
  }

  private enum Happening {
    case arrival, tick, kill, end, start
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

  private var random: SplitMix64
  private let trouble: Trouble
  private let limits: LogLedger.Limits
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
  /// Rows that were told as lost, and those that the store refused or that nobody can store.
  private var lostRows: Set<String> = []
  private(set) var refusedRows: Set<String> = []
  /// Rows that may have arrived where nobody knows: whose answer was lost, whose line was cut, or that were being written at
  /// a kill.
  private var doubtful: Set<String> = []
  private(set) var lost: [LogLoss: Int] = [:]
  private(set) var adopted = 0
  /// Files that one process had at the same time.
  private(set) var mostFiles = 0

  init(seed: UInt64, processes count: Int, trouble: Trouble, lasts: Double = 60, segmentBytes: Int = 3_000) {
    random = SplitMix64(seed: seed)
    self.trouble = trouble
    quietFrom = lasts
    limits = LogLedger.Limits(
      batch: 20, kept: Self.capacity / 2, diskPatience: .seconds(1), closingPatience: .seconds(5),
      spillBytes: trouble.contains(.disk) ? 40_000 : 1 << 30, segmentBytes: segmentBytes, adopted: 3)
    for process in 0..<count {
      processes.append(Process(buffer: LogBuffer(capacity: Self.capacity), ledger: LogLedger(limits: limits)))
      schedule(process, after: random.between(0, 2), .start)
    }
  }

  private mutating func schedule(_ process: Int, after delay: Double, _ what: Happening) {
    agenda.append(Scheduled(time: now + delay, process: process, life: processes[process].life, what: what))
  }

  private var isQuiet: Bool { now >= quietFrom }

  private mutating func goesWrong(_ what: Trouble, _ probability: Double) -> Bool {
    trouble.contains(what) && !isQuiet && random.chance(probability)
  }

  private func violation(_ text: String) -> Violation { Violation(description: "at \(now) s: \(text)") }

  /// Runs through the trouble, then through three quiet minutes, then ends all processes in good order.
  ///
  /// Errors: `Violation`.
  mutating func run() throws {
    try run(until: quietFrom + 180)
    try checkQuiet()
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
      guard !isQuiet else { return }
      accept(by: process)
      // Now and then rows come faster than anything takes them.
      schedule(process, after: random.chance(0.1) ? 0.001 : random.between(0.01, 0.6), .arrival)
    case .tick:
      guard !processes[process].isClosed else { return }
      try take(process)
      if processes[process].ticks % 4 == 0 { try handle(.flush, by: process) }
      processes[process].ticks += 1
      schedule(process, after: 0.25, .tick)
    case .kill: kill(process)
    case .end:
      guard !processes[process].isClosing else { return }
      processes[process].isClosing = true
      processes[process].buffer.close()
      try take(process)
      try handle(.close, by: process)
    case .diskEnds(let work):
      processes[process].writing = nil
      let outcome = try outcome(of: work, by: process)
      try handle(.disk(outcome), by: process)
    case .store(let outcome):
      switch outcome {
      case .done: processes[process].isStoreUp = true
      case .away: processes[process].isStoreUp = false
      case .refused: break
      }
      try handle(.store(outcome), by: process)
    }
  }

  private mutating func accept(by process: Int) {
    let model = Self.models[random.chance(0.7) ? 0 : 1]
    let labels = (0..<Int(random.between(1, 12))).map { _ in
      lastRow += 1
      return LabelRecord(
        requestID: "\(model.model)-\(lastRow)", label: ">50K", time: goesWrong(.rows, 0.01) ? .nan : 1)
    }
    guard case .kept = processes[process].buffer.append(labels, of: model) else { return }
    for label in labels { accepted[label.requestID] = model }
  }

  private mutating func take(_ process: Int) throws {
    let batches = processes[process].buffer.take(size: limits.batch)
    processes[process].taken += batches.reduce(0) { $0 + $1.count }
    try handle(.taken(batches), by: process)
  }

  /// Does what the ledger asks for, and checks that the rows that it has no more are elsewhere or were told as lost.
  private mutating func handle(_ event: LogLedger.Event, by process: Int) throws {
    var refusals = 0
    switch event {
    case .taken(let batches):
      let labels = batches.flatMap(\.labels)
      processes[process].memory.formUnion(labels.map(\.requestID))
      let strange = labels.filter { !$0.time.isFinite }.map(\.requestID)
      refusedRows.formUnion(strange)
      refusals = strange.count
    case .store(.refused):
      guard case .append(let batch)? = processes[process].storing, batch.count == 1, let row = batch.labels.first
      else { break }
      refusals = 1
      refusedRows.insert(row.requestID)
      guard processes[process].refused.insert(row.requestID).inserted || doubtful.contains(row.requestID) else {
        throw violation("\(row.requestID) is brought to the store again, which refused it")
      }
    default: break
    }
    if case .store = event { processes[process].storing = nil }
    var told: [LogLoss: Int] = [:]
    var released = 0
    for action in processes[process].ledger.handle(event, at: .seconds(now)) {
      if case .tell(.lost(let rows, let loss)) = action { told[loss, default: 0] += rows }
      if case .release(let room) = action { released += room.rows }
      try perform(action, for: process)
    }
    lost.merge(told, uniquingKeysWith: +)
    guard told[.refused, default: 0] == refusals else {
      throw violation("\(refusals) rows were refused, \(told[.refused, default: 0]) were told")
    }
    // Where none was released the ledger has as many as before (`checkMemory`).
    let left = released > 0 ? processes[process].memory.subtracting(inMemory(process)) : []
    processes[process].memory.subtract(left)
    let gone = left.subtracting(refusedRows)
    let nowhere = gone.filter { id in !stored.contains(id) && !files.contains { $0.rows.contains(id) } }
    let tolds = told.reduce(0) { $0 + ($1.key == .refused || $1.key == .damaged ? 0 : $1.value) }
    let maybe = gone.subtracting(nowhere).intersection(doubtful).count
    guard nowhere.count <= tolds, tolds <= nowhere.count + maybe else {
      throw violation("\(nowhere.count) rows are nowhere, \(tolds) are told: \(gone.sorted().prefix(5))")
    }
    lostRows.formUnion(nowhere)
  }

  private func inMemory(_ process: Int) -> Set<String> {
    Set(processes[process].ledger.inMemory.flatMap { $0.labels.map(\.requestID) })
  }

  private mutating func perform(_ action: LogLedger.Action, for process: Int) throws {
    switch action {
    case .disk(let work):
      try check(work, of: process)
      processes[process].writing = work
      let longest = goesWrong(.disk, 0.01) ? 40 : goesWrong(.disk, 0.05) ? 5 : 0.01
      schedule(process, after: random.between(0.001, longest), .diskEnds(work))
    case .store(let work):
      processes[process].storing = work
      let (outcome, seconds) = try store(work, for: process)
      schedule(process, after: seconds, .store(outcome))
    case .release(let room):
      processes[process].taken -= room.rows
      processes[process].buffer.release(room)
    case .tell(.waitingOnDisk(let bytes)): processes[process].waitingBytes = bytes
    case .tell, .report: break
    case .closed:
      guard !processes[process].isClosed, processes[process].isClosing else { throw violation("closed for nothing") }
      processes[process].isClosed = true
      if !isOver { schedule(process, after: 0.5, .kill) }
    }
  }

  // MARK: The store

  private mutating func store(
    _ work: LogLedger.StoreWork, for process: Int
  ) throws -> (LogLedger.StoreOutcome, seconds: Double) {
    if goesWrong(.store, 0.05) { storeAwayUntil = now + random.between(0, 20) }
    if now < storeAwayUntil || trouble.contains(.outage), !isQuiet {
      return (.away("away"), random.between(0.001, 0.1))
    }
    guard case .append(let batch) = work else { return (.done(seconds: 0), 0.001) }
    guard batch.count > 0, batch.count <= limits.batch else { throw violation("a batch has \(batch.count) rows") }
    for label in batch.labels where accepted[label.requestID] != batch.model {
      throw violation("\(label.requestID) was brought to \(batch.model)")
    }
    if batch.labels.contains(where: { isPoison($0.requestID) }) { return (.refused("no"), 0.002) }
    for label in batch.labels where stored.insert(label.requestID).inserted {
      arrivals.append((label.requestID, processes[process].replaying.contains(label.requestID)))
    }
    // Stored, and the answer is late or lost.
    if goesWrong(.store, 0.1) {
      doubtful.formUnion(batch.labels.map(\.requestID))
      return (.away("no answer"), 5)
    }
    return (.done(seconds: 0), goesWrong(.store, 0.1) ? random.between(0.1, 5) : 0.005)
  }

  func isPoison(_ id: String) -> Bool { trouble.contains(.rows) && id.hasSuffix("37") }

  // MARK: The disk

  private func file(_ segment: SegmentID, of process: Int) -> Int? {
    files.firstIndex { $0.owner == process && $0.segment == segment }
  }

  private mutating func check(_ work: LogLedger.DiskWork, of process: Int) throws {
    let held = files.filter { $0.owner == process }
    let own = held.filter { !$0.isAdopted }
    mostFiles = max(mostFiles, held.count)
    switch work {
    case .append(let data, _, let isNew):
      guard own.reduce(data.count, { $0 + $1.whole }) <= limits.spillBytes else { throw violation("too many bytes") }
      guard own.count + (isNew ? 1 : 0) <= limits.segments else { throw violation("\(own.count) files") }
    case .read:
      guard processes[process].isStoreUp else { throw violation("a segment is read while the store is away") }
      guard !processes[process].isClosing else { throw violation("a segment is read at the end") }
    case .adopt(let first, let most):
      guard !processes[process].isClosing else { throw violation("segments are adopted at the end") }
      guard held.count - own.count + most <= limits.adopted, held.allSatisfy({ $0.segment < first }) else {
        throw violation("too many segments are adopted")
      }
    case .remove, .setAside: break
    }
  }

  private mutating func outcome(of work: LogLedger.DiskWork, by process: Int) throws -> LogLedger.DiskOutcome {
    switch work {
    case .append(let data, let segment, let isNew):
      if goesWrong(.disk, 0.005) { diskAwayUntil = now + random.between(0, 20) }
      if now < diskAwayUntil, !isQuiet { return .notAppended(isSpoiled: false) }
      if isNew { files.append(File(owner: process, segment: segment)) }
      guard let file = file(segment, of: process) else { return .notAppended(isSpoiled: false) }
      if goesWrong(.disk, 0.05) {
        files[file].bytes += data.prefix(Int(random.between(0, Double(data.count))))
        doubtful.formUnion(Self.rows(of: data))
        return .notAppended(isSpoiled: true)
      }
      guard files[file].bytes.count == files[file].whole else { throw violation("a line follows half of one") }
      files[file].bytes += data
      files[file].whole += data.count
      files[file].rows.formUnion(Self.rows(of: data))
      return .appended
    case .read(let segment):
      guard let file = file(segment, of: process), !goesWrong(.disk, 0.1) else { return .contents(nil) }
      processes[process].replaying = files[file].rows
      return .contents(SpillLine.decode(Array(files[file].bytes.prefix(files[file].whole))))
    case .remove(let segment), .setAside(let segment):
      guard let file = file(segment, of: process) else { return .removed }
      let removed = files.remove(at: file)
      for id in removed.rows where !stored.contains(id) && !refusedRows.contains(id) && !lostRows.contains(id) {
        guard processes.contains(where: { $0.memory.contains(id) }) || files.contains(where: { $0.rows.contains(id) })
        else {
          throw violation("\(id) goes with its file")
        }
      }
      return .removed
    case .adopt(let first, let most):
      var sizes: [Int] = []
      files.removeAll { $0.owner == nil && $0.bytes.isEmpty }
      for file in files.indices where files[file].owner == nil && sizes.count < most {
        files[file].owner = process
        files[file].isAdopted = true
        files[file].segment = first + sizes.count
        files[file].whole = files[file].bytes.count
        files[file].rows = Self.rows(of: files[file].bytes)
        sizes.append(files[file].bytes.count)
      }
      adopted += sizes.count
      return .adopted(sizes)
    }
  }

  /// The rows in whole lines, found without the reader, which takes its time in a debug build.
  private static func rows(of bytes: [UInt8]) -> Set<String> {
    let prefix = Array(#"{"label":{"id":""#.utf8)
    var rows: Set<String> = []
    for line in bytes.split(separator: UInt8(ascii: "\n"))
    where line.starts(with: prefix) && line.last == UInt8(ascii: "}") {
      let id = line.dropFirst(prefix.count).prefix { $0 != UInt8(ascii: "\"") }
      if line.dropLast().last == UInt8(ascii: "}") { rows.insert(String(decoding: id, as: UTF8.self)) }
    }
    return rows
  }

  // MARK: Processes

  private mutating func kill(_ process: Int) {
    guard !isQuiet || processes[process].isClosed else { return }
    // A write that is under way may have come to any point.
    if case .append(let data, let segment, let isNew)? = processes[process].writing {
      if isNew { files.append(File(owner: process, segment: segment)) }
      if let file = file(segment, of: process) {
        files[file].bytes += data.prefix(Int(random.between(0, Double(data.count + 1))))
        doubtful.formUnion(Self.rows(of: data))
      }
    }
    for file in files.indices where files[file].owner == process {
      files[file].owner = nil
      files[file].rows = Self.rows(of: files[file].bytes)
    }
    let memory = processes[process].ledger.inMemory + processes[process].buffer.take(size: limits.batch)
    for label in memory.flatMap(\.labels) where !stored.contains(label.requestID) {
      if !files.contains(where: { $0.rows.contains(label.requestID) }) { perished.insert(label.requestID) }
    }
    let life = processes[process].life
    processes[process] = Process(buffer: LogBuffer(capacity: Self.capacity), ledger: LogLedger(limits: limits))
    processes[process].life = life + 1
    schedule(process, after: random.between(0, 5), .start)
  }

  // MARK: What must hold

  private func checkMemory(of index: Int) throws {
    let process = processes[index]
    let held = process.ledger.inMemory.reduce(0) { $0 + $1.count }
    guard held == process.taken else {
      throw violation("\(held) rows are in memory, \(process.taken) were not released")
    }
    guard process.buffer.unstored <= Self.capacity else {
      throw violation("\(process.buffer.unstored) rows are in memory")
    }
    var isWriting = false
    if case .append? = process.writing { isWriting = true }
    guard isWriting || held > 0 || process.ledger.disk.waitingSince == nil else {
      throw violation("nothing waits for the disk")
    }
    guard !process.isClosed || held == 0 || isWriting else { throw violation("rows are left in memory") }
  }

  /// All is stored when nothing goes wrong any more.
  private func checkQuiet() throws {
    guard files.isEmpty else { throw violation("\(files.count) segments are left") }
    for process in processes where process.buffer.unstored > 0 || process.waitingBytes > 0 {
      throw violation("\(process.buffer.unstored) rows and \(process.waitingBytes) bytes wait for ever")
    }
  }

  private func checkEnd() throws {
    try checkQuiet()
    let missing = Set(accepted.keys).subtracting(stored).subtracting(perished).subtracting(lostRows)
      .subtracting(refusedRows)
    guard missing.isEmpty else {
      throw Violation(description: "\(missing.count) rows are nowhere and untold: \(missing.sorted().prefix(5))")
    }
    let both = lostRows.union(refusedRows).intersection(stored).subtracting(doubtful)
    guard both.isEmpty else {
      throw Violation(description: "\(both.count) rows were told as lost and are stored: \(both.sorted().prefix(5))")
    }
  }
}

extension SplitMix64 {
  mutating func between(_ low: Double, _ high: Double) -> Double {
    low + (high - low) * Double(next() >> 11) * 0x1p-53
  }

  mutating func chance(_ probability: Double) -> Bool { between(0, 1) < probability }
}
