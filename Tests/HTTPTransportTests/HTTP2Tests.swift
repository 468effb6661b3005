import Foundation
import HTTPTransport
import Synchronization
import TestSupport
import Testing

@Suite("HTTP/2", .enabled(if: FileManager.default.isExecutableFile(atPath: TLSServer.openssl)))
struct HTTP2Tests {
  func transport(_ server: HTTP2Server) throws -> CurlTransport {
    var configuration = TransportConfiguration()
    configuration.certificateAuthority = server.tls.bytes("ca.crt")
    return try CurlTransport(configuration)
  }

  func started(_ server: HTTP2Server, _ transport: CurlTransport) async throws {
    let first = try await eventually("the server listens") {
      do {
        return try await transport.send(HTTPRequest(url: server.url)).text
      } catch TransportError.connectionFailed {
        return nil
      }
    }
    #expect(first == "0")
  }

  @Test("Forty streams that stay open and forty requests beside them share one connection")
  func shared() async throws {
    let server = try await HTTP2Server { number in
      HTTP2Server.Answer(body: Array("\(number)".utf8), isHeld: (1...40).contains(number))
    }
    defer { server.tls.stop() }
    let transport = try transport(server)
    try await started(server, transport)
    var streams: [HTTPBody.Iterator] = []
    for number in 1...40 {
      let stream = try await transport.stream(HTTPRequest(url: server.url, timeouts: HTTPTimeouts(total: nil)))
      var body = stream.body.makeAsyncIterator()
      #expect(try await body.next() == Array("\(number)".utf8))
      streams.append(body)
    }
    let url = server.url
    let answers = try await withThrowingTaskGroup(of: Int?.self) { group in
      for _ in 0..<40 { group.addTask { Int(try await transport.send(HTTPRequest(url: url)).text) } }
      return try await group.reduce(into: Set<Int>()) { if let number = $1 { $0.insert(number) } }
    }
    #expect(answers == Set(41...80))
    #expect(server.requests == 81)
    #expect(streams.count == 40)
  }

  @Test("A stream that nobody reads does not hold up the others on its connection, and loses nothing")
  func unread() async throws {
    let large = [UInt8](repeating: 0x78, count: 12 << 20)
    let server = try await HTTP2Server { number in
      HTTP2Server.Answer(body: number == 1 ? large : Array("\(number)".utf8), isHeld: number == 1)
    }
    defer { server.tls.stop() }
    let transport = try transport(server)
    try await started(server, transport)
    let stream = try await transport.stream(HTTPRequest(url: server.url, timeouts: HTTPTimeouts(total: nil)))
    for number in 2...5 {
      #expect(try await transport.send(HTTPRequest(url: server.url)).text == "\(number)")
    }
    var body = stream.body.makeAsyncIterator()
    var count = 0
    while count < large.count, let chunk = try await body.next() { count += chunk.count }
    #expect(count == large.count)
  }
}
