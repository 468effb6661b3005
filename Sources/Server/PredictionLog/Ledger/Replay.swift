/// A segment on its way back to the store.
struct Replay: Sendable {
  let segment: SegmentID
  /// Rows that cannot be read.
  let damaged: Int
  /// Whether the file is kept for people.
  let isBroken: Bool
  /// The last one comes next.
  private var pieces: [LogBatch]

  init(of segment: SegmentID, _ contents: SpillContents, without refused: RefusedRows) {
    self.segment = segment
    damaged = contents.damaged
    isBroken = contents.isBroken
    pieces = contents.batches.map(refused.filtered).filter { $0.count > 0 }.reversed()
  }

  var isDone: Bool { pieces.isEmpty }

  mutating func next() -> LogBatch? { pieces.popLast() }

  /// Has the halves of a refused piece come after all others, so that a refused row is found and holds up none of them.
  mutating func halve(_ piece: LogBatch) {
    let (first, second) = piece.halves
    pieces.insert(contentsOf: [second, first], at: 0)
  }
}
