import HTTPTransport
import TestSupport
import Testing

@Suite("A mail over SMTP")
struct MailTransportTests {
  private static let content = "Subject: one\r\n\r\nfirst\r\n.\r\n..last\r\n"
  private let transport = CurlMailTransport()

  private func send(
    to port: Int, _ receivers: [String] = ["a@example.org"], security: MailServer.Security = .none,
    credentials: MailCredentials? = nil, from sender: String = "apus@example.org",
    timeouts: HTTPTimeouts = HTTPTimeouts(connect: .seconds(5), idle: .seconds(5), total: .seconds(20))
  ) async throws(MailError) -> [MailRefusal] {
    var server = MailServer(host: "127.0.0.1", port: port, security: security, credentials: credentials)
    server.timeouts = timeouts
    return try await transport.send(
      Mail(from: sender, to: receivers, content: Array(Self.content.utf8)), to: server)
  }

  private func failure(_ body: () async throws(MailError) -> [MailRefusal]) async -> MailError? {
    do throws(MailError) {
      _ = try await body()
      return nil
    } catch {
      return error
    }
  }

  @Test func `arrives as it was handed over, for every receiver, on a connection of its own`() async throws {
    let server = try ScriptedMailServer()
    for _ in 0..<2 {
      #expect(try await send(to: server.port, ["a@example.org", "b@example.org"]).isEmpty)
    }
    #expect(server.contents == [Self.content, Self.content])
    let one = [
      "EHLO [127.0.0.1]", "MAIL FROM:<apus@example.org>", "RCPT TO:<a@example.org>", "RCPT TO:<b@example.org>", "DATA",
      "QUIT",
    ]
    #expect(server.commands == one + one)
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
    #expect(error == .refused(expected))
    #expect(expected.isPermanent == (code >= 500))
  }

  @Test func `reaches the others where one receiver is refused`() async throws {
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
        MailRefusal(step: .receiver("b@example.org"), code: 550, text: "5.1.1 no such user 5.1.1 here"),
        MailRefusal(step: .receiver("c@example.org"), code: 451, text: "greylisted"),
      ])
    #expect(refused.first.map { "\($0)".contains("b@example.org: 550") } == true)
    #expect(server.contents.count == 1)
  }

  @Test func `is not sent where every receiver is refused`() async throws {
    let server = try ScriptedMailServer { $0.hasPrefix("RCPT") ? .say("550 no") : nil }
    let error = await failure { () async throws(MailError) in
      try await send(to: server.port, ["a@example.org", "b@example.org"])
    }
    let refusals = ["a@example.org", "b@example.org"].map { MailRefusal(step: .receiver($0), code: 550, text: "no") }
    #expect(error == .nobodyAccepted(refusals))
    #expect(server.contents.isEmpty)
  }

  @Test func `is never sent in the clear where STARTTLS is asked for and not offered`() async throws {
    let server = try ScriptedMailServer(offering: ["AUTH PLAIN"])
    let error = await failure { () async throws(MailError) in
      try await send(
        to: server.port, security: .startTLS, credentials: MailCredentials(username: "me", password: "secret"))
    }
    guard case .transport(.tlsFailed) = error else { return #expect(Bool(false), "\(String(describing: error))") }
    #expect(!server.commands.contains { $0.hasPrefix("AUTH") || $0.hasPrefix("MAIL") })
  }

  @Test func `a STARTTLS that fails ends it`() async throws {
    for answer in ["454 not now", "220 go on"] {
      let server = try ScriptedMailServer(offering: ["STARTTLS"]) { command in
        command == "STARTTLS" ? .say(answer) : command.hasPrefix("EHLO") ? nil : .say("220 go on")
      }
      let error = await failure { () async throws(MailError) in try await send(to: server.port, security: .startTLS) }
      #expect(error != nil && !server.commands.contains { $0.hasPrefix("MAIL") })
      if answer.hasPrefix("454") {
        #expect(error == .refused(MailRefusal(step: .encryption, code: 454, text: "not now")))
      }
    }
  }

  @Test func `a password is not sent without TLS at all`() async throws {
    let server = try ScriptedMailServer(offering: ["AUTH PLAIN LOGIN"])
    let error = await failure { () async throws(MailError) in
      try await send(to: server.port, credentials: MailCredentials(username: "me", password: "secret"))
    }
    guard case .transport(.invalidRequest) = error else { return #expect(Bool(false), "\(String(describing: error))") }
    #expect(server.commands.isEmpty)
    #expect(!"\(String(reflecting: MailCredentials(username: "me", password: "secret")))".contains("secret"))
  }

  @Test(arguments: ["a@b>\r\nDATA", "a b@c", "", "ä@example.org", "a<@b"])
  func `an address that could end a command is not sent`(address: String) async throws {
    let server = try ScriptedMailServer()
    for (sender, receivers) in [(address, ["a@b"]), ("a@b", [address])] {
      let error = await failure { () async throws(MailError) in try await send(to: server.port, receivers, from: sender)
      }
      guard case .transport(.invalidRequest) = error else {
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
      switch error {
      // Some releases of libcurl have a limit of their own.
      case .transport(.headTooLarge), .transport(.interrupted): break
      default: Issue.record("\(at) \(String(describing: error))")
      }
    }
  }

  @Test func `a server's words are one short line`() async throws {
    let long = String(repeating: "x", count: 3000)
    let server = try ScriptedMailServer { $0.hasPrefix("MAIL") ? .say("550 a\u{7}b\tc \(long)") : nil }
    let error = await failure { () async throws(MailError) in try await send(to: server.port) }
    guard case .refused(let refusal) = error else { return #expect(Bool(false), "\(String(describing: error))") }
    #expect(refusal.text.hasPrefix("a b c xxx") && refusal.text.count == 201)
  }

  @Test func `a server that falls silent is waited for as long as it may take`() async throws {
    for at in ["", "MAIL", "."] {
      let server = try ScriptedMailServer { command in
        (at.isEmpty ? command.isEmpty : command.hasPrefix(at)) ? .hold : nil
      }
      let start = ContinuousClock.now
      let error = await failure { () async throws(MailError) in
        try await send(
          to: server.port, timeouts: HTTPTimeouts(connect: .seconds(2), idle: .seconds(1), total: .seconds(10)))
      }
      guard case .transport(.timedOut) = error else {
        return #expect(Bool(false), "\(at) \(String(describing: error))")
      }
      #expect(start.duration(to: .now) < .seconds(9))
    }
  }

  @Test func `a server that has taken the mail and says no farewell has taken it`() async throws {
    for farewell in [ScriptedMailServer.Answer.hold, .close, .say("500 what")] {
      let server = try ScriptedMailServer { $0 == "QUIT" ? farewell : nil }
      let refused = try await send(
        to: server.port, timeouts: HTTPTimeouts(connect: .seconds(2), idle: .seconds(1), total: .seconds(10)))
      #expect(refused.isEmpty && server.contents.count == 1)
    }
  }

  @Test func `a connection that breaks is told`() async throws {
    for at in ["", "EHLO", "MAIL", "RCPT", "DATA", "."] {
      let server = try ScriptedMailServer { command in
        (at.isEmpty ? command.isEmpty : command.hasPrefix(at)) ? .close : nil
      }
      let error = await failure { () async throws(MailError) in try await send(to: server.port) }
      guard case .transport = error else { return #expect(Bool(false), "\(at) \(String(describing: error))") }
    }
    let gone = try ScriptedMailServer()
    let port = gone.port
    gone.stop()
    let error = await failure { () async throws(MailError) in try await send(to: port) }
    guard case .transport(.connectionFailed) = error else {
      return #expect(Bool(false), "\(String(describing: error))")
    }
  }

  @Test func `can be called off`() async throws {
    let server = try ScriptedMailServer { $0.hasPrefix("MAIL") ? .hold : nil }
    let task = Task { await failure { () async throws(MailError) in try await send(to: server.port) } }
    _ = try await eventually("the sender is named") { server.commands.count > 1 ? true : nil }
    task.cancel()
    #expect(await task.value == .transport(.cancelled))
  }
}
