/// Rows that were taken from the buffer together, until they are stored or left to the disk.
struct Parcel: Sendable {
  enum Place: Sendable, Equatable {
    case memory, writing
    case segment(SegmentID)
  }

  /// Ascending in the order in which they came. Halves of one parcel have the same.
  let number: Int
  var rows: LogBatch
  var place = Place.memory
  /// Why the disk has not taken them; nil: it was not asked yet.
  var refusal: LogLoss?
  /// Whether a row that the store refuses is, or may be, among them: they are brought to it by themselves.
  var isSuspect = false
  /// Whether memory has no room for them. They go once neither the disk nor the store is at them: until then it is not
  /// known where they are.
  var isGivenUp = false
  /// Whether the store is asked to take them at the moment.
  var isAtStore = false

  /// Whether they were given up, and the store is not asked to take them.
  var mayGo: Bool { isGivenUp && !isAtStore }

  var count: Int { rows.count }
  var room: LogRoom { rows.room }

  /// Why the rows are lost where they have to go now.
  var loss: LogLoss { refusal ?? .spillFailed }

  var segment: SegmentID? {
    if case .segment(let id) = place { id } else { nil }
  }
}
