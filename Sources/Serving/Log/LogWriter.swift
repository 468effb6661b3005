import Exposition
import Foundation
import Logging
import Telemetry

/// The slow side of the log: brings rows to the store, and back from disk.
///
/// What the store does not take is left to the disk, where the journal has written it meanwhile. What the disk has not taken
/// either is kept in memory, for the next flush to try again. Where the disk refuses rows or is stuck, the oldest are dropped
/// and counted when more are kept than there is room for.
actor LogWriter {
  typealias Store = PredictionWriter & LabelWriter & StorePreparation

  private let store: any Store
  private let journal: LogJournal
  private let patience: Patience
  private let instruments: LogInstruments
  private let logger: Logger
  private let batch: Int
  private let keptLimit: Int
  private var isKeeping = false
  /// When the store is asked again after a failure, and the pause after the next one.
  private var askAgain: ContinuousClock.Instant?
  private var pause = LogWriter.firstPause
  /// When the store last answered, well or not.
  private var lastAnswer: ContinuousClock.Instant?

  private static let firstPause = Duration.milliseconds(500)
  private static let longestPause = Duration.seconds(30)
  /// A store that nothing was brought to for so long is asked whether it is there.
  private static let probeInterval = Duration.seconds(10)

  init(
    store: any Store, journal: LogJournal, configuration: PredictionLog.Configuration, patience: Patience,
    instruments: LogInstruments, logger: Logger
  ) {
    self.store = store
    self.journal = journal
    self.patience = patience
    self.instruments = instruments
    self.logger = logger
    batch = configuration.batch
    keptLimit = configuration.capacity / 2
  }

  /// Stores what waits in memory, then a part of what waits on disk: rows of requests go first, as what is on disk can wait
  /// longer than the buffer has room. Returns whether more waits on disk.
  func flush() async -> Bool {
    if journal.isStuck { journal.takeFromBuffer() }
    let items = journal.takeWaiting()
    await store(items)
    if items.isEmpty { await probe() }
    return await replay()
  }

  /// Stores what is left, or leaves it to the disk. Nothing is replayed: that would hold up the end.
  func finish() async {
    askAgain = nil
    await store(journal.takeWaiting())
    for item in journal.takeWaiting() { lose(item) }
  }

  /// Asks the store whether it is there, where nothing else has told for a while.
  private func probe() async {
    guard !isStoreAway, lastAnswer.map({ .now - $0 > Self.probeInterval }) ?? true || askAgain != nil else { return }
    do throws(TelemetryError) {
      try await patience.wait { [store] () throws(TelemetryError) in try await store.prepare() }
      noteThere()
    } catch {
      noteAway(error)
    }
  }

  private var isStoreAway: Bool { askAgain.map { $0 > .now } ?? false }

  private func store(_ items: [LogItem]) async {
    var kept: [LogItem] = []
    for (rows, group) in Self.batches(items, size: batch) {
      if !isStoreAway, await append(rows) {
        for item in group { journal.drop(item) }
        continue
      }
      for item in group {
        if journal.leaveToDisk(item) {
          instruments.spilled.increment(by: Double(item.count))
        } else {
          kept.append(item)
        }
      }
    }
    keep(kept)
  }

  /// Brings small items of one model together, as a store takes a large batch for less.
  private static func batches(_ items: [LogItem], size: Int) -> [(rows: LogBatch, items: [LogItem])] {
    var batches: [(rows: LogBatch, items: [LogItem])] = []
    for item in items {
      guard let rows = item.batch else { continue }
      if let last = batches.last, last.rows.model == rows.model, last.rows.count + rows.count <= size {
        batches[batches.count - 1].rows.predictions += rows.predictions
        batches[batches.count - 1].rows.labels += rows.labels
        batches[batches.count - 1].items.append(item)
      } else {
        batches.append((rows, [item]))
      }
    }
    return batches
  }

  private func keep(_ items: [LogItem]) {
    let refused = items.first { $0.isRefused }
    if let refused, !isKeeping {
      logger.warning("predictions find no place on disk and wait in memory", metadata: ["reason": "\(refused.loss)"])
    }
    isKeeping = refused != nil
    // Rows that the disk has only not come to yet have the whole buffer's room: it takes them in a moment.
    guard isKeeping || journal.isStuck else { return journal.putBack(items) }
    var kept = items[...]
    var rows = kept.reduce(0) { $0 + $1.count }
    while rows > keptLimit, let oldest = kept.popFirst() {
      rows -= oldest.count
      lose(oldest)
    }
    journal.putBack(Array(kept))
  }

  private func lose(_ item: LogItem) {
    instruments.lost(item.count, item.loss)
    journal.drop(item)
  }

  /// Brings the oldest segment on disk to the store, where the store takes it: one, as a long replay would let the buffer
  /// run full and hold up a shutdown. Returns whether another one can follow at once.
  private func replay() async -> Bool {
    journal.adopt()
    guard !isStoreAway, let (segment, contents) = await journal.oldestOnDisk() else { return false }
    let (batches, damaged) = SpillLine.decode(contents)
    for batch in batches {
      guard await append(batch) else { return false }
      instruments.replayed.increment(by: Double(batch.count))
    }
    instruments.lost(damaged, .damaged)
    return await journal.remove(segment)
  }

  /// Whether the batch needs no more care: it is stored, but for rows that the store will never take.
  private func append(_ batch: LogBatch) async -> Bool {
    let start = ContinuousClock.now
    do throws(TelemetryError) {
      try await patience.wait { [store] () throws(TelemetryError) in
        try await store.append(batch.predictions, of: batch.model)
        try await store.append(batch.labels, of: batch.model)
      }
    } catch {
      if !error.isAboutRows {
        noteAway(error)
        return false
      }
      return await appendHalves(of: batch, after: error)
    }
    instruments.flushSeconds.observe((ContinuousClock.now - start) / .seconds(1))
    instruments.stored.increment(by: Double(batch.count))
    noteThere()
    return true
  }

  /// A refused row spoils its whole batch: it is found by halving, dropped and counted.
  private func appendHalves(of batch: LogBatch, after error: TelemetryError) async -> Bool {
    guard batch.count > 1 else {
      instruments.lost(batch.count, .refused)
      logger.warning("a row of the prediction log was refused", metadata: ["reason": "\(error)"])
      return true
    }
    let (first, second) = batch.halves
    guard await append(first) else { return false }
    return await append(second)
  }

  private func noteThere() {
    if instruments.storeUp.value == 0 { logger.info("telemetry store takes predictions") }
    instruments.storeUp.set(1)
    askAgain = nil
    pause = Self.firstPause
    lastAnswer = .now
  }

  private func noteAway(_ error: TelemetryError) {
    if instruments.storeUp.value == 1 || lastAnswer == nil {
      logger.warning("telemetry store is away, predictions go to disk", metadata: ["reason": "\(error)"])
    }
    instruments.storeUp.set(0)
    askAgain = .now + pause
    pause = min(pause * 2, Self.longestPause)
    lastAnswer = .now
  }
}
