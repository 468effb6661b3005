import Synchronization
import Telemetry

/// The rows that wait in memory, at most as many as it has room for. What it does under its lock takes the same short time
/// however many rows there are: predictions lie in chunks, and no large list is ever moved.
final class LogBuffer: Sendable {
  private struct State {
    var chunks: [PendingRows] = []
    var labels: [(model: ModelKey, label: LabelRecord)] = []
    /// Rows here.
    var count = 0
    /// Rows that were taken out and are still in memory.
    var taken = 0
    var isClosed = false

    /// Whether the last chunk has room for a row of this table.
    func takes(_ table: LoggedTable) -> Bool {
      let last = chunks.count - 1
      return last >= 0 && chunks[last].count < LogBuffer.chunk && chunks[last].table === table
    }
  }

  private let capacity: Int
  private let state = Mutex(State())
  private static let chunk = 512

  init(capacity: Int) { self.capacity = capacity }

  /// What appending came to.
  enum Outcome: Equatable {
    /// Rows here, and rows in memory in all.
    case kept(count: Int, unstored: Int)
    case lost(LogLoss)
  }

  func append(_ prediction: PendingPrediction, of table: LoggedTable) -> Outcome {
    state.withLock { state in
      guard !state.isClosed else { return .lost(.closed) }
      guard state.count + state.taken < capacity else { return .lost(.bufferFull) }
      if !state.takes(table) { state.chunks.append(PendingRows(table, capacity: Self.chunk)) }
      state.chunks[state.chunks.count - 1].append(prediction)
      state.count += 1
      return .kept(count: state.count, unstored: state.count + state.taken)
    }
  }

  /// All of the labels, or none.
  func append(_ labels: [LabelRecord], of model: ModelKey) -> Outcome {
    state.withLock { state in
      guard !state.isClosed else { return .lost(.closed) }
      guard state.count + state.taken + labels.count <= capacity else { return .lost(.bufferFull) }
      for label in labels { state.labels.append((model, label)) }
      state.count += labels.count
      return .kept(count: state.count, unstored: state.count + state.taken)
    }
  }

  /// Takes no more rows. Those that are here can still be taken out.
  func close() { state.withLock { $0.isClosed = true } }

  var unstored: Int { state.withLock { $0.count + $0.taken } }

  /// So many of the rows that were taken are in memory no more.
  func release(_ count: Int) { state.withLock { $0.taken -= count } }

  /// Takes all rows, as batches of at most `size` rows of one model. They go on filling the room until they are released.
  func take(size: Int) -> [LogBatch] {
    let taken = state.withLock { state -> State in
      let taken = state
      state = State(taken: taken.taken + taken.count, isClosed: taken.isClosed)
      return taken
    }
    var batches: [LogBatch] = []
    func place(_ model: ModelKey) -> Int {
      if let last = batches.last, last.count < size, last.model == model { return batches.count - 1 }
      batches.append(LogBatch(model: model))
      return batches.count - 1
    }
    for chunk in taken.chunks {
      let records = chunk.records
      var rest = records[...]
      while !rest.isEmpty {
        let place = place(chunk.table.model)
        let part = rest.prefix(size - batches[place].count)
        batches[place].predictions += part
        rest = rest.dropFirst(part.count)
      }
    }
    for (model, label) in taken.labels { batches[place(model)].labels.append(label) }
    return batches
  }
}
