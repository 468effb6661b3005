import Exposition
import Foundation
import Logging
import Synchronization
import Telemetry

/// The slow side of the log: store, spill, replay.
actor LogWriter {
  private let store: any PredictionWriter & LabelWriter
  private let patience: Duration
  private let instruments: LogInstruments
  private let logger: Logger
  private let spill: SpillFolder
  /// When the store is asked again after a failure, and the pause after the next one.
  private var askAgain: ContinuousClock.Instant?
  private var pause = LogWriter.firstPause

  private static let firstPause = Duration.milliseconds(500)
  private static let longestPause = Duration.seconds(30)

  init(
    store: any PredictionWriter & LabelWriter, configuration: PredictionLog.Configuration, instruments: LogInstruments,
    logger: Logger
  ) {
    self.store = store
    patience = configuration.patience
    self.instruments = instruments
    self.logger = logger
    spill = SpillFolder(folder: configuration.spillFolder, maximumBytes: configuration.spillBytes)
  }

  /// Stores the batches, or spills them.
  func store(_ batches: [LogBatch]) async {
    for batch in batches { await storeOrSpill(batch) }
    instruments.spillBytes.set(Double(spill.bytes))
  }

  /// Stores or spills the last batches. Nothing is replayed: that would hold up the end.
  func finish(_ batches: [LogBatch]) async {
    askAgain = nil
    for batch in batches { await storeOrSpill(batch) }
  }

  private var isStoreAway: Bool { askAgain.map { $0 > .now } ?? false }

  private func storeOrSpill(_ batch: LogBatch) async {
    if !isStoreAway, await append(batch) { return }
    do throws(SpillFolder.Refusal) {
      try spill.write(batch)
      instruments.spilled.increment(by: Double(batch.count))
    } catch {
      switch error {
      case .full: instruments.lost(batch.count, .spillFull)
      case .failed: instruments.lost(batch.count, .spillFailed)
      }
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
      try await within(patience) { [store] () throws(TelemetryError) in
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
    if instruments.storeUp.value == 0 { logger.info("telemetry store takes predictions") }
    instruments.storeUp.set(1)
    askAgain = nil
    pause = Self.firstPause
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

  private func noteAway(_ error: TelemetryError) {
    if instruments.storeUp.value == 1 || askAgain == nil {
      logger.warning("telemetry store is away, predictions go to disk", metadata: ["reason": "\(error)"])
    }
    instruments.storeUp.set(0)
    askAgain = .now + pause
    pause = min(pause * 2, Self.longestPause)
  }
}

/// Runs `work`, and gives up waiting for it after `limit`; it then goes on by itself, which is harmless for idempotent work.
private func within(
  _ limit: Duration, _ work: @escaping @Sendable () async throws(TelemetryError) -> Void
) async throws(TelemetryError) {
  let result: Result<Void, TelemetryError> = await withCheckedContinuation { continuation in
    let answer = FirstResult(continuation)
    let timeout = Task {
      try? await Task.sleep(for: limit)
      answer.give(.failure(.unavailable(store: "of predictions", reason: "it does not answer in time")))
    }
    Task {
      do throws(TelemetryError) {
        try await work()
        answer.give(.success(()))
      } catch {
        answer.give(.failure(error))
      }
      timeout.cancel()
    }
  }
  try result.get()
}

/// A continuation that the first result resumes.
private final class FirstResult: Sendable {
  private let waiting: Mutex<CheckedContinuation<Result<Void, TelemetryError>, Never>?>

  init(_ continuation: CheckedContinuation<Result<Void, TelemetryError>, Never>) {
    waiting = Mutex(continuation)
  }

  func give(_ result: Result<Void, TelemetryError>) {
    let continuation = waiting.withLock { waiting in
      defer { waiting = nil }
      return waiting
    }
    continuation?.resume(returning: result)
  }
}
