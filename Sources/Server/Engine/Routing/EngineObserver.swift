package import Tabular
package import WorkerContract

/// Told what the engine does, for whoever counts, shows and logs it.
package protocol EngineObserver: Sendable {
  /// What the rows of a table are told to, which is about to be served.
  /// - Parameter versions: In the order of the table's entries.
  func observer(of table: RoutingTable, _ versions: [LoadedVersion]) -> any TableObserver

  /// The table is served from now on.
  func serves(_ state: ServingState)

  /// What became of a table that was taken: `ok`, `unchanged`, or a `RoutingError.result`.
  func reloaded(_ result: String)
}

/// Told what happens by one routing table.
package protocol TableObserver: AnyObject, Sendable {
  /// Whether rows are to be handed over as well as counted.
  var logsRows: Bool { get }

  /// What one lane tells about the version at `entry`. Each lane has an observer of its own, since an object that all of them
  /// refer to for each row makes cores wait for each other.
  /// - Parameter share: The lane's share of the counters.
  func rows(of entry: Int, share: Int) -> any RowObserver

  /// Somebody is about to look: what the lanes have been told since the last time has to be shown.
  func publish()
}

/// Told once for each row of one version; used by one lane at a time.
package protocol RowObserver: AnyObject, Sendable {
  /// A row was predicted.
  /// - Parameters:
  ///   - predicted: Position of the predicted class.
  ///   - confidence: Its probability.
  ///   - values: One for each feature; nil: the row's features are counted by another version. Valid during the call.
  ///   - time: Seconds since 1970.
  func predicted(
    _ predicted: Int, confidence: Double, seconds: Double, values: UnsafeBufferPointer<FeatureValue>?,
    at time: Double)

  /// A row was predicted, and is to be logged. Not called where the table's observer logs no rows.
  func log(_ row: PredictedRow)

  /// A row's features do not fit the version's schema.
  func refused()

  /// A row was predicted all the same, with warnings about its features.
  /// - Parameter warnings: Valid during the call.
  func noticed(_ warnings: UnsafeBufferPointer<FeatureReader.InputWarning>)
}

/// A predicted row as it is logged. Its bytes are valid during the call only.
package struct PredictedRow {
  package let requestID: String
  /// Seconds since 1970.
  package let time: Double
  /// The object of features as it came, compact, without redacted ones.
  package let features: UnsafeBufferPointer<UInt8>
  /// JSON object from class to probability.
  package let probabilities: UnsafeBufferPointer<UInt8>
  /// Position of the predicted class.
  package let predicted: Int
  /// Its probability.
  package let confidence: Float
  /// Seconds.
  package let latency: Double
}
