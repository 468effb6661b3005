import Engine
import JSONScanning
import PredictionLog
import Exposition
import WorkerContract
import NIOCore
import Telemetry

/// `POST /predict`, `/predict/batch` and `/feedback`: bytes in, bytes out, no waiting.
final class PredictionEndpoints: Sendable {
  let holder: ServingHolder
  let log: PredictionLog?
  let metrics: ServingMetrics
  let admission: Admission
  let clock: @Sendable () -> Double
  private let labels: LabelMemory

  /// Conflicts of labels that an answer lists; all are counted.
  private static let toldConflicts = 20

  init(
    holder: ServingHolder, log: PredictionLog?, metrics: ServingMetrics, admission: Admission,
    labels: LabelMemory = LabelMemory(), clock: @escaping @Sendable () -> Double
  ) {
    self.holder = holder
    self.log = log
    self.metrics = metrics
    self.admission = admission
    self.labels = labels
    self.clock = clock
  }

  var limits: RequestLimits { admission.limits }

  /// - Parameters:
  ///   - header: The request's `X-Request-Id`, which stands in for a request id in the body.
  ///   - isAdmitted: Whether it may take long.
  func predict(_ body: ByteBuffer, header: String?, on lane: ServingLane, isAdmitted: Bool = false) -> Attempt {
    guard let state = lane.state(of: holder) else { return .answered(.notLoaded(holder)) }
    let time = clock()
    return body.withUnsafeReadableBytes { raw in
      let bytes = raw.assumingMemoryBound(to: UInt8.self)
      do throws(JSONProblem) {
        try JSONScanner.validateUTF8(bytes)
        var scanner = JSONScanner(bytes)
        let envelope = try PredictionEnvelope(from: &scanner)
        try scanner.finish()
        var room: Budget.Hold?
        if !isAdmitted {
          let cost = AnswerCost(
            rows: 1, explained: envelope.explain ? 1 : 0,
            idBytes: AnswerCost.quoted(PredictionEnvelope.maximumIdentifier), bounds: state.state.bounds)
          guard admission.isInline(cost) else { return .takesLong(cost) }
          if cost.typical > Budget.free {
            switch admission.room(forInline: cost) {
            case .success(let taken): room = taken
            case .failure(let refusal): return .answered(refusal.answer)
            }
          }
        }
        let given = envelope.requestID ?? header
        let requestID = given ?? lane.makeRequestID(at: time)
        let predictor = RowPredictor(state: state, time: time, lane: lane)
        var text = JSONText()
        let problems = try predictor.answer(envelope, requestID: requestID, in: bytes, to: &text)
        if !problems.isEmpty {
          metrics.refused(problems)
          text = JSONText()
          text.refusal(requestID: requestID, problems)
        }
        var answer = Answer(problems.isEmpty ? 200 : 422, text)
        if given == nil { answer.requestID = requestID }
        answer.hold = room
        return .answered(answer)
      } catch {
        return .answered(.malformed(error))
      }
    }
  }

  /// The same for large bodies, and for explanations that take long.
  /// - Parameter held: Bytes that the request holds already.
  func predict(_ body: ByteBuffer, header: String?, held: Int, on lanes: ServingLanes) async -> Answer {
    switch lanes.borrowing({ predict(body, header: header, on: $0) }) {
    case .answered(let answer): return answer
    case .takesLong(let cost):
      do {
        let grant = try admission.admit(cost, beside: held).get()
        defer { withExtendedLifetime(grant) {} }
        let answers = try await admission.inParts(cost) { _ in
          lanes.borrowing { self.predict(body, header: header, on: $0, isAdmitted: true).answer }
        }
        guard var answer = answers.first ?? nil else { return .notLoaded(holder) }
        answer.hold = grant.bytes
        return answer
      } catch let refusal as Admission.Refusal {
        return refusal.answer
      } catch {
        return .abandoned
      }
    }
  }

  /// Labels are taken at once and stored with the prediction log; whether their prediction is known does not matter. A body
  /// whose labels find no room in the log is refused as a whole, so that its sender sends it again.
  func feedback(_ body: ByteBuffer) -> Answer {
    guard let state = holder.state else { return .notLoaded(holder) }
    guard let log else { return .error(503, "Feedback cannot be stored: the server runs without a telemetry store.") }
    let feedback: FeedbackReader.Feedback
    do {
      feedback = try body.withUnsafeReadableBytes {
        try FeedbackReader.read(
          $0.assumingMemoryBound(to: UInt8.self), limit: limits.batch, classes: LabelClasses(state))
      }
    } catch let problem as JSONProblem {
      return .malformed(problem)
    } catch {
      return .error(
        413, "The body has more than \(limits.batch) labels, this server's limit (--maximum-batch); send them in parts."
      )
    }
    let model = ModelKey(state.table)
    let time = clock()
    var labels: [LabelRecord] = []
    /// Where each label stands in the body.
    var places: [Int] = []
    var refused: [(index: Int, requestID: String?, problems: FieldProblems)] = []
    for (index, item) in feedback.items.enumerated() {
      switch item {
      case .label(let requestID, let label):
        labels.append(LabelRecord(requestID: requestID, label: label, time: time))
        places.append(index)
      case .problems(let requestID, let problems):
        refused.append((index, requestID, problems))
      }
    }
    guard log.append(labels, of: model) else {
      return .error(503, "The log has no room for labels at the moment; send the body again in a few seconds.")
    }
    metrics.labelsAccepted.increment(by: Double(labels.count))
    metrics.labelsRejected.increment(by: Double(refused.count))
    let conflicts = self.labels.record(labels)
    metrics.labelConflicts.increment(by: Double(conflicts.count))
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
    if !conflicts.isEmpty {
      text.raw(#","conflicting":"#)
      text.integer(conflicts.count)
      text.raw(#","conflicts":"#)
      text.array(conflicts.prefix(Self.toldConflicts)) { text, conflict in
        text.raw(#"{"index":"#)
        text.integer(places[conflict.place])
        text.raw(#","request_id":"#)
        text.string(conflict.requestID)
        text.raw(#","message":"#)
        text.string(conflict.message)
        text.raw("}")
      }
    }
    text.raw("}")
    return Answer(200, text)
  }
}
