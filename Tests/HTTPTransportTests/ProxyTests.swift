import Foundation
import HTTPTransport
import Synchronization
import TestSupport
import Testing

@Suite("Proxies")
struct ProxyTests {
  func answer(through proxy: String, _ url: String) async throws -> String {
    var configuration = TransportConfiguration()
    configuration.proxy = proxy
    return try await CurlTransport(configuration).send(HTTPRequest(url: url)).text
  }

  @Test("An HTTP proxy gets the whole address, with its own credentials and not for loopback only")
  func http() async throws {
    let proxy = try ScriptedServer { request in
      [.answer(200, body: "\(request.target) \(request.headers["proxy-authorization"] ?? "none")")]
    }
    defer { proxy.stop() }
    let text = try await answer(through: proxy.url, "http://api.test:8080/a?b=c")
    #expect(text == "http://api.test:8080/a?b=c none")
    let named = try await answer(through: proxy.url.replacing("//", with: "//me:pw@"), "http://127.0.0.1:1/x")
    #expect(named == "http://127.0.0.1:1/x Basic bWU6cHc=")
  }

  @Test("A SOCKS5 proxy looks names up itself and relays")
  func socks() async throws {
    let server = try ScriptedServer { [.answer(200, body: "\($0.target) for \($0.headers["host"] ?? "")")] }
    defer { server.stop() }
    let asked = Mutex<[UInt8]>([])
    let port = server.port
    let proxy = try RawServer { connection in
      guard connection.read() != nil, connection.write([5, 0]), let request = connection.read() else { return }
      asked.withLock { $0 = request }
      guard connection.write([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]) else { return }
      connection.relay(toPort: port)
    }
    defer { proxy.stop() }
    let text = try await answer(through: "socks5://127.0.0.1:\(proxy.port)", "http://api.test/x")
    #expect(text == "/x for api.test")
    // CONNECT, a domain name of 8 bytes, port 80.
    #expect(asked.withLock { $0 } == [5, 1, 0, 3, 8] + Array("api.test".utf8) + [0, 80])
  }

  @Test(
    "TLS goes through a proxy's tunnel, end to end: the proxy looks the name up and sees nothing of the request",
    .enabled(if: FileManager.default.isExecutableFile(atPath: TLSServer.openssl)))
  func tunnel() async throws {
    let server = try await TLSServer.start(name: "kubernetes", protocols: "http/1.1")
    defer { server.stop() }
    let asked = Mutex("")
    let port = server.port
    let proxy = try RawServer { connection in
      guard let request = connection.read() else { return }
      asked.withLock { $0 = String(decoding: request, as: UTF8.self) }
      guard connection.write("HTTP/1.1 200 Connection established\r\n\r\n") else { return }
      connection.relay(toPort: port)
    }
    defer { proxy.stop() }
    var configuration = TransportConfiguration()
    configuration.proxy = proxy.url
    configuration.certificateAuthority = server.bytes("ca.crt")
    let transport = try CurlTransport(configuration)
    try server.answers.fileHandleForWriting.write(
      contentsOf: Array("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".utf8))
    let answer = try await eventually("the server listens") {
      // Until then the tunnel ends at once.
      try? await transport.send(
        HTTPRequest(url: "https://kubernetes:\(port)/secret", headers: ["Authorization": "Bearer hunter2"]))
    }
    #expect(answer.text == "ok")
    let request = asked.withLock { $0 }
    #expect(request.hasPrefix("CONNECT kubernetes:\(port) HTTP/1.1\r\n"))
    #expect(!request.contains("hunter2") && !request.contains("secret"))
  }

  @Test("A proxy that is not there or refuses is an error that names no password")
  func refusals() async throws {
    let proxy = try ScriptedServer { _ in [.answer(407, headers: ["Proxy-Authenticate": "Basic realm=x"])] }
    defer { proxy.stop() }
    let error = await #expect(throws: TransportError.self) {
      try await answer(through: proxy.url.replacing("//", with: "//me:hunter2@"), "https://api.test/")
    }
    #expect(error.map { !"\($0)".contains("hunter2") } == true)
    proxy.stop()
    let gone = await #expect(throws: TransportError.self) { try await answer(through: proxy.url, "http://api.test/") }
    #expect(gone?.isBeforeSending == true)
  }
}
