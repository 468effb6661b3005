/// What a segment holds.
struct SpillContents: Sendable, Equatable {
  var batches: [LogBatch] = []
  /// Rows that cannot be read, or whose model is not known for sure.
  var damaged = 0
  /// Whether more is damaged than a last line that was cut short, or a row by itself: lines between are not as they were
  /// written, so that people should have a look.
  var isBroken = false
}
