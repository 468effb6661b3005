import Foundation
import Telemetry
import WorkerContract

/// Rows as lines of JSON: a batch's model comes first, its rows follow.
enum SpillLine {
  private struct Line: Codable {
    var namespace: String?
    var model: String?
    var prediction: Prediction?
    var label: Label?

    struct Prediction: Codable {
      var id: String
      var version: String
      var role: RoutingTable.Role
      var time: Double
      /// JSON, as text within the line's JSON.
      var features: String
      var said: String
      var probabilities: String
      var confidence: Double
      var latency: Double
    }

    struct Label: Codable {
      var id: String
      var label: String
      var time: Double
    }
  }

  static func encode(_ batch: LogBatch) -> Data {
    let encoder = JSONEncoder()
    var data = Data()
    func append(_ line: Line) {
      // Only numbers that are not finite can fail here; such a row is worth nothing.
      guard let text = try? encoder.encode(line) else { return }
      data.append(text)
      data.append(0x0A)
    }
    append(Line(namespace: batch.model.namespace, model: batch.model.model))
    for record in batch.predictions {
      append(
        Line(
          prediction: .init(
            id: record.requestID, version: record.version, role: record.role, time: record.time,
            features: record.features, said: record.predictedClass, probabilities: record.probabilities,
            confidence: record.confidence, latency: record.latency)))
    }
    for label in batch.labels {
      append(Line(label: .init(id: label.requestID, label: label.label, time: label.time)))
    }
    return data
  }

  /// The batches of a segment. A line that was cut short by a crash is counted as damaged.
  static func decode(_ data: Data) -> (batches: [LogBatch], damaged: Int) {
    let decoder = JSONDecoder()
    var batches: [LogBatch] = []
    var damaged = 0
    for text in data.split(separator: 0x0A) {
      guard let line = try? decoder.decode(Line.self, from: text) else {
        damaged += 1
        continue
      }
      if let namespace = line.namespace, let model = line.model {
        batches.append(LogBatch(model: ModelKey(namespace: namespace, model: model)))
      } else if batches.isEmpty {
        damaged += 1
      } else if let row = line.prediction {
        batches[batches.count - 1].predictions.append(
          PredictionRecord(
            requestID: row.id, version: row.version, role: row.role, time: row.time, features: row.features,
            predictedClass: row.said, probabilities: row.probabilities, confidence: row.confidence,
            latency: row.latency))
      } else if let row = line.label {
        batches[batches.count - 1].labels.append(LabelRecord(requestID: row.id, label: row.label, time: row.time))
      }
    }
    return (batches.filter { $0.count > 0 }, damaged)
  }
}
