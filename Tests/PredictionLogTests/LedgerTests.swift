import Foundation
import Telemetry
import Testing
import WorkerContract

@testable import PredictionLog

/// A ledger whose disk is a folder and whose store answers when the test says so.
private struct LedgerOnDisk {
  private var ledger: LogLedger
  private let folder: SpillFolder
  private(set) var asked: LogLedger.StoreWork?
  private(set) var facts: [LogFact] = []
  private(set) var reports: [LogReport] = []
  private(set) var released = 0
  private(set) var isClosed = false
  private var now = Duration.zero

  init(_ folder: URL, batch: Int = 1000, spillBytes: Int = 1 << 30) {
    self.folder = SpillFolder(folder: folder)
    ledger = LogLedger(
      limits: .init(
        batch: batch, kept: 1000, diskPatience: .seconds(1), closingPatience: .seconds(5), spillBytes: spillBytes))
  }

  mutating func handle(_ event: LogLedger.Event) {
    for action in ledger.handle(event, at: now) {
      switch action {
      case .disk(let work): handle(.disk(folder.perform(work)))
      case .store(let work): asked = work
      case .release(let room): released += room.rows
      case .tell(let fact): facts.append(fact)
      case .report(let report): reports.append(report)
      case .closed: isClosed = true
      }
    }
  }

  mutating func answer(_ outcome: LogLedger.StoreOutcome) {
    asked = nil
    handle(.store(outcome))
  }

  /// Takes labels with these names, of one model.
  mutating func take(_ names: String..., label: String = "a") {
    let labels = names.map { LabelRecord(requestID: $0, label: label, time: 1) }
    handle(.taken([LogBatch(model: income, labels: labels)]))
  }

  /// A flush after a while, when the store is asked again.
  mutating func flushLater() {
    now += .seconds(60)
    handle(.flush)
  }

  var isDiskRefusing: Bool { ledger.disk.isRefusing }

  /// The rows that the store is asked to take.
  var askedRows: [String]? {
    guard case .append(let batch)? = asked else { return nil }
    return batch.labels.map(\.requestID)
  }
}

/// A ledger whose disk and store answer when the test says so.
private struct LedgerByHand {
  private var ledger: LogLedger
  private(set) var disk: LogLedger.DiskWork?
  private(set) var store: LogLedger.StoreWork?
  private(set) var facts: [LogFact] = []
  private(set) var reports: [LogReport] = []
  private(set) var removed: [SegmentID] = []
  private(set) var isClosed = false
  private var now = Duration.zero

  init(kept: Int = 1000, batch: Int = 1000) {
    ledger = LogLedger(
      limits: .init(
        batch: batch, kept: kept, diskPatience: .seconds(1), closingPatience: .seconds(5), spillBytes: 1 << 30))
  }

  mutating func handle(_ event: LogLedger.Event) {
    for action in ledger.handle(event, at: now) {
      switch action {
      case .disk(.remove(let segment)):
        removed.append(segment)
        handle(.disk(.removed))
      case .disk(let work): disk = work
      case .store(let work): store = work
      case .tell(let fact): facts.append(fact)
      case .report(let report): reports.append(report)
      case .closed: isClosed = true
      case .release: break
      }
    }
  }

  mutating func pass(_ time: Duration) { now += time }

  mutating func take(_ names: String..., of model: ModelKey = income) {
    handle(.taken([LogBatch(model: model, labels: names.map { LabelRecord(requestID: $0, label: "a", time: 1) })]))
  }

  mutating func disk(_ outcome: LogLedger.DiskOutcome) {
    disk = nil
    handle(.disk(outcome))
  }

  mutating func store(_ outcome: LogLedger.StoreOutcome) {
    store = nil
    handle(.store(outcome))
  }

  var isStuck: Bool { ledger.disk.isStuck(at: now, patience: .seconds(1)) }
  var inMemory: [String] { ledger.inMemory.flatMap { $0.labels.map(\.requestID) } }

  var storedRows: [String]? {
    guard case .append(let batch)? = store else { return nil }
    return batch.labels.map(\.requestID)
  }

  var isAppending: Bool { if case .append? = disk { true } else { false } }
  var lost: Int { facts.reduce(0) { if case .lost(let rows, _) = $1 { $0 + rows } else { $0 } } }
  var spilled: Int { facts.reduce(0) { if case .spilled(let rows) = $1 { $0 + rows } else { $0 } } }
}

/// One after the other: the simulations would leave no thread to others that wait for something.
@Suite(.serialized) struct LedgerTests {
  /// Seeds of worlds, each of which takes a part of a second. A soak takes so many times as many.
  private static func seeds(_ count: Int) -> Range<UInt64> { 0..<UInt64(count * worlds) }
  private static let worlds =
    ProcessInfo.processInfo.environment["APUS_SOAK_WORLDS"].flatMap { Int($0) }.map { min(max($0, 1), 100_000) } ?? 1

  private func segments(_ folder: URL) -> Int {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).count
  }

  @Test func `segments come back one by one, and one that cannot be read keeps its rows`() async throws {
    try await withFolder { folder in
      var log = LedgerOnDisk(folder)
      let text = String(repeating: "x", count: 3 << 20)
      for index in 0..<5 { log.take("r\(index)", label: text) }
      #expect(segments(folder) == 3)
      log.handle(.flush)
      #expect(log.askedRows == ["r0"], "two of them are more than the store gets at once")
      #expect(
        !log.facts.contains { if case .waitingOnDisk = $0 { true } else { false } }, "memory has all rows as well")
      log.answer(.away("away"))
      #expect(log.facts.count { $0 == .spilled(1) } == 5 && log.released == 5)
      #expect(log.asked == nil, "the store is asked again after a pause only")

      log.flushLater()
      #expect(log.asked == .prepare)
      log.answer(.done(seconds: 0))
      var ids: [String] = []
      while let rows = log.askedRows {
        ids += rows
        #expect(rows.count == 1)
        log.answer(.done(seconds: 0))
      }
      #expect(ids == ["r0", "r1", "r2", "r3", "r4"])
      #expect(log.facts.last == .waitingOnDisk(bytes: 0) && segments(folder) == 0)

      log.take("r5")
      log.handle(.flush)
      log.answer(.away("away"))
      let name = try #require(try FileManager.default.contentsOfDirectory(atPath: folder.path).first)
      let file = try FileHandle(forWritingTo: folder.appending(path: name))
      try file.truncate(atOffset: 3)
      try file.close()
      log.flushLater()
      log.answer(.done(seconds: 0))
      #expect(log.asked == nil && segments(folder) == 1)
    }
  }

  @Test func `a segment goes when its last row is stored, and stays while one is nowhere else`() async throws {
    try await withFolder { folder in
      let line = SpillLine.encode(LogBatch(model: income, labels: [LabelRecord(requestID: "r0", label: "a", time: 1)]))
      var log = LedgerOnDisk(folder, batch: 3, spillBytes: 3 * line.count)
      log.take("r0")
      log.take("r1")
      #expect(segments(folder) == 1)
      log.handle(.flush)
      log.take("r2")
      #expect(segments(folder) == 1)
      log.answer(.done(seconds: 0))
      #expect(segments(folder) == 1, "a row of it came later")
      log.handle(.flush)
      #expect(log.askedRows == ["r2"])
      log.answer(.done(seconds: 0))
      #expect(segments(folder) == 0 && log.released == 3)

      log.take("r3")
      log.handle(.flush)
      log.answer(.away("away"))
      log.take("r4")
      #expect(segments(folder) == 1 && log.facts.last == .waitingOnDisk(bytes: 2 * line.count))
      log.flushLater()
      #expect(log.askedRows == ["r4"], "rows in memory go first, and hold up the replay of their segment")
      log.answer(.done(seconds: 0))
      #expect(log.askedRows == ["r3"], "the segment is closed and read")
      log.take("r5")
      #expect(segments(folder) == 2, "nothing more is added to what is being replayed")
      log.answer(.done(seconds: 0))
      #expect(log.askedRows == ["r4"], "what it holds besides is stored once more, which changes nothing")
      log.answer(.done(seconds: 0))
      #expect(segments(folder) == 1)
      log.take("r6", "r7", "r8", "r9")
      #expect(log.isDiskRefusing)
      #expect(segments(folder) == 1)
    }
  }

  @Test func `a row that is refused is found by halving, in memory as on disk`() async throws {
    try await withFolder { folder in
      var log = LedgerOnDisk(folder)
      log.take("a", "b", "c", "d")
      log.handle(.flush)
      log.answer(.away("away"))
      log.take("e", "f", "g", "h")
      log.flushLater()
      var stored: [String] = []
      while let rows = log.askedRows {
        if !Set(rows).isDisjoint(with: ["b", "g"]) {
          log.answer(.refused("no"))
        } else {
          stored += rows
          log.answer(.done(seconds: 0))
        }
      }
      #expect(stored.filter { "efgh".contains($0) } == ["e", "f", "h", "e", "f", "h"], "their segment had them too")
      #expect(stored.filter { "abcd".contains($0) } == ["c", "d", "a"], "what may hold the row comes last")
      #expect(log.facts.count { $0 == .lost(1, .refused) } == 2 && segments(folder) == 0, "each is told once")
      #expect(log.reports.count { $0 == .rowRefused(of: income, reason: "no") } == 2)
    }
  }

  @Test func `a store that is away for ten minutes leaves one file, and one that comes and goes few`() throws {
    var world = LedgerSimulation(seed: 1, processes: 1, trouble: .outage, lasts: 600, segmentBytes: 8 << 20)
    try world.run()
    #expect(world.mostFiles == 1 && world.arrivals.count == world.accepted.count)

    for seed in Self.seeds(2) {
      var world = LedgerSimulation(
        seed: seed, processes: 1, trouble: .store, lasts: 300, segmentBytes: 8 << 20)
      try world.run()
      #expect(world.mostFiles <= 3, "seed \(seed)")
    }
  }

  @Test func `a disk is stuck while rows wait for it, not while it reads or has nothing to do`() {
    var log = LedgerByHand()
    log.handle(.flush)
    log.store(.done(seconds: 0))
    #expect(log.disk == .adopt(first: 1, atMost: 128))
    log.pass(.seconds(60))
    log.handle(.taken([]))
    #expect(!log.isStuck, "looking for segments takes its time")
    log.take("r0")
    log.pass(.seconds(2))
    #expect(log.isStuck, "rows have waited for a second")
    log.disk(.adopted([]))
    #expect(log.isAppending && log.isStuck)
    log.disk(.appended)
    #expect(!log.isStuck)
    log.pass(.seconds(60))
    #expect(!log.isStuck, "nothing waits")
    log.take("r1")
    log.disk(.notAppended(isSpoiled: false))
    log.pass(.seconds(60))
    #expect(!log.isStuck, "it refuses, which is another thing")
  }

  @Test func `a parcel that is being written is never told as lost`() {
    var log = LedgerByHand(kept: 2)
    log.take("r0", "r1")
    #expect(log.isAppending)
    log.pass(.seconds(2))
    for name in ["r2", "r3", "r4", "r5"] { log.take(name) }
    log.handle(.flush)
    log.store(.away("away"))
    #expect(log.lost == 2, "the disk is stuck, and memory has no room for all")
    #expect(log.inMemory == ["r0", "r1", "r4", "r5"])
    log.disk(.appended)
    #expect(log.spilled == 2 && log.inMemory == ["r4", "r5"])
    for _ in 0..<2 where log.isAppending { log.disk(.appended) }
    log.pass(.seconds(60))
    log.handle(.flush)
    log.store(.away("away"))
    #expect(log.spilled == 4 && log.lost == 2 && log.removed.isEmpty && log.inMemory.isEmpty)
  }

  /// When the disk answers that it does not take the first row: before memory has no room for all, or after.
  enum DiskAnswer: CaseIterable {
    case before, after, afterStore, afterRetry
  }

  @Test(arguments: DiskAnswer.allCases)
  func `the oldest rows are lost, whenever the disk answers`(_ answer: DiskAnswer) {
    var log = LedgerByHand(kept: 4)
    log.take("r0")
    log.disk(.notAppended(isSpoiled: false))
    for names in [["r1", "r2", "r3"], ["r4"], ["r5"]] {
      log.handle(
        .taken([LogBatch(model: income, labels: names.map { LabelRecord(requestID: $0, label: "a", time: 1) })]))
      #expect(log.isAppending)
      if answer == .before { log.disk(.notAppended(isSpoiled: false)) }
    }
    log.handle(.flush)
    log.store(.away("away"))
    #expect(log.lost == (answer == .before ? 4 : 3))
    if answer == .afterRetry {
      // The store is asked for the row as well, and does not take it either.
      log.pass(.seconds(60))
      log.handle(.flush)
      #expect(log.storedRows == ["r0", "r4", "r5"])
      log.disk(.notAppended(isSpoiled: false))
      #expect(log.lost == 3, "the store may take it")
      log.store(.away("away"))
    } else if answer == .afterStore {
      log.pass(.seconds(60))
      log.handle(.flush)
      log.store(.away("away"))
      log.disk(.notAppended(isSpoiled: false))
    } else if answer == .after {
      log.disk(.notAppended(isSpoiled: false))
    }
    #expect(log.lost == 4 && log.inMemory == ["r4", "r5"])
  }

  /// How the write that is under way at the end comes out, how long it takes, and what is told.
  @Test(arguments: [(true, 1, 2, 0), (false, 1, 0, 2), (true, 60, 2, 0), (false, 60, 0, 2)])
  func `what is being written at the end is spilled or lost, never both`(
    _ isWritten: Bool, _ seconds: Int, _ spilled: Int, _ lost: Int
  ) {
    var log = LedgerByHand()
    log.take("r0", "r1")
    log.handle(.close)
    #expect(log.storedRows == ["r0", "r1"])
    log.store(.away("away"))
    #expect(!log.isClosed && log.lost == 0)
    log.pass(.seconds(seconds))
    log.handle(.taken([]))
    #expect(log.isClosed == (seconds > 5), "a disk that is stuck is given up")
    #expect(log.reports.contains(.writeUnfinished(rows: 2)) == log.isClosed)
    #expect(log.lost == 0 && log.spilled == 0)
    log.disk(isWritten ? .appended : .notAppended(isSpoiled: false))
    #expect(log.isClosed && log.inMemory.isEmpty)
    #expect(log.spilled == spilled && log.lost == lost)
    #expect(log.removed.isEmpty == isWritten)
    log.take("late")
    #expect(log.facts.contains(.lost(1, .closed)) && log.inMemory.isEmpty && !log.isAppending)
  }

  @Test func `at the end nothing is read or adopted`() {
    var log = LedgerByHand()
    log.take("r0")
    log.handle(.flush)
    log.disk(.appended)
    log.store(.away("away"))
    log.disk(.adopted([100]))
    log.pass(.seconds(120))
    log.handle(.flush)
    log.handle(.close)
    log.store(.done(seconds: 0))
    if case .adopt? = log.disk { log.disk(.adopted([])) }
    #expect(log.disk == nil && log.isClosed)
  }

  @Test func `one refused row holds up no other one`() {
    var log = LedgerByHand(batch: 8)
    log.take("a", "b", "poison", "c")
    log.take("d")
    log.handle(.flush)
    log.disk(.appended)
    #expect(log.storedRows == ["a", "b", "poison", "c", "d"])
    log.store(.refused("no"))
    log.take("e", of: ModelKey(namespace: "default", model: "other"))
    log.handle(.flush)
    var order: [String] = []
    while let rows = log.storedRows {
      order += rows.count == 1 || !rows.contains("poison") ? rows : []
      log.store(rows.contains("poison") ? .refused("no") : .done(seconds: 0))
      if log.isAppending { log.disk(.appended) }
    }
    #expect(order.sorted() == ["a", "b", "c", "d", "e", "poison"])
    #expect((order.firstIndex(of: "e") ?? 9) < 3, "\(order)")
    #expect(log.facts.count { $0 == .lost(1, .refused) } == 1 && log.lost == 1 && log.inMemory.isEmpty)
  }

  @Test func `a refused row that comes back from disk is neither stored nor told again`() {
    var log = LedgerByHand()
    log.take("a", "poison")
    log.handle(.flush)
    log.disk(.appended)
    log.store(.refused("no"))
    #expect(log.storedRows == ["a"])
    if case .adopt? = log.disk { log.disk(.adopted([])) }
    log.store(.away("away"))
    #expect(log.storedRows == nil)
    log.pass(.seconds(60))
    log.handle(.flush)
    while let rows = log.storedRows {
      log.store(rows == ["poison"] ? .refused("no") : .done(seconds: 0))
      if case .read? = log.disk {
        log.disk(
          .contents(
            SpillContents(batches: [
              LogBatch(
                model: income, labels: ["a", "poison"].map { LabelRecord(requestID: $0, label: "a", time: 1) })
            ])))
      }
    }
    #expect(log.lost == 1 && log.inMemory.isEmpty)
  }

  @Test func `a number that is none is refused at once, and never spilled`() {
    var log = LedgerByHand()
    let times = [1, .nan, .infinity, 2]
    log.handle(
      .taken([
        LogBatch(
          model: income, labels: times.enumerated().map { LabelRecord(requestID: "r\($0)", label: "a", time: $1) })
      ]))
    #expect(log.facts.contains(.lost(2, .refused)) && log.inMemory == ["r0", "r3"])
    guard case .append(let data, _, _)? = log.disk else {
      Issue.record("nothing is written")
      return
    }
    #expect(SpillLine.decode(data).batches.reduce(0) { $0 + $1.count } == 2)
  }

  @Test func `what former processes left takes no room from new rows`() async throws {
    try await withFolder { folder in
      let line = SpillLine.encode(LogBatch(model: income, labels: [LabelRecord(requestID: "r0", label: "a", time: 1)]))
      try Data(Array(repeating: line, count: 10).joined()).write(to: folder.appending(path: "spill-1-1-1.jsonl"))
      var log = LedgerOnDisk(folder, spillBytes: 3 * line.count)
      log.handle(.flush)
      #expect(log.asked == .prepare)
      log.answer(.away("away"))
      #expect(log.facts.contains(.waitingOnDisk(bytes: 10 * line.count)))
      for name in ["r1", "r2", "r3"] { log.take(name) }
      #expect(!log.isDiskRefusing)
      log.take("r4")
      #expect(log.isDiskRefusing)
    }
  }

  @Test func `a damaged file is set aside once what is sure of it is stored`() async throws {
    try await withFolder { folder in
      let line = SpillLine.encode(LogBatch(model: income, labels: [LabelRecord(requestID: "r0", label: "a", time: 1)]))
      let data = line + Array("nonsense\n".utf8) + line
      for file in 0..<10 {
        try Data(data + Array("{}\n".utf8)).write(to: folder.appending(path: "spill-1-1-\(file).jsonl"))
      }
      var log = LedgerOnDisk(folder)
      log.handle(.flush)
      log.answer(.done(seconds: 0))
      while let rows = log.askedRows {
        #expect(rows == ["r0"])
        log.answer(.done(seconds: 0))
      }
      #expect(log.facts.count { $0 == .lost(2, .damaged) } == 10)
      #expect(log.reports.count { $0 == .segmentDamaged(rows: 2) } == 10)
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      #expect(names.count == 8 && names.allSatisfy { $0.hasPrefix("damaged-spill-1-1-") }, "a few are kept for people")
    }
  }

  @Test func `what is no file of ours is left alone and told once, and holds up none that is`() async throws {
    try await withFolder { folder in
      let line = SpillLine.encode(LogBatch(model: income, labels: [LabelRecord(requestID: "r0", label: "a", time: 1)]))
      func place(_ name: String) -> URL { folder.appending(path: "spill-1-1-\(name).jsonl") }
      let outside = folder.appending(path: "letter.txt")
      try Data(line).write(to: outside)
      try FileManager.default.createDirectory(at: place("folder"), withIntermediateDirectories: true)
      try FileManager.default.createSymbolicLink(at: place("link"), withDestinationURL: outside)
      try FileManager.default.createSymbolicLink(at: place("loop"), withDestinationURL: place("loop"))
      #expect(mkfifo(place("pipe").path, 0o600) == 0)
      try Data().write(to: place("huge"))
      #expect(truncate(place("huge").path, off_t(1 << 40)) == 0, "a hole takes no room")
      try Data().write(to: place("empty"))
      try Data(line).write(to: place("ours"))
      let strange = ["folder", "huge", "link", "loop", "pipe"].map { place($0).lastPathComponent }
      var log = LedgerOnDisk(folder)
      for _ in 0..<3 {
        log.flushLater()
        log.answer(.done(seconds: 0))
        while log.asked != nil { log.answer(.done(seconds: 0)) }
      }
      #expect(log.reports.count { $0 == .filesUnusable(strange) } == 1)
      #expect(!log.reports.contains { if case .segmentDamaged = $0 { true } else { false } })
      #expect(log.facts.contains(.replayed(1)))
      let waiting = log.facts.last { if case .waitingOnDisk = $0 { true } else { false } }
      #expect(waiting == .waitingOnDisk(bytes: 0))
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
      #expect(names == ["letter.txt"] + strange, "the others are gone")
      #expect(try Data(contentsOf: outside) == Data(line))
    }
  }

  @Test(.enabled(if: getuid() != 0, "root may read every file")) func `a file of another user is told`() async throws {
    try await withFolder { folder in
      let place = folder.appending(path: "spill-1-1-1.jsonl")
      try Data([1]).write(to: place)
      try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: place.path)
      var log = LedgerOnDisk(folder)
      log.flushLater()
      log.answer(.done(seconds: 0))
      #expect(log.reports.contains(.filesUnusable(["spill-1-1-1.jsonl"])))
    }
  }

  @Test func `rows are not written to a file that somebody deleted`() async throws {
    try await withFolder { folder in
      var log = LedgerOnDisk(folder)
      log.take("r0")
      for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
        try FileManager.default.removeItem(at: folder.appending(path: name))
      }
      log.take("r1")
      #expect(log.isDiskRefusing)
      log.take("r2")
      #expect(!log.isDiskRefusing && segments(folder) == 1)
      log.handle(.flush)
      log.answer(.away("away"))
      #expect(log.facts.count { $0 == .spilled(1) } == 3)
      let name = try #require(try FileManager.default.contentsOfDirectory(atPath: folder.path).first)
      let contents = SpillLine.decode([UInt8](try Data(contentsOf: folder.appending(path: name))))
      #expect(contents.batches.flatMap(\.labels).map(\.requestID) == ["r1", "r2"])

      let url = folder.appending(path: "spill-1-1-1.jsonl")
      let first = try #require(SpillFile(new: url))
      guard case .notNow = SpillFile.left(url, atMost: 100) else {
        Issue.record("it is locked")
        return
      }
      #expect(first.remove() && first.append([1]) == .spoiled)
      #expect(SpillFile(new: url) != nil)
    }
  }

  @Test func `nothing accepted is lost untold, whatever goes wrong`() throws {
    var (adopted, perished, refused, dropped) = (0, 0, 0, 0)
    for seed in Self.seeds(24) {
      var world = LedgerSimulation(seed: seed, processes: 1 + Int(seed % 3), trouble: .all)
      do {
        try world.run()
      } catch {
        Issue.record("seed \(seed): \(error)")
      }
      adopted += world.adopted
      perished += world.perished.count
      refused += world.lost[.refused] ?? 0
      dropped += (world.lost[.spillFull] ?? 0) + (world.lost[.spillFailed] ?? 0)
    }
    #expect(adopted > 0 && perished > 0 && refused > 0 && dropped > 0, "the worlds have all kinds of trouble")
  }

  @Test func `where only the store fails every row is stored, and rows keep their order`() throws {
    var replayed = 0
    for seed in Self.seeds(8) {
      var world = LedgerSimulation(seed: seed, processes: 1, trouble: .store)
      try world.run()
      #expect(world.arrivals.count == world.accepted.count && world.lost.isEmpty, "seed \(seed)")
      for isReplayed in [false, true] {
        let numbers = world.arrivals.filter { $0.isReplayed == isReplayed }.map { number(of: $0.id) }
        #expect(numbers == numbers.sorted(), "seed \(seed)")
        if isReplayed { replayed += numbers.count }
      }
    }
    #expect(replayed > 0)
  }

  @Test func `where processes end in good order and the disk works, the next one stores what they left`() throws {
    for seed in Self.seeds(8) {
      var world = LedgerSimulation(seed: seed, processes: 2, trouble: [.store, .processes])
      try world.run()
      #expect(world.arrivals.count + world.perished.count == world.accepted.count, "seed \(seed)")
      // A line that was being written when its process was killed.
      #expect(world.lost.keys.allSatisfy { $0 == .damaged }, "seed \(seed)")
    }
  }

  @Test func `where only rows and the store fail, exactly the rows that it refuses are lost, each told once`() throws {
    for seed in Self.seeds(8) {
      var world = LedgerSimulation(seed: seed, processes: 1, trouble: [.store, .rows])
      try world.run()
      #expect(world.lost == [.refused: world.refusedRows.count], "seed \(seed)")
      #expect(world.refusedRows.isSuperset(of: world.accepted.keys.filter(world.isPoison)), "seed \(seed)")
      #expect(world.arrivals.count + world.refusedRows.count == world.accepted.count, "seed \(seed)")
    }
  }

  private func number(of id: String) -> Int { Int(id.split(separator: "-").last ?? "") ?? 0 }
}
