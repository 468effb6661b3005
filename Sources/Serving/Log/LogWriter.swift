import Exposition
import Foundation
import Logging
import Telemetry

/// The slow side of the log: store, spill, replay.
///
/// Where a batch can neither be stored nor written to disk it is kept in memory, for the next flush to try again; the oldest are
/// dropped and counted when more are kept than there is room for.
actor LogWriter {
  typealias Store = PredictionWriter & LabelWriter & StorePreparation

  private let store: any Store
  private let patience: Patience
  private let instruments: LogInstruments
  private let logger: Logger
  private let spill: SpillFolder
  private let keptLimit: Int
  private var kept: [(batch: LogBatch, reason: LogInstruments.Loss)] = []
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
    store: any Store, configuration: PredictionLog.Configuration, patience: Patience, instruments: LogInstruments,
    logger: Logger
  ) {
    self.store = store
    self.patience = patience
    self.instruments = instruments
    self.logger = logger
    keptLimit = configuration.capacity / 2
    spill = SpillFolder(folder: configuration.spillFolder, maximumBytes: configuration.spillBytes)
  }

  /// Rows that wait in memory here.
  var keptRows: Int { kept.reduce(0) { $0 + $1.batch.count } }

  /// Stores the batch, or spills it, or keeps it.
  func store(_ batch: LogBatch) async {
    await storeOrSpill(batch)
    instruments.spillBytes.set(Double(spill.bytes))
  }

  /// Tries again what was kept.
  func retryKept() async {
    let again = kept
    kept = []
    for (batch, _) in again { await storeOrSpill(batch) }
  }

  /// Stores or spills the last batches. Nothing is replayed: that would hold up the end.
  func finish(_ batches: [LogBatch]) async {
    askAgain = nil
    await retryKept()
    for batch in batches { await storeOrSpill(batch) }
    for (batch, reason) in kept { instruments.lost(batch.count, reason) }
    kept = []
  }

  /// Asks the store whether it is there, where nothing else has told for a while.
  func probe() async {
    guard !isStoreAway, lastAnswer.map({ .now - $0 > Self.probeInterval }) ?? true || askAgain != nil else { return }
    do throws(TelemetryError) {
      try await patience.wait { [store] () throws(TelemetryError) in try await store.prepare() }
      noteThere()
    } catch {
      noteAway(error)
    }
  }

  private var isStoreAway: Bool { askAgain.map { $0 > .now } ?? false }

  private func storeOrSpill(_ batch: LogBatch) async {
    if !isStoreAway, await append(batch) { return }
    do throws(SpillFolder.Refusal) {
      try spill.write(batch)
      instruments.spilled.increment(by: Double(batch.count))
    } catch {
      keep(batch, error == .full ? .spillFull : .spillFailed)
    }
  }

  private func keep(_ batch: LogBatch, _ reason: LogInstruments.Loss) {
    if kept.isEmpty {
      logger.warning("predictions find no place on disk and wait in memory", metadata: ["reason": "\(reason)"])
    }
    kept.append((batch, reason))
    var rows = keptRows
    while rows > keptLimit, let oldest = kept.first {
      rows -= oldest.batch.count
      instruments.lost(oldest.batch.count, oldest.reason)
      kept.removeFirst()
    }
  }

  /// Brings the oldest segment on disk to the store, where the store takes it: one, as a long replay would let the buffer
  /// run full and hold up a shutdown. Returns whether another one can follow at once.
  func replay() async -> Bool {
    spill.adopt()
    defer { instruments.spillBytes.set(Double(spill.bytes)) }
    guard !isStoreAway, let (batches, damaged) = spill.oldest() else { return false }
    for batch in batches {
      guard await append(batch) else { return false }
      instruments.replayed.increment(by: Double(batch.count))
    }
    instruments.lost(damaged, .damaged)
    spill.removeOldest()
    return !spill.isEmpty
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
      if error.isTransient {
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
