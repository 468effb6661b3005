import Foundation
import HTTPTransport
import Synchronization
import TestSupport
import Testing

@Suite("Connections")
struct ConnectionTests {
  @Test("Streams that stay open do not starve requests, and requests share the rest: connections are counted")
  func reuse() async throws {
    let server = try ScriptedServer { request in
      request.path == "/watch" ? [.beginChunked(), .chunk("x"), .hold] : [.answer(200, body: "y")]
    }
    defer { server.stop() }
    let transport = try CurlTransport()
    var streams: [HTTPStream] = []
    for _ in 0..<12 { streams.append(try await transport.stream(HTTPRequest(url: server.url + "/watch"))) }
    for _ in 0..<50 { #expect(try await transport.send(HTTPRequest(url: server.url)).text == "y") }
    // HTTP/1.1 without TLS: one for each stream and one for all requests.
    #expect(server.connections == 13)
    #expect(streams.count == 12)
  }

  @Test("A POST whose answer was lost on a kept connection is not sent again behind the caller's back, a GET is")
  func onceOnly() async throws {
    let seen = Mutex<[String: Int]>([:])
    let server = try ScriptedServer { request in
      let count = seen.withLock { seen in
        seen[request.method, default: 0] += 1
        return seen[request.method] ?? 0
      }
      return count == 2 ? [.reset] : [.answer(200, body: "\(count)")]
    }
    defer { server.stop() }
    let transport = try CurlTransport()
    let post = HTTPRequest(.post, url: server.url, body: Array("{}".utf8))
    #expect(try await transport.send(post).text == "1")
    let error = await #expect(throws: TransportError.self) { try await transport.send(post) }
    #expect(error?.isBeforeSending == false)
    #expect(seen.withLock { $0["POST"] } == 2)
    #expect(try await transport.send(post).text == "3")
    #expect(try await transport.send(HTTPRequest(url: server.url)).text == "1")
    #expect(try await transport.send(HTTPRequest(url: server.url)).text == "3")
  }

  @Test("Large bodies of every method arrive whole, empty ones too")
  func bodies() async throws {
    let server = try ScriptedServer { [.answer(200, body: "\($0.method) \($0.body.count) \($0.body.last ?? 0)")] }
    defer { server.stop() }
    let transport = try CurlTransport()
    for method in [HTTPRequest.Method.post, .put, .patch] {
      for size in [0, 1, 300_000, 3 << 20] {
        let body = [UInt8](repeating: 7, count: size)
        let answer = try await transport.send(HTTPRequest(method, url: server.url, body: body))
        #expect(answer.text == "\(method.rawValue) \(size) \(size == 0 ? 0 : 7)")
      }
    }
  }

  @Test("An answer that comes before the whole body is taken as it is: too large, says the server")
  func early() async throws {
    // Answers at the first bytes, reads on so that the connection is not reset, and closes.
    let eager = try RawServer { connection in
      _ = connection.read()
      connection.write("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig")
      while connection.read() != nil {}
    }
    defer { eager.stop() }
    let answer = try await CurlTransport().send(
      HTTPRequest(.post, url: eager.url, body: [UInt8](repeating: 7, count: 8 << 20)))
    #expect(answer.status == 413 && answer.text == "big")
  }

  @Test("A storm of cancellations leaves nothing behind: no transfer, no connection, no thread")
  func storm() async throws {
    let server = try ScriptedServer { request in
      switch request.path {
      case "/hold": [.hold]
      case "/stream": [.beginChunked(), .chunk("x"), .hold]
      default: [.answer(200, body: String(repeating: "y", count: 100_000))]
      }
    }
    defer { server.stop() }
    let transport = try CurlTransport()
    let url = server.url
    let ended = await withTaskGroup(of: Bool.self) { group in
      for number in 0..<240 {
        group.addTask {
          let task = Task { () -> Int in
            switch number % 4 {
            case 0: try await transport.send(HTTPRequest(url: url + "/hold")).body.count
            case 1: try await transport.stream(HTTPRequest(url: url + "/stream")).body.collect(upTo: 10).count
            case 2: try await transport.stream(HTTPRequest(url: url + "/whole")).body.collect(upTo: 1 << 20).count
            default: try await transport.send(HTTPRequest(url: url + "/whole")).body.count
            }
          }
          for _ in 0..<number % 7 * 20 { await Task.yield() }
          task.cancel()
          switch await task.result {
          case .success(let count): return count == 100_000
          case .failure(let error): return error as? TransportError == .cancelled
          }
        }
      }
      return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
    }
    #expect(ended == 240)
    #expect(try await transport.send(HTTPRequest(url: url)).body.count == 100_000)
    // What is left are idle connections that may be used again: those of whole answers.
    let busy = { server.requests.filter { $0.path != "/hold" && $0.path != "/stream" }.map(\.connection) }
    _ = try await eventually("held connections are closed") {
      server.openConnections <= Set(busy()).count ? true : nil
    }
  }

  @Test("Headers without end are refused, on both sides")
  func headers() async throws {
    let many = (0..<4000).map { "X-\($0): \(String(repeating: "v", count: 90))\r\n" }.joined()
    let server = try ScriptedServer { request in
      request.path == "/many" ? [.raw("HTTP/1.1 200 OK\r\n\(many)Content-Length: 0\r\n\r\n")] : [.answer(200)]
    }
    defer { server.stop() }
    let transport = try CurlTransport()
    let limit = TransportError.headTooLarge(limit: 256 << 10)
    await #expect(throws: limit) { try await transport.send(HTTPRequest(url: server.url + "/many")) }
    await #expect(throws: limit) { try await transport.stream(HTTPRequest(url: server.url + "/many")) }
    let large = HTTPRequest(url: server.url, headers: ["X": String(repeating: "v", count: 2 << 20)])
    await #expect(throws: TransportError.self) { try await transport.send(large) }
    #expect(server.requests.count == 2)
  }

  @Test("Compressed answers are unpacked, and what comes out is bounded")
  func compression() async throws {
    // `gzip` of a megabyte of zeros, as a shell makes it: 1,051 bytes.
    let path = NSTemporaryDirectory() + "apus-gzip-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path + ".gz") }
    try Data(count: 1 << 20).write(to: URL(fileURLWithPath: path))
    try await blocking {
      let gzip = Process()
      gzip.executableURL = URL(fileURLWithPath: "/bin/gzip")
      gzip.arguments = [path]
      try gzip.run()
      gzip.waitUntilExit()
    }
    let packed = try Array(Data(contentsOf: URL(fileURLWithPath: path + ".gz")))
    let server = try ScriptedServer { request in
      let head = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: \(packed.count)\r\n\r\n"
      return request.headers["accept-encoding"]?.contains("gzip") == true
        ? [.raw(head), .bytes(packed)] : [.answer(200, body: "plain")]
    }
    defer { server.stop() }
    let transport = try CurlTransport()
    #expect(try await transport.send(HTTPRequest(url: server.url)).text == "plain")
    var request = HTTPRequest(url: server.url)
    request.acceptsCompression = true
    #expect(try await transport.send(request).body == [UInt8](repeating: 0, count: 1 << 20))
    request.maximumBodyBytes = 1 << 19
    await #expect(throws: TransportError.bodyTooLarge(limit: 1 << 19)) { try await transport.send(request) }
  }
}
