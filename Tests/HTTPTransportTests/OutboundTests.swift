import Synchronization
import TestSupport
import Testing
import Values

@testable import HTTPTransport

/// Servers that somebody else names: every connection is judged by where it leads.
@Suite("Outbound rules on the wire")
struct OutboundTests {
  private static let loopback = OutboundRules(
    networks: ["127.0.0.0/8", "::1"].compactMap { AddressBlock($0) }, allowsLoopback: true)

  private func outcome(_ url: String, _ rules: OutboundRules, follows: Bool = false) async throws -> String {
    var configuration = TransportConfiguration()
    configuration.outbound = rules
    var request = HTTPRequest(
      url: url, timeouts: HTTPTimeouts(connect: .seconds(20), idle: .seconds(60), total: .seconds(60)))
    request.followsRedirects = follows
    request.maximumBodyBytes = 1 << 20
    do throws(TransportError) {
      let answer = try await CurlTransport(configuration).send(request)
      return "\(answer.status) \(answer.text)"
    } catch {
      if case .notAllowed(_, let refusal) = error { return "\(refusal)" }
      return "\(error)"
    }
  }

  /// A server of this machine by many names: none of them is asked.
  @Test(arguments: [
    "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "localhost", "LOCALHOST.", "[::1]",
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "127.0.0.1%2e", "①②⑦.0.0.1",
  ])
  func `this machine is not reached by any name`(host: String) async throws {
    let asked = Mutex(0)
    let server = try ScriptedServer { _ in
      asked.withLock { $0 += 1 }
      return [.answer(200, body: "inside")]
    }
    defer { server.stop() }
    let url = "http://\(host):\(server.port)/"
    for rules in [OutboundRules.anyHost, OutboundRules(allowsInternet: true)] {
      #expect(!(try await outcome(url, rules)).contains("inside"))
    }
    #expect(asked.withLock { $0 } == 0)
  }

  @Test(arguments: ["0.0.0.0", "0", "[::]", "[::ffff:0.0.0.0]"])
  func `nor by the address that stands for none`(host: String) async throws {
    let server = try ScriptedServer { _ in [.answer(200, body: "inside")] }
    defer { server.stop() }
    for rules in [OutboundRules.anyHostOfPod, Self.loopback] {
      #expect(try await outcome("http://\(host):\(server.port)/", rules) == "\(OutboundRefusal.special)")
    }
  }

  @Test(arguments: [
    "http://169.254.169.254/latest/meta-data", "http://0xa9fea9fe/", "http://[fe80::1]/", "http://[fd00:ec2::254]/",
    "http://100.100.100.200/", "https://224.0.0.1/", "http://[::ffff:169.254.169.254]/",
  ])
  func `metadata services are never asked`(url: String) async throws {
    for rules in [OutboundRules.anyHost, .anyHostOfPod, OutboundRules(allowsInternet: true)] {
      #expect(try await outcome(url, rules) == "\(OutboundRefusal.special)")
    }
  }

  @Test func `a name is judged by where it leads at the moment of connecting`() async throws {
    let server = try ScriptedServer { _ in [.answer(200, body: "inside")] }
    defer { server.stop() }
    // The name is allowed as far as names go; the resolver says where it leads.
    let named = OutboundRules(hosts: [HostPattern("localhost")].compactMap(\.self))
    #expect(try await outcome("http://localhost:\(server.port)/", named) == "\(OutboundRefusal.loopback)")
    #expect(
      try await outcome("http://localhost:\(server.port)/", OutboundRules(allowsInternet: true))
        == "\(OutboundRefusal.loopback)")
    #expect(try await outcome("http://localhost:\(server.port)/", Self.loopback) == "200 inside")
    #expect(
      try await outcome("http://localhost:\(server.port)/", OutboundRules(allowsLoopback: true))
        == "\(OutboundRefusal.notAllowed)")
  }

  @Test func `a redirect leads nowhere else`() async throws {
    let inner = try ScriptedServer { _ in [.answer(200, body: "inside")] }
    defer { inner.stop() }
    let outer = try ScriptedServer { request in
      let place = request.path == "/metadata" ? "http://169.254.169.254/" : inner.url
      return [.answer(302, headers: ["Location": place])]
    }
    defer { outer.stop() }
    // Rules that name hosts follow none, …
    #expect(try await outcome(outer.url, Self.loopback, follows: true) == "302 ")
    // … others judge each connection.
    #expect(try await outcome(outer.url, .anyHostOfPod, follows: true) == "200 inside")
    #expect(
      try await outcome(outer.url + "/metadata", .anyHostOfPod, follows: true) == "\(OutboundRefusal.special)")
  }

  @Test func `nothing of a broken answer is repeated`() async throws {
    let endless: [ScriptedStep] =
      [.beginChunked()] + Array(repeating: .chunk(String(repeating: "hush", count: 10_000)), count: 40) + [.endChunked]
    let answers: [[ScriptedStep]] = [
      endless, [.raw("SSH-2.0-hush\r\n"), .close],
      [.raw("HTTP/1.1 200 OK\r\nContent-Length: hush\r\n\r\n"), .close],
      [.raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nhush\r\n"), .close],
    ]
    for steps in answers {
      let server = try ScriptedServer { _ in steps }
      defer { server.stop() }
      let told = try await outcome(server.url, Self.loopback)
      #expect(!told.contains("hush"), "\(told)")
    }
  }

  @Test func `a mail server is held to the same rules`() async throws {
    let mail = Mail(from: "a@example.org", to: ["b@example.org"], content: Array("x\r\n".utf8))
    for (host, refusal) in [
      ("127.0.0.1", OutboundRefusal.loopback), ("localhost", .loopback), ("169.254.169.254", .special),
      ("::", .special),
    ] {
      let server = MailServer(host: host, port: 25, security: .none)
      await #expect(throws: MailError(.transport(.notAllowed(origin: server.origin, refusal)))) {
        try await CurlMailTransport(outbound: .anyHost).send(mail, to: server)
      }
    }
    let unlisted = MailServer(host: "mail.example.org", port: 25, security: .none)
    await #expect(throws: MailError(.transport(.notAllowed(origin: unlisted.origin, .notAllowed)))) {
      try await CurlMailTransport(outbound: OutboundRules()).send(mail, to: unlisted)
    }
  }

  @Test(
    arguments: [
      (["http_proxy": "http://p:1"], "http", "a.example", "http://p:1"),
      (["HTTP_PROXY": "http://p:1"], "http", "a.example", nil),
      (["https_proxy": "http://p:1"], "http", "a.example", nil),
      (["HTTPS_PROXY": "http://p:1"], "https", "a.example", "http://p:1"),
      (["all_proxy": "http://p:1"], "https", "a.example", "http://p:1"),
      (["https_proxy": "", "ALL_PROXY": "http://p:1"], "https", "a.example", "http://p:1"),
      (["http_proxy": "http://p:1", "no_proxy": "*"], "http", "a.example", nil),
      (["http_proxy": "http://p:1", "no_proxy": "b, .example"], "http", "a.example", nil),
      (["http_proxy": "http://p:1", "no_proxy": "ample"], "http", "a.example", "http://p:1"),
      (["http_proxy": "http://p:1", "NO_PROXY": "10.96.0.0/12 192.0.2.7"], "http", "10.100.1.1", nil),
      (["http_proxy": "http://p:1", "NO_PROXY": "10.96.0.0/12 192.0.2.7"], "http", "192.0.2.8", "http://p:1"),
      (["http_proxy": "http://p:1", "no_proxy": "[::1],fd00::5"], "http", "[fd00::5]", nil),
    ] as [([String: String], String, String, String?)])
  func `the environment's proxy is known beforehand`(
    environment: [String: String], scheme: String, host: String, proxy: String?
  ) {
    #expect(EnvironmentProxy.url(for: host, scheme: scheme, in: environment) == proxy)
  }

  @Test func `a proxy is asked for hosts that are allowed by name, and for no others`() async throws {
    let asked = Mutex<[String]>([])
    let server = try ScriptedServer { request in
      asked.withLock { $0.append(request.target) }
      return [.answer(200, body: "by proxy")]
    }
    defer { server.stop() }
    var configuration = TransportConfiguration()
    configuration.proxy = server.url
    configuration.outbound = OutboundRules(hosts: [HostPattern("good.test")].compactMap(\.self), allowsInternet: true)
    let transport = try CurlTransport(configuration)
    #expect(try await transport.send(HTTPRequest(url: "http://good.test/")).text == "by proxy")
    for host in ["evil.test", "169.254.169.254", "127.0.0.2"] {
      await #expect(throws: TransportError.self) { try await transport.send(HTTPRequest(url: "http://\(host)/")) }
    }
    #expect(asked.withLock { $0 } == ["http://good.test/"])
  }
}
