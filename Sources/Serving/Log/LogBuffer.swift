import Synchronization
import Telemetry

/// The rows that wait in memory, at most as many as it has room for. What it does under its lock takes the same short time
/// however many rows there are: predictions lie in chunks, and no large list is ever moved.
final class LogBuffer: Sendable {
  private struct State {
    var chunks: [[PendingPrediction]] = []
    var current: [PendingPrediction] = []
    var labels: [(model: ModelKey, label: LabelRecord)] = []
    /// Rows here.
    var count = 0
    /// Rows that were taken out and are neither stored nor on disk yet.
    var taken = 0
  }

  private let capacity: Int
  private let state = Mutex(State())
  private static let chunk = 512

  init(capacity: Int) { self.capacity = capacity }

  /// What appending came to: rows here, and rows that are not stored yet.
  struct Fill: Equatable {
    var count: Int
    var unstored: Int
  }

  /// Nil where there is no room.
  func append(_ prediction: PendingPrediction) -> Fill? {
    state.withLock { state in
      guard state.count + state.taken < capacity else { return nil }
      if state.current.count == Self.chunk {
        state.chunks.append(state.current)
        state.current = []
      }
      if state.current.isEmpty { state.current.reserveCapacity(Self.chunk) }
      state.current.append(prediction)
      state.count += 1
      return Fill(count: state.count, unstored: state.count + state.taken)
    }
  }

  /// All of the labels, or, returning nil, none.
  func append(_ labels: [LabelRecord], of model: ModelKey) -> Fill? {
    state.withLock { state in
      guard state.count + state.taken + labels.count <= capacity else { return nil }
      for label in labels { state.labels.append((model, label)) }
      state.count += labels.count
      return Fill(count: state.count, unstored: state.count + state.taken)
    }
  }

  var unstored: Int { state.withLock { $0.count + $0.taken } }

  /// Of the rows that were taken so many are not stored yet.
  func noteTaken(_ rows: Int) { state.withLock { $0.taken = rows } }

  /// Takes all rows, as batches of at most `size` rows of one model.
  /// - Parameter kept: Rows taken before that are not stored yet.
  func take(size: Int, kept: Int) -> [LogBatch] {
    let taken = state.withLock { state -> State in
      let taken = state
      state = State()
      state.taken = taken.count + kept
      return taken
    }
    var batches: [LogBatch] = []
    func place(_ model: ModelKey) -> Int {
      if let last = batches.last, last.count < size, last.model == model { return batches.count - 1 }
      batches.append(LogBatch(model: model))
      return batches.count - 1
    }
    for chunk in taken.chunks + [taken.current] {
      for prediction in chunk { batches[place(prediction.model)].predictions.append(prediction.record) }
    }
    for (model, label) in taken.labels { batches[place(model)].labels.append(label) }
    return batches
  }
}
