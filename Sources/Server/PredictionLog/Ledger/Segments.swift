import Values

/// Numbers a file of rows on disk, ascending in the order in which they were begun or adopted.
typealias SegmentID = Int

/// The files on disk, the oldest first.
struct Segments: Sendable {
  private struct Segment: Sendable {
    let id: SegmentID
    var bytes: Int
    /// Whether a former process wrote it.
    var isAdopted = false
    /// Rows of it that are in memory as well.
    var inMemory = 0
    /// Whether it holds rows that are, or may be, nowhere else.
    var isNeeded = false
    /// Whether nothing is added to it any more.
    var isClosed = false
    var failedReads = 0
    /// When it is read again after a failure.
    var readAgain: Duration?

    func isReadable(at now: Duration) -> Bool { readAgain.map { $0 <= now } ?? true }
  }

  private var all: [Segment] = []
  private(set) var last: SegmentID = 0

  private static let readPause = DoublingPause(first: .seconds(1), longest: .seconds(60))
  /// While so many cannot be read, no other one is closed early: each reading that fails would leave a small file.
  private static let mostUnreadable = 4

  var oldest: SegmentID? { all.lazy.map(\.id).min() }
  /// Bytes and number of those that this process wrote.
  var ownBytes: Int { all.reduce(0) { $0 + ($1.isAdopted ? 0 : $1.bytes) } }
  var own: Int { all.count { !$0.isAdopted } }
  var adopted: Int { all.count { $0.isAdopted } }
  /// Bytes of those with rows that are nowhere else.
  var neededBytes: Int { all.reduce(0) { $0 + ($1.isNeeded ? $1.bytes : 0) } }

  private func place(of id: SegmentID) -> Int? { all.firstIndex { $0.id == id } }

  // MARK: Writing

  /// The segment with room for so many bytes, if there is one. One that is full is closed.
  mutating func open(for bytes: Int, upTo limit: Int) -> SegmentID? {
    guard let open = all.lastIndex(where: { !$0.isClosed }) else { return nil }
    if all[open].bytes == 0 || all[open].bytes + bytes <= limit { return all[open].id }
    all[open].isClosed = true
    return nil
  }

  mutating func begin() -> SegmentID {
    last += 1
    all.append(Segment(id: last, bytes: 0))
    return last
  }

  /// - Parameter inMemory: Rows among those that were added which are still in memory.
  mutating func add(bytes: Int, inMemory: Int, to id: SegmentID) {
    guard let place = place(of: id) else { return }
    all[place].bytes += bytes
    all[place].inMemory += inMemory
  }

  mutating func close(_ id: SegmentID) {
    if let place = place(of: id) { all[place].isClosed = true }
  }

  mutating func adopt(_ sizes: [Int]) {
    for bytes in sizes {
      last += 1
      all.append(Segment(id: last, bytes: bytes, isAdopted: true, isNeeded: true, isClosed: true))
    }
  }

  // MARK: Letting go

  /// So many rows of the segment are in memory no more.
  /// - Parameter isStored: Otherwise the disk alone has them now.
  mutating func release(_ id: SegmentID, count: Int, isStored: Bool) {
    guard let place = place(of: id) else { return }
    all[place].inMemory -= count
    if !isStored { all[place].isNeeded = true }
  }

  mutating func remove(_ id: SegmentID) { all.removeAll { $0.id == id } }

  /// Removes those whose rows are all stored or in memory only.
  /// - Parameter busy: One that is being written to, which is looked at again afterwards.
  mutating func takeIdle(but busy: SegmentID?) -> [SegmentID] {
    let idle = all.filter { $0.id != busy && $0.inMemory == 0 && !$0.isNeeded }.map(\.id)
    if !idle.isEmpty { all.removeAll { idle.contains($0.id) } }
    return idle
  }

  // MARK: Replay

  /// The oldest segment whose rows only the disk has; nothing more is added to it.
  ///
  /// The one that is written to is closed only where no other one waits: otherwise each time that the store comes and goes
  /// would leave a small file behind.
  mutating func nextToReplay(at now: Duration) -> SegmentID? {
    let waiting = all.indices.filter { all[$0].isNeeded && all[$0].isClosed && all[$0].isReadable(at: now) }
    if let ready = waiting.first(where: { all[$0].inMemory == 0 }) { return all[ready].id }
    guard waiting.isEmpty, all.count(where: { $0.failedReads > 0 }) < Self.mostUnreadable,
      let open = all.firstIndex(where: { $0.isNeeded && !$0.isClosed })
    else { return nil }
    all[open].isClosed = true
    return all[open].inMemory == 0 ? all[open].id : nil
  }

  /// It stays and is read again later; meanwhile the next one has its turn.
  mutating func recordFailedRead(_ id: SegmentID, at now: Duration) {
    guard let place = place(of: id) else { return }
    all[place].readAgain = now + Self.readPause.after(failures: all[place].failedReads)
    all[place].failedReads += 1
  }
}
