import Synchronization

/// Rows that were taken from the buffer together, until they are stored: in memory and, from a moment after, on disk too.
final class LogItem: Sendable {
  private struct State {
    /// Nil once the rows are in memory no more.
    var batch: LogBatch?
    var segment: SpillSegment?
    /// Why the disk has not taken them; nil: it was not asked yet.
    var refusal: SpillFolder.Refusal?
  }

  let count: Int
  private let state: Mutex<State>

  init(_ batch: LogBatch) {
    count = batch.count
    state = Mutex(State(batch: batch))
  }

  var batch: LogBatch? { state.withLock { $0.batch } }

  /// What has to go to disk; nil where it is there, or needed no more.
  var unwritten: LogBatch? { state.withLock { $0.segment == nil ? $0.batch : nil } }

  /// What is told of the rows where they are lost.
  var loss: LogInstruments.Loss { state.withLock { $0.refusal == .full } ? .spillFull : .spillFailed }

  /// Whether the disk would not have the rows.
  var isRefused: Bool { state.withLock { $0.refusal != nil } }

  func noteRefused(_ refusal: SpillFolder.Refusal) { state.withLock { $0.refusal = refusal } }

  /// Returns false where the rows were stored meanwhile, so that the segment holds them for nothing.
  func noteWritten(to segment: SpillSegment) -> Bool {
    state.withLock { state in
      guard state.batch != nil else { return false }
      state.segment = segment
      return true
    }
  }

  /// The rows are stored, or lost. Returns where on disk they are.
  func drop() -> SpillSegment? {
    state.withLock { state in
      state.batch = nil
      return state.segment
    }
  }

  /// Leaves the rows to the disk, where they are there; nil: they are in memory only, and stay.
  func leaveToDisk() -> SpillSegment? {
    state.withLock { state in
      if state.segment != nil { state.batch = nil }
      return state.segment
    }
  }
}
