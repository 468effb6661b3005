import Decisions
import Foundation
import HTTPTransport
import KubernetesModel
import Logging
import Reconcilers
import Testing

private let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

@Suite struct AlertDispatcherTests {
  private let webhooks: JSONValue = ["webhook": ["urlSecretRef": ["name": "alerts", "key": "url"]]]

  private func dispatcher(_ wire: RecordingWire) -> AlertDispatcher {
    AlertDispatcher(transport: wire, mail: wire, logger: quiet)
  }

  private func email(_ receivers: String...) async throws -> any AlertChannel {
    try await AlertWorld.channel([
      "email": [
        "server": "smtps://mail.example.org", "from": "apus@example.org", "to": .array(receivers.map(JSONValue.string)),
      ]
    ])
  }

  @Test func `Slack gets a text with its three characters escaped and a colour`() async throws {
    let wire = RecordingWire()
    let slack = try await AlertWorld.channel(
      ["slack": ["webhookSecretRef": ["name": "alerts", "key": "slack"]]],
      secrets: ["alerts": ["slack": "http://slack/hook\n"]])
    #expect(await dispatcher(wire).deliver(AlertWorld.alert(), channels: ["out": slack]).isEmpty)
    let request = try #require(wire.requests.first)
    #expect(request.url == "http://slack/hook")
    let attachment = try JSONValue(parsing: request.body)["attachments"]?.array?.first
    #expect(attachment?["color"] == "danger")
    #expect(attachment?["text"] == "age &lt; 30 &amp; PSI 0.31")
  }

  @Test func `PagerDuty gets a trigger and a resolution under one key`() async throws {
    let wire = RecordingWire()
    let pager = try await AlertWorld.channel(
      ["pagerDuty": ["routingKeySecretRef": ["name": "alerts", "key": "key"]]],
      secrets: ["alerts": ["key": "secret"]])
    let dispatcher = dispatcher(wire)
    for state in [Alert.State.firing, .resolved] {
      _ = await dispatcher.deliver(AlertWorld.alert(state), channels: ["out": pager])
    }
    let server = "https://events.pagerduty.com/v2/enqueue"
    #expect(wire.requests.map(\.url) == [server, server])
    let bodies = try wire.requests.map { try JSONValue(parsing: $0.body) }
    #expect(bodies.map { $0["event_action"] } == ["trigger", "resolve"])
    #expect(bodies[0]["routing_key"] == "secret" && bodies[0][path: "payload", "severity"] == "critical")
    #expect(bodies[0]["dedup_key"] != nil && bodies[0]["dedup_key"] == bodies[1]["dedup_key"])
  }

  @Test func `Alertmanager gets labels, and an end when it is over`() async throws {
    let wire = RecordingWire()
    let manager = try await AlertWorld.channel(["alertmanager": ["url": "http://am:9093/"]])
    _ = await dispatcher(wire).deliver(AlertWorld.alert(.resolved), channels: ["out": manager])
    let request = try #require(wire.requests.first)
    #expect(request.url == "http://am:9093/api/v2/alerts")
    let alerts = try JSONValue(parsing: request.body).array
    #expect(alerts?.first?[path: "labels", "alertname"] == "CriticalFeatureDrift")
    #expect(alerts?.first?["endsAt"] == "2026-10-28T12:00:00Z")
  }

  @Test func `what a channel has taken is not sent to it again, and every try says that it is one`() async throws {
    let wire = RecordingWire(statuses: [200, 404, 200])
    let dispatcher = dispatcher(wire)
    let channels = [
      "out": try await AlertWorld.channel(webhooks, secrets: ["alerts": ["url": "http://a"]]),
      "in": try await AlertWorld.channel(webhooks, secrets: ["alerts": ["url": "http://b"]]),
    ]
    let alert = AlertWorld.alert(channels: ["out", "in"])
    #expect(await dispatcher.deliver(alert, channels: channels).map(\.channel) == ["in"])
    #expect(await dispatcher.deliver(alert, channels: channels).isEmpty)
    #expect(wire.requests.map(\.url) == ["http://a", "http://b", "http://b"])
    #expect(Set(wire.requests.map { $0.headers["Idempotency-Key"] }) == ["id-firing"])
    // Another process does not know.
    _ = await self.dispatcher(wire).deliver(alert, channels: channels)
    #expect(wire.requests.count == 5)
  }

  @Test func `a server in trouble is asked once more, a refusal is not repeated`() async throws {
    let wire = RecordingWire(statuses: [503, 200, 404])
    let dispatcher = dispatcher(wire)
    let channels = ["out": try await AlertWorld.channel(webhooks, secrets: ["alerts": ["url": "http://hook/hush"]])]
    #expect(await dispatcher.deliver(AlertWorld.alert(), channels: channels).isEmpty)
    let failures = await dispatcher.deliver(AlertWorld.alert(.resolved), channels: channels)
    #expect(wire.requests.count == 3)
    #expect(failures.map(\.reason) == ["the server answered 404"] && failures.map(\.isFinal) == [false])
    #expect(!"\(failures)".contains("hush"))
  }

  // MARK: E-mail

  @Test func `a mail that may pass later is kept, and one that is refused for good is not`() async throws {
    let channels = ["out": try await email("a@example.org")]
    let answers: [(MailError, isFinal: Bool, tries: Int)] = [
      (.refused(MailRefusal(step: .sender, code: 550, text: "not you")), true, 1),
      (.refused(MailRefusal(step: .content, code: 452, text: "full")), false, 1),
      // The Secret can be mended.
      (.refused(MailRefusal(step: .login, code: 535, text: "")), false, 1),
      (.nobodyAccepted([MailRefusal(step: .receiver("a@example.org"), code: 550, text: "no")]), true, 1),
      (.transport(.timedOut(origin: "smtps://mail", reason: "slow")), false, 2),
    ]
    for (error, isFinal, tries) in answers {
      let wire = RecordingWire(mails: [.fail(error), .fail(error)])
      let dispatcher = dispatcher(wire)
      let failures = await dispatcher.deliver(AlertWorld.alert(), channels: channels)
      #expect(failures.map(\.isFinal) == [isFinal], "\(error)")
      #expect(failures.map(\.reason) == ["\(error)"])
      #expect(wire.mails.count == tries, "\(error)")
      #expect(dispatcher.refusals(of: AlertWorld.alert()) == (isFinal ? ["out": "\(error)"] : [:]))
    }
  }

  @Test func `only who was put off gets the mail again`() async throws {
    let put = MailRefusal(step: .receiver("b@example.org"), code: 451, text: "greylisted")
    let gone = MailRefusal(step: .receiver("c@example.org"), code: 550, text: "no such user")
    let wire = RecordingWire(mails: [.refuse([put, gone])])
    let dispatcher = dispatcher(wire)
    let channels = ["out": try await email("a@example.org", "b@example.org", "c@example.org")]
    let failures = await dispatcher.deliver(AlertWorld.alert(), channels: channels)
    #expect(failures.map(\.reason) == ["\(put); \(gone)"] && failures.map(\.isFinal) == [false])
    #expect(await dispatcher.deliver(AlertWorld.alert(), channels: channels).isEmpty)
    #expect(
      wire.mails.map(\.mail.receivers) == [["a@example.org", "b@example.org", "c@example.org"], ["b@example.org"]])
    #expect(await dispatcher.deliver(AlertWorld.alert(), channels: channels).isEmpty && wire.mails.count == 2)
    // Its header names everybody, and a try is known as one by its identifier.
    let identifiers = wire.mails.map { String(decoding: $0.mail.content, as: UTF8.self) }
    #expect(identifiers[0] == identifiers[1])
  }
}
