import Exposition
import Dispatch
import JSONScanning
import PredictionLog
import Tabular
import WorkerContract

/// Answers rows by one routing table: the chosen version answers, the shadows predict along, and all of it is counted
/// and logged. Confined to one request, and to its lane.
struct RowPredictor {
  private let state: LaneState
  private let log: PredictionLog?
  /// Seconds since 1970.
  private let time: Double
  private let lane: ServingLane

  init(state: LaneState, log: PredictionLog?, time: Double, lane: ServingLane) {
    self.state = state
    self.log = log
    self.time = time
    self.lane = lane
  }

  /// Predicts one row and writes its answer.
  /// - Returns: What is wrong with the row; empty where it was predicted.
  func answer(
    _ envelope: PredictionEnvelope, requestID: String, in bytes: UnsafeBufferPointer<UInt8>, to text: inout JSONText
  ) throws(JSONProblem) -> [FieldProblem] {
    let entry = state.state.answering(envelope.key ?? requestID)
    guard let features = envelope.features else { return envelope.problems }
    return try predict(features, by: entry, requestID: requestID, in: bytes, problems: envelope.problems) {
      write($0, $1, requestID: requestID, oddities: $2, explain: envelope.explain, to: &text)
    }
  }

  /// A row's probabilities as JSON, and the row.
  typealias Use = (RowScratch, UnsafeBufferPointer<UInt8>, [FeatureReader.Oddity]) -> Void

  /// Predicts one row by the version at `entry`.
  /// - Parameters:
  ///   - problems: What is wrong with the row already; what its features add is told too.
  ///   - use: Gets the prediction and what was odd about the row.
  /// - Returns: What is wrong with the row; empty where it was predicted.
  func predict(
    _ features: Range<Int>, by entry: Int, requestID: String, in bytes: UnsafeBufferPointer<UInt8>,
    problems known: [FieldProblem] = [], use: Use
  ) throws(JSONProblem) -> [FieldProblem] {
    let start = DispatchTime.now().uptimeNanoseconds
    let version = state.versions[entry]
    let scratch = RowScratch(version.version, lane.buffers)
    let findings = try scratch.predict(bytes, features: features)
    let problems = known.isEmpty ? findings.problems : known + findings.problems
    guard problems.isEmpty else {
      version.instruments.errors.increment()
      return problems
    }
    let probabilities = scratch.probabilityText()
    use(scratch, probabilities, findings.oddities)
    if !findings.oddities.isEmpty, !version.isShadow { version.instruments.count(findings.oddities) }
    let stored = featureText(requestID, bytes, features, findings)
    record(scratch, version, entry, requestID: requestID, features: stored, probabilities, since: start)
    for shadow in state.state.shadows where shadow != entry {
      try predictShadow(shadow, requestID: requestID, in: bytes, features: features, stored: stored)
    }
    return []
  }

  /// What is wrong with a row, without predicting it.
  func check(
    _ features: Range<Int>, by entry: Int, in bytes: UnsafeBufferPointer<UInt8>
  ) throws(JSONProblem) -> [FieldProblem] {
    let version = state.versions[entry]
    let problems = try RowScratch(version.version, lane.buffers).read(bytes, features: features).problems
    if !problems.isEmpty { version.instruments.errors.increment() }
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
    guard findings.problems.isEmpty else { return version.instruments.errors.increment() }
    record(
      scratch, version, entry, requestID: requestID, features: stored, scratch.probabilityText(), since: start)
  }

  /// The features as they are logged; nil where this request is not sampled.
  private func featureText(
    _ requestID: String, _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ findings: FeatureReader.Findings
  ) -> UnsafeBufferPointer<UInt8>? {
    guard log != nil else { return nil }
    if !state.logsAll, RequestHash.fraction(requestID, for: .sampling) >= state.state.table.logging.sample {
      return nil
    }
    return FeatureText.copy(
      bytes, range: range, redact: state.state.table.logging.redact, hasEscapes: findings.hasEscapes,
      to: lane.buffers.features)
  }

  /// Counts a prediction and hands it to the log.
  private func record(
    _ scratch: RowScratch, _ version: LaneVersion, _ entry: Int, requestID: String,
    features: UnsafeBufferPointer<UInt8>?, _ probabilities: UnsafeBufferPointer<UInt8>, since start: UInt64
  ) {
    let predicted = scratch.predicted
    let confidence = scratch.probabilities[predicted]
    let seconds = Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9
    version.counts.count(
      predicted: predicted, confidence: Double(confidence), seconds: seconds,
      values: version.isShadow ? nil : scratch.values, at: time)
    version.version.recorder?.add(scratch.values, predicted: predicted, confidence: confidence, at: time)
    guard let log, let features else { return }
    log.append(
      PendingPrediction(
        entry: entry, requestID: requestID, time: time, features: features, probabilities: probabilities,
        predicted: predicted, confidence: confidence, latency: seconds), of: state.state.logged)
  }

  private func write(
    _ scratch: RowScratch, _ probabilities: UnsafeBufferPointer<UInt8>, requestID: String,
    oddities: [FeatureReader.Oddity], explain: Bool, to text: inout JSONText
  ) {
    let version = scratch.version
    let predicted = scratch.predicted
    text.raw(#"{"request_id":"#)
    text.string(requestID)
    text.raw(#","predicted_class":"#)
    text.raw(version.quotedClasses[predicted])
    text.raw(#","confidence":"#)
    text.number(scratch.probabilities[predicted])
    text.raw(#","probabilities":"#)
    text.raw(probabilities)
    text.raw(#","model_version":"#)
    text.raw(version.quotedVersion)
    if explain { text.explanation(scratch.explanation, of: version) }
    let warnings = oddities.filter { $0.kind != .missing }
    if !warnings.isEmpty {
      text.raw(#","warnings":"#)
      text.array(warnings) { text, oddity in
        let name = version.pipeline.schema.features[oddity.feature].name
        text.string(oddity.kind == .outOfRange ? "'\(name)' is out of range" : "'\(name)' has an unseen category")
      }
    }
    text.raw("}")
  }
}
