import Exposition
package import Foundation
package import Logging
import ServiceLifecycle
package import Telemetry

/// Takes predictions and labels from requests without ever making them wait, and brings them to the telemetry store.
///
/// Expected flow: a row goes into a bounded buffer; a batch is stored when it is full or a moment has passed. While the
/// store is away, or does not keep up, batches go to disk, and from there to the store when it is back. What finds no
/// place on disk waits in memory while there is room; what finds none there is dropped and counted. On shutdown everything
/// left is stored or goes to disk.
///
/// A process that is killed loses what is in its memory: rows of at most one flush interval and of the flush that was
/// under way.
package final class PredictionLog: Service, Sendable {
  package struct Configuration: Sendable {
    /// Rows that the buffer holds; more are dropped.
    package var capacity = 150_000
    /// Rows that are stored together.
    package var batch = 4_000
    /// The longest a row waits in the buffer.
    package var interval = Duration.seconds(1)
    /// A store that does not answer within this counts as away.
    package var patience = Duration.seconds(5)
    /// Where rows wait while the store is away.
    package var spillFolder: URL
    package var spillBytes = 1 << 30

    package init(spillFolder: URL) { self.spillFolder = spillFolder }
  }

  private let configuration: Configuration
  private let instruments: LogInstruments
  private let store: any LogWriter.Store
  private let logger: Logger
  private let buffer: LogBuffer
  private let patience: Patience
  private let wakes: AsyncStream<Void>
  private let wake: AsyncStream<Void>.Continuation

  package init(
    store: any PredictionWriter & LabelWriter & StorePreparation, configuration: Configuration,
    metrics: ServingMetrics, logger: Logger
  ) {
    self.store = store
    self.configuration = configuration
    self.instruments = metrics.log
    self.logger = logger
    buffer = LogBuffer(capacity: configuration.capacity)
    patience = Patience(limit: configuration.patience)
    (wakes, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    metrics.registry.beforeScrape { [weak self, gauge = metrics.log.buffered] in
      if let self { gauge.set(Double(buffer.unstored)) }
    }
  }

  /// Never waits for more than the buffer's lock. A prediction that finds no room is dropped and counted.
  func append(_ prediction: PendingPrediction) {
    guard let fill = buffer.append(prediction) else { return instruments.lost(1, .bufferFull) }
    if fill.count == configuration.batch { wake.yield() }
    if fill.unstored >= configuration.capacity / 4 * 3, fill.unstored % max(1, configuration.capacity / 16) == 0 {
      patience.giveUp()
    }
  }

  /// Takes all of the labels, or, returning false, none: whoever sent them still has them and can send them again.
  func append(_ labels: [LabelRecord], of model: ModelKey) -> Bool {
    guard let fill = buffer.append(labels, of: model) else { return false }
    if fill.count >= configuration.batch { wake.yield() }
    return true
  }

  /// The rows of requests go first: what waits on disk can wait longer than the buffer has room.
  private func flush(by writer: LogWriter) async {
    await writer.retryKept()
    let batches = buffer.take(size: configuration.batch, kept: await writer.keptRows)
    var left = batches.reduce(0) { $0 + $1.count }
    for batch in batches {
      await writer.store(batch)
      left -= batch.count
      buffer.noteTaken(left + (await writer.keptRows))
    }
    if batches.isEmpty { await writer.probe() }
    if await writer.replay() { wake.yield() }
  }

  /// Stores what comes until a graceful shutdown, then what is left. Started before the servers and so ended after them.
  package func run() async throws {
    let writer = LogWriter(
      store: store, configuration: configuration, patience: patience, instruments: instruments, logger: logger)
    wake.yield()
    let ticking = Task {
      while !Task.isCancelled {
        try? await Task.sleep(for: configuration.interval)
        wake.yield()
      }
    }
    await withTaskCancellationOrGracefulShutdownHandler {
      for await _ in wakes { await flush(by: writer) }
    } onCancelOrGracefulShutdown: {
      self.wake.finish()
    }
    ticking.cancel()
    await writer.finish(buffer.take(size: configuration.batch, kept: 0))
  }
}
