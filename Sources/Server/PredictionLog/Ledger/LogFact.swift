/// What the prediction log tells its observer, for whoever counts and shows it.
package enum LogFact: Sendable, Equatable {
  /// The store took so many rows at once, in so many seconds.
  case stored(Int, seconds: Double)
  /// So many rows are on disk only.
  case spilled(Int)
  /// So many rows came from disk to the store.
  case replayed(Int)
  case lost(Int, LogLoss)
  case storeAnswers
  case storeIsAway
  /// Bytes of the files that hold rows which are nowhere else.
  case waitingOnDisk(bytes: Int)
}

/// Told what becomes of the rows of a prediction log, in the order in which it happens; only `bufferFull` and `closed` come
/// from the threads of the requests as well.
package protocol PredictionLogObserver: Sendable {
  func observe(_ fact: LogFact)
}
