package import HTTPTransport
import Foundation
import JSON
import Statistics
import WorkerContract

/// Traffic against a running model: rows become predictions, labels follow as feedback.
package struct Traffic: Sendable {
  /// Rows of one stretch of the traffic and how the model did on them.
  package struct Tally: Sendable, Equatable {
    package var sent = 0
    package var answered = 0
    package var right = 0
    package var truePositives = 0
    package var falsePositives = 0
    package var falseNegatives = 0
    package var versions: Set<String> = []
    /// First message of a row that was refused.
    package var refusal: String?

    package init(sent: Int = 0) { self.sent = sent }

    package var accuracy: Double { answered == 0 ? 0 : Double(right) / Double(answered) }
    /// nil where no row was predicted to be positive.
    package var precision: Double? { scores.precision }
    /// nil where no row is positive.
    package var recall: Double? { scores.recall }
    /// nil where no row is positive or predicted to be.
    package var f1: Double? { scores.f1 }

    private var scores: ClassScores {
      ClassScores(
        ClassCounts(
          hits: truePositives, predicted: truePositives + falsePositives, occurring: truePositives + falseNegatives))
    }

    package mutating func merge(_ other: Tally) {
      sent += other.sent
      answered += other.answered
      right += other.right
      truePositives += other.truePositives
      falsePositives += other.falsePositives
      falseNegatives += other.falseNegatives
      versions.formUnion(other.versions)
      refusal = refusal ?? other.refusal
    }
  }

  /// Why traffic ended early.
  package enum Failure: Error, CustomStringConvertible {
    case unreachable(url: String, cause: String)
    case refused(url: String, status: Int, body: String)

    package var description: String {
      switch self {
      case .unreachable(let url, let cause):
        "\(url) does not answer: \(cause); is the model's Service the one in --url?"
      case .refused(let url, let status, let body): "\(url) answered \(status): \(body)"
      }
    }
  }

  package var url: String
  /// Rows in one request.
  package var batch: Int
  /// Rows per second; 0: as fast as possible.
  package var rate: Double
  /// When a label follows its prediction; nil: never.
  package var labelDelay: LabelDelay?
  /// Before every request id: `<prefix>-<index>`.
  package var prefix: String
  private let transport: any HTTPTransport

  package init(
    url: String, batch: Int, rate: Double, labelDelay: LabelDelay?, prefix: String, transport: any HTTPTransport
  ) {
    self.url = url.hasSuffix("/") ? String(url.dropLast()) : url
    self.batch = max(1, batch)
    self.rate = rate
    self.labelDelay = labelDelay
    self.prefix = prefix
    self.transport = transport
  }

  /// Sends the rows of `range`; calls `progress` after each request with what that request brought.
  package func send(
    _ range: Range<Int>, positive: String, row: @Sendable (Int) -> SimulatedRow,
    progress: (Tally, _ done: Int) async -> Void
  ) async throws -> Tally {
    let clock = ContinuousClock()
    let began = clock.now
    var total = Tally()
    var unlabelled = PendingLabels()
    var next = range.lowerBound
    while next < range.upperBound {
      let part = next..<min(next + batch, range.upperBound)
      let rows = part.map { (index: $0, row: row($0)) }
      let tally = try await predict(rows, positive: positive)
      total.merge(tally)
      unlabelled.add(rows.map { (index: $0.index, label: $0.row.label) }, at: clock.now)
      if let labelDelay { try await label(unlabelled.takeDue(labelDelay, now: clock.now)) }
      next = part.upperBound
      await progress(tally, next - range.lowerBound)
      if rate > 0 {
        try await clock.sleep(until: began.advanced(by: .seconds(Double(next - range.lowerBound) / rate)))
      }
    }
    try await sendLastLabels(unlabelled, clock: clock)
    return total
  }

  /// Labels delayed by rows have no more rows to wait for; labels delayed by time are sent when their time has come.
  private func sendLastLabels(_ pending: PendingLabels, clock: ContinuousClock) async throws {
    var pending = pending
    switch labelDelay {
    case nil: return
    case .rows: try await label(pending.takeAll())
    case .span(let span):
      while let oldest = pending.oldest {
        try await clock.sleep(until: oldest.advanced(by: .seconds(span.seconds)))
        try await label(pending.takeDue(.span(span), now: clock.now))
      }
    }
  }

  private func requestID(_ index: Int) -> String { "\(prefix)-\(index)" }

  /// The answers in the rows' order. One row goes to `/predict`, several to `/predict/batch`.
  private func answers(_ rows: [(index: Int, row: SimulatedRow)]) async throws -> [Answer.Row] {
    let items = rows.map { item -> String in
      let members = item.row.values.sorted { $0.key < $1.key }.map { "\(quoted($0.key)):\(json($0.value))" }
      return "{\"request_id\":\(quoted(requestID(item.index))),\"features\":{\(members.joined(separator: ","))}}"
    }
    if let only = items.first, items.count == 1 {
      // 422 is the answer to this row, as it would be inside of a batch.
      let body = try await post("/predict", only, accepting: 422)
      return [try JSONDecoder().decode(Answer.Row.self, from: Data(body))]
    }
    let body = try await post("/predict/batch", "{\"requests\":[\(items.joined(separator: ","))]}")
    return try JSONDecoder().decode(Answer.self, from: Data(body)).responses
  }

  private func predict(_ rows: [(index: Int, row: SimulatedRow)], positive: String) async throws -> Tally {
    let answers = try await answers(rows)
    var tally = Tally(sent: rows.count)
    for (item, response) in zip(rows, answers) {
      guard let predicted = response.predicted_class else {
        tally.refusal = tally.refusal ?? response.error
        continue
      }
      tally.answered += 1
      if let version = response.model_version { tally.versions.insert(version) }
      let isPositive = item.row.label == positive
      if predicted == item.row.label { tally.right += 1 }
      switch (isPositive, predicted == positive) {
      case (true, true): tally.truePositives += 1
      case (true, false): tally.falseNegatives += 1
      case (false, true): tally.falsePositives += 1
      case (false, false): break
      }
    }
    return tally
  }

  private func label(_ items: [(index: Int, label: String)]) async throws {
    guard !items.isEmpty else { return }
    let rows = items.map { "{\"request_id\":\(quoted(requestID($0.index))),\"label\":\(quoted($0.label))}" }
    _ = try await post("/feedback", "{\"feedback\":[\(rows.joined(separator: ","))]}")
  }

  private func post(_ path: String, _ body: String, accepting: Int? = nil) async throws -> [UInt8] {
    let target = url + path
    let response: HTTPResponse
    do {
      response = try await transport.send(
        HTTPRequest(.post, url: target, headers: ["Content-Type": "application/json"], body: Array(body.utf8)))
    } catch { throw Failure.unreachable(url: target, cause: "\(error)") }
    guard response.isSuccess || response.status == accepting else {
      throw Failure.refused(url: target, status: response.status, body: String(response.text.prefix(500)))
    }
    return response.body
  }

  private struct Answer: Decodable {
    var responses: [Row]

    struct Row: Decodable {
      var predicted_class: String?
      var model_version: String?
      var error: String?

      private enum Key: String, CodingKey { case predicted_class, model_version, error, errors }

      /// A refused row carries its error as a text or as a structure: either is shown as it is.
      init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        predicted_class = try container.decodeIfPresent(String.self, forKey: .predicted_class)
        model_version = try container.decodeIfPresent(String.self, forKey: .model_version)
        error = (try? container.decodeIfPresent(String.self, forKey: .error)) ?? nil
        if predicted_class == nil, error == nil { error = "the row was refused" }
      }
    }
  }

  private func json(_ value: SimulatedValue) -> String {
    switch value {
    case .missing: "null"
    case .number(let number): number.isFinite ? "\(number)" : "null"
    case .text(let text): quoted(text)
    }
  }

  private func quoted(_ text: String) -> String { JSONString.quoted(text, .space) }
}
