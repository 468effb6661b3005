import Engine
import JSONScanning
import Exposition
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
  }

  private struct Refusal: Error {
    let answer: Answer
  }

  /// Rows that one task predicts before others may have its thread.
  private static let part = 256

  func predictBatch(_ body: ByteBuffer, header: String?, on lane: ServingLane) -> Answer {
    guard let state = holder.state else { return .notLoaded(holder) }
    do {
      let batch = try batch(body, header: header, lane)
      let rows = try answers(batch, batch.envelopes.indices, in: body, state, lane)
      return answer(batch, [rows])
    } catch {
      return Self.answer(to: error)
    }
  }

  /// The rows of a large batch are shared out among the machine's cores; single requests go on meanwhile.
  func predictBatch(_ body: ByteBuffer, header: String?, on lanes: ServingLanes) async -> Answer {
    guard let state = holder.state else { return .notLoaded(holder) }
    do {
      let batch = try lanes.borrowing { (lane) throws(any Error) -> Batch in
        try self.batch(body, header: header, lane)
      }
      let starts = Array(stride(from: 0, to: batch.envelopes.count, by: Self.part))
      let parts = try await withThrowingTaskGroup(of: (Int, JSONText).self) { group in
        for (place, start) in starts.enumerated() {
          let rows = start..<min(start + Self.part, batch.envelopes.count)
          group.addTask {
            let text = try lanes.borrowing { (lane) throws(any Error) -> JSONText in
              try self.answers(batch, rows, in: body, state, lane)
            }
            return (place, text)
          }
        }
        var parts = [JSONText?](repeating: nil, count: starts.count)
        for try await (place, text) in group { parts[place] = text }
        return parts.compactMap(\.self)
      }
      return answer(batch, parts)
    } catch {
      return Self.answer(to: error)
    }
  }

  private static func answer(to error: any Error) -> Answer {
    switch error {
    case let refusal as Refusal: refusal.answer
    case let problem as JSONProblem: .malformed(problem)
    default: .error(500, "The batch failed: \(error)")
    }
  }

  private func batch(_ body: ByteBuffer, header: String?, _ lane: ServingLane) throws -> Batch {
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
      metrics.batchRows.observe(Double(envelopes.count))
      return Batch(envelopes: envelopes, requestID: header ?? lane.makeRequestID(at: clock()), isNamed: header != nil)
    }
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

  /// The answers to some of the rows, with commas between them.
  private func answers(
    _ batch: Batch, _ rows: Range<Int>, in body: ByteBuffer, _ state: ServingState, _ lane: ServingLane
  ) throws -> JSONText {
    try body.withUnsafeReadableBytes { raw in
      let bytes = raw.assumingMemoryBound(to: UInt8.self)
      let predictor = RowPredictor(state: lane.state(state), time: clock(), lane: lane)
      var text = JSONText(capacity: 64 + rows.count * 192)
      for index in rows {
        if index > rows.lowerBound { text.raw(",") }
        let envelope = batch.envelopes[index]
        let requestID = envelope.requestID ?? "\(batch.requestID)-\(index)"
        let problems = try predictor.answer(envelope, requestID: requestID, in: bytes, to: &text)
        guard !problems.isEmpty else { continue }
        metrics.refused(problems)
        text.refusal(requestID: requestID, problems)
      }
      return text
    }
  }

  private func answer(_ batch: Batch, _ parts: [JSONText]) -> Answer {
    var text = JSONText(capacity: 64 + parts.reduce(0) { $0 + $1.buffer.readableBytes + 1 })
    text.raw(#"{"responses":["#)
    for (place, part) in parts.enumerated() {
      if place > 0 { text.raw(",") }
      text.append(part)
    }
    text.raw("]}")
    var answer = Answer(200, text)
    if !batch.isNamed { answer.requestID = batch.requestID }
    return answer
  }
}
