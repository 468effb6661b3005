import Engine
import WorkerContract
import Tabular
import Telemetry

/// `GET /logs?from=&to=&version=&class=&limit=`: the prediction log of the model that is served.
struct LogsEndpoint: Sendable {
  let holder: ServingHolder
  let store: (any PredictionReader)?
  let limits: RequestLimits

  private static let names = ["from", "to", "version", "class", "limit"]
  private static let defaultLimit = 100
  private static let maximumLimit = 10_000

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
      version: parameters["version"], predictedClass: parameters["class"], limit: limit)
    do throws(TelemetryError) {
      let predictions = try await store.predictions(query)
      let bytes = predictions.reduce(0) { $0 + Self.bytes($1.record) }
      guard bytes <= limits.answer else {
        return .error(
          413,
          "The rows have \(bytes) bytes, and this server's limit is \(limits.answer) (--maximum-answer); ask for fewer with 'limit'."
        )
      }
      return Answer(200, Self.text(predictions))
    } catch {
      return .error(error.isAboutRows ? 500 : 503, error.description)
    }
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

  private static func text(_ predictions: [LoggedPrediction]) -> JSONText {
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
    text.raw("}")
    return text
  }
}
