import Exposition
import Dispatch
import Tabular
import WorkerContract

/// Answers rows by one routing table: the chosen version answers, the shadows predict along, and all of it is counted
/// and logged. Confined to one request, and to its lane.
struct RowPredictor {
  private let state: ServingState
  private let log: PredictionLog?
  /// Seconds since 1970.
  private let time: Double
  private let lane: ServingLane

  init(state: ServingState, log: PredictionLog?, time: Double, lane: ServingLane) {
    self.state = state
    self.log = log
    self.time = time
    self.lane = lane
  }

  private func scratch(_ entry: Int) -> RowScratch { RowScratch(state.versions[entry], lane.buffers) }

  /// Predicts one row and writes its answer.
  /// - Returns: What is wrong with the row; empty where it was predicted.
  func answer(
    _ envelope: PredictionEnvelope, requestID: String, in bytes: UnsafeBufferPointer<UInt8>, to text: inout JSONText
  ) throws(JSONProblem) -> [FieldProblem] {
    let entry = state.answering(envelope.key ?? requestID)
    guard let features = envelope.features else { return envelope.problems }
    return try predict(features, by: entry, requestID: requestID, in: bytes, problems: envelope.problems) {
      write($0, requestID: requestID, oddities: $1, explain: envelope.explain, to: &text)
    }
  }

  /// Predicts one row by the version at `entry`.
  /// - Parameters:
  ///   - problems: What is wrong with the row already; what its features add is told too.
  ///   - use: Gets the prediction and what was odd about the row.
  /// - Returns: What is wrong with the row; empty where it was predicted.
  func predict(
    _ features: Range<Int>, by entry: Int, requestID: String, in bytes: UnsafeBufferPointer<UInt8>,
    problems known: [FieldProblem] = [], use: (RowScratch, [FeatureReader.Oddity]) -> Void
  ) throws(JSONProblem) -> [FieldProblem] {
    let start = DispatchTime.now().uptimeNanoseconds
    let scratch = scratch(entry)
    let findings = try scratch.predict(bytes, features: features)
    let problems = known.isEmpty ? findings.problems : known + findings.problems
    guard problems.isEmpty else {
      state.instruments[entry].errors.increment()
      return problems
    }
    use(scratch, findings.oddities)
    let stored = featureText(requestID, bytes, features, findings)
    record(scratch, entry, findings.oddities, requestID: requestID, features: stored, since: start)
    for shadow in state.shadows where shadow != entry {
      try predictShadow(shadow, requestID: requestID, in: bytes, features: features, stored: stored)
    }
    return []
  }

  /// What is wrong with a row, without predicting it.
  func check(
    _ features: Range<Int>, by entry: Int, in bytes: UnsafeBufferPointer<UInt8>
  ) throws(JSONProblem) -> [FieldProblem] {
    let problems = try scratch(entry).read(bytes, features: features).problems
    if !problems.isEmpty { state.instruments[entry].errors.increment() }
    return problems
  }

  /// A shadow that can not read the features counts an error and changes nothing for the client.
  private func predictShadow(
    _ entry: Int, requestID: String, in bytes: UnsafeBufferPointer<UInt8>, features: Range<Int>, stored: [UInt8]?
  ) throws(JSONProblem) {
    let start = DispatchTime.now().uptimeNanoseconds
    let scratch = scratch(entry)
    let findings = try scratch.predict(bytes, features: features)
    guard findings.problems.isEmpty else { return state.instruments[entry].errors.increment() }
    record(scratch, entry, [], requestID: requestID, features: stored, since: start)
  }

  /// The features as they are logged; nil where this request is not sampled.
  private func featureText(
    _ requestID: String, _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ findings: FeatureReader.Findings
  ) -> [UInt8]? {
    guard log != nil else { return nil }
    let rules = state.table.logging
    if rules.sample < 1, RequestHash.fraction(requestID, for: .sampling) >= rules.sample { return nil }
    return FeatureText.copy(bytes, range: range, redact: rules.redact, hasEscapes: findings.hasEscapes)
  }

  /// Counts a prediction and hands it to the log.
  private func record(
    _ scratch: RowScratch, _ entry: Int, _ oddities: [FeatureReader.Oddity], requestID: String, features: [UInt8]?,
    since start: UInt64
  ) {
    let predicted = scratch.predicted
    let seconds = Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9
    let instruments = state.instruments[entry]
    let isShadow = state.table.entries[entry].role == .shadow
    instruments.count(
      predicted: predicted, confidence: Double(scratch.probabilities[predicted]), seconds: seconds,
      values: isShadow ? nil : scratch.values, at: time, share: lane.share)
    if !isShadow { instruments.count(oddities) }
    scratch.version.recorder?.add(
      scratch.values, predicted: predicted, confidence: scratch.probabilities[predicted], at: time)
    guard let log, let features else { return }
    log.append(
      PendingPrediction(
        state: state, entry: entry, requestID: requestID, time: time, features: features,
        probabilities: Array(scratch.probabilities), predicted: predicted, latency: seconds))
  }

  private func write(
    _ scratch: RowScratch, requestID: String, oddities: [FeatureReader.Oddity], explain: Bool, to text: inout JSONText
  ) {
    let version = scratch.version
    let predicted = scratch.predicted
    text.raw(#"{"request_id":"#)
    text.string(requestID)
    text.raw(#","predicted_class":"#)
    text.raw(version.quotedClasses[predicted])
    text.raw(#","confidence":"#)
    text.number(scratch.probabilities[predicted])
    text.raw(#","probabilities":{"#)
    for index in scratch.probabilities.indices {
      if index > 0 { text.raw(",") }
      text.raw(version.quotedClasses[index])
      text.raw(":")
      text.number(scratch.probabilities[index])
    }
    text.raw(#"},"model_version":"#)
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
