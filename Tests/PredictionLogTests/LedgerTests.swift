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
  private(set) var released = 0
  private var now = Duration.zero

  init(_ folder: URL, batch: Int = 1000, spillBytes: Int = 1 << 30) {
    self.folder = SpillFolder(folder: folder)
    ledger = LogLedger(
      limits: .init(batch: batch, kept: 1000, diskPatience: .seconds(1), spillBytes: spillBytes))
  }

  mutating func handle(_ event: LogLedger.Event) {
    for action in ledger.handle(event, at: now) {
      switch action {
      case .disk(let work): handle(.disk(folder.perform(work)))
      case .store(let work): asked = work
      case .release(let rows): released += rows
      case .tell(let fact): facts.append(fact)
      case .report, .settled, .closed: break
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

  /// The rows that the store is asked to take.
  var askedRows: [String]? {
    guard case .append(let batch)? = asked else { return nil }
    return batch.labels.map(\.requestID)
  }
}

struct LedgerTests {
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
      #expect(log.askedRows == ["r0", "r1", "r2", "r3", "r4"])
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
      #expect(log.facts.last == .diskRefusesRows)
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
      #expect(stored.filter { "abcd".contains($0) } == ["a", "c", "d"])
      #expect(log.facts.count { $0 == .lost(1, .refused) } == 3 && segments(folder) == 0)
    }
  }

  @Test func `nothing accepted is lost, whatever goes wrong`() throws {
    var (adopted, perished, refused, dropped) = (0, 0, 0, 0)
    for seed in 0..<60 {
      var world = LedgerSimulation(seed: UInt64(seed), processes: 1 + seed % 3, trouble: .all)
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
    for seed in 0..<20 {
      var world = LedgerSimulation(seed: UInt64(seed), processes: 1, trouble: .store)
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
    for seed in 0..<20 {
      var world = LedgerSimulation(seed: UInt64(seed), processes: 2, trouble: [.store, .processes])
      try world.run()
      #expect(world.arrivals.count + world.perished.count == world.accepted.count, "seed \(seed)")
      // A line that was being written when its process was killed.
      #expect(world.lost.keys.allSatisfy { $0 == .damaged }, "seed \(seed)")
    }
  }

  private func number(of id: String) -> Int { Int(id.split(separator: "-").last ?? "") ?? 0 }
}
