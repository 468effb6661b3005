import Telemetry

/// How much room rows take in memory.
struct LogRoom: Sendable, Equatable {
  var rows = 0
  /// About: texts as they are, and what objects around them take.
  var bytes = 0

  static func + (left: LogRoom, right: LogRoom) -> LogRoom {
    LogRoom(rows: left.rows + right.rows, bytes: left.bytes + right.bytes)
  }

  static func += (left: inout LogRoom, right: LogRoom) { left = left + right }

  static func - (left: LogRoom, right: LogRoom) -> LogRoom {
    LogRoom(rows: left.rows - right.rows, bytes: left.bytes - right.bytes)
  }

  /// Whether there is no more of either than in the other.
  func fits(_ other: LogRoom) -> Bool { rows <= other.rows && bytes <= other.bytes }

  /// What a prediction takes.
  static func ofPrediction(id: Int, features: Int, probabilities: Int) -> LogRoom {
    LogRoom(rows: 1, bytes: id + features + probabilities + 256)
  }

  static func of(_ labels: [LabelRecord]) -> LogRoom {
    labels.reduce(LogRoom()) {
      $0 + LogRoom(rows: 1, bytes: $1.requestID.utf8.count + $1.label.utf8.count + 128)
    }
  }
}

extension LogBatch {
  var room: LogRoom {
    predictions.reduce(LogRoom.of(labels)) {
      $0
        + LogRoom.ofPrediction(
          id: $1.requestID.utf8.count, features: $1.features.utf8.count, probabilities: $1.probabilities.utf8.count)
    }
  }
}

extension PendingPrediction {
  var room: LogRoom {
    .ofPrediction(id: requestID.utf8.count, features: features.count, probabilities: probabilities.count)
  }
}
