import Tabular
import Learning
package import Telemetry
import WorkerContract

/// A prediction on its way to the store. What is costly to write as text waits until it leaves the buffer.
struct PendingPrediction: Sendable {
  let state: ServingState
  /// Position of the version in the state.
  let entry: Int
  let requestID: String
  /// Seconds since 1970.
  let time: Double
  /// The object of features as it came, compact, without redacted ones.
  let features: [UInt8]
  let probabilities: [Float]
  let predicted: Int
  /// Seconds.
  let latency: Double

  var model: ModelKey { ModelKey(namespace: state.table.namespace, model: state.table.model) }

  var record: PredictionRecord {
    let version = state.versions[entry]
    var text = "{"
    for (index, probability) in probabilities.enumerated() {
      if index > 0 { text += "," }
      text += "\(version.quotedClasses[index]):\(probability.isFinite ? probability.description : "null")"
    }
    text += "}"
    return PredictionRecord(
      requestID: requestID, version: version.version, role: state.table.entries[entry].role, time: time,
      features: String(decoding: features, as: UTF8.self), predictedClass: version.target.classes[predicted],
      probabilities: text, confidence: Double(probabilities[predicted]), latency: latency)
  }
}

/// What is stored for one model: the rows of a batch.
package struct LogBatch: Sendable, Equatable {
  package var model: ModelKey
  package var predictions: [PredictionRecord]
  package var labels: [LabelRecord]

  package init(model: ModelKey, predictions: [PredictionRecord] = [], labels: [LabelRecord] = []) {
    self.model = model
    self.predictions = predictions
    self.labels = labels
  }

  package var count: Int { predictions.count + labels.count }

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
