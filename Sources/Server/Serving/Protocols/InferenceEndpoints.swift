import Engine
import JSONScanning
import Exposition
import Learning
import NIOCore
import Tabular
import WorkerContract

/// The Open Inference Protocol, version 2, over REST, with its extension for binary tensors.
///
/// Each feature is an input tensor of shape `[n]` or `[n, 1]`. Either all rows of a request are predicted, by one version,
/// or none is. Its rows are logged under its id, those of several rows under `<id>-0`, `<id>-1`, ….
struct InferenceEndpoints: Sendable {
  let holder: ServingHolder
  let metrics: ServingMetrics
  let admission: Admission
  let clock: @Sendable () -> Double

  func server() -> Answer {
    var text = JSONText()
    text.raw(#"{"name":"apus","version":"2","extensions":["binary_tensor_data"]}"#)
    return Answer(200, text)
  }

  func live() -> Answer {
    var text = JSONText()
    text.raw(#"{"live":true}"#)
    return Answer(200, text)
  }

  func ready() -> Answer {
    switch holder.readiness {
    case .ready:
      var text = JSONText()
      text.raw(#"{"ready":true}"#)
      return Answer(200, text)
    case .draining: return .error(503, "The server is shutting down.")
    case .notLoaded: return .notLoaded(holder)
    }
  }

  /// The state, and the position of the version that the path names, if it names one.
  private func state(for names: ModelReference) -> Result<(ServingState, entry: Int?), Refusal> {
    guard let state = holder.state else { return .failure(Refusal(answer: .notLoaded(holder))) }
    guard names.model == state.table.model else {
      let message = "There is no model '\((names.model ?? "").shown)' here; this server serves '\(state.table.model)'."
      return .failure(Refusal(answer: .error(404, message)))
    }
    guard let version = names.version else { return .success((state, nil)) }
    guard let entry = state.table.entries.firstIndex(where: { $0.version == version }) else {
      let loaded = state.table.entries.map(\.version).joined(separator: ", ")
      let message = "Version '\(version.shown)' of '\(state.table.model)' is not loaded; these are: \(loaded)."
      return .failure(Refusal(answer: .error(404, message)))
    }
    return .success((state, entry))
  }

  private struct Refusal: Error {
    let answer: Answer
  }

  func modelReady(_ names: ModelReference) -> Answer {
    switch state(for: names) {
    case .failure(let refusal): return refusal.answer
    case .success((let state, _)):
      guard holder.readiness == .ready else { return .error(503, "The server is shutting down.") }
      var text = JSONText()
      text.raw(#"{"name":"#)
      text.string(state.table.model)
      text.raw(#","ready":true}"#)
      return Answer(200, text)
    }
  }

  func model(_ names: ModelReference) -> Answer {
    switch state(for: names) {
    case .failure(let refusal): return refusal.answer
    case .success((let state, let entry)):
      guard let version = entry.map({ state.versions[$0] }) ?? state.production else {
        return .notLoaded(holder)
      }
      return Answer(200, Self.metadata(state, version))
    }
  }

  private static func metadata(_ state: ServingState, _ version: LoadedVersion) -> JSONText {
    var text = JSONText(capacity: 1024)
    text.raw(#"{"name":"#)
    text.string(state.table.model)
    text.raw(#","versions":"#)
    text.array(state.versions) { text, version in text.raw(version.quotedVersion) }
    text.raw(#","platform":"apus","inputs":"#)
    text.array(version.pipeline.schema.features) { text, feature in
      text.raw(#"{"name":"#)
      text.string(feature.name)
      text.raw(#","datatype":"#)
      text.string((feature.type == .numeric ? TensorDatatype.fp64 : .bytes).rawValue)
      text.raw(#","shape":[-1]}"#)
    }
    text.raw(#","outputs":"#)
    let outputs = InferenceOutput.allCases.filter { $0 != .contributions || version.model.isExplainable }
    text.array(outputs) { text, output in
      text.raw(#"{"name":"#)
      text.string(output.rawValue)
      text.raw(#","datatype":"#)
      text.string(output.datatype.rawValue)
      text.raw(#","shape":[-1"#)
      for size in output.shape(of: version) {
        text.raw(",")
        text.integer(size)
      }
      text.raw("]}")
    }
    text.raw("}")
    return text
  }

  /// A request that was read, for one version.
  private struct Prepared: Sendable {
    let state: ServingState
    let entry: Int
    let id: String
    /// Whether the request brought the id.
    let isNamed: Bool
    let time: Double
    let rows: InferenceRows
    let wanted: [(output: InferenceOutput, isBinary: Bool)]
    let cost: AnswerCost
    /// The rows' part of the bytes that are held for clients; nil: they are few.
    let hold: Budget.Hold?
    /// Bytes of it, and of what the request held before.
    let held: Int

    var version: LoadedVersion { state.versions[entry] }
    var explains: Bool { wanted.contains { $0.output == .contributions } }
    var isSingle: Bool { rows.ranges.count == 1 }
  }

  /// An event loop has no time for the request.
  private struct TakesLong: Error {
    let cost: AnswerCost
  }

  /// - Parameters:
  ///   - header: The request's `X-Request-Id`, which stands in for an id in the body.
  ///   - jsonLength: The header that says how many bytes of the body are JSON; nil: all.
  /// - Returns: Nothing is predicted where the answer takes too long for an event loop.
  func infer(
    _ body: ByteBuffer, _ names: ModelReference, header: String?, jsonLength: String?, on lane: ServingLane
  ) -> Attempt {
    do {
      let request = try prepare(body, names, header: header, jsonLength: jsonLength, held: nil, lane)
      let room = try admission.room(forInline: request.cost).get()
      let all = request.rows.ranges.indices
      if !request.isSingle { try begin(request, try check(request, all, lane)) }
      var answer = try answer(request, [try predict(request, all, lane)])
      answer.hold = room
      return .answered(answer)
    } catch let long as TakesLong {
      return .takesLong(long.cost)
    } catch {
      return .answered(Self.answer(to: error))
    }
  }

  /// The same for large requests, whose rows are shared out among the machine's cores.
  /// - Parameter held: Bytes that the request holds already.
  func infer(
    _ body: ByteBuffer, _ names: ModelReference, header: String?, jsonLength: String?, held: Int, on lanes: ServingLanes
  ) async -> Answer {
    do {
      let request = try lanes.borrowing { (lane) throws(any Error) -> Prepared in
        try self.prepare(body, names, header: header, jsonLength: jsonLength, held: held, lane)
      }
      let grant = try admission.admit(request.cost, beside: request.held).get()
      defer { withExtendedLifetime(grant) {} }
      defer { withExtendedLifetime(request.hold) {} }
      if !request.isSingle {
        let checked = try await admission.inParts(request.cost) { rows in
          try lanes.borrowing { (lane) throws(any Error) -> FieldProblems in try self.check(request, rows, lane) }
        }
        try begin(request, checked.reduce(FieldProblems(), +))
      }
      let parts = try await admission.inParts(request.cost) { rows in
        try lanes.borrowing { (lane) throws(any Error) -> Predicted in try self.predict(request, rows, lane) }
      }
      var answer = try answer(request, parts)
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
    case let problem as JSONProblem: .error(400, problem.description)
    case is CancellationError: .abandoned
    default: .error(500, "The request failed: \(error)")
    }
  }

  /// - Parameter held: Bytes that the request holds already; nil: an event loop asks, which writes no large rows.
  private func prepare(
    _ body: ByteBuffer, _ names: ModelReference, header: String?, jsonLength: String?, held: Int?, _ lane: ServingLane
  ) throws -> Prepared {
    let (state, pinned) = try self.state(for: names).get()
    let length = jsonLength.map { Int($0) ?? -1 } ?? body.readableBytes
    guard (0...body.readableBytes).contains(length) else {
      throw Refusal(
        answer: .error(
          400,
          "Inference-Header-Content-Length is the number of bytes of JSON in the body, from 0 to \(body.readableBytes)."
        ))
    }
    return try body.withUnsafeReadableBytes { raw in
      let bytes = raw.assumingMemoryBound(to: UInt8.self)
      try JSONScanner.validateUTF8(UnsafeBufferPointer(rebasing: bytes[..<length]))
      var scanner = JSONScanner(bytes, range: 0..<length)
      let request = try InferenceRequest(from: &scanner)
      try scanner.finish()
      let time = clock()
      let id = request.id ?? header ?? lane.makeRequestID(at: time)
      let entry = pinned ?? state.answering(request.key ?? id)
      let version = state.versions[entry]
      var rows = InferenceRows(
        request, binary: length..<bytes.count, reader: version.reader, limit: admission.limits.batch)
      if rows.isTooLong {
        throw Refusal(
          answer: .error(
            413,
            "The request has more than \(admission.limits.batch) rows, this server's limit (--maximum-batch); send them in parts."
          ))
      }
      var wrongOutputs = FieldProblems()
      let wanted = InferenceOutput.wanted(by: request, &wrongOutputs)
      let explains = wanted.contains { $0.output == .contributions }
      let cost = AnswerCost(
        rows: rows.count, rowBytes: wanted.reduce(0) { $0 + $1.output.mostBytes(of: version) },
        stepsOfRow: explains ? version.bounds.steps : 0, scratch: explains ? version.bounds.scratch : 0,
        workOfRow: version.bounds.work)
      if held == nil, !(admission.isInline(cost) && admission.isInline(bytes: rows.mostBytes)) {
        throw TakesLong(cost: cost)
      }
      // Where the elements are, and the rows that they become.
      let taken = rows.placeBytes + rows.mostBytes
      let hold = try admission.take(taken, beside: held ?? 0)
      try rows.findElements(in: bytes)
      try rows.write(bytes)
      // The places are freed. Fewer bytes always fit.
      let kept = min(taken, rows.bytes.count)
      _ = hold?.change(to: kept)
      var problems = rows.problems + wrongOutputs
      if explains, !version.model.isExplainable {
        problems.append(
          sentence:
            "Version '\(version.version)' cannot be explained: its file does not say how many rows reached its nodes.")
      }
      guard problems.isEmpty else { throw Refusal(answer: .error(400, problems.sentence)) }
      return Prepared(
        state: state, entry: entry, id: id, isNamed: request.id != nil || header != nil, time: time, rows: rows,
        wanted: wanted, cost: cost, hold: hold, held: (held ?? 0) + (hold == nil ? 0 : kept))
    }
  }

  /// What is wrong with some of the rows: of several, all are checked before the first is predicted.
  private func check(_ request: Prepared, _ rows: Range<Int>, _ lane: ServingLane) throws -> FieldProblems {
    let predictor = RowPredictor(state: lane.state(request.state), time: request.time, lane: lane)
    return try request.rows.bytes.withUnsafeBufferPointer { text in
      var refused = FieldProblems()
      for index in rows {
        let problems = try predictor.check(request.rows.ranges[index], by: request.entry, in: text)
        metrics.refused(problems)
        if !problems.isEmpty { refused.append(problems, at: "Row \(index)") }
      }
      return refused
    }
  }

  /// After the rows were checked, before the first is predicted.
  private func begin(_ request: Prepared, _ refused: FieldProblems) throws(Refusal) {
    guard refused.isEmpty else { throw Refusal(answer: .error(422, refused.sentence)) }
    metrics.batchRows.observe(Double(request.rows.ranges.count))
  }

  private struct Predicted: Sendable {
    var outputs: InferenceOutputs
    var refused = FieldProblems()
  }

  private func predict(_ request: Prepared, _ rows: Range<Int>, _ lane: ServingLane) throws -> Predicted {
    let predictor = RowPredictor(state: lane.state(request.state), time: request.time, lane: lane)
    var outputs = InferenceOutputs(version: request.version, capacity: rows.count, explain: request.explains)
    var refused = FieldProblems()
    try request.rows.bytes.withUnsafeBufferPointer { text in
      for index in rows {
        let problems = try predictor.predict(
          request.rows.ranges[index], by: request.entry,
          requestID: request.isSingle ? request.id : "\(request.id)-\(index)",
          in: text
        ) { scratch, _, _ in outputs.append(scratch) }
        metrics.refused(problems)
        refused.append(problems)
      }
    }
    return Predicted(outputs: outputs, refused: refused)
  }

  private func answer(_ request: Prepared, _ parts: [Predicted]) throws(Refusal) -> Answer {
    let refused = parts.reduce(FieldProblems()) { $0 + $1.refused }
    guard refused.isEmpty, var outputs = parts.first?.outputs else {
      throw Refusal(answer: .error(422, refused.sentence))
    }
    for part in parts.dropFirst() { outputs.append(part.outputs) }
    var answer = outputs.answer(model: request.state.table.model, id: request.id, request.wanted)
    if !request.isNamed { answer.requestID = request.id }
    return answer
  }
}
