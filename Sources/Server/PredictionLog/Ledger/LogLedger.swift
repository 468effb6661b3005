/// Where the rows of a prediction log are, as a state machine without clock, disk and store: what has happened goes in, what to
/// do next comes out.
///
/// Rows come in parcels, as they leave the buffer. A parcel is written to a segment on disk, so that a killed process loses
/// nothing of it, and brought to the store. What the store does not take is left to the disk and comes back, oldest segment
/// first, when the store answers again. What the disk does not take either stays in memory. A row that the store refuses is
/// looked for while all others go on.
///
/// Two hands carry out what is decided, one at the disk and one at the store. Each does one thing at a time, and neither
/// waits for the other.
///
/// Guarantees, whatever fails and in whatever order answers come:
/// - A row is in memory, on disk or in the store, or it was told as lost. A process that is killed loses only what is in its
///   memory alone.
/// - A row that was told as lost is neither in memory nor in a segment that this process replays.
/// - Parcels go to the store in the order in which they came, segments in the order in which they were begun, but for those
///   with a row that the store refuses and those that cannot be read; where rows have to be lost because nothing has room
///   for them, the oldest are.
/// - Rows are released once, when they are in memory no more.
/// - Bytes and number of this process's segments stay below the limits.
struct LogLedger: Sendable {
  private enum Phase: Equatable {
    case running
    /// - Parameter since: When the store had been asked for all rows. The disk, and the search for refused rows, have some
    ///   time from then on.
    case closing(since: Duration?)
    case closed
  }

  /// What the store is at.
  private enum Errand {
    case probe, parcels, replay
  }

  private let limits: Limits
  private var phase = Phase.running

  private var parcels = Parcels()
  private var segments = Segments()
  private var refused = RefusedRows()
  private var store = StoreWatch()
  private(set) var disk = DiskWatch()

  private var diskWork: DiskWork?
  /// Segments whose files can go, and whether they are kept for people.
  private var removals: [DiskWork] = []
  private var mayWrite = true
  private var adoptedAt: Duration?
  private var isAdoptionDue = false

  private var storeWork: (work: StoreWork, errand: Errand)?
  private var turn: Turn?
  private var replay: Replay?
  private var isFlushDue = false
  /// Whether suspects and segments come before the next turn, so that fresh rows do not hold them up for ever.
  private var isBackgroundDue = false
  private var wasSuspectLast = false
  private var isKeeping = false

  private var toldBytes = 0
  private var actions: [Action] = []

  /// How often segments of processes that are gone are looked for.
  private static let adoptionInterval = Duration.seconds(60)

  init(limits: Limits) { self.limits = limits }

  /// - Parameter now: Monotonic.
  mutating func handle(_ event: Event, at now: Duration) -> [Action] {
    switch event {
    case .taken(let batches): take(batches)
    case .flush: isFlushDue = phase == .running || isFlushDue
    case .disk(let outcome): record(outcome, at: now)
    case .store(let outcome): record(outcome, at: now)
    case .close:
      guard phase == .running else { break }
      phase = .closing(since: nil)
      isFlushDue = true
    }
    if storeWork == nil, let next = nextStoreWork(at: now) {
      storeWork = next
      actions.append(.store(next.work))
    }
    removeIdleSegments()
    if diskWork == nil, let work = nextDiskWork(at: now) {
      diskWork = work
      actions.append(.disk(work))
    }
    closeIfDone(at: now)
    disk.record(areRowsWaiting: parcels.isWriting || (mayWrite && parcels.unwritten != nil), at: now)
    tellBytes()
    defer { actions = [] }
    return actions
  }

  /// Rows that were released by no action yet, the oldest first.
  var inMemory: [LogBatch] { parcels.all.map(\.rows) }

  private var isRunning: Bool { phase == .running }

  // MARK: Rows

  private mutating func take(_ batches: [LogBatch]) {
    guard phase != .closed else { return loseLate(batches) }
    mayWrite = true
    for batch in batches {
      // JSON has no word for a number that is none, and not every store has a place for it.
      let rows = batch.finite
      if rows.count < batch.count {
        actions.append(.tell(.lost(batch.count - rows.count, .refused)))
        actions.append(.release(batch.room - rows.room))
      }
      if rows.count > 0 { parcels.add(rows) }
    }
    if isRunning, parcels.count(after: turn?.through ?? 0) >= limits.batch { isFlushDue = true }
  }

  private mutating func loseLate(_ batches: [LogBatch]) {
    let room = batches.reduce(LogRoom()) { $0 + $1.room }
    guard room.rows > 0 else { return }
    actions += [.tell(.lost(room.rows, .closed)), .release(room)]
  }

  /// The rows need a place no more.
  private mutating func drop(_ stored: [Parcel]) {
    for parcel in stored {
      if let id = parcel.segment { segments.release(id, count: parcel.count, isStored: true) }
      actions.append(.release(parcel.room))
    }
  }

  /// Leaves those that are meant to the disk where it has them; the others stay in memory.
  private mutating func leave(_ isMeant: (Parcel) -> Bool) {
    for parcel in parcels.remove(where: { $0.segment != nil && isMeant($0) }) {
      if let id = parcel.segment { segments.release(id, count: parcel.count, isStored: false) }
      actions.append(.release(parcel.room))
      actions.append(.tell(.spilled(parcel.count)))
    }
  }

  /// Loses those that are meant where they are in memory only. One that is on its way to the disk is not: it may arrive.
  private mutating func lose(_ isMeant: (Parcel) -> Bool) {
    for parcel in parcels.remove(where: { $0.place == .memory && isMeant($0) }) {
      actions.append(.tell(.lost(parcel.count, parcel.loss)))
      actions.append(.release(parcel.room))
    }
  }

  /// Rows that neither the store nor the disk has taken have half of the buffer's room while the disk refuses them or is
  /// stuck. Rows that it has only not come to yet have all of it: it takes them in a moment.
  private mutating func keep(through last: Int, at now: Duration) {
    let refusal = parcels.all.lazy.filter { $0.number <= last }.compactMap(\.refusal).first
    if let refusal, !isKeeping { actions.append(.report(.diskRefuses(refusal))) }
    isKeeping = refusal != nil
    guard isKeeping || disk.isStuck(at: now, patience: limits.diskPatience) else { return }
    parcels.giveUpOldest(toKeep: LogRoom(rows: limits.kept, bytes: limits.keptBytes), through: last)
    letGo()
  }

  /// Of the rows that were given up, those that the disk has are left to it and those in memory only are lost.
  private mutating func letGo() {
    leave(\.mayGo)
    lose(\.mayGo)
  }

  // MARK: Disk

  private mutating func removeIdleSegments() {
    var busy: SegmentID?
    if case .append(_, let id, _)? = diskWork { busy = id }
    let idle = segments.takeIdle(but: busy)
    guard !idle.isEmpty else { return }
    removals += idle.map { .remove($0) }
    refused.forget(before: segments.oldest)
  }

  private mutating func nextDiskWork(at now: Duration) -> DiskWork? {
    if !removals.isEmpty { return removals.removeFirst() }
    if let write = nextWrite() { return write }
    guard isRunning else { return nil }
    if store.isUp, replay == nil, let id = segments.nextToReplay(at: now) { return .read(id) }
    if isAdoptionDue, segments.adopted < limits.adopted {
      isAdoptionDue = false
      adoptedAt = now
      return .adopt(first: segments.last + 1, atMost: limits.adopted - segments.adopted)
    }
    return nil
  }

  private mutating func nextWrite() -> DiskWork? {
    guard mayWrite, let rows = parcels.unwritten else { return nil }
    let data = SpillLine.encode(rows)
    guard segments.ownBytes + data.count <= limits.spillBytes else {
      refuseWriting(.spillFull)
      return nil
    }
    if let open = segments.open(for: data.count, upTo: limits.segmentBytes) {
      parcels.startWriting()
      return .append(data, to: open, isNew: false)
    }
    guard segments.own < limits.segments else {
      refuseWriting(.spillFull)
      return nil
    }
    parcels.startWriting()
    return .append(data, to: segments.begin(), isNew: true)
  }

  /// The disk is asked again with the next rows.
  private mutating func refuseWriting(_ refusal: LogLoss) {
    mayWrite = false
    parcels.refuseWriting(refusal)
    disk.recordRefusal()
  }

  private mutating func record(_ outcome: DiskOutcome, at now: Duration) {
    guard let work = diskWork else { return }
    diskWork = nil
    switch (work, outcome) {
    case (.append(let data, let id, _), .appended):
      disk.recordAppend()
      segments.add(bytes: data.count, inMemory: parcels.finishWriting(to: id), to: id)
      leave(\.mayGo)
    case (.append(_, let id, _), .notAppended(let isSpoiled)):
      refuseWriting(.spillFailed)
      letGo()
      if isSpoiled { segments.close(id) }
    case (.read, .contents(_?)) where !store.isUp: break
    case (.read(let id), .contents(let contents?)):
      replay = Replay(of: id, contents, without: refused)
      endReplayIfDone()
    case (.read(let id), _): segments.recordFailedRead(id, at: now)
    case (.adopt(_, let most), .adopted(let sizes, let unusable)):
      if !unusable.isEmpty { actions.append(.report(.filesUnusable(unusable))) }
      segments.adopt(sizes)
      // There may be more.
      if sizes.count == most { isAdoptionDue = true }
    default: break
    }
  }

  private mutating func tellBytes() {
    let bytes = segments.neededBytes
    guard bytes != toldBytes else { return }
    toldBytes = bytes
    actions.append(.tell(.waitingOnDisk(bytes: bytes)))
  }

  // MARK: Store

  private mutating func nextStoreWork(at now: Duration) -> (work: StoreWork, errand: Errand)? {
    guard phase != .closed else { return nil }
    while true {
      if let next = nextOfTurn(at: now) { return next }
      if isBackgroundDue || !isFlushDue, let next = nextInBackground(at: now) {
        isBackgroundDue = false
        return next
      }
      guard isFlushDue else { return nil }
      isFlushDue = false
      // At the end a store that was away is asked once more.
      if !isRunning { store.askAtOnce() }
      turn = Turn(through: parcels.last)
      if parcels.isEmpty, isRunning, store.isProbeDue(at: now) { return (.prepare, .probe) }
    }
  }

  private mutating func nextOfTurn(at now: Duration) -> (work: StoreWork, errand: Errand)? {
    guard var current = turn else { return nil }
    if store.mayAsk(at: now) {
      if let rows = parcels.startStoring(&current, upTo: limits.batch) {
        turn = current
        return (.append(rows), .parcels)
      }
    } else {
      leave { $0.number <= current.through }
    }
    turn = nil
    if isRunning {
      keep(through: current.through, at: now)
      isBackgroundDue = true
      if adoptedAt.map({ now - $0 >= Self.adoptionInterval }) ?? true { isAdoptionDue = true }
    } else if !isFlushDue {
      phase = .closing(since: now)
    }
    return nil
  }

  /// Suspects and segments take turns.
  private mutating func nextInBackground(at now: Duration) -> (work: StoreWork, errand: Errand)? {
    if !wasSuspectLast, let next = nextSuspect(at: now) { return next }
    if isRunning, let piece = replay?.next() {
      wasSuspectLast = false
      return (.append(piece), .replay)
    }
    return nextSuspect(at: now)
  }

  private mutating func nextSuspect(at now: Duration) -> (work: StoreWork, errand: Errand)? {
    guard store.mayAsk(at: now), !isLate(at: now), let rows = parcels.startStoringSuspect() else { return nil }
    wasSuspectLast = true
    return (.append(rows), .parcels)
  }

  private mutating func record(_ outcome: StoreOutcome, at now: Duration) {
    guard let (work, errand) = storeWork else { return }
    storeWork = nil
    switch (outcome, work) {
    case (.done(let seconds), .append(let batch)):
      recordAnswer(hasRows: true, at: now)
      actions.append(.tell(.stored(batch.count, seconds: seconds)))
      if errand == .replay {
        actions.append(.tell(.replayed(batch.count)))
        endReplayIfDone()
      } else {
        drop(parcels.takeStored())
      }
    case (.done, .prepare): recordAnswer(hasRows: false, at: now)
    case (.refused(let reason), .append(let batch)): recordRefused(batch, errand, reason)
    case (.away(let reason), _), (.refused(let reason), .prepare):
      if store.recordFailure(at: now) { actions.append(.report(.storeIsAway(reason))) }
      actions.append(.tell(.storeIsAway))
      parcels.stopStoring()
      // The segment is read again: its rows have no place in memory for as long as the store may be away.
      replay = nil
    }
  }

  private mutating func recordAnswer(hasRows: Bool, at now: Duration) {
    if store.recordAnswer(hasRows: hasRows, at: now) { actions.append(.report(.storeAnswers)) }
    actions.append(.tell(.storeAnswers))
  }

  /// A refused row spoils its whole batch: it is found by halving, told once, and brought to the store no more.
  private mutating func recordRefused(_ batch: LogBatch, _ errand: Errand, _ reason: String) {
    if errand == .replay {
      guard batch.count == 1 else {
        replay?.halve(batch)
        return
      }
      endReplayIfDone()
    } else {
      guard let parcel = parcels.takeRefused() else { return }
      drop([parcel])
    }
    refused.add(batch, through: segments.last)
    actions.append(.tell(.lost(batch.count, .refused)))
    actions.append(.report(.rowRefused(of: batch.model, reason: reason)))
  }

  private mutating func endReplayIfDone() {
    guard let done = replay, done.isDone else { return }
    replay = nil
    if done.damaged > 0 { actions.append(.tell(.lost(done.damaged, .damaged))) }
    if done.isBroken { actions.append(.report(.segmentDamaged(rows: done.damaged))) }
    segments.remove(done.segment)
    removals.append(done.isBroken ? .setAside(done.segment) : .remove(done.segment))
    refused.forget(before: segments.oldest)
  }

  // MARK: The end

  private mutating func closeIfDone(at now: Duration) {
    guard case .closing(_?) = phase, storeWork == nil else {
      // The disk's last answer may come after the end.
      if phase == .closed { leaveOrLose() }
      return
    }
    leave { _ in true }
    guard diskWork == nil || isLate(at: now) else { return }
    phase = .closed
    mayWrite = false
    leaveOrLose()
    let unfinished = parcels.count(after: 0)
    if unfinished > 0 { actions.append(.report(.writeUnfinished(rows: unfinished))) }
    actions.append(.closed)
  }

  private func isLate(at now: Duration) -> Bool {
    guard case .closing(let since?) = phase else { return false }
    return now - since > limits.closingPatience
  }

  private mutating func leaveOrLose() {
    leave { _ in true }
    lose { _ in true }
  }
}
