import Dispatch
package import JSONScanning
import Tabular
import WorkerContract

/// Predicts rows by one routing table: the chosen version answers, the shadows predict along, and the observer is told all
/// of it. Confined to one request, and to its lane.
package struct RowPredictor {
  private let state: LaneState
  /// Seconds since 1970.
  private let time: Double
  private let lane: ServingLane

  package init(state: LaneState, time: Double, lane: ServingLane) {
    self.state = state
    self.time = time
    self.lane = lane
  }

  /// Position of the version that answers a request with this key.
  package func answering(_ key: String) -> Int { state.state.answering(key) }

  /// A row, its probabilities as JSON, and the warnings about it; all of it is valid during the call.
  package typealias Use = (RowScratch, UnsafeBufferPointer<UInt8>, UnsafeBufferPointer<FeatureReader.InputWarning>) ->
    Void

  /// Predicts one row by the version at `entry`.
  /// - Parameters:
  ///   - problems: What is wrong with the row already; what its features add is told too.
  ///   - use: Gets the prediction.
  /// - Returns: What is wrong with the row; empty where it was predicted.
  package func predict(
    _ features: Range<Int>, by entry: Int, requestID: String, in bytes: UnsafeBufferPointer<UInt8>,
    problems known: FieldProblems = FieldProblems(), use: Use
  ) throws(JSONProblem) -> FieldProblems {
    let start = DispatchTime.now().uptimeNanoseconds
    let version = state.versions[entry]
    let scratch = RowScratch(version.version, lane.buffers)
    let findings = try scratch.predict(bytes, features: features)
    let problems = known.isEmpty ? findings.problems : known + findings.problems
    guard problems.isEmpty else {
      version.observer.refused()
      return problems
    }
    let probabilities = scratch.probabilityText()
    use(scratch, probabilities, findings.warnings)
    if !findings.warnings.isEmpty, !version.isShadow { version.observer.noticed(findings.warnings) }
    let stored = featureText(requestID, bytes, features, findings)
    record(scratch, version, requestID: requestID, features: stored, probabilities, since: start)
    for shadow in state.state.shadows where shadow != entry {
      try predictShadow(shadow, requestID: requestID, in: bytes, features: features, stored: stored)
    }
    return FieldProblems()
  }

  /// What is wrong with a row, without answering it.
  package func check(
    _ features: Range<Int>, by entry: Int, in bytes: UnsafeBufferPointer<UInt8>
  ) throws(JSONProblem) -> FieldProblems {
    let version = state.versions[entry]
    let scratch = RowScratch(version.version, lane.buffers)
    let findings =
      try version.version.mayOverflow
      ? scratch.predict(bytes, features: features) : scratch.read(bytes, features: features)
    let problems = findings.problems
    if !problems.isEmpty { version.observer.refused() }
    return problems
  }

  /// A shadow that cannot read the features counts an error and changes nothing for the client.
  private func predictShadow(
    _ entry: Int, requestID: String, in bytes: UnsafeBufferPointer<UInt8>, features: Range<Int>,
    stored: UnsafeBufferPointer<UInt8>?
  ) throws(JSONProblem) {
    let start = DispatchTime.now().uptimeNanoseconds
    let version = state.versions[entry]
    let scratch = RowScratch(version.version, lane.buffers)
    let findings = try scratch.predict(bytes, features: features)
    guard findings.problems.isEmpty else { return version.observer.refused() }
    record(
      scratch, version, requestID: requestID, features: stored, scratch.probabilityText(), since: start)
  }

  /// The features as they are logged; nil where this request is not sampled.
  private func featureText(
    _ requestID: String, _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ findings: FeatureReader.Findings
  ) -> UnsafeBufferPointer<UInt8>? {
    guard state.logs else { return nil }
    if !state.logsAll, RequestHash.fraction(requestID, for: .sampling) >= state.state.table.logging.sample {
      return nil
    }
    return FeatureText.copy(
      bytes, range: range, redact: state.state.table.logging.redact, hasEscapes: findings.hasEscapes,
      to: lane.buffers.features)
  }

  /// Tells the observer of a prediction.
  private func record(
    _ scratch: RowScratch, _ version: LaneVersion, requestID: String,
    features: UnsafeBufferPointer<UInt8>?, _ probabilities: UnsafeBufferPointer<UInt8>, since start: UInt64
  ) {
    let predicted = scratch.predicted
    let confidence = scratch.probabilities[predicted]
    let seconds = Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9
    version.observer.predicted(
      predicted, confidence: Double(confidence), seconds: seconds,
      values: version.isShadow ? nil : UnsafeBufferPointer(scratch.values), at: time)
    version.version.recorder?.add(scratch.values, predicted: predicted, confidence: confidence, at: time)
    guard let features else { return }
    version.observer.log(
      PredictedRow(
        requestID: requestID, time: time, features: features, probabilities: probabilities, predicted: predicted,
        confidence: confidence, latency: seconds))
  }
}
