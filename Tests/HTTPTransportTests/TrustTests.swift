import Foundation
import HTTPTransport
import TestSupport
import Testing

@Suite("Trust", .enabled(if: FileManager.default.isExecutableFile(atPath: TLSServer.openssl)))
struct TrustTests {
  @Test("A server is believed by its authority and its name, and believes our certificate")
  func trust() async throws {
    let server = try await TLSServer.start(name: "kubernetes")
    var good = TransportConfiguration()
    good.certificateAuthority = server.bytes("ca.crt")
    good.clientCertificate = server.bytes("client.crt")
    good.clientKey = server.bytes("client.key")
    good.serverName = "kubernetes"
    let url = "https://127.0.0.1:\(server.port)/"
    func status(_ configuration: TransportConfiguration) async throws(TransportError) -> Int {
      try await CurlTransport(configuration).send(HTTPRequest(url: url)).status
    }
    let first = try await eventually("the server listens") {
      do {
        return try await status(good)
      } catch TransportError.connectionFailed {
        return nil
      }
    }
    #expect(first == 200)

    var wrongName = good
    wrongName.serverName = nil
    var wrongAuthority = good
    wrongAuthority.certificateAuthority = server.bytes("other.crt")
    var noAuthority = good
    noAuthority.certificateAuthority = nil
    for configuration in [wrongName, wrongAuthority, noAuthority] {
      let error = await #expect(throws: TransportError.self) { try await status(configuration) }
      guard case .tlsFailed = error else {
        Issue.record("unexpected: \(String(describing: error))")
        continue
      }
    }
    var anonymous = good
    anonymous.clientCertificate = nil
    anonymous.clientKey = nil
    await #expect(throws: TransportError.self) { try await status(anonymous) }
    var careless = wrongAuthority
    careless.serverName = nil
    careless.verifiesServer = false
    #expect(try await status(careless) == 200)
    server.stop()
  }

  @Test("A pinned certificate is the only one that is believed, whatever its names and whoever has signed it")
  func pinned() async throws {
    let server = try await TLSServer.start(name: "kubernetes")
    defer { server.stop() }
    var configuration = TransportConfiguration()
    configuration.clientCertificate = server.bytes("client.crt")
    configuration.clientKey = server.bytes("client.key")
    let transport = try CurlTransport(configuration)
    func status(_ pinned: String?) async throws(TransportError) -> Int {
      var request = HTTPRequest(url: "https://127.0.0.1:\(server.port)/")
      request.pinnedCertificate = pinned.map(server.bytes)
      return try await transport.send(request).status
    }
    let first = try await eventually("the server listens") {
      do {
        return try await status("server.crt")
      } catch TransportError.connectionFailed {
        return nil
      }
    }
    #expect(first == 200)
    // One after the other on one transport: a connection that was believed by one certificate is not used for another.
    for other in ["other.crt", "client.crt", nil] {
      let error = await #expect(throws: TransportError.self) { try await status(other) }
      guard case .tlsFailed = error else {
        Issue.record("unexpected: \(String(describing: error))")
        continue
      }
    }
    #expect(try await status("server.crt") == 200)
  }

  @Test("Another server name is for TLS alone: the request still names the host of the URL")
  func host() async throws {
    let server = try await TLSServer.start(name: "kubernetes", protocols: "http/1.1")
    defer { server.stop() }
    var configuration = TransportConfiguration()
    configuration.certificateAuthority = server.bytes("ca.crt")
    configuration.serverName = "kubernetes"
    let transport = try CurlTransport(configuration)
    try server.answers.fileHandleForWriting.write(
      contentsOf: Array("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".utf8))
    let answer = try await eventually("the server listens") {
      do {
        return try await transport.send(HTTPRequest(url: "https://127.0.0.1:\(server.port)/path"))
      } catch TransportError.connectionFailed {
        return nil
      }
    }
    #expect(answer.text == "ok")
    let request = String(decoding: server.received.fileHandleForReading.availableData, as: UTF8.self)
    #expect(request.hasPrefix("GET /path HTTP/1.1\r\n"))
    #expect(request.contains("Host: 127.0.0.1:\(server.port)\r\n"), "\(request)")
  }
}
