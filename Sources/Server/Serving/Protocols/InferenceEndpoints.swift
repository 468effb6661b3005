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
  let limits: RequestLimits
  let clock: @Sendable () -> Double

  /// Problems of a request that are told; the rest is counted.
  private static let toldProblems = 20

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
      let message = "There is no model '\(names.model ?? "")' here; this server serves '\(state.table.model)'."
      return .failure(Refusal(answer: .error(404, message)))
    }
    guard let version = names.version else { return .success((state, nil)) }
    guard let entry = state.table.entries.firstIndex(where: { $0.version == version }) else {
      let loaded = state.table.entries.map(\.version).joined(separator: ", ")
      let message = "Version '\(version)' of '\(state.table.model)' is not loaded; these are: \(loaded)."
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

  /// - Parameters:
  ///   - header: The request's `X-Request-Id`, which stands in for an id in the body.
  ///   - jsonLength: The header that says how many bytes of the body are JSON; nil: all.
  func infer(
    _ body: ByteBuffer, _ names: ModelReference, header: String?, jsonLength: String?, on lane: ServingLane
  ) -> Answer {
    let found: (state: ServingState, entry: Int?)
    switch state(for: names) {
    case .failure(let refusal): return refusal.answer
    case .success(let success): found = success
    }
    let length = jsonLength.map { Int($0) ?? -1 } ?? body.readableBytes
    guard (0...body.readableBytes).contains(length) else {
      return .error(
        400,
        "Inference-Header-Content-Length is the number of bytes of JSON in the body, from 0 to \(body.readableBytes).")
    }
    return body.withUnsafeReadableBytes { raw in
      let bytes = raw.assumingMemoryBound(to: UInt8.self)
      do throws(JSONProblem) {
        try JSONScanner.validateUTF8(UnsafeBufferPointer(rebasing: bytes[..<length]))
        var scanner = JSONScanner(bytes, range: 0..<length)
        let request = try InferenceRequest(from: &scanner)
        try scanner.finish()
        return try answer(request, bytes, binary: length..<bytes.count, found.state, found.entry, header: header, lane)
      } catch {
        return .error(400, error.description)
      }
    }
  }

  private func answer(
    _ request: InferenceRequest, _ bytes: UnsafeBufferPointer<UInt8>, binary: Range<Int>, _ state: ServingState,
    _ pinned: Int?, header: String?, _ lane: ServingLane
  ) throws(JSONProblem) -> Answer {
    let time = clock()
    let id = request.id ?? header ?? lane.makeRequestID(at: time)
    let entry = pinned ?? state.answering(request.key ?? id)
    let version = state.versions[entry]
    let rows = try InferenceRows(request, in: bytes, binary: binary, reader: version.reader, limit: limits.batch)
    if rows.isTooLong {
      return .error(
        413,
        "The request has more than \(limits.batch) rows, this server's limit (--maximum-batch); send them in parts.")
    }
    var problems = rows.problems
    let wanted = InferenceOutput.wanted(by: request, &problems)
    let explain = wanted.contains { $0.output == .contributions }
    if explain, !version.model.isExplainable {
      problems.append(
        "Version '\(version.version)' cannot be explained: its file does not say how many rows reached its nodes.")
    }
    guard problems.isEmpty else { return Self.refusal(problems, code: 400) }

    let predictor = RowPredictor(state: lane.state(state), time: time, lane: lane)
    var outputs = InferenceOutputs(version: version, capacity: rows.ranges.count, explain: explain)
    let refused = try rows.bytes.withUnsafeBufferPointer { text throws(JSONProblem) -> [String] in
      let isSingle = rows.ranges.count == 1
      var refused: [String] = []
      // One row that is refused is not predicted either; of several, all are checked before the first is predicted.
      for (index, range) in rows.ranges.enumerated() where !isSingle {
        let problems = try predictor.check(range, by: entry, in: text)
        metrics.refused(problems)
        refused += problems.map { "Row \(index): \($0.message)" }
      }
      guard refused.isEmpty else { return refused }
      if !isSingle { metrics.batchRows.observe(Double(rows.ranges.count)) }
      for (index, range) in rows.ranges.enumerated() {
        let problems = try predictor.predict(range, by: entry, requestID: isSingle ? id : "\(id)-\(index)", in: text) {
          scratch, _, _ in outputs.append(scratch)
        }
        metrics.refused(problems)
        refused += problems.map(\.message)
      }
      return refused
    }
    guard refused.isEmpty else { return Self.refusal(refused, code: 422) }
    var answer = outputs.answer(model: state.table.model, id: id, wanted)
    if request.id == nil, header == nil { answer.requestID = id }
    return answer
  }

  private static func refusal(_ problems: [String], code: Int) -> Answer {
    let more = problems.count - toldProblems
    return .error(
      code, problems.prefix(toldProblems).joined(separator: " ") + (more > 0 ? " There are \(more) more." : ""))
  }
}
