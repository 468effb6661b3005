import JSON
package import WorkerContract

/// One prediction as it is stored.
package struct PredictionRecord: Sendable, Equatable {
  package var requestID: String
  package var version: String
  package var role: RoutingTable.Role
  /// Seconds since 1970.
  package var time: Double
  /// JSON object from feature name to number, string or null; a missing value may also be left out.
  package var features: String
  package var predictedClass: String
  /// JSON object from class to probability.
  package var probabilities: String
  /// Probability of the predicted class.
  package var confidence: Double
  /// Seconds.
  package var latency: Double

  package init(
    requestID: String, version: String, role: RoutingTable.Role, time: Double, features: String, predictedClass: String,
    probabilities: String, confidence: Double, latency: Double
  ) {
    self.requestID = requestID
    self.version = version
    self.role = role
    self.time = time
    self.features = features
    self.predictedClass = predictedClass
    self.probabilities = probabilities
    self.confidence = confidence
    self.latency = latency
  }
}

/// Ground truth for the request of that id, whichever versions answered it.
package struct LabelRecord: Sendable, Equatable {
  package var requestID: String
  package var label: String
  /// When the label was received, in seconds since 1970.
  package var time: Double

  package init(requestID: String, label: String, time: Double) {
    self.requestID = requestID
    self.label = label
    self.time = time
  }
}

/// Which predictions to read.
package struct PredictionQuery: Sendable, Equatable {
  package var model: ModelKey
  /// Seconds since 1970, inclusive, by the time of the prediction.
  package var from: Double?
  /// Seconds since 1970, exclusive, by the time of the prediction.
  package var to: Double?
  package var version: String?
  package var predictedClass: String?
  /// Nil: all of them.
  package var roles: [RoutingTable.Role]?
  package var requestID: String?
  package var label: LabelFilter?
  /// Only predictions that stand before this one in the order of time, request id and version.
  package var before: Place?
  /// At most this many, the latest; nil: all.
  package var limit: Int?

  package enum LabelFilter: Sendable, Equatable {
    /// A label has come, whichever.
    case given
    case missing
    case equal(String)
  }

  /// Where a prediction stands among all of its model. No two have the same place, and it never changes.
  package struct Place: Sendable, Equatable {
    /// Seconds since 1970.
    package var time: Double
    package var requestID: String
    package var version: String

    package init(time: Double, requestID: String, version: String) {
      self.time = time
      self.requestID = requestID
      self.version = version
    }

    package init(_ record: PredictionRecord) {
      self.init(time: record.time, requestID: record.requestID, version: record.version)
    }
  }

  package init(
    model: ModelKey, from: Double? = nil, to: Double? = nil, version: String? = nil, predictedClass: String? = nil,
    roles: [RoutingTable.Role]? = nil, requestID: String? = nil, label: LabelFilter? = nil, before: Place? = nil,
    limit: Int? = nil
  ) {
    self.model = model
    self.from = from
    self.to = to
    self.version = version
    self.predictedClass = predictedClass
    self.roles = roles
    self.requestID = requestID
    self.label = label
    self.before = before
    self.limit = limit
  }
}

/// A stored prediction with the label that has come for it.
package struct LoggedPrediction: Sendable, Equatable {
  package var record: PredictionRecord
  /// Later requests with the same request id, which were answered but not stored.
  package var repeats: Int
  package var label: String?
  /// Seconds since 1970.
  package var labelTime: Double?

  package init(record: PredictionRecord, repeats: Int = 0, label: String? = nil, labelTime: Double? = nil) {
    self.record = record
    self.repeats = repeats
    self.label = label
    self.labelTime = labelTime
  }

  /// The values of the features, by name; missing ones are absent.
  package func features() throws(TelemetryError) -> [String: LoggedValue] {
    try Self.scalars(of: record.features)
  }

  /// Probability by class.
  package func probabilities() throws(TelemetryError) -> [String: Double] {
    try Self.scalars(of: record.probabilities).compactMapValues {
      if case .number(let value) = $0 { value } else { nil }
    }
  }

  private static func scalars(of json: String) throws(TelemetryError) -> [String: LoggedValue] {
    var values: [String: LoggedValue] = [:]
    do {
      try FlatJSON.read(json) { name, value in
        if let value { values[name] = value } else { values[name] = nil }
      }
    } catch {
      throw .damaged(table: "predictions", reason: error.description)
    }
    return values
  }
}

/// The value of a feature as it was received.
package enum LoggedValue: Sendable, Hashable {
  case number(Double)
  case text(String)
}

/// How many predictions of a version had this outcome.
package struct OutcomeCount: Sendable, Hashable {
  package var version: String
  package var predictedClass: String
  /// Nil where no label has come.
  package var label: String?
  package var count: Int

  package init(version: String, predictedClass: String, label: String?, count: Int) {
    self.version = version
    self.predictedClass = predictedClass
    self.label = label
    self.count = count
  }
}
