import Synchronization
import Telemetry

/// The rows that wait in memory, at most as many rows and bytes as it has room for. What it does under its lock takes the same
/// short time however many rows there are: predictions lie in chunks, and no large list is ever moved.
final class LogBuffer: Sendable {
  private struct State {
    var chunks: [PendingRows] = []
    var labels: [(model: ModelKey, label: LabelRecord)] = []
    /// Of the rows here.
    var here = LogRoom()
    /// Of the rows that were taken out and are still in memory.
    var taken = LogRoom()
    var isClosed = false

    /// Whether the last chunk has room for a row of this table.
    func takes(_ table: LoggedTable) -> Bool {
      let last = chunks.count - 1
      return last >= 0 && !chunks[last].isFull && chunks[last].table === table
    }

    /// Adds rows that were put in.
    mutating func add(_ room: LogRoom, of capacity: LogRoom) -> Outcome {
      let before = (here: here.bytes, all: here.bytes + taken.bytes)
      here += room
      let all = before.all + room.bytes
      let step = max(1, capacity.bytes / 16)
      return .kept(
        count: here.rows, unstored: here.rows + taken.rows,
        isHeavy: here.bytes / LogBatch.mostBytes != before.here / LogBatch.mostBytes,
        isPressed: all >= capacity.bytes / 4 * 3 && all / step != before.all / step)
    }
  }

  private let capacity: LogRoom
  private let state = Mutex(State())

  /// - Parameters:
  ///   - capacity: The most rows.
  ///   - bytes: The most bytes of them.
  init(capacity: Int, bytes: Int = .max) { self.capacity = LogRoom(rows: capacity, bytes: bytes) }

  /// What appending came to.
  enum Outcome: Equatable {
    /// - Parameters:
    ///   - count: Rows here.
    ///   - unstored: Rows in memory in all.
    ///   - isHeavy: Another batch's bytes are here.
    ///   - isPressed: More than three quarters of the bytes are taken: true a few times on the way to all of them.
    case kept(count: Int, unstored: Int, isHeavy: Bool, isPressed: Bool)
    case lost(LogLoss)
  }

  func append(_ prediction: PendingPrediction, of table: LoggedTable) -> Outcome {
    let room = prediction.room
    return state.withLock { state in
      guard !state.isClosed else { return .lost(.closed) }
      guard (state.here + state.taken + room).fits(capacity) else { return .lost(.bufferFull) }
      if !state.takes(table) { state.chunks.append(PendingRows(table)) }
      state.chunks[state.chunks.count - 1].append(prediction)
      return state.add(room, of: capacity)
    }
  }

  /// All of the labels, or none.
  func append(_ labels: [LabelRecord], of model: ModelKey) -> Outcome {
    let room = LogRoom.of(labels)
    return state.withLock { state in
      guard !state.isClosed else { return .lost(.closed) }
      guard (state.here + state.taken + room).fits(capacity) else { return .lost(.bufferFull) }
      for label in labels { state.labels.append((model, label)) }
      return state.add(room, of: capacity)
    }
  }

  /// Takes no more rows. Those that are here can still be taken out.
  func close() { state.withLock { $0.isClosed = true } }

  var unstored: Int { room.rows }

  /// Of the rows in memory.
  var room: LogRoom { state.withLock { $0.here + $0.taken } }

  /// Some of the rows that were taken are in memory no more.
  func release(_ room: LogRoom) {
    state.withLock { state in
      state.taken = state.taken - room
      // Texts that were no UTF-8 have changed their length on the way.
      if state.taken.rows <= 0 || state.taken.bytes < 0 { state.taken.bytes = 0 }
    }
  }

  /// Takes all rows, as batches of one model of at most `size` rows and `LogBatch.mostBytes`. They go on filling the room until
  /// they are released.
  func take(size: Int) -> [LogBatch] {
    let taken = state.withLock { state -> State in
      let taken = state
      state = State(taken: taken.taken + taken.here, isClosed: taken.isClosed)
      return taken
    }
    var batches: [LogBatch] = []
    // Of the last batch.
    var bytes = 0
    func place(_ model: ModelKey, _ rowBytes: Int) -> Int {
      let last = batches.count - 1
      if last >= 0, batches[last].count < size, bytes + rowBytes <= LogBatch.mostBytes, batches[last].model == model {
        bytes += rowBytes
        return last
      }
      batches.append(LogBatch(model: model))
      bytes = rowBytes
      return batches.count - 1
    }
    for chunk in taken.chunks {
      for (record, room) in chunk.records { batches[place(chunk.table.model, room.bytes)].predictions.append(record) }
    }
    for (model, label) in taken.labels { batches[place(model, LogRoom.of([label]).bytes)].labels.append(label) }
    return batches
  }
}
