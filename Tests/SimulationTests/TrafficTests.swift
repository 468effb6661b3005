import Foundation
import HTTPTransport
import Simulation
import Synchronization
import Testing
import WorkerContract

/// A server that answers every row with the same class and remembers what it was asked.
private final class RecordingServer: HTTPTransport {
  private let asked = Mutex<[(path: String, body: String)]>([])
  private let status: Int
  private let refusal: String?

  init(status: Int = 200, refusal: String? = nil) {
    self.status = status
    self.refusal = refusal
  }

  var requests: [(path: String, body: String)] { asked.withLock { $0 } }

  func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
    let path = String(request.url.dropFirst("http://model".count))
    let body = String(decoding: request.body, as: UTF8.self)
    asked.withLock { $0.append((path, body)) }
    if let refusal { return HTTPResponse(status: status, body: Array(refusal.utf8)) }
    let answer = #"{"request_id":"x","predicted_class":"legitimate","confidence":0.9,"model_version":"v1"}"#
    switch path {
    case "/predict": return HTTPResponse(status: status, body: Array(answer.utf8))
    case "/predict/batch":
      let rows = body.components(separatedBy: "request_id").count - 1
      let list = Array(repeating: answer, count: rows).joined(separator: ",")
      return HTTPResponse(status: status, body: Array("{\"responses\":[\(list)]}".utf8))
    default: return HTTPResponse(status: status, body: Array("{}".utf8))
    }
  }

  func stream(_ request: HTTPRequest) async throws(TransportError) -> HTTPStream {
    throw TransportError.cancelled
  }
}

@Suite struct TrafficTests {
  private let world = CardWorld(seed: 5)

  private func send(
    _ server: RecordingServer, rows: Range<Int>, batch: Int, delay: LabelDelay?
  ) async throws -> Traffic.Tally {
    let world = world
    let traffic = Traffic(
      url: "http://model/", batch: batch, rate: 0, labelDelay: delay, prefix: "t", transport: server)
    return try await traffic.send(rows, positive: "fraud", row: { world.row(at: $0) }, progress: { _, _ in })
  }

  private func ids(_ body: String) -> [String] {
    body.components(separatedBy: "\"request_id\":\"").dropFirst().map { String($0.prefix { $0 != "\"" }) }
  }

  @Test func `rows go out in batches and labels follow so many rows later`() async throws {
    let server = RecordingServer()
    let tally = try await send(server, rows: 10..<20, batch: 4, delay: .rows(5))
    #expect(
      server.requests.map(\.path)
        == ["/predict/batch", "/predict/batch", "/feedback", "/predict/batch", "/feedback", "/feedback"])
    let feedback = server.requests.filter { $0.path == "/feedback" }.map { ids($0.body) }
    #expect(feedback == [["t-10", "t-11", "t-12"], ["t-13", "t-14"], (15..<20).map { "t-\($0)" }])
    #expect(tally.sent == 10 && tally.answered == 10 && tally.versions == ["v1"])
    let legitimate = (10..<20).count { world.row(at: $0).label == "legitimate" }
    #expect(tally.right == legitimate && tally.falseNegatives == 10 - legitimate)
  }

  @Test func `a batch of one is a plain prediction`() async throws {
    let server = RecordingServer()
    _ = try await send(server, rows: 0..<3, batch: 1, delay: nil)
    #expect(server.requests.map(\.path) == ["/predict", "/predict", "/predict"])
    #expect(server.requests.map { ids($0.body) } == [["t-0"], ["t-1"], ["t-2"]])
  }

  @Test func `labels delayed by time are all sent, none before its time`() async throws {
    let server = RecordingServer()
    let clock = ContinuousClock()
    let took = try await clock.measure {
      _ = try await send(server, rows: 0..<6, batch: 3, delay: .span(TimeSpan(seconds: 0.05)))
    }
    #expect(took >= .seconds(0.05))
    #expect(server.requests.filter { $0.path == "/feedback" }.flatMap { ids($0.body) } == (0..<6).map { "t-\($0)" })
  }

  @Test func `a refused row is counted with its reason`() async throws {
    let server = RecordingServer(status: 422, refusal: #"{"request_id":"t-0","error":"'amount' is a number."}"#)
    let tally = try await send(server, rows: 0..<2, batch: 1, delay: nil)
    #expect(tally.sent == 2 && tally.answered == 0 && tally.refusal == "'amount' is a number.")
  }

  @Test func `a server that is not ready ends the traffic with its answer`() async throws {
    let server = RecordingServer(status: 503, refusal: "no model is loaded")
    let failure = await #expect(throws: Traffic.Failure.self) {
      try await send(server, rows: 0..<2, batch: 2, delay: nil)
    }
    #expect(failure?.description == "http://model/predict/batch answered 503: no model is loaded")
  }

  @Test(
    arguments: [
      ("200", .rows(200)), ("0", .rows(0)), ("30s", .span(TimeSpan(seconds: 30))), ("-1", nil), ("soon", nil),
      ("", nil),
    ] as [(String, LabelDelay?)])
  func `a delay is rows or a time`(text: String, expected: LabelDelay?) {
    #expect(LabelDelay(text) == expected)
  }
}
