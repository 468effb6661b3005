import Telemetry

/// What goes into a ledger, what comes out of it, and its limits.
extension LogLedger {
  struct Limits: Sendable, Equatable {
    /// Rows that are stored together.
    var batch: Int
    /// Rows that stay in memory while the disk does not take them.
    var kept: Int
    /// A disk that lets rows wait longer than this is stuck.
    var diskPatience: Duration
    /// How long the disk is waited for at the end.
    var closingPatience: Duration
    /// Bytes of the segments that this process writes. What former processes left lies beside them.
    var spillBytes: Int
    /// Bytes of a segment, about.
    var segmentBytes = 8 << 20
    /// Bytes of the rows that stay in memory while the disk does not take them.
    var keptBytes = Int.max
    /// Segments of former processes that are held at the same time. Each takes a descriptor.
    var adopted = 128

    /// Segments that this process writes: twice as many as fill the room, as two neighbours together are more than one
    /// segment's bytes, and some that were closed early.
    var segments: Int { 2 * (spillBytes / max(1, segmentBytes)) + 16 }
  }

  enum Event: Sendable, Equatable {
    /// Rows have left the buffer. Comes at short intervals, also without rows: a disk that refused is then asked again.
    case taken([LogBatch])
    /// Whatever waits is to be stored.
    case flush
    case disk(DiskOutcome)
    case store(StoreOutcome)
    /// The process ends: the rows in memory are stored or left to the disk, and nothing is replayed. `taken` goes on
    /// coming until `closed`.
    case close
  }

  enum Action: Sendable, Equatable {
    case disk(DiskWork)
    case store(StoreWork)
    /// So many rows are in memory no more.
    case release(LogRoom)
    case tell(LogFact)
    case report(LogReport)
    /// The disk has nothing left to do, or is waited for no longer. No row is in memory but those that are being written:
    /// what becomes of them is told when the disk has answered.
    case closed
  }

  enum DiskWork: Sendable, Equatable {
    /// Answered by `appended` or `notAppended`.
    case append([UInt8], to: SegmentID, isNew: Bool)
    /// Answered by `contents`.
    case read(SegmentID)
    /// Answered by `removed`.
    case remove(SegmentID)
    /// Keeps the file for people, where no process adopts it. Answered by `removed`.
    case setAside(SegmentID)
    /// Takes over segments of processes that are gone, the oldest, and numbers them from `first` on. Answered by `adopted`.
    case adopt(first: SegmentID, atMost: Int)
  }

  enum DiskOutcome: Sendable, Equatable {
    case appended
    /// - Parameter isSpoiled: Nothing may follow in this segment: a part was added and could not be taken back, or somebody
    ///   has deleted the file.
    case notAppended(isSpoiled: Bool)
    /// Nil: the segment cannot be read now.
    case contents(SpillContents?)
    case removed
    /// The bytes of each segment, the oldest first, and the names of files that no process can read or write: each once.
    case adopted([Int], unusable: [String] = [])
  }

  enum StoreWork: Sendable, Equatable {
    /// Asks whether the store is there.
    case prepare
    case append(LogBatch)
  }

  enum StoreOutcome: Sendable, Equatable {
    case done(seconds: Double)
    /// The store will never take one of the rows, or all of them.
    case refused(String)
    case away(String)
  }
}

/// What people are told in the process's log.
enum LogReport: Sendable, Equatable {
  /// Once each time it changes.
  case storeAnswers
  /// Once each time it changes.
  case storeIsAway(String)
  /// Once for each row.
  case rowRefused(of: ModelKey, reason: String)
  /// Once until the disk takes rows again.
  case diskRefuses(LogLoss)
  /// A segment is not as it was written: so many of its rows are lost, and its file was set aside.
  case segmentDamaged(rows: Int)
  /// Files with the names of segments that hold rows of former processes, or something else. Once for each.
  case filesUnusable([String])
  /// So many rows were being written when the disk was given up at the end.
  case writeUnfinished(rows: Int)
}
