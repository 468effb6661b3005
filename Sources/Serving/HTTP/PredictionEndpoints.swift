import Exposition
import WorkerContract
import NIOCore
import Telemetry

/// What of a request may be how large.
package struct RequestLimits: Sendable {
  /// Bytes of a body.
  package var body: Int
  /// Rows of a batch and items of feedback.
  package var batch: Int

  package init(body: Int = 8 << 20, batch: Int = 10_000) {
    self.body = body
    self.batch = batch
  }
}

/// `POST /predict`, `/predict/batch` and `/feedback`: bytes in, bytes out, no waiting.
struct PredictionEndpoints: Sendable {
  let holder: ServingHolder
  let log: PredictionLog?
  let metrics: ServingMetrics
  let limits: RequestLimits
  let clock: @Sendable () -> Double

  private func notReady() -> Answer {
    guard case .notLoaded(let reason) = holder.readiness else { return .error(503, "No model is loaded.") }
    return .error(503, "No model is loaded: \(reason)")
  }

  /// - Parameter header: The request's `X-Request-Id`, which stands in for a request id in the body.
  func predict(_ body: ByteBuffer, header: String?) -> Answer {
    guard let state = holder.state else { return notReady() }
    return body.withUnsafeReadableBytes { raw in
      let bytes = raw.assumingMemoryBound(to: UInt8.self)
      do throws(JSONProblem) {
        try JSONScanner.validateUTF8(bytes)
        var scanner = JSONScanner(bytes)
        let envelope = try PredictionEnvelope(from: &scanner)
        try scanner.finish()
        let given = envelope.requestID ?? header
        let requestID = given ?? RequestID.make()
        let predictor = RowPredictor(state: state, log: log, time: clock())
        var text = JSONText()
        let problems = try predictor.answer(envelope, requestID: requestID, in: bytes, to: &text)
        if !problems.isEmpty {
          metrics.refused(problems)
          text = JSONText()
          text.refusal(requestID: requestID, problems)
        }
        var answer = Answer(problems.isEmpty ? 200 : 422, text)
        if given == nil { answer.requestID = requestID }
        return answer
      } catch {
        return .malformed(error)
      }
    }
  }

  /// Rows fail one by one; the answer is 200 unless the body as a whole is wrong.
  func predictBatch(_ body: ByteBuffer, header: String?) -> Answer {
    guard let state = holder.state else { return notReady() }
    return body.withUnsafeReadableBytes { raw in
      let bytes = raw.assumingMemoryBound(to: UInt8.self)
      do throws(JSONProblem) {
        try JSONScanner.validateUTF8(bytes)
        let batch = try ListBody(bytes, member: "requests", takesExplain: true)
        guard let list = batch.list else {
          return .error(422, #"A batch is {"requests": [ … ]} or a list of requests."#)
        }
        guard batch.problems.isEmpty else {
          var refusal = JSONText()
          refusal.refusal(requestID: nil, batch.problems)
          return Answer(422, refusal)
        }
        let envelopes = try envelopes(in: bytes, list: list, explain: batch.explain)
        guard envelopes.count <= limits.batch else {
          return .error(413, "The batch has more than \(limits.batch) requests.")
        }
        metrics.batchRows.observe(Double(envelopes.count))
        let requestID = header ?? RequestID.make()
        var answer = Answer(200, try answers(envelopes, in: bytes, requestID: requestID, state: state))
        if header == nil { answer.requestID = requestID }
        return answer
      } catch {
        return .malformed(error)
      }
    }
  }

  /// All of the body is read before the first row is predicted: a batch that is cut short predicts nothing.
  private func envelopes(
    in bytes: UnsafeBufferPointer<UInt8>, list: Range<Int>, explain: Bool
  ) throws(JSONProblem) -> [PredictionEnvelope] {
    var scanner = JSONScanner(bytes, range: list)
    var envelopes: [PredictionEnvelope] = []
    var more = try scanner.open(UInt8(ascii: "["))
    while more {
      if envelopes.count > limits.batch {
        try scanner.skip()
      } else {
        var envelope = try PredictionEnvelope(from: &scanner)
        if explain { envelope.explain = true }
        envelopes.append(envelope)
      }
      more = try scanner.next(in: UInt8(ascii: "["))
    }
    try scanner.finish()
    return envelopes
  }

  private func answers(
    _ envelopes: [PredictionEnvelope], in bytes: UnsafeBufferPointer<UInt8>, requestID: String, state: ServingState
  ) throws(JSONProblem) -> JSONText {
    let predictor = RowPredictor(state: state, log: log, time: clock())
    var text = JSONText(capacity: 64 + envelopes.count * 192)
    text.raw(#"{"responses":["#)
    for (index, envelope) in envelopes.enumerated() {
      if index > 0 { text.raw(",") }
      let requestID = envelope.requestID ?? "\(requestID)-\(index)"
      let problems = try predictor.answer(envelope, requestID: requestID, in: bytes, to: &text)
      guard !problems.isEmpty else { continue }
      metrics.refused(problems)
      text.refusal(requestID: requestID, problems)
    }
    text.raw("]}")
    return text
  }

  /// Labels are taken at once and stored with the prediction log; whether their prediction is known does not matter. A body
  /// whose labels find no room in the log is refused as a whole, so that its sender sends it again.
  func feedback(_ body: ByteBuffer) -> Answer {
    guard let state = holder.state else { return notReady() }
    guard let log else { return .error(503, "Feedback can not be stored: the server runs without a telemetry store.") }
    let feedback: FeedbackReader.Feedback
    do {
      feedback = try body.withUnsafeReadableBytes {
        try FeedbackReader.read(
          $0.assumingMemoryBound(to: UInt8.self), limit: limits.batch, classes: LabelClasses(state))
      }
    } catch let problem as JSONProblem {
      return .malformed(problem)
    } catch {
      return .error(413, "The body has more than \(limits.batch) labels.")
    }
    let model = ModelKey(namespace: state.table.namespace, model: state.table.model)
    let time = clock()
    var labels: [LabelRecord] = []
    var refused: [(index: Int, requestID: String?, problems: [FieldProblem])] = []
    for (index, item) in feedback.items.enumerated() {
      switch item {
      case .label(let requestID, let label):
        labels.append(LabelRecord(requestID: requestID, label: label, time: time))
      case .problems(let requestID, let problems):
        refused.append((index, requestID, problems))
      }
    }
    guard log.append(labels, of: model) else {
      return .error(503, "The log has no room for labels at the moment; send them again.")
    }
    metrics.labelsAccepted.increment(by: Double(labels.count))
    metrics.labelsRejected.increment(by: Double(refused.count))
    if feedback.isSingle, let only = refused.first {
      var text = JSONText()
      text.refusal(requestID: only.requestID, only.problems)
      return Answer(422, text)
    }
    var text = JSONText()
    text.raw(#"{"accepted":"#)
    text.integer(labels.count)
    text.raw(#","rejected":"#)
    text.array(refused) { text, item in
      text.raw(#"{"index":"#)
      text.integer(item.index)
      text.raw(#","problem":"#)
      text.refusal(requestID: item.requestID, item.problems)
      text.raw("}")
    }
    text.raw("}")
    return Answer(200, text)
  }
}
