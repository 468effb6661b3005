import Alerting
import Decisions
import Foundation
import HTTPTransport
import KubernetesModel
import Logging
import Synchronization
import Testing

/// Records requests and answers with what it is told.
private final class RecordingTransport: HTTPTransport {
  private let state = Mutex<(requests: [HTTPRequest], answers: [Int])>(([], []))

  init(answers: [Int] = []) { state.withLock { $0.answers = answers } }

  var requests: [HTTPRequest] { state.withLock { $0.requests } }

  func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
    state.withLock { state in
      state.requests.append(request)
      return HTTPResponse(status: state.answers.isEmpty ? 200 : state.answers.removeFirst())
    }
  }

  func stream(_ request: HTTPRequest) async throws(TransportError) -> HTTPStream {
    throw .unavailable(reason: "not used here")
  }
}

private func alert(_ state: Alert.State = .firing, channels: [String] = ["out"]) -> Alert {
  Alert(
    key: "shop/watch/CriticalFeatureDrift", id: "id-\(state.rawValue)",
    at: Timestamp(secondsSince1970: 1_793_188_800), rule: .criticalDrift, state: state,
    title: "CriticalFeatureDrift: shop/income", message: "age < 30 & PSI 0.31", namespace: "shop", policy: "watch",
    model: "income", channels: channels)
}

private let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

@Suite struct AlertDispatcherTests {
  private func body(_ request: HTTPRequest?) throws -> [String: Any] {
    let request = try #require(request)
    return try #require(try JSONSerialization.jsonObject(with: Data(request.body)) as? [String: Any])
  }

  @Test func `Slack gets a text with its three characters escaped and a colour`() async throws {
    let transport = RecordingTransport()
    let dispatcher = AlertDispatcher(transport: transport, logger: quiet)
    let failures = await dispatcher.deliver(
      alert(), channels: ["out": .slack(webhook: Credential("http://slack/hook"))])
    #expect(failures.isEmpty)
    #expect(transport.requests.first?.url == "http://slack/hook")
    let attachments = try #require(try body(transport.requests.first)["attachments"] as? [[String: Any]])
    #expect(attachments[0]["color"] as? String == "danger")
    #expect(attachments[0]["text"] as? String == "age &lt; 30 &amp; PSI 0.31")
  }

  @Test func `PagerDuty gets a trigger and a resolution under one key`() async throws {
    let transport = RecordingTransport()
    let dispatcher = AlertDispatcher(transport: transport, logger: quiet, pagerDuty: "http://pd")
    let channels = ["out": Channel.pagerDuty(routingKey: Credential("secret"))]
    for state in [Alert.State.firing, .resolved] { _ = await dispatcher.deliver(alert(state), channels: channels) }
    #expect(transport.requests.map(\.url) == ["http://pd/v2/enqueue", "http://pd/v2/enqueue"])
    let trigger = try body(transport.requests.first)
    let resolve = try body(transport.requests.last)
    #expect(trigger["event_action"] as? String == "trigger")
    #expect(trigger["routing_key"] as? String == "secret")
    #expect((trigger["payload"] as? [String: Any])?["severity"] as? String == "critical")
    #expect(resolve["event_action"] as? String == "resolve")
    #expect(trigger["dedup_key"] as? String == resolve["dedup_key"] as? String)
  }

  @Test func `Alertmanager gets labels, and an end when it is over`() async throws {
    let transport = RecordingTransport()
    let dispatcher = AlertDispatcher(transport: transport, logger: quiet)
    _ = await dispatcher.deliver(alert(.resolved), channels: ["out": .alertmanager(url: "http://am:9093/")])
    let request = try #require(transport.requests.first)
    #expect(request.url == "http://am:9093/api/v2/alerts")
    let alerts = try #require(try JSONSerialization.jsonObject(with: Data(request.body)) as? [[String: Any]])
    #expect((alerts[0]["labels"] as? [String: String])?["alertname"] == "CriticalFeatureDrift")
    #expect(alerts[0]["endsAt"] as? String == "2026-10-28T12:00:00Z")
  }

  @Test func `what a channel has taken is not sent to it again, and every try says that it is one`() async {
    let transport = RecordingTransport(answers: [200, 404, 200])
    let dispatcher = AlertDispatcher(transport: transport, logger: quiet)
    let channels = ["out": Channel.webhook(url: Credential("http://a")), "in": .webhook(url: Credential("http://b"))]
    let alert = alert(channels: ["out", "in"])
    #expect(await dispatcher.deliver(alert, channels: channels).map(\.channel) == ["in"])
    #expect(await dispatcher.deliver(alert, channels: channels).isEmpty)
    #expect(transport.requests.map(\.url) == ["http://a", "http://b", "http://b"])
    #expect(Set(transport.requests.map { $0.headers["Idempotency-Key"] }) == ["id-firing"])
    // Another process does not know.
    _ = await AlertDispatcher(transport: transport, logger: quiet).deliver(alert, channels: channels)
    #expect(transport.requests.count == 5)
  }

  @Test func `a server in trouble is asked once more, a refusal is not repeated`() async {
    let transport = RecordingTransport(answers: [503, 200, 404])
    let dispatcher = AlertDispatcher(transport: transport, logger: quiet)
    let channels = ["out": Channel.webhook(url: Credential("http://hook/secret-path"))]
    #expect(await dispatcher.deliver(alert(), channels: channels).isEmpty)
    let failures = await dispatcher.deliver(alert(.resolved), channels: channels)
    #expect(transport.requests.count == 3)
    #expect(failures.map(\.reason) == ["the server answered 404"])
    #expect(!"\(failures)".contains("secret-path"))
  }

  @Test func `a credential does not describe itself`() {
    let channel = Channel.slack(webhook: Credential("http://slack/hook"))
    #expect(!"\(channel)".contains("hook\"") && !String(reflecting: channel).contains("slack/hook"))
  }
}
