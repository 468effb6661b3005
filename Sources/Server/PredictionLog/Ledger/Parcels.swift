/// The rows in memory, the oldest parcel first.
struct Parcels: Sendable {
  private(set) var all: [Parcel] = []
  private(set) var last = 0

  var isEmpty: Bool { all.isEmpty }

  mutating func add(_ rows: LogBatch) {
    last += 1
    all.append(Parcel(number: last, rows: rows))
  }

  /// Rows that came after the parcel of that number.
  func count(after number: Int) -> Int { all.reduce(0) { $0 + ($1.number > number ? $1.count : 0) } }

  mutating func remove(where isMeant: (Parcel) -> Bool) -> [Parcel] {
    let removed = all.filter(isMeant)
    if !removed.isEmpty { all.removeAll(where: isMeant) }
    return removed
  }

  /// Gives up the oldest until those that stay take at most `most`. Only those up to the parcel `number` count.
  mutating func giveUpOldest(toKeep most: LogRoom, through number: Int) {
    let counted = all.indices.filter { all[$0].number <= number }
    var kept = counted.reduce(LogRoom()) { $0 + all[$1].room }
    for place in counted where !kept.fits(most) {
      all[place].isGivenUp = true
      kept = kept - all[place].room
    }
  }

  // MARK: Disk

  /// The rows that the disk takes next.
  var unwritten: LogBatch? { all.first { $0.place == .memory }?.rows }

  var isWriting: Bool { all.contains { $0.place == .writing } }

  mutating func startWriting() {
    if let next = all.firstIndex(where: { $0.place == .memory }) { all[next].place = .writing }
  }

  /// - Returns: Rows in memory that the segment has as well now. Some may have been stored meanwhile.
  mutating func finishWriting(to id: SegmentID) -> Int {
    var count = 0
    for place in all.indices where all[place].place == .writing {
      all[place].place = .segment(id)
      all[place].refusal = nil
      count += all[place].count
    }
    return count
  }

  /// Rows that the disk was not asked to take would fare no better than those that it refused.
  mutating func refuseWriting(_ refusal: LogLoss) {
    for place in all.indices where all[place].segment == nil {
      all[place].place = .memory
      all[place].refusal = refusal
    }
  }

  // MARK: Store

  /// Small parcels of one model together, as a store takes a large batch for less.
  mutating func startStoring(_ turn: inout Turn, upTo size: Int) -> LogBatch? {
    var rows: LogBatch?
    for place in all.indices {
      let parcel = all[place]
      guard parcel.number > turn.done, !parcel.isSuspect else { continue }
      guard parcel.number <= turn.through, rows.map({ $0.takes(parcel.rows, upTo: size) }) ?? true else { break }
      if rows == nil { rows = parcel.rows } else { rows?.add(parcel.rows) }
      all[place].isAtStore = true
      turn.done = parcel.number
    }
    return rows
  }

  /// The oldest rows that have to be brought by themselves.
  mutating func startStoringSuspect() -> LogBatch? {
    guard let next = all.firstIndex(where: \.isSuspect) else { return nil }
    all[next].isAtStore = true
    return all[next].rows
  }

  mutating func takeStored() -> [Parcel] { remove(where: \.isAtStore) }

  /// The store is away: what it was asked to take is still here.
  mutating func stopStoring() {
    for place in all.indices { all[place].isAtStore = false }
  }

  /// The store refused what it was asked to take: several parcels are brought one by one, one as two halves, so that
  /// a refused row is found.
  /// - Returns: The row, where it was alone.
  mutating func takeRefused() -> Parcel? {
    let asked = all.indices.filter { all[$0].isAtStore }
    for place in asked {
      all[place].isAtStore = false
      all[place].isSuspect = true
    }
    guard asked.count == 1, let place = asked.first else { return nil }
    guard all[place].count > 1 else { return all.remove(at: place) }
    let (first, second) = all[place].rows.halves
    var other = all[place]
    other.rows = second
    all[place].rows = first
    all.insert(other, at: place + 1)
    return nil
  }
}

/// A walk over the parcels that were there when it began.
struct Turn: Sendable {
  let through: Int
  /// The last parcel that was asked for.
  var done = 0
}
