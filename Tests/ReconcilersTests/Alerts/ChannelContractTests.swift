import ApusAPI
import Decisions
import Foundation
import HTTPTransport
import KubernetesModel
import Reconcilers
import Synchronization
import TestSupport
import Testing

/// What every kind of channel has to stand, whatever it sends over. A new kind needs a line in `samples`.
@Suite("Every channel")
struct ChannelContractTests {
  struct Sample: Sendable, CustomTestStringConvertible {
    /// What stands beside the name in a policy.
    var spec: JSONValue
    var secrets: [String: [String: String]] = [:]
    /// What nobody may read in a report or a log.
    var credentials: [String] = []

    var testDescription: String { spec.object?.keys.first ?? "" }
    func open() async throws -> any AlertChannel { try await AlertWorld.channel(spec, secrets: secrets) }
  }

  static let samples = [
    Sample(
      spec: ["slack": ["webhookSecretRef": ["name": "alerts", "key": "slack"]]],
      secrets: ["alerts": ["slack": " https://hooks.slack.test/services/T0/hush \n"]], credentials: ["T0", "hush"]),
    Sample(
      spec: ["pagerDuty": ["routingKeySecretRef": ["name": "alerts", "key": "pagerduty"]]],
      secrets: ["alerts": ["pagerduty": "hush\n"]], credentials: ["hush"]),
    Sample(
      spec: [
        "email": [
          "server": "smtp://mail.example.org", "from": "apus@example.org",
          "to": ["ops@example.org", "ops@example.org", "data@example.org"], "credentialsSecretRef": ["name": "mail"],
        ]
      ], secrets: ["mail": ["username": "apus\n", "password": " hush\n"]], credentials: ["hush"]),
    Sample(
      spec: ["webhook": ["urlSecretRef": ["name": "alerts", "key": "url"]]],
      secrets: ["alerts": ["url": "https://me:hush@hook.test/alerts?token=quiet"]], credentials: ["hush", "quiet"]),
    Sample(spec: ["alertmanager": ["url": "http://alertmanager:9093/"]]),
    Sample(spec: ["log": [:]]),
  ]

  private static let hostile = String(repeating: "drift \"'<b>&amp;🙂 \r\nBcc: x@example.org\r\n.\r\n\t€", count: 250)

  @Test func `of the API has a way to be sent to, and a sample here`() {
    let kinds = MonitoringPolicySpec.Alerts.Channel.allKinds.map { $0.field }
    for kind in MonitoringPolicySpec.Alerts.Channel.allKinds {
      #expect(AlertChannels.sends(to: kind), "nothing sends to \(kind.field)")
    }
    #expect(Self.samples.map(\.testDescription) == kinds)
    #expect(Set(kinds).count == kinds.count)
  }

  @Test(arguments: samples)
  func `sends what its golden file shows`(_ sample: Sample) async throws {
    let channel = try await sample.open()
    for state in [Alert.State.firing, .resolved] {
      let wire = RecordingWire()
      let delivery = await channel.send(AlertWorld.alert(state), except: [], over: wire.wires)
      #expect(delivery == .done)
      try compare(wire.text, "\(sample.testDescription)-\(state.rawValue)")
    }
  }

  private func compare(_ text: String, _ name: String) throws {
    let file = URL(filePath: "Tests/Golden/Alerts/\(name).txt")
    if ProcessInfo.processInfo.environment["APUS_RECORD_GOLDEN"] != nil { try Data(text.utf8).write(to: file) }
    #expect(try text == String(contentsOf: file, encoding: .utf8), "\(name) differs from its golden file")
  }

  @Test(arguments: samples)
  func `keeps its form whatever stands in an alert`(_ sample: Sample) async throws {
    let channel = try await sample.open()
    #expect(Self.hostile.count > 10_000)
    for state in [Alert.State.firing, .resolved] {
      let wire = RecordingWire()
      let alert = AlertWorld.alert(state, title: Self.hostile, message: Self.hostile, model: Self.hostile)
      #expect(await channel.send(alert, except: [], over: wire.wires) == .done)
      for request in wire.requests {
        #expect(request.headers.allSatisfy { header in header.value.utf8.allSatisfy { (0x20...0x7E).contains($0) } })
        let body = try JSONValue(parsing: request.body)
        let isWhole = Self.texts(in: body).contains { $0.contains("🙂 \r\nBcc: x@example.org\r\n.\r\n\t€") }
        // PagerDuty's resolution says nothing but the key.
        #expect(isWhole || body["event_action"] == "resolve")
      }
      for (mail, _) in wire.mails { try check(mail) }
    }
  }

  private static func texts(in value: JSONValue) -> [String] {
    switch value {
    case .string(let text): [text]
    case .array(let elements): elements.flatMap(texts)
    case .object(let members): members.values.flatMap(texts)
    default: []
    }
  }

  private func check(_ mail: Mail) throws {
    let text = String(decoding: mail.content, as: UTF8.self)
    let bytes = mail.content
    let returns = bytes.indices.filter { bytes[$0] == 13 }
    let feeds = bytes.indices.filter { bytes[$0] == 10 }
    #expect(returns.map { $0 + 1 } == feeds)
    #expect(bytes.allSatisfy { $0 < 0x7F })
    let lines = text.split(separator: "\r\n", omittingEmptySubsequences: false)
    #expect(lines.allSatisfy { $0.utf8.count <= 78 })
    let header = lines.prefix { !$0.isEmpty }.filter { !$0.hasPrefix(" ") }.map { $0.prefix { $0 != ":" } }
    #expect(
      header == [
        "Date", "From", "To", "Subject", "Message-ID", "In-Reply-To", "References", "Auto-Submitted", "MIME-Version",
        "Content-Type",
      ])
    #expect(mail.recipients == ["ops@example.org", "data@example.org"])
  }

  @Test(arguments: samples)
  func `tells an end from a beginning`(_ sample: Sample) async throws {
    let channel = try await sample.open()
    let wire = RecordingWire()
    for state in [Alert.State.firing, .resolved] {
      _ = await channel.send(AlertWorld.alert(state), except: [], over: wire.wires)
    }
    let sent =
      wire.requests.map { String(decoding: $0.body, as: UTF8.self) }
      + wire.mails.map { String(decoding: $0.mail.content, as: UTF8.self) }
    guard sample.testDescription != "log" else { return #expect(sent.isEmpty) }
    let marks = ["resolve", "\"endsAt\":\"\(AlertWorld.alert().at)\""]
    #expect(sent.count == 2)
    #expect(sent.map { text in marks.contains { text.contains($0) } } == [false, true])
  }

  @Test(arguments: samples)
  func `says what went wrong without its credential`(_ sample: Sample) async throws {
    let channel = try await sample.open()
    let words = ([""] + sample.credentials).joined(separator: " ")
    #expect(sample.credentials.allSatisfy { !"\(channel)".contains($0) && !String(reflecting: channel).contains($0) })
    let refusal = MailRefusal(step: .sender, code: 550, text: "not you")
    let gone = MailRefusal(step: .recipient("ops@example.org"), code: 550, text: "who")
    let wires = [
      RecordingWire(statuses: [404], body: words, mails: [.fail(MailError(.refused(refusal)))]),
      RecordingWire(statuses: [503], body: words, mails: [.refuse([gone])]),
      RecordingWire(failure: .connectionFailed(origin: "the server", reason: "refused")),
    ]
    for wire in wires {
      let delivery = await channel.send(AlertWorld.alert(), except: [], over: wire.wires)
      if sample.testDescription == "log" {
        #expect(delivery == .done)
      } else {
        let reason = ([delivery.failure?.reason ?? ""] + delivery.refused.values).joined()
        #expect(!reason.isEmpty && sample.credentials.allSatisfy { !reason.contains($0) })
      }
    }
  }

  @Test(arguments: samples.filter { !$0.secrets.isEmpty })
  func `says which Secret or key it misses`(_ sample: Sample) async throws {
    let secret = try #require(sample.secrets.first)
    let without = try await AlertWorld.open(sample.spec)
    #expect(without.problems["out"] == ChannelProblem("there is no Secret \(secret.key)") && without.channels.isEmpty)
    for key in secret.value.keys {
      var data = secret.value
      data[key] = nil
      let opened = try await AlertWorld.open(sample.spec, secrets: [secret.key: data])
      #expect(
        opened.problems["out"] == ChannelProblem("Secret \(secret.key) has no key '\(key)'") && opened.channels.isEmpty)
      data[key] = "two\nlines"
      let odd = try await AlertWorld.open(sample.spec, secrets: [secret.key: data])
      #expect(odd.problems["out"]?.reason.contains("line end") == true && odd.channels.isEmpty)
    }
  }

  @Test(.timeLimit(.minutes(5)), arguments: samples)
  func `reads a bounded part of an answer without an end`(_ sample: Sample) async throws {
    let written = ByteCount()
    let isLeft = ScriptedGate()
    let http = try ScriptedServer { _ in
      [
        .beginChunked(),
        .live { connection in
          let chunk = [UInt8](repeating: 120, count: 1 << 16)
          while connection.writeChunk(chunk) { written.bytes.add(chunk.count, ordering: .relaxed) }
          isLeft.open()
          return false
        },
      ]
    }
    let mail = try ScriptedMailServer { $0.hasPrefix("MAIL") ? .sayForEver("250-and so on") : nil }
    let wire = try DetourWire(http: http.url, mail: mail.port)
    let delivery = await (try sample.open()).send(
      AlertWorld.alert(), except: [], over: AlertWires(http: wire, mail: wire))
    #expect((delivery.failure != nil) == (sample.testDescription == "email"))
    // The sender is left alone, and has got rid of no more than buffers hold.
    if sample.testDescription == "email" {
      _ = try await eventually("the mail's connection ends") { mail.endedSessions == 1 ? true : nil }
    } else if sample.testDescription != "log" {
      _ = try await eventually("the connection ends") { isLeft.isOpen ? true : nil }
      #expect(written.bytes.load(ordering: .relaxed) < 64 << 20)
    }
  }
}

private final class ByteCount: Sendable {
  let bytes = Atomic(0)
}

/// Leads every request and every mail to a server of this machine.
private final class DetourWire: HTTPTransport, MailTransport {
  private let transport: CurlTransport
  private let mails = CurlMailTransport()
  private let url: String
  private let port: Int

  init(http url: String, mail port: Int) throws {
    transport = try CurlTransport()
    self.url = url
    self.port = port
  }

  private func detour(_ request: HTTPRequest) -> HTTPRequest {
    var request = request
    request.url = url + "/"
    return request
  }

  func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
    try await transport.send(detour(request))
  }

  func stream(_ request: HTTPRequest) async throws(TransportError) -> HTTPStream {
    try await transport.stream(detour(request))
  }

  func send(_ mail: Mail, to server: MailServer) async throws(MailError) -> [MailRefusal] {
    let here = MailServer(host: "127.0.0.1", port: port, security: .none)
    return try await mails.send(mail, to: here)
  }
}
