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
