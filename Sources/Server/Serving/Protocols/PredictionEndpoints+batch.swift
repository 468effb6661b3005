import Engine
import Exposition
import JSON
import JSONScanning
import NIOCore
import Telemetry
import WorkerContract

/// `POST /predict/batch`: rows fail one by one; the answer is 200 unless the body as a whole is wrong.
extension PredictionEndpoints {
  /// A batch whose body was read to its end: one that is cut short predicts nothing.
  private struct Batch {
    var envelopes: [PredictionEnvelope]
    /// Rows without an id of their own get this one and their position.
    var requestID: String
    /// Whether the request brought the id.
    var isNamed: Bool
    var cost: AnswerCost
  }

  /// The answers to some rows, with commas between them. Rows that are wrong are there with the number of their problems; the
  /// first of them are kept in full as well, as what the answer tells is counted over all parts.
  private struct Part {
    var text: JSONText
    var refusals: [(range: Range<Int>, problems: Int, full: JSONText)] = []
  }

  private struct Refusal: Error {
    let answer: Answer
  }

  /// - Returns: Nothing is predicted where the batch takes too long for an event loop.
  func predictBatch(_ body: ByteBuffer, header: String?, on lane: ServingLane) -> Attempt {
    guard let state = holder.state else { return .answered(.notLoaded(holder)) }
    do {
      let batch = try batch(body, header: header, state, lane)
      guard admission.isInline(batch.cost) else { return .takesLong(batch.cost) }
      let room = try admission.room(forInline: batch.cost).get()
      metrics.batchRows.observe(Double(batch.envelopes.count))
      let rows = try answers(batch, batch.envelopes.indices, in: body, state, lane)
      var answer = answer(batch, [rows])
      answer.hold = room
      return .answered(answer)
    } catch {
      return .answered(Self.answer(to: error))
    }
  }

  /// The rows of a large batch are shared out among the machine's cores; single requests go on meanwhile.
  /// - Parameter held: Bytes that the request holds already.
  func predictBatch(_ body: ByteBuffer, header: String?, held: Int, on lanes: ServingLanes) async -> Answer {
    guard let state = holder.state else { return .notLoaded(holder) }
    do {
      let batch = try lanes.borrowing { (lane) throws(any Error) -> Batch in
        try self.batch(body, header: header, state, lane)
      }
      let grant = try admission.admit(batch.cost, beside: held).get()
      defer { withExtendedLifetime(grant) {} }
      metrics.batchRows.observe(Double(batch.envelopes.count))
      let parts = try await admission.inParts(batch.cost) { rows in
        let part = try lanes.borrowing { (lane) throws(any Error) -> Part in
          try self.answers(batch, rows, in: body, state, lane)
        }
        try grant.made(part.text.count)
        return part
      }
      var answer = answer(batch, parts)
      answer.hold = grant.bytes
      return answer
    } catch {
      return Self.answer(to: error)
    }
  }

  private static func answer(to error: any Error) -> Answer {
    switch error {
    case let refusal as Refusal: refusal.answer
    case let refusal as Admission.Refusal: refusal.answer
    case let problem as JSONProblem: .malformed(problem)
    case is CancellationError: .abandoned
    default: .error(500, "The batch failed: \(error)")
    }
  }

  private func batch(_ body: ByteBuffer, header: String?, _ state: ServingState, _ lane: ServingLane) throws -> Batch {
    try body.withUnsafeReadableBytes { raw in
      let bytes = raw.assumingMemoryBound(to: UInt8.self)
      try JSONScanner.validateUTF8(bytes)
      let list = try ListBody(bytes, member: "requests", takesExplain: true)
      guard let range = list.list else {
        throw Refusal(answer: .error(422, #"A batch is {"requests": [ … ]} or a list of requests."#))
      }
      guard list.problems.isEmpty else {
        var refusal = JSONText()
        refusal.refusal(requestID: nil, list.problems)
        throw Refusal(answer: Answer(422, refusal))
      }
      let envelopes = try envelopes(in: bytes, list: range, explain: list.explain)
      guard envelopes.count <= limits.batch else {
        throw Refusal(
          answer: .error(
            413,
            "The batch has more than \(limits.batch) requests, this server's limit (--maximum-batch); send it in parts."
          ))
      }
      let requestID = header ?? lane.makeRequestID(at: clock())
      // An id of the body, or this one with a number behind it.
      let numbered = Self.quotedBytes(requestID) + 10
      let cost = AnswerCost(
        rows: envelopes.count, explained: envelopes.count(where: \.explain),
        idBytes: envelopes.reduce(0) { $0 + ($1.requestID.map(Self.quotedBytes) ?? numbered) }, bounds: state.bounds)
      return Batch(envelopes: envelopes, requestID: requestID, isNamed: header != nil, cost: cost)
    }
  }

  private static func quotedBytes(_ text: String) -> Int {
    JSONString.isPlain(text) ? text.utf8.count + 2 : JSONString.quoted(text, .lineFeed).utf8.count
  }

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
    _ batch: Batch, _ rows: Range<Int>, in body: ByteBuffer, _ state: ServingState, _ lane: ServingLane
  ) throws -> Part {
    try body.withUnsafeReadableBytes { raw in
      let bytes = raw.assumingMemoryBound(to: UInt8.self)
      let predictor = RowPredictor(state: lane.state(state), time: clock(), lane: lane)
      let rowBytes = batch.cost.typical / max(1, batch.cost.rows)
      var part = Part(text: JSONText(capacity: 64 + rows.count * min(192, rowBytes)))
      var told = 0
      for index in rows {
        if index > rows.lowerBound { part.text.raw(",") }
        let envelope = batch.envelopes[index]
        let requestID = envelope.requestID ?? "\(batch.requestID)-\(index)"
        let problems = try predictor.answer(envelope, requestID: requestID, in: bytes, to: &part.text)
        guard !problems.isEmpty else { continue }
        metrics.refused(problems)
        let start = part.text.count
        var short = FieldProblems(telling: 0)
        short.append(problems)
        part.text.refusal(requestID: requestID, short)
        guard told < FieldProblems.most else { continue }
        told += problems.told.count
        var full = JSONText()
        full.refusal(requestID: requestID, problems)
        part.refusals.append((start..<part.text.count, problems.told.count, full))
      }
      return part
    }
  }

  private func answer(_ batch: Batch, _ parts: [Part]) -> Answer {
    var text = JSONText(capacity: 64 + parts.reduce(0) { $0 + $1.text.count + 1 })
    text.raw(#"{"responses":["#)
    var told = 0
    for (place, part) in parts.enumerated() {
      if place > 0 { text.raw(",") }
      var written = 0
      for refusal in part.refusals where told < FieldProblems.most {
        told += refusal.problems
        text.append(part.text, written..<refusal.range.lowerBound)
        text.append(refusal.full)
        written = refusal.range.upperBound
      }
      text.append(part.text, written..<part.text.count)
    }
    text.raw("]}")
    var answer = Answer(200, text)
    if !batch.isNamed { answer.requestID = batch.requestID }
    return answer
  }
}
