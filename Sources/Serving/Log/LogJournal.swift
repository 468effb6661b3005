import Dispatch
import Exposition
import Synchronization

/// Takes rows out of the buffer, writes them to disk and holds them for the writer to store.
///
/// Four times in each flush interval, and when a batch is full, whatever the store does meanwhile: a process that is killed
/// loses what came since. Files are touched on a thread of its own, as a disk may block; nobody who answers or stores waits
/// for it, and where it is stuck rows go to the store without it.
///
/// Sendable because `folder` is touched on `queue` only, which is serial.
final class LogJournal: @unchecked Sendable {
  private let configuration: PredictionLog.Configuration
  private let buffer: LogBuffer
  private let instruments: LogInstruments
  private let queue = DispatchQueue(label: "apus.log.journal")
  private let folder: SpillFolder
  /// Rows that nobody stores at the moment, the oldest first.
  private let waiting = Mutex<[LogItem]>([])
  /// When the writing that is under way began.
  private let began = Mutex<ContinuousClock.Instant?>(nil)
  private let waitsOnDisk = Atomic(false)
  /// Told when there is enough to store.
  private let onBatch: @Sendable () -> Void

  init(
    configuration: PredictionLog.Configuration, buffer: LogBuffer, instruments: LogInstruments,
    onBatch: @escaping @Sendable () -> Void
  ) {
    self.configuration = configuration
    self.buffer = buffer
    self.instruments = instruments
    self.onBatch = onBatch
    folder = SpillFolder(folder: configuration.spillFolder, maximumBytes: configuration.spillBytes)
  }

  /// Writes at intervals until the timer that is returned is cancelled.
  func start() -> any DispatchSourceTimer {
    adopt()
    let interval = configuration.interval / 4
    let nanoseconds = DispatchTimeInterval.nanoseconds(max(1, Int(interval / .nanoseconds(1))))
    let timer = DispatchSource.makeTimerSource(queue: queue)
    timer.schedule(deadline: .now() + nanoseconds, repeating: nanoseconds)
    timer.setEventHandler { [weak self] in self?.write() }
    timer.resume()
    return timer
  }

  /// Writes soon.
  func wake() { queue.async { self.write() } }

  /// Writes what there is, and returns when that and all before is done.
  func finish() async { await onQueue { $0.write() } }

  private func onQueue<Result: Sendable>(_ work: @escaping @Sendable (LogJournal) -> Result) async -> Result {
    await withCheckedContinuation { continuation in
      queue.async { continuation.resume(returning: work(self)) }
    }
  }

  /// Whether writing takes longer than it may.
  var isStuck: Bool { began.withLock { $0.map { .now - $0 > configuration.interval } ?? false } }

  private func write() {
    began.withLock { $0 = .now }
    defer { began.withLock { $0 = nil } }
    let items = takeFromBuffer()
    for (place, item) in items.enumerated() {
      guard let batch = item.unwritten else { continue }
      do throws(SpillFolder.Refusal) {
        let segment = try folder.write(SpillLine.encode(batch), rows: item.count)
        if !item.noteWritten(to: segment) { folder.release(segment, rows: item.count, isStored: true) }
        instruments.diskUp.set(1)
      } catch {
        // The others would fare no better, and are tried again with the next rows.
        for item in items[place...] where item.unwritten != nil { item.noteRefused(error) }
        instruments.diskUp.set(0)
        break
      }
    }
    if items.reduce(0, { $0 + $1.count }) >= configuration.batch { onBatch() }
  }

  /// Brings rows to where the writer finds them. Returns everything that is there.
  @discardableResult
  func takeFromBuffer() -> [LogItem] {
    let items = buffer.take(size: configuration.batch).map(LogItem.init)
    return waiting.withLock { waiting in
      waiting += items
      return waiting
    }
  }

  /// Everything that waits; whoever takes it stores it, leaves it to the disk or puts it back.
  func takeWaiting() -> [LogItem] {
    waiting.withLock { waiting in
      defer { waiting = [] }
      return waiting
    }
  }

  func putBack(_ items: [LogItem]) { waiting.withLock { $0 = items + $0 } }

  /// The rows are stored, or lost: nobody needs them any more.
  func drop(_ item: LogItem) {
    if let segment = item.drop() { release(segment, item.count, isStored: true) }
    buffer.release(item.count)
  }

  /// Leaves rows that could not be stored to the disk. Returns false where it has not taken them: they stay in memory.
  func leaveToDisk(_ item: LogItem) -> Bool {
    guard let segment = item.leaveToDisk() else { return false }
    release(segment, item.count, isStored: false)
    buffer.release(item.count)
    return true
  }

  private func release(_ segment: SpillSegment, _ rows: Int, isStored: Bool) {
    queue.async {
      self.folder.release(segment, rows: rows, isStored: isStored)
      self.noteWaiting()
    }
  }

  /// Looks for what processes left that are gone.
  func adopt() {
    queue.async {
      self.folder.adopt()
      self.noteWaiting()
    }
  }

  private func noteWaiting() {
    let bytes = folder.waitingBytes
    instruments.spillBytes.set(Double(bytes))
    waitsOnDisk.store(bytes > 0, ordering: .relaxed)
  }

  /// The oldest segment that only the disk has; nil where there is none. Only then is the disk waited for.
  func oldestOnDisk() async -> (segment: SpillSegment, contents: [UInt8])? {
    guard waitsOnDisk.load(ordering: .relaxed), !isStuck else { return nil }
    return await onQueue { $0.folder.oldest() }
  }

  /// The rows of the segment are stored. Returns whether others wait.
  func remove(_ segment: SpillSegment) async -> Bool {
    await onQueue { journal in
      journal.folder.remove(segment)
      journal.noteWaiting()
      return journal.waitsOnDisk.load(ordering: .relaxed)
    }
  }
}
