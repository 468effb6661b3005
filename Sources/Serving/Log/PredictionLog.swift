import Exposition
package import Foundation
package import Logging
import ServiceLifecycle
import Synchronization
package import Telemetry

/// Takes predictions and labels from requests without ever making them wait, and brings them to the telemetry store.
///
/// Expected flow: a row goes into a bounded buffer; a batch is stored when it is full or a moment has passed. While the
/// store is away, batches go to disk, and from there to the store when it is back. What finds no place is dropped and
/// counted. On shutdown everything left is stored or goes to disk.
package final class PredictionLog: Service, Sendable {
  package struct Configuration: Sendable {
    /// Rows that the buffer holds; more are dropped.
    package var capacity = 50_000
    /// Rows that are stored together.
    package var batch = 1_000
    /// The longest a row waits in the buffer.
    package var interval = Duration.seconds(1)
    /// A store that does not answer within this counts as away.
    package var patience = Duration.seconds(5)
    /// Where rows wait while the store is away.
    package var spillFolder: URL
    package var spillBytes = 256 << 20

    package init(spillFolder: URL) { self.spillFolder = spillFolder }
  }

  private struct Buffer {
    var predictions: [PendingPrediction] = []
    var labels: [(model: ModelKey, label: LabelRecord)] = []
    /// Rows that were taken out and are neither stored nor on disk yet.
    var inFlight = 0

    var count: Int { predictions.count + labels.count }
    var unstored: Int { count + inFlight }
  }

  private let configuration: Configuration
  private let instruments: LogInstruments
  private let store: any PredictionWriter & LabelWriter
  private let logger: Logger
  private let buffer = Mutex(Buffer())
  private let wakes: AsyncStream<Void>
  private let wake: AsyncStream<Void>.Continuation

  package init(
    store: any PredictionWriter & LabelWriter, configuration: Configuration, metrics: ServingMetrics, logger: Logger
  ) {
    self.store = store
    self.configuration = configuration
    self.instruments = metrics.log
    self.logger = logger
    (wakes, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    metrics.registry.beforeScrape { [weak self, gauge = metrics.log.buffered] in
      guard let self else { return }
      gauge.set(Double(buffer.withLock { $0.unstored }))
    }
  }

  /// Never waits for more than the buffer's lock. A prediction that finds no room is dropped and counted.
  func append(_ prediction: PendingPrediction) {
    let count = buffer.withLock { buffer -> Int? in
      guard buffer.unstored < configuration.capacity else { return nil }
      buffer.predictions.append(prediction)
      return buffer.count
    }
    noteAppended(count)
  }

  /// Takes all of the labels, or, returning false, none: whoever sent them still has them and can send them again.
  func append(_ labels: [LabelRecord], of model: ModelKey) -> Bool {
    let count = buffer.withLock { buffer -> Int? in
      guard buffer.unstored + labels.count <= configuration.capacity else { return nil }
      for label in labels { buffer.labels.append((model, label)) }
      return buffer.count
    }
    guard let count else { return false }
    if count >= configuration.batch { wake.yield() }
    return true
  }

  private func noteAppended(_ count: Int?) {
    guard let count else { return instruments.lost(1, .bufferFull) }
    if count == configuration.batch { wake.yield() }
  }

  /// The rows of requests go first: what waits on disk can wait longer than the buffer has room.
  private func flush(by writer: LogWriter) async {
    await writer.store(drain())
    buffer.withLock { $0.inFlight = 0 }
    if await writer.replay() { wake.yield() }
  }

  /// Stores what comes until a graceful shutdown, then what is left. Started before the servers and so ended after them.
  package func run() async throws {
    let writer = LogWriter(store: store, configuration: configuration, instruments: instruments, logger: logger)
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
    await writer.finish(drain())
  }

  /// Everything in the buffer, as batches.
  private func drain() -> [LogBatch] {
    let taken = buffer.withLock { buffer -> Buffer in
      let taken = buffer
      buffer = Buffer()
      buffer.inFlight = taken.count
      return taken
    }
    var batches: [LogBatch] = []
    func place(_ model: ModelKey) -> Int {
      if let last = batches.last, last.model == model, last.count < configuration.batch { return batches.count - 1 }
      batches.append(LogBatch(model: model))
      return batches.count - 1
    }
    for prediction in taken.predictions {
      let index = place(prediction.model)
      batches[index].predictions.append(prediction.record)
    }
    for (model, label) in taken.labels {
      let index = place(model)
      batches[index].labels.append(label)
    }
    return batches
  }
}
