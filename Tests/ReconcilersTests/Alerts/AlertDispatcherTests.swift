import ApusAPI
import Decisions
import Foundation
import HTTPTransport
import KubernetesModel
import Logging
@testable import Reconcilers
import Testing

private let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

@Suite struct AlertDispatcherTests {
  private let webhooks: JSONValue = ["webhook": ["urlSecretRef": ["name": "alerts", "key": "url"]]]

  private func dispatcher(_ wire: RecordingWire, _ clock: ManualClock = ManualClock()) -> AlertDispatcher {
    AlertDispatcher(transport: wire, mail: wire, time: clock.source, logger: quiet)
  }

  private func email(_ recipients: String...) async throws -> any AlertChannel {
    try await AlertWorld.channel([
      "email": [
        "server": "smtps://mail.example.org", "from": "apus@example.org",
        "to": .array(recipients.map(JSONValue.string)),
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

  @Test func `PagerDuty tells the rules of a policy with a long name apart`() async throws {
    let wire = RecordingWire()
    let pager = try await AlertWorld.channel(
      ["pagerDuty": ["routingKeySecretRef": ["name": "alerts", "key": "key"]]],
      secrets: ["alerts": ["key": "secret"]])
    for rule in ["FeatureDrift", "PredictionDrift"] {
      var alert = AlertWorld.alert()
      alert.key = "shop/\(String(repeating: "n", count: 253))/\(rule)"
      #expect(await pager.send(alert, except: [], over: wire.wires) == .done)
    }
    let keys = try wire.requests.map { try JSONValue(parsing: $0.body)["dedup_key"]?.string ?? "" }
    #expect(Set(keys).count == 2 && keys.allSatisfy { $0.utf8.count <= 255 })
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

  /// Else Alertmanager would tell people that it is over, while the next check is yet to come.
  @Test(
    arguments: [
      (nil, "2026-10-29T12:00:00Z"), ("0 */6 * * *", "2026-10-29T12:00:00Z"), ("@weekly", "2026-11-08T00:00:00Z"),
      ("0 9 * * 1-5", "2026-10-30T09:00:00Z"), ("0 9 1 * *", "2026-12-01T09:00:00Z"), ("never", "2026-10-29T12:00:00Z"),
    ] as [(String?, String)])
  func `Alertmanager keeps an alert until checks that may find it again are over`(cron: String?, end: String)
    async throws
  {
    let wire = RecordingWire()
    let manager = try await AlertWorld.channel(["alertmanager": ["url": "http://am:9093/"]])
    var alert = AlertWorld.alert()
    alert.expiry = Alert.expiry(of: alert.at, checks: cron.map { Schedule(cron: $0) })
    #expect(await manager.send(alert, except: [], over: wire.wires) == .done)
    let request = try #require(wire.requests.first)
    #expect(try JSONValue(parsing: request.body).array?.first?["endsAt"]?.string == end)
  }

  @Test func `what a channel has taken is not sent to it again, and every try says that it is one`() async throws {
    let refusals = ["http://b": 1]
    let wire = RecordingWire(refusals: refusals)
    let dispatcher = dispatcher(wire)
    let channels = [
      "out": try await AlertWorld.channel(webhooks, secrets: ["alerts": ["url": "http://a"]]),
      "in": try await AlertWorld.channel(webhooks, secrets: ["alerts": ["url": "http://b"]]),
    ]
    let alert = AlertWorld.alert(channels: ["out", "in"])
    #expect(await dispatcher.deliver(alert, channels: channels).map(\.channel) == ["in"])
    #expect(await dispatcher.deliver(alert, channels: channels).isEmpty)
    #expect(wire.requests.map(\.url).sorted() == ["http://a", "http://b", "http://b"])
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
    #expect(failures.map(\.reason) == ["the server answered 404"] && failures.map(\.kind) == [.refused])
    #expect(!"\(failures)".contains("hush"))
  }

  @Test(arguments: [(4999, 2), (5000, 1)])
  func `a failure is followed by another try only where it came soon`(milliseconds: Int, tries: Int) async throws {
    let clock = ManualClock()
    let wire = RecordingWire(statuses: [503, 200]) { clock.advance(by: .milliseconds(milliseconds)) }
    let channels = ["out": try await AlertWorld.channel(webhooks, secrets: ["alerts": ["url": "http://a"]])]
    let obstacles = await dispatcher(wire, clock).deliver(AlertWorld.alert(), channels: channels)
    #expect(wire.requests.count == tries && obstacles.isEmpty == (tries == 2))
  }

  @Test(
    arguments: [
      (200, nil, 1, nil, nil), (204, nil, 1, nil, nil),
      // To whom a redirect leads is not said: it may be a secret.
      (301, nil, 1, "the server answered 301, a redirect", nil),
      (307, nil, 1, "the server answered 307, a redirect", nil),
      (400, nil, 1, "the server answered 400", nil), (410, nil, 1, "the server answered 410", nil),
      (429, nil, 1, "the server answered 429", nil), (429, "120", 1, "the server answered 429", 120),
      (429, "Wed, 28 Oct 2026 12:05:00 GMT", 1, "the server answered 429", 300),
      (429, "soon", 1, "the server answered 429", nil),
      // Who asks for a pause is not asked again at once.
      (503, nil, 2, "the server answered 503", nil), (503, "2", 1, "the server answered 503", 2),
    ] as [(Int, String?, Int, String?, Double?)])
  func `what a server answers decides on the next try`(
    status: Int, retryAfter: String?, tries: Int, reason: String?, pause: Double?
  ) async throws {
    var headers: HTTPHeaders = ["Location": "http://elsewhere/hush"]
    headers["Retry-After"] = retryAfter
    let wire = RecordingWire(statuses: [status, status], headers: headers)
    let channels = ["out": try await AlertWorld.channel(webhooks, secrets: ["alerts": ["url": "http://a"]])]
    let obstacles = await dispatcher(wire).deliver(AlertWorld.alert(), channels: channels)
    #expect(wire.requests.count == tries && Set(wire.requests.map(\.url)) == ["http://a"])
    #expect(obstacles.map(\.kind) == (reason == nil ? [] : [.refused]) && obstacles.first?.pause == pause)
    // Nor is it asked for the next alert.
    let isBusy = status == 429 || retryAfter != nil
    #expect(obstacles.allSatisfy { $0.concernsChannel == isBusy && $0.reason.hasPrefix(reason ?? "-") })
    #expect(!"\(obstacles)".contains("hush"))
  }

  @Test(arguments: [
    "http://a/hook", "\r\n https://a/hook \t\r\n", "HTTPS://a", "http://[::1]:9000/hook", "http://[fe80::1%25eth0]/x",
    "https://me:hush@a/hook?token=b#c", "https://me:hu@sh@a/hook", "https://bücher.example/ä", "http://a?token=b",
  ])
  func `a Secret's URL may have white space around it`(url: String) async throws {
    let wire = RecordingWire()
    let channel = try await AlertWorld.channel(webhooks, secrets: ["alerts": ["url": url]])
    #expect(await channel.send(AlertWorld.alert(), except: [], over: wire.wires) == .done)
    #expect(wire.requests.map(\.url) == [url.trimmingCharacters(in: .whitespacesAndNewlines)])
  }

  @Test(arguments: [
    "xoxb-hush", "hooks.slack.test/hush", "ftp://hush", "https://", "https:///hush", "http://?hush", "http://a b/hush",
    "\u{feff}https://hush", "https://me:hu/sh@a/hook", "https://me:hu?sh@a", "https://me:hu#sh@a", "https://hush@",
    "http://a:hush",
  ])
  func `what is no URL is a shortcoming of its Secret`(text: String) async throws {
    let slack: JSONValue = ["slack": ["webhookSecretRef": ["name": "alerts", "key": "url"]]]
    for spec in [webhooks, slack] {
      let opened = try await AlertWorld.open(spec, secrets: ["alerts": ["url": text]])
      let problem = ChannelProblem(
        "Secret alerts has a key 'url' whose value is not a URL; write it as https://…")
      #expect(opened.channels.isEmpty && opened.problems == ["out": problem])
    }
  }

  @Test(arguments: [
    ("http://am:9093", "http://am:9093/api/v2/alerts"), ("http://am:9093//", "http://am:9093/api/v2/alerts"),
    ("https://mon/am/", "https://mon/am/api/v2/alerts"),
    ("http://[fd00::1]:9093", "http://[fd00::1]:9093/api/v2/alerts"),
    ("https://mon/am?tenant=a", "https://mon/am/api/v2/alerts?tenant=a"),
    ("http://am:9093/api/v2/alerts", "http://am:9093/api/v2/alerts"),
  ])
  func `Alertmanager may stand behind a path`(url: String, endpoint: String) async throws {
    let wire = RecordingWire()
    let channel = try await AlertWorld.channel(["alertmanager": ["url": .string(url)]])
    #expect(await channel.send(AlertWorld.alert(), except: [], over: wire.wires) == .done)
    #expect(wire.requests.map(\.url) == [endpoint])
  }

  @Test func `a channel of a kind that only a newer release knows is a defect of the spec`() async throws {
    let opened = try await AlertWorld.open(["carrierPigeon": ["loft": "north"]])
    let reason = "it has no destination that this version of the operator knows"
    #expect(opened.channels.isEmpty && opened.problems == ["out": ChannelProblem(reason, isDefect: true)])
    #expect(AlertChannels.defects(MonitoringPolicySpec.Alerts(channels: [.init(name: "out")])) == ["out": reason])
  }

  // MARK: E-mail

  struct Failing: Sendable, CustomTestStringConvertible {
    var error: MailError
    var kind: DeliveryObstacle.Kind
    var tries = 1
    var concernsChannel = true
    /// What people are told to do.
    var mend = ""

    init(
      _ cause: MailError.Cause, _ kind: DeliveryObstacle.Kind = .refused, tries: Int = 1, concernsChannel: Bool = true,
      mend: String = ""
    ) {
      error = MailError(cause)
      self.kind = kind
      self.tries = tries
      self.concernsChannel = concernsChannel
      self.mend = mend
    }

    var testDescription: String { "\(error)" }
  }

  private static let origin = "smtps://mail.example.org:465"

  @Test(arguments: [
    // Whatever is refused before the content can be mended: in the policy, a Secret, or the server.
    Failing(.refused(MailRefusal(step: .connection, code: 554, text: "no service"))),
    Failing(.refused(MailRefusal(step: .sender, code: 550, text: "not you"))),
    Failing(
      .refused(MailRefusal(step: .sender, code: 530, text: "5.7.0 login")), mend: "set email.credentialsSecretRef"),
    Failing(
      .refused(MailRefusal(step: .login, code: 535, text: "5.7.8")), mend: "check username and password in Secret "),
    Failing(.refused(MailRefusal(step: .login, code: 534, text: "5.7.9")), mend: "app password"),
    Failing(.refused(MailRefusal(step: .recipient("a@example.org"), code: 421, text: "bye"))),
    Failing(.refused(MailRefusal(step: .sender, code: 552, text: "5.3.4")), concernsChannel: false),
    Failing(.refused(MailRefusal(step: .content, code: 452, text: "full")), concernsChannel: false),
    Failing(.refused(MailRefusal(step: .content, code: 421, text: "bye"))),
    Failing(.refused(MailRefusal(step: .content, code: 554, text: "spam")), .refusedForGood, concernsChannel: false),
    Failing(.transport(.timedOut(origin: origin, reason: "slow"))),
    Failing(.transport(.tlsFailed(origin: origin, reason: "who"))),
    Failing(.transport(.connectionFailed(origin: origin, reason: "refused")), tries: 2),
    Failing(.transport(.interrupted(origin: origin, reason: "broken")), tries: 2),
    Failing(.noGreeting(.timedOut(origin: origin, reason: "slow")), mend: "write smtps://"),
    Failing(.noEncryption(origin: origin), mend: "email.security: None"),
    Failing(.noLogin(origin: origin, offered: ["CRAM-MD5"]), mend: "offers one of them"),
    Failing(.unconfirmed(.timedOut(origin: origin, reason: "slow")), .unconfirmed),
  ])
  func `a mail that fails is tried again, or not`(_ failing: Failing) async throws {
    let channels = ["out": try await email("a@example.org")]
    let wire = RecordingWire(mails: [.fail(failing.error), .fail(failing.error)])
    let dispatcher = dispatcher(wire)
    let obstacles = await dispatcher.deliver(AlertWorld.alert(), channels: channels)
    #expect(obstacles.map(\.kind) == [failing.kind] && obstacles.map(\.concernsChannel) == [failing.concernsChannel])
    let reason = try #require(obstacles.first?.reason)
    #expect(
      reason.hasPrefix("\(failing.error)") && (failing.mend.isEmpty || reason.contains(failing.mend)), "\(reason)")
    #expect(wire.mails.count == failing.tries)
    #expect(dispatcher.refusals(of: AlertWorld.alert()) == (failing.kind == .refusedForGood ? ["out": reason] : [:]))
  }

  @Test func `a mail that may have arrived is sent once more, and then no more`() async throws {
    let lost = MailError(.unconfirmed(.timedOut(origin: Self.origin, reason: "slow")))
    let wire = RecordingWire(mails: [.fail(lost), .fail(lost)])
    let dispatcher = dispatcher(wire)
    let channels = ["out": try await email("a@example.org")]
    #expect(await dispatcher.deliver(AlertWorld.alert(), channels: channels).map(\.kind) == [.unconfirmed])
    let last = await dispatcher.deliver(AlertWorld.alert(), channels: channels)
    #expect(last.map(\.kind) == [.refusedForGood] && last.first?.reason.contains("sent twice") == true)
    #expect(wire.mails.count == 2 && Set(wire.mails.map(\.mail.content)).count == 1)
    // Another alert has its own count.
    #expect(await dispatcher.deliver(AlertWorld.alert(.resolved), channels: channels).isEmpty)
    // A new process knows it from the status.
    let next = RecordingWire(mails: [.fail(lost)])
    let known = await self.dispatcher(next).deliver(AlertWorld.alert(), unconfirmed: ["out"], channels: channels)
    #expect(known.map(\.kind) == [.refusedForGood] && next.mails.count == 1)
  }

  @Test func `only who was put off gets the mail again, and who was refused for good stays told`() async throws {
    let put = MailRefusal(step: .recipient("b@example.org"), code: 451, text: "greylisted")
    let gone = MailRefusal(step: .recipient("c@example.org"), code: 550, text: "no such user")
    let late = MailRefusal(step: .recipient("b@example.org"), code: 550, text: "no, after all")
    let wire = RecordingWire(mails: [
      .refuse([put, gone]), .refuse([put]), .fail(MailError(.nobodyAccepted, refusals: [late])),
    ])
    let dispatcher = dispatcher(wire)
    let channels = ["out": try await email("a@example.org", "b@example.org", "c@example.org")]
    let alert = AlertWorld.alert()
    let first = await dispatcher.deliver(alert, channels: channels)
    #expect(first.map(\.reason) == ["\(gone)", "\(put)"] && first.map(\.kind) == [.refusedForGood, .refused])
    #expect(await dispatcher.deliver(alert, channels: channels).map(\.reason) == ["\(put)"])
    #expect(dispatcher.refusals(of: alert) == ["out": "\(gone)"])
    let last = await dispatcher.deliver(alert, channels: channels)
    #expect(last.map(\.reason) == ["\(late)"] && last.map(\.kind) == [.refusedForGood])
    #expect(dispatcher.refusals(of: alert) == ["out": "\(late); \(gone)"])
    let all = ["a@example.org", "b@example.org", "c@example.org"]
    #expect(wire.mails.map(\.mail.recipients) == [all, ["b@example.org"], ["b@example.org"]])
    #expect(await dispatcher.deliver(alert, channels: channels).isEmpty && wire.mails.count == 3)
    // Its header names everybody, and a try is known as one by its identifier.
    #expect(Set(wire.mails.map(\.mail.content)).count == 1)
  }

  @Test func `who was refused for good is told and not asked again, whatever ended the exchange`() async throws {
    let gone = MailRefusal(step: .recipient("b@example.org"), code: 550, text: "no such user")
    let broken = MailError(.refused(MailRefusal(step: .content, code: 451, text: "later")), refusals: [gone])
    let wire = RecordingWire(mails: [.fail(broken)])
    let dispatcher = dispatcher(wire)
    let channels = ["out": try await email("a@example.org", "b@example.org")]
    let obstacles = await dispatcher.deliver(AlertWorld.alert(), channels: channels)
    #expect(obstacles.map(\.kind) == [.refusedForGood, .refused])
    #expect(obstacles.map(\.reason) == ["\(gone)", "the server refused the mail for now: 451"])
    #expect(await dispatcher.deliver(AlertWorld.alert(), channels: channels).isEmpty)
    #expect(wire.mails.last?.mail.recipients == ["a@example.org"])
  }

  // MARK: Memory

  @Test(arguments: ["log", "", "a/b", "id-firing/log"])
  func `a channel may have any name`(name: String) async throws {
    let wire = RecordingWire()
    let channel = try await AlertWorld.channel(webhooks, secrets: ["alerts": ["url": "http://a"]])
    let dispatcher = dispatcher(wire)
    for _ in 0..<2 {
      #expect(await dispatcher.deliver(AlertWorld.alert(channels: [name]), channels: [name: channel]).isEmpty)
    }
    #expect(wire.requests.count == 1)
  }

  @Test func `what is remembered of one alert does not push out another`() async throws {
    let recipients = (0..<64).map { "r\($0)@example.org" }
    let put = MailRefusal(step: .recipient("r0@example.org"), code: 451, text: "greylisted")
    let alerts = (0..<100).map { number in
      var alert = AlertWorld.alert()
      alert.id = "id-\(number)"
      return alert
    }
    let wire = RecordingWire(mails: alerts.map { _ in .refuse([put]) })
    let dispatcher = dispatcher(wire)
    let channel = try await AlertWorld.channel([
      "email": [
        "server": "smtps://mail.example.org", "from": "apus@example.org",
        "to": .array(recipients.map(JSONValue.string)),
      ]
    ])
    for alert in alerts { _ = await dispatcher.deliver(alert, channels: ["out": channel]) }
    for alert in alerts { #expect(await dispatcher.deliver(alert, channels: ["out": channel]).isEmpty) }
    #expect(wire.mails.suffix(100).allSatisfy { $0.mail.recipients == ["r0@example.org"] })
  }

  @Test func `the oldest alerts are forgotten`() {
    var memory = DeliveryMemory(limit: 4)
    for number in 0..<5 { memory["a\(number)", channel: "out"].isTaken = true }
    #expect((0..<5).map { memory["a\($0)", channel: "out"].isTaken } == [false, false, true, true, true])
    #expect(memory.recordLogged("a0") && !memory.recordLogged("a0"))
  }
}
