package import Tabular
package import WorkerContract

/// What a version predicted in a span of time, one entry per row in each list.
package struct PredictionWindow: Sendable {
  /// The features as they came; a feature that no row had is no column.
  package var features: Table
  /// The model's classes, in the order of `probabilities`.
  package var classes: [String]
  package var predicted: [String]
  /// Probability of the predicted class.
  package var confidences: [Double]
  /// Row-major, rows × classes; empty where only the predicted class is known.
  package var probabilities: [Double]
  /// Seconds.
  package var latencies: [Double]
  package var requestIDs: [String]
  /// Requests that came again with an id that had been answered, and so are no rows.
  package var repeats: Int
  /// Ground truth, nil where it has not come.
  package var labels: [String?]
  /// When each prediction was made, in seconds since 1970.
  package var times: [Double]

  package init(
    features: Table, classes: [String], predicted: [String], confidences: [Double], probabilities: [Double],
    latencies: [Double], requestIDs: [String], repeats: Int = 0, labels: [String?], times: [Double]
  ) {
    self.features = features
    self.classes = classes
    self.predicted = predicted
    self.confidences = confidences
    self.probabilities = probabilities
    self.latencies = latencies
    self.requestIDs = requestIDs
    self.repeats = repeats
    self.labels = labels
    self.times = times
  }

  package var rowCount: Int { predicted.count }

  /// Gathers a window row by row.
  package struct Builder: Sendable {
    private var table: TableBuilder
    private var window: PredictionWindow

    package init(schema: FeatureSchema, classes: [String]) {
      table = TableBuilder(schema: schema)
      window = PredictionWindow(
        features: Table([]), classes: classes, predicted: [], confidences: [], probabilities: [], latencies: [],
        requestIDs: [], repeats: 0, labels: [], times: [])
    }

    /// - Parameters:
    ///   - features: Missing values are absent.
    ///   - probabilities: By class.
    ///   - repeats: How often the request came again.
    package mutating func append(
      features: [String: CellValue], predicted: String, confidence: Double, probabilities: [String: Double],
      latency: Double, requestID: String, time: Double, label: String?, repeats: Int = 0
    ) {
      table.append(features)
      window.predicted.append(predicted)
      window.confidences.append(confidence)
      for name in window.classes { window.probabilities.append(probabilities[name] ?? 0) }
      window.latencies.append(latency)
      window.requestIDs.append(requestID)
      window.times.append(time)
      window.labels.append(label)
      window.repeats += repeats
    }

    package var result: PredictionWindow {
      var result = window
      result.features = table.table
      return result
    }
  }
}
