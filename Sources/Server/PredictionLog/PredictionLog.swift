import Dispatch
package import Foundation
package import Logging
import ServiceLifecycle
import Synchronization
package import Telemetry

/// Takes predictions and labels from requests without ever making them wait, and brings them to the telemetry store.
///
/// Expected flow: a row goes into a bounded buffer, a moment later into a file as well, and to the store when a batch is
/// full or an interval has passed; then the file goes. While the store is away, or does not keep up, rows are on disk only,
/// and come from there to the store when it is back. What finds no place on disk waits in memory while there is room; what
/// finds none there is dropped and counted. On shutdown everything left is stored or stays on disk.
///
/// A process that is killed loses what is in its memory only: rows of less than one interval, however long storing takes.
///
/// What happens to the rows is decided by `LogLedger`; this is its shell: the buffer, a clock, a hand at the disk and one at the
/// store. Files are touched on a thread of their own, as a disk may block.
package final class PredictionLog: Service, Sendable {
  package typealias Store = PredictionWriter & LabelWriter & StorePreparation

  package struct Configuration: Sendable {
    /// Rows that the buffer holds; more are dropped.
    var capacity = 150_000
    /// Bytes of the rows that it holds; more are dropped.
    package var bytes = 64 << 20
    /// Rows that are stored together.
    var batch = 4_000
    /// The longest a row waits before it is stored; a quarter of it before it is on disk.
    package var interval = Duration.seconds(1)
    /// A store that does not answer within this counts as away.
    var patience = Duration.seconds(5)
    /// A disk that lets rows wait longer than this is stuck.
    var diskPatience = Duration.seconds(1)
    /// Where rows are while they are not stored yet.
    var spillFolder: URL
    /// Where earlier releases left rows of the same store: they are adopted, and nothing is written there.
    package var formerSpillFolders: [URL] = []
    var spillBytes = 1 << 30

    package init(spillFolder: URL) { self.spillFolder = spillFolder }
  }

  private let configuration: Configuration
  private let store: any Store
  private let observer: any PredictionLogObserver
  private let logger: Logger
  private let buffer: LogBuffer
  private let patience: Patience
  /// On the queue only: whoever else asks would wait while rows are encoded.
  private let ledger: Mutex<LogLedger>
  /// The ledger's, for whoever asks.
  private let diskWatch = Mutex(DiskWatch())
  /// Events go to the ledger one after the other, and their actions are begun in that order.
  private let queue = DispatchQueue(label: "apus.log")
  private let disk: DiskHand
  private let ticks = Atomic(0)
  private let start = ContinuousClock.now
  private let closed = Notice()

  package init(
    store: any Store, configuration: Configuration, observer: any PredictionLogObserver, logger: Logger
  ) {
    self.store = store
    self.configuration = configuration
    self.observer = observer
    self.logger = logger
    buffer = LogBuffer(capacity: configuration.capacity, bytes: configuration.bytes)
    patience = Patience(limit: configuration.patience)
    ledger = Mutex(
      LogLedger(
        limits: .init(
          batch: configuration.batch, kept: configuration.capacity / 2, diskPatience: configuration.diskPatience,
          closingPatience: configuration.patience, spillBytes: configuration.spillBytes,
          keptBytes: configuration.bytes / 2)))
    disk = DiskHand(folder: configuration.spillFolder, former: configuration.formerSpillFolders)
  }

  /// Never waits for more than the buffer's lock. A prediction that finds no room is dropped and counted.
  package func append(_ prediction: PendingPrediction, of table: LoggedTable) {
    switch buffer.append(prediction, of: table) {
    case .lost(let loss): observer.observe(.lost(1, loss))
    case .kept(let count, let unstored, let isHeavy, let isPressed):
      // What is on disk soon makes room again before the next quarter of the interval.
      if count == configuration.batch || isHeavy || isPressed { wake() }
      let isCrowded = unstored >= configuration.capacity / 4 * 3 && unstored % max(1, configuration.capacity / 16) == 0
      if isCrowded || isPressed { patience.giveUp() }
    }
  }

  /// Takes all of the labels, or, returning false, none: whoever sent them still has them and can send them again.
  package func append(_ labels: [LabelRecord], of model: ModelKey) -> Bool {
    guard case .kept(let count, _, let isHeavy, let isPressed) = buffer.append(labels, of: model) else { return false }
    if count >= configuration.batch || isHeavy || isPressed { wake() }
    return true
  }

  /// Rows that are in memory and not stored yet.
  package var unstored: Int { buffer.unstored }

  /// Bytes that these rows take, about.
  package var unstoredBytes: Int { buffer.room.bytes }

  /// Whether the disk took the last rows, and none wait for it longer than `diskPatience`.
  package var isDiskUp: Bool {
    let watch = diskWatch.withLock { $0 }
    return !watch.isRefusing && !watch.isStuck(at: now, patience: configuration.diskPatience)
  }

  /// Stores what comes until a graceful shutdown, then what is left. Started before the servers and so ended after them.
  package func run() async throws {
    let timer = ticking()
    let (ending, end) = AsyncStream<Void>.makeStream()
    await withTaskCancellationOrGracefulShutdownHandler {
      for await _ in ending {}
    } onCancelOrGracefulShutdown: {
      end.finish()
    }
    queue.async {
      // Rows that come later find nobody to take them, and are told as lost.
      self.buffer.close()
      self.takeRows()
      self.handle(.close)
    }
    await closed.wait()
    timer.cancel()
  }

  /// Takes rows out of the buffer four times in each interval, and has them stored once in it.
  private func ticking() -> any DispatchSourceTimer {
    let nanoseconds = DispatchTimeInterval.nanoseconds(max(1, Int(configuration.interval / 4 / .nanoseconds(1))))
    let timer = DispatchSource.makeTimerSource(queue: queue)
    timer.schedule(deadline: .now(), repeating: nanoseconds)
    timer.setEventHandler { [weak self] in
      guard let self else { return }
      takeRows()
      if ticks.add(1, ordering: .relaxed).oldValue % 4 == 0 { handle(.flush) }
    }
    timer.resume()
    return timer
  }

  /// Takes the rows out of the buffer soon.
  private func wake() { queue.async { self.takeRows() } }

  /// On the queue only.
  private func takeRows() { handle(.taken(buffer.take(size: configuration.batch))) }

  private func post(_ event: LogLedger.Event) { queue.async { self.handle(event) } }

  private var now: Duration { ContinuousClock.now - start }

  /// On the queue only.
  private func handle(_ event: LogLedger.Event) {
    let now = now
    let (actions, disk) = ledger.withLock { ($0.handle(event, at: now), $0.disk) }
    diskWatch.withLock { $0 = disk }
    for action in actions { perform(action) }
  }

  private func perform(_ action: LogLedger.Action) {
    switch action {
    case .disk(let work): disk.perform(work) { self.post(.disk($0)) }
    case .store(let work): Task { self.post(.store(await self.outcome(of: work))) }
    case .release(let room): buffer.release(room)
    case .tell(let fact): observer.observe(fact)
    case .report(let report): write(report)
    case .closed: closed.give()
    }
  }

  private func outcome(of work: LogLedger.StoreWork) async -> LogLedger.StoreOutcome {
    let began = ContinuousClock.now
    do throws(TelemetryError) {
      try await patience.wait { [store] () throws(TelemetryError) in
        switch work {
        case .prepare: try await store.prepare()
        case .append(let batch):
          try await store.append(batch.predictions, of: batch.model)
          try await store.append(batch.labels, of: batch.model)
        }
      }
      return .done(seconds: (.now - began) / .seconds(1))
    } catch {
      return error.isAboutRows ? .refused("\(error)") : .away("\(error)")
    }
  }

  private func write(_ report: LogReport) {
    let folder: Logger.Metadata = ["folder": "\(configuration.spillFolder.path)"]
    func with(_ metadata: Logger.Metadata) -> Logger.Metadata { folder.merging(metadata) { $1 } }
    switch report {
    case .storeAnswers: logger.info("the telemetry store accepts predictions")
    case .storeIsAway(let reason):
      logger.warning("the telemetry store is away: predictions wait on disk", metadata: with(["reason": "\(reason)"]))
    case .rowRefused(let model, let reason):
      logger.warning(
        "the telemetry store refused a row, which is lost",
        metadata: ["namespace": "\(model.namespace)", "model": "\(model.model)", "reason": "\(reason)"])
    case .diskRefuses(let loss):
      logger.warning(
        "the spill folder accepts no rows: predictions wait in memory", metadata: with(["reason": "\(loss.rawValue)"]))
    case .segmentDamaged(let rows):
      logger.error(
        "a spill file is damaged: its unreadable rows are lost; the file is kept as damaged-…, unless the folder has \(SpillFolder.mostAside) such files",
        metadata: with(["rows": "\(rows)"]))
    case .filesUnusable(let names):
      logger.error(
        "spill files cannot be opened and stay where they are: give the server's user the right to read and write them, or move other people's files away",
        metadata: with(["files": "\(names.prefix(8).joined(separator: ", "))", "count": "\(names.count)"]))
    case .writeUnfinished(let rows):
      logger.warning(
        "the disk does not answer: the last predictions may not be on it", metadata: with(["rows": "\(rows)"]))
    }
  }
}

/// A folder of segments and the thread that touches it, as a disk may block.
private final class DiskHand: Sendable {
  private let queue = DispatchQueue(label: "apus.log.disk")
  private let folder: Mutex<SpillFolder>

  init(folder: URL, former: [URL]) { self.folder = Mutex(SpillFolder(folder: folder, former: former)) }

  func perform(_ work: LogLedger.DiskWork, _ done: @escaping @Sendable (LogLedger.DiskOutcome) -> Void) {
    queue.async { done(self.folder.withLock { $0.perform(work) }) }
  }
}

/// Something that happens once and is waited for, whether the task is cancelled or not.
private final class Notice: Sendable {
  private enum State {
    case open, given
    case awaited(CheckedContinuation<Void, Never>)
  }

  private let state = Mutex(State.open)

  func give() {
    let last = state.withLock { state in
      defer { state = .given }
      return state
    }
    if case .awaited(let continuation) = last { continuation.resume() }
  }

  /// Called by one task.
  func wait() async {
    await withCheckedContinuation { continuation in
      let isGiven = state.withLock { state in
        if case .given = state { return true }
        state = .awaited(continuation)
        return false
      }
      if isGiven { continuation.resume() }
    }
  }
}
