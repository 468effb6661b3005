import Engine
import WorkerContract
import Tabular
import Telemetry

/// `GET /logs`: the prediction log of the model that is served, the latest page first. Each answer says in `next` where the page
/// before it begins, if there may be one: rows that come meanwhile neither move it nor are in it.
struct LogsEndpoint: Sendable {
  let holder: ServingHolder
  let store: (any PredictionReader)?
  let admission: Admission

  /// The parameters, as the OpenAPI document lists them.
  static let parameters: [(name: String, schema: JSONDocument)] = [
    ("from", moment("from this time on (inclusive)")), ("to", moment("up to this time (exclusive)")),
    ("version", ["type": "string", "description": "of this version"]),
    ("class", ["type": "string", "description": "with this predicted class"]),
    ("request_id", ["type": "string", "description": "of this request"]),
    ("label", ["type": "string", "description": "with this label; not together with labelled"]),
    ("labelled", ["type": "boolean", "description": "with a label or without one"]),
    ("cursor", ["type": "string", "description": "the page that 'next' of an answer names"]),
    (
      "limit",
      [
        "type": "integer", "minimum": 1, "maximum": .integer(maximumLimit), "default": .integer(defaultLimit),
        "description": "at most this many, the latest",
      ]
    ),
  ]
  private static let names = parameters.map(\.name)
  private static let defaultLimit = 100
  private static let maximumLimit = 10_000
  /// Rows that are read from the store at a time, and bytes that are kept free for them.
  private static let (stepRows, stepBytes) = (100, 4 << 20)

  private static func moment(_ meaning: String) -> JSONDocument {
    ["type": "string", "description": .string(meaning + ": 2026-11-29T06:00:00Z, or seconds since 1970")]
  }

  func logs(_ parameters: [String: String]) async -> Answer {
    guard let store else { return .error(503, "The server runs without a telemetry store.") }
    guard let state = holder.state else { return .notLoaded(holder) }
    var problems = FieldProblems()
    let from = time("from", parameters, &problems)
    let to = time("to", parameters, &problems)
    let limit = parameters["limit"].map { Int($0) ?? 0 } ?? Self.defaultLimit
    if !(1...Self.maximumLimit).contains(limit) {
      problems.append(FieldProblem("limit", .outOfRange, "'limit' is a whole number from 1 to \(Self.maximumLimit)."))
    }
    let label = label(parameters, &problems)
    let before = cursor(parameters, &problems)
    for name in parameters.keys.sorted() where !Self.names.contains(name) {
      problems.append(
        FieldProblem(
          name, .unknown, "There is no parameter '\(name.shown)'; there are \(Self.names.joined(separator: ", "))."))
    }
    guard problems.isEmpty else {
      var text = JSONText()
      text.refusal(requestID: nil, problems)
      return Answer(422, text)
    }
    let query = PredictionQuery(
      model: ModelKey(state.table), from: from, to: to,
      version: parameters["version"], predictedClass: parameters["class"], requestID: parameters["request_id"],
      label: label, before: before)
    do throws(TelemetryError) {
      return try await page(query, limit: limit, of: store)
    } catch {
      return .error(error.isAboutRows ? 500 : 503, error.description)
    }
  }

  /// Reads a page from its end in steps, each only after room for it was taken, so that neither many rows nor large ones are more
  /// than may be held. A page ends early where it is as large as an answer may be, or others have the rest of the room.
  private func page(
    _ query: PredictionQuery, limit: Int, of store: any PredictionReader
  ) async throws(TelemetryError) -> Answer {
    guard let hold = admission.bytes.take(Self.stepBytes) else { return Admission.crowded }
    var query = query
    // The latest first.
    var steps: [ArraySlice<LoggedPrediction>] = []
    var (count, bytes) = (0, 0)
    var hasMore = true
    // Rows lie beside the text that they become.
    while count < limit, hold.change(to: 2 * bytes + Self.stepBytes) {
      let wanted = min(Self.stepRows, limit - count)
      query.limit = wanted
      let rows = try await store.predictions(query)
      var start = rows.endIndex
      while start > 0 {
        let size = Self.bytes(rows[start - 1].record)
        // One row is always given, so that whoever follows `next` comes to the end.
        guard bytes + size <= admission.limits.answer || bytes == 0 else { break }
        bytes += size
        start -= 1
      }
      steps.append(rows[start...])
      count += rows.count - start
      guard start == 0 else { break }
      guard rows.count == wanted else {
        hasMore = false
        break
      }
      query.before = rows.first.map { PredictionQuery.Place($0.record) }
    }
    let predictions = steps.reversed().flatMap(\.self)
    // A page that is not full is the last one.
    let next = hasMore ? predictions.first.map { PredictionQuery.Place($0.record) } : nil
    var answer = Answer(200, Self.text(predictions, next: next))
    answer.hold = hold
    return answer
  }

  private func time(_ name: String, _ parameters: [String: String], _ problems: inout FieldProblems) -> Double? {
    guard let text = parameters[name] else { return nil }
    if let seconds = timestamp(in: text) { return seconds }
    problems.append(
      FieldProblem(name, .wrongType, "'\(name)' is a time such as 2026-11-29T06:00:00Z, or seconds since 1970."))
    return nil
  }

  /// Of a row in the answer, about.
  private static func bytes(_ record: PredictionRecord) -> Int {
    record.features.utf8.count + record.probabilities.utf8.count + 1024
  }

  private func label(
    _ parameters: [String: String], _ problems: inout FieldProblems
  ) -> PredictionQuery.LabelFilter? {
    switch (parameters["label"], parameters["labelled"]) {
    case (nil, nil): return nil
    case (let label?, nil): return .equal(label)
    case (nil, "true"): return .given
    case (nil, "false"): return .missing
    case (nil, _): problems.append(FieldProblem("labelled", .wrongType, "'labelled' is true or false."))
    case (_, _):
      problems.append(FieldProblem("labelled", .unknown, "'label' and 'labelled' cannot be given together."))
    }
    return nil
  }

  private func cursor(
    _ parameters: [String: String], _ problems: inout FieldProblems
  ) -> PredictionQuery.Place? {
    guard let text = parameters["cursor"] else { return nil }
    if let place = LogCursor.place(text) { return place }
    problems.append(FieldProblem("cursor", .wrongType, "'cursor' is what 'next' of an answer says."))
    return nil
  }

  private static func text(_ predictions: [LoggedPrediction], next: PredictionQuery.Place?) -> JSONText {
    var text = JSONText(capacity: 64 + predictions.count * 512)
    text.raw(#"{"predictions":"#)
    text.array(predictions) { text, prediction in
      let record = prediction.record
      text.raw(#"{"request_id":"#)
      text.string(record.requestID)
      text.raw(#","time":"#)
      text.string(timestampText(record.time))
      text.raw(#","model_version":"#)
      text.string(record.version)
      text.raw(#","role":"#)
      text.string(record.role.rawValue)
      text.raw(#","features":"#)
      text.raw(record.features)
      text.raw(#","predicted_class":"#)
      text.string(record.predictedClass)
      text.raw(#","probabilities":"#)
      text.raw(record.probabilities)
      text.raw(#","confidence":"#)
      text.number(record.confidence)
      text.raw(#","latency_seconds":"#)
      text.number(record.latency)
      text.raw(#","repeats":"#)
      text.integer(prediction.repeats)
      text.raw(#","label":"#)
      if let label = prediction.label { text.string(label) } else { text.raw("null") }
      text.raw(#","label_time":"#)
      if let time = prediction.labelTime { text.string(timestampText(time)) } else { text.raw("null") }
      text.raw("}")
    }
    text.raw(#","next":"#)
    if let next { text.string(LogCursor.text(next)) } else { text.raw("null") }
    text.raw("}")
    return text
  }
}
