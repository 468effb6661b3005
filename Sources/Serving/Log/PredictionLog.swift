import Exposition
package import Foundation
package import Logging
import ServiceLifecycle
package import Telemetry

/// Takes predictions and labels from requests without ever making them wait, and brings them to the telemetry store.
///
/// Expected flow: a row goes into a bounded buffer, a moment later into a file as well, and to the store when a batch is
/// full or an interval has passed; then the file goes. While the store is away, or does not keep up, rows are on disk only,
/// and come from there to the store when it is back. What finds no place on disk waits in memory while there is room; what
/// finds none there is dropped and counted. On shutdown everything left is stored or stays on disk.
///
/// A process that is killed loses what is in its memory only: rows of less than one interval, however long storing takes.
package final class PredictionLog: Service, Sendable {
  package struct Configuration: Sendable {
    /// Rows that the buffer holds; more are dropped.
    package var capacity = 150_000
    /// Rows that are stored together.
    package var batch = 4_000
    /// The longest a row waits before it is stored; a quarter of it before it is on disk.
    package var interval = Duration.seconds(1)
    /// A store that does not answer within this counts as away.
    package var patience = Duration.seconds(5)
    /// Where rows are while they are not stored yet.
    package var spillFolder: URL
    package var spillBytes = 1 << 30

    package init(spillFolder: URL) { self.spillFolder = spillFolder }
  }

  private let configuration: Configuration
  private let instruments: LogInstruments
  private let buffer: LogBuffer
  private let journal: LogJournal
  private let writer: LogWriter
  private let patience: Patience
  private let wakes: AsyncStream<Void>
  private let wake: AsyncStream<Void>.Continuation

  package init(
    store: any PredictionWriter & LabelWriter & StorePreparation, configuration: Configuration,
    metrics: ServingMetrics, logger: Logger
  ) {
    self.configuration = configuration
    instruments = metrics.log
    let buffer = LogBuffer(capacity: configuration.capacity)
    self.buffer = buffer
    patience = Patience(limit: configuration.patience)
    let (wakes, wake) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    (self.wakes, self.wake) = (wakes, wake)
    let journal = LogJournal(configuration: configuration, buffer: buffer, instruments: instruments) { wake.yield() }
    self.journal = journal
    writer = LogWriter(
      store: store, journal: journal, configuration: configuration, patience: patience, instruments: instruments,
      logger: logger)
    metrics.registry.beforeScrape { [buffer, weak journal, instruments = metrics.log] in
      instruments.buffered.set(Double(buffer.unstored))
      if let journal, journal.isStuck { instruments.diskUp.set(0) }
    }
  }

  /// Never waits for more than the buffer's lock. A prediction that finds no room is dropped and counted.
  func append(_ prediction: PendingPrediction, by state: ServingState) {
    guard let fill = buffer.append(prediction, by: state) else { return instruments.lost(1, .bufferFull) }
    if fill.count == configuration.batch { journal.wake() }
    if fill.unstored >= configuration.capacity / 4 * 3, fill.unstored % max(1, configuration.capacity / 16) == 0 {
      patience.giveUp()
    }
  }

  /// Takes all of the labels, or, returning false, none: whoever sent them still has them and can send them again.
  func append(_ labels: [LabelRecord], of model: ModelKey) -> Bool {
    guard let fill = buffer.append(labels, of: model) else { return false }
    if fill.count >= configuration.batch { journal.wake() }
    return true
  }

  /// Stores what comes until a graceful shutdown, then what is left. Started before the servers and so ended after them.
  package func run() async throws {
    let writing = journal.start()
    wake.yield()
    let ticking = Task {
      while !Task.isCancelled {
        try? await Task.sleep(for: configuration.interval)
        wake.yield()
      }
    }
    await withTaskCancellationOrGracefulShutdownHandler {
      for await _ in wakes { if await writer.flush() { wake.yield() } }
    } onCancelOrGracefulShutdown: {
      self.wake.finish()
    }
    ticking.cancel()
    writing.cancel()
    // A disk that is stuck is not waited for: what it has not taken is stored without it.
    try? await patience.wait { [journal] () throws(TelemetryError) in await journal.finish() }
    journal.takeFromBuffer()
    await writer.finish()
    try? await patience.wait { [journal] () throws(TelemetryError) in await journal.finish() }
  }
}
