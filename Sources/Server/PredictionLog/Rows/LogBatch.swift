import Telemetry

/// What is stored for one model: the rows of a batch.
struct LogBatch: Sendable, Equatable {
  var model: ModelKey
  var predictions: [PredictionRecord]
  var labels: [LabelRecord]

  init(model: ModelKey, predictions: [PredictionRecord] = [], labels: [LabelRecord] = []) {
    self.model = model
    self.predictions = predictions
    self.labels = labels
  }

  var count: Int { predictions.count + labels.count }

  /// Without the rows that have a number which is none.
  var finite: LogBatch {
    let isWhole =
      predictions.allSatisfy { $0.time.isFinite && $0.confidence.isFinite && $0.latency.isFinite }
      && labels.allSatisfy(\.time.isFinite)
    guard !isWhole else { return self }
    return LogBatch(
      model: model,
      predictions: predictions.filter { $0.time.isFinite && $0.confidence.isFinite && $0.latency.isFinite },
      labels: labels.filter(\.time.isFinite))
  }

  /// Bytes of the rows that are written and stored together, unless one row alone has more.
  static let mostBytes = 4 << 20

  /// Whether the other's rows are of the same model, and both together not more than `size` and `mostBytes`.
  func takes(_ other: LogBatch, upTo size: Int) -> Bool {
    model == other.model && count + other.count <= size && room.bytes + other.room.bytes <= Self.mostBytes
  }

  mutating func add(_ other: LogBatch) {
    predictions += other.predictions
    labels += other.labels
  }

  /// Two halves, for finding the row that a store refuses.
  var halves: (LogBatch, LogBatch) {
    func split<Row>(_ rows: [Row], at place: Int) -> ([Row], [Row]) {
      (Array(rows[..<min(place, rows.count)]), Array(rows[min(place, rows.count)...]))
    }
    let middle = count / 2
    let predictions = split(predictions, at: middle)
    let labels = split(labels, at: max(0, middle - self.predictions.count))
    return (
      LogBatch(model: model, predictions: predictions.0, labels: labels.0),
      LogBatch(model: model, predictions: predictions.1, labels: labels.1)
    )
  }
}
