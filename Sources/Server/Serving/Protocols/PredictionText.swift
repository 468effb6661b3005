import Engine
import JSONScanning
import Learning
import Tabular
import WorkerContract

extension RowPredictor {
  /// Predicts one row and writes its answer.
  /// - Returns: What is wrong with the row; empty where it was predicted.
  func answer(
    _ envelope: PredictionEnvelope, requestID: String, in bytes: UnsafeBufferPointer<UInt8>, to text: inout JSONText
  ) throws(JSONProblem) -> FieldProblems {
    let entry = answering(envelope.key ?? requestID)
    guard let features = envelope.features else { return envelope.problems }
    return try predict(features, by: entry, requestID: requestID, in: bytes, problems: envelope.problems) {
      write($0, $1, requestID: requestID, warnings: $2, explain: envelope.explain, to: &text)
    }
  }

  private func write(
    _ scratch: RowScratch, _ probabilities: UnsafeBufferPointer<UInt8>, requestID: String,
    warnings: UnsafeBufferPointer<FeatureReader.InputWarning>, explain: Bool, to text: inout JSONText
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
    let warnings = warnings.filter { $0.kind != .missing }
    if !warnings.isEmpty {
      text.raw(#","warnings":"#)
      let more = warnings.count - RowBounds.warnings
      text.array(warnings.prefix(RowBounds.warnings)) { text, warning in
        // The last one stands for all that follow.
        if more > 0, warning == warnings[RowBounds.warnings - 1] { return text.string("\(more + 1) more features") }
        let name = version.pipeline.schema.features[warning.feature].name
        text.string(warning.kind == .outOfRange ? "'\(name)' is out of range" : "'\(name)' has an unseen category")
      }
    }
    text.raw("}")
  }
}
