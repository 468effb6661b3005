import Telemetry

/// Where the rows of a prediction log are, as a state machine without clock, disk and store: what has happened goes in, what to
/// do next comes out.
///
/// Rows come in parcels, as they leave the buffer. A parcel is written to a segment on disk, so that a killed process loses
/// nothing of it, and brought to the store. What the store does not take is left to the disk and comes back, oldest segment
/// first, when the store answers again. What the disk does not take either stays in memory.
///
/// Two hands carry out what is decided, one at the disk and one at the store. Each does one thing at a time, and neither
/// waits for the other.
///
/// Guarantees, whatever fails and in whatever order answers come:
/// - A row is in memory, on disk or in the store, or it was told as lost. A process that is killed loses only what is in its
///   memory alone.
/// - Parcels go to the store in the order in which they came, segments in the order in which they were begun; where rows
///   have to be lost because nothing has room for them, the oldest are.
/// - Rows are released once, when they are in memory no more.
struct LogLedger: Sendable {
  struct Limits: Sendable, Equatable {
    /// Rows that are stored together.
    var batch: Int
    /// Rows that stay in memory while the disk does not take them.
    var kept: Int
    /// A disk that takes longer than this for one thing is stuck.
    var diskPatience: Duration
    /// Bytes of all segments.
    var spillBytes: Int
    /// Bytes of a segment, about.
    var segmentBytes = 8 << 20
  }

  enum Event: Sendable, Equatable {
    /// Rows have left the buffer. Comes at short intervals, also without rows: a disk that refused is then asked again.
    case taken([LogBatch])
    /// Whatever waits is to be stored.
    case flush
    case disk(DiskOutcome)
    case store(StoreOutcome)
    /// Asks to be told when the disk has taken everything that it will take.
    case settle
    /// The process ends: the rows in memory are stored or left to the disk, and nothing is replayed.
    case close
  }

  enum Action: Sendable, Equatable {
    case disk(DiskWork)
    case store(StoreWork)
    /// So many rows are in memory no more.
    case release(Int)
    case tell(LogFact)
    case report(LogReport)
    /// The disk has taken everything that it will take.
    case settled
    /// No row is in memory.
    case closed
  }

  typealias SegmentID = Int

  enum DiskWork: Sendable, Equatable {
    /// Answered by `appended` or `notAppended`.
    case append([UInt8], to: SegmentID, isNew: Bool)
    /// Answered by `contents`.
    case read(SegmentID)
    /// Answered by `removed`.
    case remove(SegmentID)
    /// Takes over segments of processes that are gone and numbers them from `first` on. Answered by `adopted`.
    case adopt(first: SegmentID)
  }

  enum DiskOutcome: Sendable, Equatable {
    case appended
    /// - Parameter isSpoiled: A part was added and could not be taken back: nothing may follow it.
    case notAppended(isSpoiled: Bool)
    /// Nil: the segment cannot be read now.
    case contents([UInt8]?)
    case removed
    /// The bytes of each segment, the oldest first.
    case adopted([Int])
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

  /// What happens to rows that were taken from the buffer together, until they are stored or left to the disk.
  private struct Parcel {
    enum Place: Equatable {
      case memory, writing
      case segment(SegmentID)
    }

    /// Ascending in the order in which they came.
    let number: Int
    let rows: LogBatch
    var place = Place.memory
    /// Why the disk has not taken them; nil: it was not asked yet.
    var refusal: LogLoss?

    /// Why the rows are lost where they have to go now.
    var loss: LogLoss { refusal ?? .spillFailed }
  }

  private struct Segment {
    let id: SegmentID
    var bytes: Int
    /// Rows of it that are in memory as well.
    var inMemory = 0
    /// Whether it holds rows that are, or may be, nowhere else.
    var isNeeded = false
    /// Whether nothing is added to it any more.
    var isClosed = false
  }

  /// What the store is asked to take, in pieces: the last one comes next.
  private struct Errand {
    enum Source {
      /// The parcels with these numbers.
      case parcels(ClosedRange<Int>)
      case segment
    }

    let source: Source
    var pieces: [LogBatch]
  }

  /// A segment on its way back to the store.
  private struct Replay {
    let segment: SegmentID
    /// The last one comes next.
    var pieces: [LogBatch]
    /// Lines that cannot be read.
    var damaged: Int
  }

  /// A walk over the parcels that were there when it began.
  private struct Turn {
    let through: Int
    /// The last parcel that was asked for.
    var done: Int
  }

  private let limits: Limits

  private var parcels: [Parcel] = []
  private var lastParcel = 0
  private var segments: [Segment] = []
  private var lastSegment = 0
  private var toldBytes = 0

  private var diskWork: (work: DiskWork, since: Duration)?
  /// Segments whose files can go.
  private var removals: [SegmentID] = []
  private var mayWrite = true
  private var adoptedAt: Duration?
  private var isAdoptionDue = false

  private var storeWork: StoreWork?
  private var errand: Errand?
  private var turn: Turn?
  private var replay: Replay?
  private var isFlushDue = false
  private var isReplayDue = false
  /// Nil: it has not answered yet.
  private var isStoreUp: Bool?
  /// When the store is asked again after a failure, and the pause after the next one.
  private var askAgain: Duration?
  private var pause = LogLedger.firstPause
  private var lastAnswer: Duration?

  private var isKeeping = false
  private var isSettling = false
  private var isClosing = false
  private var isClosed = false

  private var actions: [Action] = []

  private static let firstPause = Duration.milliseconds(500)
  private static let longestPause = Duration.seconds(30)
  /// A store that nothing was brought to for so long is asked whether it is there.
  private static let probeInterval = Duration.seconds(10)
  /// How often segments of processes that are gone are looked for.
  private static let adoptionInterval = Duration.seconds(60)

  init(limits: Limits) { self.limits = limits }

  /// - Parameter now: Monotonic.
  mutating func handle(_ event: Event, at now: Duration) -> [Action] {
    switch event {
    case .taken(let batches): take(batches)
    case .flush: isFlushDue = true
    case .disk(let outcome): note(outcome, at: now)
    case .store(let outcome): note(outcome, at: now)
    case .settle: isSettling = true
    case .close:
      isClosing = true
      isFlushDue = true
      replay = nil
    }
    if storeWork == nil, let work = nextStoreWork(at: now) {
      storeWork = work
      actions.append(.store(work))
    }
    if diskWork == nil, let work = nextDiskWork(at: now) {
      diskWork = (work, now)
      actions.append(.disk(work))
    }
    tellBytes()
    if isSettling, diskWork == nil {
      isSettling = false
      actions.append(.settled)
    }
    defer { actions = [] }
    return actions
  }

  /// Rows that were released by no action yet, the oldest first.
  var inMemory: [LogBatch] { parcels.map(\.rows) }

  /// Whether the disk takes longer than it may.
  func isDiskStuck(at now: Duration) -> Bool { diskWork.map { now - $0.since > limits.diskPatience } ?? false }

  private mutating func take(_ batches: [LogBatch]) {
    mayWrite = true
    for rows in batches where rows.count > 0 {
      lastParcel += 1
      parcels.append(Parcel(number: lastParcel, rows: rows))
    }
    let waiting = parcels.reduce(0) { $0 + ($1.number > turn?.through ?? 0 ? $1.rows.count : 0) }
    if waiting >= limits.batch { isFlushDue = true }
  }

  // MARK: Rows

  /// The rows of these parcels are stored, or lost: nobody needs them any more.
  private mutating func drop(_ numbers: ClosedRange<Int>) {
    for parcel in parcels where numbers.contains(parcel.number) {
      if case .segment(let id) = parcel.place { release(id, rows: parcel.rows.count, isStored: true) }
      actions.append(.release(parcel.rows.count))
    }
    parcels.removeAll { numbers.contains($0.number) }
  }

  private mutating func lose(_ parcel: Parcel) {
    actions.append(.tell(.lost(parcel.rows.count, parcel.loss)))
    drop(parcel.number...parcel.number)
  }

  /// Leaves those of the parcels to the disk that it has; the others stay in memory.
  private mutating func leave(_ numbers: ClosedRange<Int>) {
    var left: Set<Int> = []
    for parcel in parcels where numbers.contains(parcel.number) {
      guard case .segment(let id) = parcel.place else { continue }
      left.insert(parcel.number)
      release(id, rows: parcel.rows.count, isStored: false)
      actions.append(.release(parcel.rows.count))
      actions.append(.tell(.spilled(parcel.rows.count)))
    }
    parcels.removeAll { left.contains($0.number) }
  }

  /// Rows that neither the store nor the disk has taken have half of the buffer's room while the disk refuses them or is
  /// stuck. Rows that it has only not come to yet have all of it: it takes them in a moment.
  private mutating func keep(through last: Int, at now: Duration) {
    let kept = parcels.prefix { $0.number <= last }
    let refusal = kept.lazy.compactMap(\.refusal).first
    if let refusal, !isKeeping { actions.append(.report(.diskRefuses(refusal))) }
    isKeeping = refusal != nil
    guard isKeeping || isDiskStuck(at: now) else { return }
    var rows = kept.reduce(0) { $0 + $1.rows.count }
    for parcel in kept where rows > limits.kept {
      rows -= parcel.rows.count
      if case .segment = parcel.place { leave(parcel.number...parcel.number) } else { lose(parcel) }
    }
  }

  // MARK: Segments

  private func place(of id: SegmentID) -> Int? { segments.firstIndex { $0.id == id } }

  /// So many rows of the segment are in memory no more.
  /// - Parameter isStored: Otherwise the disk alone has them now.
  private mutating func release(_ id: SegmentID, rows: Int, isStored: Bool) {
    guard let place = place(of: id) else { return }
    segments[place].inMemory -= rows
    if !isStored { segments[place].isNeeded = true }
    removeIfIdle(place)
  }

  private mutating func removeIfIdle(_ place: Int) {
    let segment = segments[place]
    // A file that is written to at the moment is looked at again afterwards.
    if case .append(_, segment.id, _)? = diskWork?.work { return }
    guard segment.inMemory == 0, !segment.isNeeded else { return }
    removals.append(segment.id)
    segments.remove(at: place)
  }

  private mutating func tellBytes() {
    let bytes = segments.reduce(0) { $0 + ($1.isNeeded ? $1.bytes : 0) }
    guard bytes != toldBytes else { return }
    toldBytes = bytes
    actions.append(.tell(.waitingOnDisk(bytes: bytes)))
  }

  // MARK: Disk

  private mutating func nextDiskWork(at now: Duration) -> DiskWork? {
    if !removals.isEmpty { return .remove(removals.removeFirst()) }
    if let write = nextWrite() { return write }
    if isReplayDue, replay == nil, !isClosing, !isAway(at: now), let id = nextToReplay() { return .read(id) }
    if isAdoptionDue, !isClosing {
      isAdoptionDue = false
      adoptedAt = now
      return .adopt(first: lastSegment + 1)
    }
    return nil
  }

  private mutating func nextWrite() -> DiskWork? {
    guard mayWrite, let next = parcels.firstIndex(where: { $0.place == .memory }) else { return nil }
    let data = SpillLine.encode(parcels[next].rows)
    guard segments.reduce(data.count, { $0 + $1.bytes }) <= limits.spillBytes else {
      refuse(.spillFull)
      return nil
    }
    parcels[next].place = .writing
    if let open = segments.lastIndex(where: { !$0.isClosed }) {
      if segments[open].bytes + data.count <= limits.segmentBytes || segments[open].bytes == 0 {
        return .append(data, to: segments[open].id, isNew: false)
      }
      segments[open].isClosed = true
    }
    lastSegment += 1
    segments.append(Segment(id: lastSegment, bytes: 0))
    return .append(data, to: lastSegment, isNew: true)
  }

  /// The others would fare no better, and are tried again with the next rows.
  private mutating func refuse(_ refusal: LogLoss) {
    mayWrite = false
    for place in parcels.indices where parcels[place].place == .memory { parcels[place].refusal = refusal }
    actions.append(.tell(.diskRefusesRows))
  }

  /// The oldest segment whose rows only the disk has; nothing more is added to it.
  private mutating func nextToReplay() -> SegmentID? {
    for place in segments.indices where segments[place].isNeeded { segments[place].isClosed = true }
    return segments.first { $0.isNeeded && $0.inMemory == 0 }?.id
  }

  private mutating func note(_ outcome: DiskOutcome, at now: Duration) {
    guard let work = diskWork?.work else { return }
    diskWork = nil
    switch (work, outcome) {
    case (.append(let data, let id, _), .appended):
      actions.append(.tell(.diskTakesRows))
      guard let segment = place(of: id) else { return }
      segments[segment].bytes += data.count
      if let place = parcels.firstIndex(where: { $0.place == .writing }) {
        parcels[place].place = .segment(id)
        parcels[place].refusal = nil
        segments[segment].inMemory += parcels[place].rows.count
      }
      // The rows may have been stored meanwhile, so that the segment holds them for nothing.
      removeIfIdle(segment)
    case (.append(_, let id, _), .notAppended(let isSpoiled)):
      if let place = parcels.firstIndex(where: { $0.place == .writing }) { parcels[place].place = .memory }
      refuse(.spillFailed)
      guard let segment = place(of: id) else { return }
      if isSpoiled { segments[segment].isClosed = true }
      removeIfIdle(segment)
    case (.read(let id), .contents(let contents)): note(contents, of: id)
    case (.adopt, .adopted(let sizes)):
      for bytes in sizes {
        lastSegment += 1
        segments.append(Segment(id: lastSegment, bytes: bytes, isNeeded: true, isClosed: true))
      }
    default: break
    }
  }

  private mutating func note(_ contents: [UInt8]?, of id: SegmentID) {
    guard let place = place(of: id), !isClosing else { return }
    guard let contents else {
      // It stays, and the next one has its turn.
      segments.append(segments.remove(at: place))
      isReplayDue = false
      return
    }
    let (batches, damaged) = SpillLine.decode(contents)
    replay = Replay(segment: id, pieces: batches.reversed(), damaged: damaged)
    endReplayIfDone()
  }

  // MARK: Store

  private func isAway(at now: Duration) -> Bool { askAgain.map { $0 > now } ?? false }

  private mutating func nextStoreWork(at now: Duration) -> StoreWork? {
    while true {
      if let piece = errand?.pieces.last { return .append(piece) }
      if let current = turn {
        guard let group = nextGroup(current) else {
          endTurn(current, at: now)
          continue
        }
        turn?.done = group.numbers.upperBound
        if isAway(at: now) {
          leave(group.numbers)
        } else {
          errand = Errand(source: .parcels(group.numbers), pieces: [group.rows])
        }
      } else if isFlushDue, !isClosed {
        isFlushDue = false
        // At the end a store that was away is asked once more.
        if isClosing { askAgain = nil }
        turn = Turn(through: lastParcel, done: 0)
        if parcels.isEmpty, isProbeDue(at: now) { return .prepare }
      } else if let piece = replay?.pieces.popLast() {
        errand = Errand(source: .segment, pieces: [piece])
      } else {
        return nil
      }
    }
  }

  /// Brings small parcels of one model together, as a store takes a large batch for less.
  private func nextGroup(_ turn: Turn) -> (numbers: ClosedRange<Int>, rows: LogBatch)? {
    guard let first = parcels.firstIndex(where: { $0.number > turn.done && $0.number <= turn.through }) else {
      return nil
    }
    var rows = parcels[first].rows
    var last = parcels[first].number
    for parcel in parcels[(first + 1)...] {
      guard parcel.number <= turn.through, parcel.rows.model == rows.model,
        rows.count + parcel.rows.count <= limits.batch
      else { break }
      rows.predictions += parcel.rows.predictions
      rows.labels += parcel.rows.labels
      last = parcel.number
    }
    return (parcels[first].number...last, rows)
  }

  private mutating func endTurn(_ ended: Turn, at now: Duration) {
    turn = nil
    keep(through: ended.through, at: now)
    guard isClosing else {
      isReplayDue = true
      if adoptedAt.map({ now - $0 >= Self.adoptionInterval }) ?? true { isAdoptionDue = true }
      return
    }
    guard !isFlushDue, !isClosed else { return }
    // What the store has not taken and the disk has gets there in a moment; nobody else has the rest.
    leave(0...lastParcel)
    for parcel in parcels { lose(parcel) }
    isClosed = true
    actions.append(.closed)
  }

  /// Whether the store is asked if it is there, where nothing else has told for a while.
  private func isProbeDue(at now: Duration) -> Bool {
    guard !isAway(at: now), !isClosing else { return false }
    return askAgain != nil || lastAnswer.map { now - $0 > Self.probeInterval } ?? true
  }

  private mutating func note(_ outcome: StoreOutcome, at now: Duration) {
    let work = storeWork
    storeWork = nil
    switch (outcome, work) {
    case (.done(let seconds), .append(let batch)?):
      noteThere(at: now)
      actions.append(.tell(.stored(batch.count, seconds: seconds)))
      if case .segment? = errand?.source { actions.append(.tell(.replayed(batch.count))) }
      endPiece()
    case (.done, _): noteThere(at: now)
    case (.refused(let reason), .append(let batch)?): noteRefused(batch, reason)
    case (.away(let reason), _), (.refused(let reason), _):
      noteAway(reason, at: now)
      if case .parcels(let numbers)? = errand?.source { leave(numbers) }
      errand = nil
      replay = nil
      isReplayDue = false
    }
  }

  /// A refused row spoils its whole batch: it is found by halving, dropped and counted.
  private mutating func noteRefused(_ batch: LogBatch, _ reason: String) {
    guard batch.count > 1 else {
      actions.append(.tell(.lost(batch.count, .refused)))
      actions.append(.report(.rowRefused(reason)))
      return endPiece()
    }
    let (first, second) = batch.halves
    _ = errand?.pieces.popLast()
    errand?.pieces += [second, first]
  }

  private mutating func endPiece() {
    _ = errand?.pieces.popLast()
    guard let ended = errand, ended.pieces.isEmpty else { return }
    errand = nil
    switch ended.source {
    case .parcels(let numbers): drop(numbers)
    case .segment: endReplayIfDone()
    }
  }

  private mutating func endReplayIfDone() {
    guard let done = replay, done.pieces.isEmpty else { return }
    replay = nil
    if done.damaged > 0 { actions.append(.tell(.lost(done.damaged, .damaged))) }
    segments.removeAll { $0.id == done.segment }
    removals.append(done.segment)
  }

  private mutating func noteThere(at now: Duration) {
    if isStoreUp != true { actions.append(.report(.storeAnswers)) }
    isStoreUp = true
    actions.append(.tell(.storeAnswers))
    askAgain = nil
    pause = Self.firstPause
    lastAnswer = now
  }

  private mutating func noteAway(_ reason: String, at now: Duration) {
    if isStoreUp != false { actions.append(.report(.storeIsAway(reason))) }
    isStoreUp = false
    actions.append(.tell(.storeIsAway))
    askAgain = now + pause
    pause = min(pause * 2, Self.longestPause)
    lastAnswer = now
  }
}

/// What people are told in the process's log, once each time it changes.
enum LogReport: Sendable, Equatable {
  case storeAnswers
  case storeIsAway(String)
  case rowRefused(String)
  case diskRefuses(LogLoss)
}
