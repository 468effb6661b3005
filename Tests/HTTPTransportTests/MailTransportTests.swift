import HTTPTransport
import TestSupport
import Testing

@Suite("A mail over SMTP")
struct MailTransportTests {
  private static let content = "Subject: one\r\n\r\nfirst\r\n.\r\n..last\r\n"
  private let transport = CurlMailTransport()

  private static let brief = MailTimeouts(
    connect: .seconds(2), answer: .seconds(1), envelope: .seconds(10), content: .seconds(1))

  private func send(
    to port: Int, _ recipients: [String] = ["a@example.org"], security: MailServer.Security = .none,
    hello: String? = nil, credentials: MailCredentials? = nil, from sender: String = "apus@example.org",
    content: String = content,
    timeouts: MailTimeouts = MailTimeouts(
      connect: .seconds(60), answer: .seconds(60), envelope: .seconds(120), content: .seconds(60))
  ) async throws(MailError) -> [MailRefusal] {
    var server = MailServer(host: "127.0.0.1", port: port, security: security, hello: hello, credentials: credentials)
    server.timeouts = timeouts
    return try await transport.send(Mail(from: sender, to: recipients, content: Array(content.utf8)), to: server)
  }

  private func failure(_ body: () async throws(MailError) -> [MailRefusal]) async -> MailError? {
    do throws(MailError) {
      _ = try await body()
      return nil
    } catch {
      return error
    }
  }

  @Test func `arrives as it was handed over, for every recipient, on a connection of its own`() async throws {
    let server = try ScriptedMailServer()
    for _ in 0..<2 {
      #expect(try await send(to: server.port, ["a@example.org", "b@example.org"]).isEmpty)
    }
    #expect(server.contents == [Self.content, Self.content])
    let one = [
      "EHLO example.org", "MAIL FROM:<apus@example.org>", "RCPT TO:<a@example.org>", "RCPT TO:<b@example.org>", "DATA",
      "QUIT",
    ]
    // Nobody waits for the last QUIT.
    _ = try await eventually("both connections are ended by QUIT") { server.commands == one + one ? true : nil }
  }

  struct Refusal: Sendable, CustomTestStringConvertible {
    var testDescription: String { "\(command) \(answer)" }
    var command: String
    var answer: String
    var step: MailRefusal.Step
  }

  @Test(
    "that a server refuses is told with the step, the code and the server's words",
    arguments: [
      Refusal(command: "", answer: "554 no service", step: .connection),
      Refusal(command: "", answer: "421 too many of you", step: .connection),
      Refusal(command: "MAIL", answer: "550 not you", step: .sender),
      Refusal(command: "MAIL", answer: "451 try later", step: .sender),
      Refusal(command: "DATA", answer: "554 none here", step: .content),
      Refusal(command: ".", answer: "552 too large", step: .content),
      Refusal(command: ".", answer: "452 full", step: .content),
    ])
  func refused(_ refusal: Refusal) async throws {
    let server = try ScriptedMailServer { command in
      let isIt = refusal.command.isEmpty ? command.isEmpty : command.hasPrefix(refusal.command)
      return isIt ? .say(refusal.answer) : nil
    }
    let error = await failure { () async throws(MailError) in try await send(to: server.port) }
    let code = try #require(Int(refusal.answer.prefix(3)))
    let expected = MailRefusal(step: refusal.step, code: code, text: String(refusal.answer.dropFirst(4)))
    #expect(error == MailError(.refused(expected)))
    #expect(expected.isPermanent == (code >= 500))
  }

  @Test func `reaches the others where one recipient is refused`() async throws {
    let server = try ScriptedMailServer { command in
      switch command {
      case "RCPT TO:<b@example.org>": .say("550-5.1.1 no such user\r\n550 5.1.1 here")
      case "RCPT TO:<c@example.org>": .say("451 greylisted")
      default: nil
      }
    }
    let refused = try await send(to: server.port, ["a@example.org", "b@example.org", "c@example.org"])
    #expect(
      refused == [
        MailRefusal(step: .recipient("b@example.org"), code: 550, text: "5.1.1 no such user 5.1.1 here"),
        MailRefusal(step: .recipient("c@example.org"), code: 451, text: "greylisted"),
      ])
    #expect(refused.first.map { "\($0)".contains("b@example.org: 550") } == true)
    #expect(server.contents.count == 1)
  }

  @Test func `is not sent where every recipient is refused`() async throws {
    let server = try ScriptedMailServer { $0.hasPrefix("RCPT") ? .say("550 no") : nil }
    let error = await failure { () async throws(MailError) in
      try await send(to: server.port, ["a@example.org", "b@example.org"])
    }
    let refusals = ["a@example.org", "b@example.org"].map { MailRefusal(step: .recipient($0), code: 550, text: "no") }
    #expect(error == MailError(.nobodyAccepted, refusals: refusals))
    #expect(server.contents.isEmpty)
  }

  @Test func `is never sent in the clear where STARTTLS is asked for and not offered`() async throws {
    let server = try ScriptedMailServer(offering: ["AUTH PLAIN"])
    let error = await failure { () async throws(MailError) in
      try await send(
        to: server.port, security: .startTLS, credentials: MailCredentials(username: "me", password: "secret"))
    }
    #expect(error == MailError(.noEncryption(origin: "smtp://127.0.0.1:\(server.port)")))
    #expect(!server.commands.contains { $0.hasPrefix("AUTH") || $0.hasPrefix("MAIL") })
  }

  @Test func `a STARTTLS that fails ends it`() async throws {
    for answer in ["454 not now", "220 go on"] {
      let server = try ScriptedMailServer(offering: ["STARTTLS"]) { command in
        command == "STARTTLS" ? .say(answer) : command.hasPrefix("EHLO") ? nil : .say("220 go on")
      }
      let error = await failure { () async throws(MailError) in
        try await send(to: server.port, security: .startTLS, timeouts: Self.brief)
      }
      #expect(error != nil && !server.commands.contains { $0.hasPrefix("MAIL") })
      if answer.hasPrefix("454") {
        #expect(error == MailError(.refused(MailRefusal(step: .encryption, code: 454, text: "not now"))))
      }
    }
  }

  @Test func `a password is not sent without TLS at all`() async throws {
    let server = try ScriptedMailServer(offering: ["AUTH PLAIN LOGIN"])
    let error = await failure { () async throws(MailError) in
      try await send(to: server.port, credentials: MailCredentials(username: "me", password: "secret"))
    }
    guard case .transport(.invalidRequest) = error?.cause else {
      return #expect(Bool(false), "\(String(describing: error))")
    }
    #expect(server.commands.isEmpty)
    #expect(!"\(String(reflecting: MailCredentials(username: "me", password: "secret")))".contains("secret"))
  }

  @Test(arguments: ["a@b>\r\nDATA", "a b@c", "", "ä@example.org", "a<@b"])
  func `an address that could end a command is not sent`(address: String) async throws {
    let server = try ScriptedMailServer()
    for (sender, recipients) in [(address, ["a@b"]), ("a@b", [address])] {
      let error = await failure { () async throws(MailError) in
        try await send(to: server.port, recipients, from: sender)
      }
      guard case .transport(.invalidRequest) = error?.cause else {
        return #expect(Bool(false), "\(String(describing: error))")
      }
    }
    #expect(server.commands.isEmpty)
  }

  @Test func `a server that never stops talking is cut off`() async throws {
    for at in ["", "EHLO", "MAIL", "."] {
      let server = try ScriptedMailServer { command in
        (at.isEmpty ? command.isEmpty : command.hasPrefix(at)) ? .sayForEver("250-and so on") : nil
      }
      let error = await failure { () async throws(MailError) in try await send(to: server.port) }
      switch error?.cause {
      // Some releases of libcurl have a limit of their own.
      case .transport(.headTooLarge), .transport(.interrupted), .unconfirmed(.headTooLarge), .unconfirmed(.interrupted):
        break
      default: Issue.record("\(at) \(String(describing: error))")
      }
    }
  }

  @Test func `a server's words are one short line`() async throws {
    let long = String(repeating: "x", count: 3000)
    let server = try ScriptedMailServer { $0.hasPrefix("MAIL") ? .say("550 a\u{7}b\tc \(long)") : nil }
    let error = await failure { () async throws(MailError) in try await send(to: server.port) }
    guard case .refused(let refusal) = error?.cause else { return #expect(Bool(false), "\(String(describing: error))") }
    #expect(refusal.text.hasPrefix("a b c xxx") && refusal.text.count == 201)
  }

  @Test func `a server that falls silent is waited for as long as it may take`() async throws {
    for at in ["", "EHLO", "MAIL", "RCPT", "DATA", "."] {
      let server = try ScriptedMailServer { command in
        (at.isEmpty ? command.isEmpty : command.hasPrefix(at)) ? .hold : nil
      }
      let error = await failure { () async throws(MailError) in try await send(to: server.port, timeouts: Self.brief) }
      switch (at, error?.cause) {
      case ("", .noGreeting(.timedOut)), (".", .unconfirmed(.timedOut)), ("EHLO", .transport(.timedOut)),
        ("MAIL", .transport(.timedOut)), ("RCPT", .transport(.timedOut)), ("DATA", .transport(.timedOut)):
        break
      default: Issue.record("\(at) \(String(describing: error))")
      }
    }
  }

  @Test func `the answer to the content may take longer than the others`() async throws {
    let server = try ScriptedMailServer { $0 == "." ? .sayLater("250 scanned", .seconds(3)) : nil }
    var timeouts = Self.brief
    // All before the content would be over by then.
    timeouts.envelope = .seconds(2)
    timeouts.content = .seconds(60)
    #expect(try await send(to: server.port, timeouts: timeouts).isEmpty)
  }

  @Test func `more recipients have more time`() async throws {
    #expect(MailTimeouts().envelope(recipients: 1) == .seconds(25))
    #expect(MailTimeouts().envelope(recipients: 64) == .seconds(25 + 63 * 2))
    let server = try ScriptedMailServer { $0.hasPrefix("RCPT") ? .sayLater("250 fine", .seconds(1)) : nil }
    var timeouts = Self.brief
    // The second answer comes when the time of one recipient is over.
    timeouts.answer = .seconds(60)
    timeouts.envelope = .seconds(2)
    timeouts.recipient = .seconds(60)
    timeouts.content = .seconds(60)
    let recipients = ["a@example.org", "b@example.org", "c@example.org"]
    #expect(try await send(to: server.port, recipients, timeouts: timeouts).isEmpty)
  }

  @Test func `a server that does not answer QUIT is left soon`() async throws {
    let server = try ScriptedMailServer { $0 == "QUIT" ? .hold : nil }
    let hour = Duration.seconds(3600)
    #expect(MailTimeouts().quit == .seconds(5))
    let timeouts = MailTimeouts(connect: hour, answer: hour, envelope: hour, content: hour, quit: .seconds(1))
    #expect(try await send(to: server.port, timeouts: timeouts).isEmpty)
    _ = try await eventually("the connection ends") { server.endedSessions == 1 ? true : nil }
  }

  @Test func `answers that come byte by byte are answers`() async throws {
    let server = try ScriptedMailServer(offering: ["PIPELINING", "SIZE 1000000", "8BITMIME", "CHUNKING"]) { command in
      switch command.prefix(4) {
      case "": .dribble("220-welcome\r\n220 to all")
      case "RCPT", "MAIL", ".": .dribble("250 2.1.0 fine")
      case "DATA": .dribble("354 go on")
      default: nil
      }
    }
    #expect(try await send(to: server.port, ["a@example.org", "b@example.org"]).isEmpty)
    #expect(server.contents == [Self.content])
    #expect(server.commands.contains("MAIL FROM:<apus@example.org> SIZE=\(Self.content.utf8.count)"))
  }

  @Test func `a server whose limit is smaller than the mail is told apart`() async throws {
    let server = try ScriptedMailServer(offering: ["SIZE 3"]) { command in
      command.contains("SIZE=") ? .say("552 5.3.4 too big") : nil
    }
    let error = await failure { () async throws(MailError) in try await send(to: server.port) }
    #expect(error?.description == "the server refused the mail's size: 552 5.3.4")
  }

  @Test func `a server that has taken the mail and does not answer QUIT has taken it`() async throws {
    for answer in [ScriptedMailServer.Answer.hold, .close, .say("500 what"), .sayForEver("221-so long")] {
      let server = try ScriptedMailServer { $0 == "QUIT" ? answer : nil }
      let refused = try await send(to: server.port)
      #expect(refused.isEmpty && server.contents.count == 1)
    }
  }

  @Test func `a connection that breaks is told`() async throws {
    for at in ["", "EHLO", "MAIL", "RCPT", "DATA", "."] {
      let server = try ScriptedMailServer { command in
        (at.isEmpty ? command.isEmpty : command.hasPrefix(at)) ? .close : nil
      }
      let error = await failure { () async throws(MailError) in try await send(to: server.port) }
      switch (at, error?.cause) {
      case ("", .noGreeting(.interrupted)), (".", .unconfirmed(.interrupted)), ("EHLO", .transport(.interrupted)),
        ("MAIL", .transport(.interrupted)), ("RCPT", .transport(.interrupted)), ("DATA", .transport(.interrupted)):
        break
      default: Issue.record("\(at) \(String(describing: error))")
      }
    }
    let gone = try ScriptedMailServer()
    let port = gone.port
    gone.stop()
    let error = await failure { () async throws(MailError) in try await send(to: port) }
    guard case .transport(.connectionFailed) = error?.cause else {
      return #expect(Bool(false), "\(String(describing: error))")
    }
  }

  @Test func `recipients that were refused are told, whatever ends the exchange`() async throws {
    let gone = MailRefusal(step: .recipient("b@example.org"), code: 550, text: "5.1.1 who")
    for (at, answer) in [
      ("DATA", ScriptedMailServer.Answer.say("451 later")), ("DATA", .close), (".", .say("554 spam")),
    ] {
      let server = try ScriptedMailServer { command in
        command == "RCPT TO:<b@example.org>" ? .say("550 5.1.1 who") : command == at ? answer : nil
      }
      let error = await failure { () async throws(MailError) in
        try await send(to: server.port, ["a@example.org", "b@example.org"])
      }
      #expect(error?.refusals == [gone], "\(String(describing: error))")
    }
  }

  @Test func `a server that leaves with 421 is quoted`() async throws {
    for at in ["EHLO", "MAIL", "RCPT TO:<a@"] {
      let left = ScriptedGate()
      let server = try ScriptedMailServer { command in
        guard !left.isOpen else { return .close }
        guard command.hasPrefix(at) else { return nil }
        left.open()
        return .say("421 too many of you")
      }
      let error = await failure { () async throws(MailError) in
        try await send(to: server.port, ["a@example.org", "b@example.org"])
      }
      guard case .refused(let refusal) = error?.cause else {
        Issue.record("\(at) \(String(describing: error))")
        continue
      }
      #expect(refusal.code == 421 && refusal.text == "too many of you")
    }
  }

  @Test(
    arguments: [
      (nil, "apus@example.org", "example.org"), ("relay.corp", "apus@example.org", "relay.corp"),
      (nil, "apus", "localhost"),
    ] as [(String?, String, String)])
  func `introduces itself by a host name`(hello: String?, sender: String, name: String) async throws {
    let server = try ScriptedMailServer()
    _ = try await send(to: server.port, hello: hello, from: sender)
    #expect(server.commands.first == "EHLO \(name)")
  }

  @Test(arguments: ["", "a b", "a\r\nMAIL", "[127.0.0.1]", "a/b", "%0d%0a", "ä"])
  func `does not introduce itself by anything else`(hello: String) async throws {
    let server = try ScriptedMailServer()
    let error = await failure { () async throws(MailError) in try await send(to: server.port, hello: hello) }
    guard case .transport(.invalidRequest) = error?.cause else {
      return #expect(Bool(false), "\(String(describing: error))")
    }
  }

  @Test func `words that are sent before TLS stands are not taken for the server's`() async throws {
    let server = try ScriptedMailServer(offering: ["STARTTLS"]) { command in
      command == "STARTTLS" ? .say("220 go on\r\n250 and this is not encrypted") : nil
    }
    let error = await failure { () async throws(MailError) in try await send(to: server.port, security: .startTLS) }
    #expect(error != nil && !server.commands.contains { $0.hasPrefix("MAIL") })
  }

  @Test(arguments: [
    ".", "..", "...", ".\r\n", "\r\n.\r\n", "a\r\n.\r\nb", "a\r\n..b\r\n...\r\n", "\r\n\r\n.", "x",
    String(repeating: "y", count: 100_000), String(repeating: ".\r\n", count: 40_000),
    String(repeating: "z", count: 65_533) + "\r\n.\r\nz", String(repeating: "z", count: 65_534) + "\r\n.\r\nz",
    String(repeating: "z", count: 65_535) + "\r\n.\r\nz", String(repeating: "z", count: 65_536) + "\r\n.\r\nz",
  ])
  func `no content ends itself`(content: String) async throws {
    let server = try ScriptedMailServer()
    #expect(try await send(to: server.port, content: content).isEmpty)
    #expect(server.contents == [content.hasSuffix("\r\n") ? content : content + "\r\n"])
    _ = try await eventually("QUIT follows the content") { server.commands.last == "QUIT" ? true : nil }
    #expect(server.commands.count == 5)
  }

  // MARK: Calling off

  @Test(arguments: ["", "EHLO", "MAIL", "RCPT", "DATA"])
  func `a mail that is called off before its content is none`(at: String) async throws {
    let server = try ScriptedMailServer { command in
      (at.isEmpty ? command.isEmpty : command.hasPrefix(at)) ? .hold : nil
    }
    let task = Task { await failure { () async throws(MailError) in try await send(to: server.port) } }
    _ = try await eventually("the server is asked") {
      (at.isEmpty ? server.sessions > 0 : server.commands.contains { $0.hasPrefix(at) }) ? true : nil
    }
    task.cancel()
    #expect(await task.value == MailError(.transport(.cancelled)))
    _ = try await eventually("the connection ends") { server.endedSessions == 1 ? true : nil }
    #expect(server.contents.isEmpty && !server.commands.contains { $0.isEmpty || $0 == "." })
  }

  @Test func `half a mail that is called off never gets an end`() async throws {
    let gate = ScriptedGate()
    let server = try ScriptedMailServer { $0 == "DATA" ? .sayAndStall("354 go on", gate) : nil }
    // More than the buffers between the two hold.
    let content = String(repeating: String(repeating: "x", count: 70) + "\r\n", count: 500_000)
    let task = Task {
      await failure { () async throws(MailError) in try await send(to: server.port, content: content) }
    }
    _ = try await eventually("the server asks for the content") { server.commands.contains("DATA") ? true : nil }
    task.cancel()
    #expect(await task.value == MailError(.transport(.cancelled)))
    gate.open()
    _ = try await eventually("the connection ends") { server.endedSessions == 1 ? true : nil }
    #expect(server.contents.isEmpty)
  }

  @Test func `a mail that is called off before its answer may have arrived`() async throws {
    let server = try ScriptedMailServer { $0 == "." ? .hold : nil }
    let task = Task { await failure { () async throws(MailError) in try await send(to: server.port) } }
    _ = try await eventually("the content is there") { server.contents.isEmpty ? nil : true }
    task.cancel()
    #expect(await task.value == MailError(.unconfirmed(.cancelled)))
    _ = try await eventually("the connection ends") { server.endedSessions == 1 ? true : nil }
  }

  // MARK: Many at once

  @Test func `a server that hangs holds up its own mails only, a few at once`() async throws {
    let gate = ScriptedGate()
    let hanging = try ScriptedMailServer { $0 == "." ? .sayAfter(gate, "250 taken") : nil }
    let good = try ScriptedMailServer()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<12 {
        group.addTask {
          let refused = try await send(to: hanging.port)
          #expect(refused.isEmpty)
        }
      }
      _ = try await eventually("mails hang") { hanging.contents.count >= 4 ? true : nil }
      #expect(try await send(to: good.port).isEmpty)
      #expect(hanging.sessions == 4)
      // Who waits for a place can be called off.
      let waiting = Task { await failure { () async throws(MailError) in try await send(to: hanging.port) } }
      waiting.cancel()
      #expect(await waiting.value == MailError(.transport(.cancelled)))
      gate.open()
      try await group.waitForAll()
    }
    #expect(hanging.contents.count == 12)
  }
}
