import HTTPTransport
import Synchronization
import TestSupport
import Testing

@Suite("HTTP over libcurl")
struct CurlTransportTests {
  @Test("Method, headers and body arrive; status, headers and body come back; connections are reused")
  func exchange() async throws {
    let server = try ScriptedServer { request in
      [.answer(201, headers: ["X-Kind": "test"], body: "\(request.method) \(request.target) \(request.text)")]
    }
    defer { server.stop() }
    let transport = try CurlTransport(TransportConfiguration(userAgent: "apus-test/1"))
    for method in [HTTPRequest.Method.post, .put, .patch, .delete] {
      let response = try await transport.send(
        HTTPRequest(
          method, url: server.url + "/a/b?c=d", headers: ["Content-Type": "application/json", "X-Empty": ""],
          body: Array("{}".utf8)))
      #expect(response.status == 201)
      #expect(response.headers["x-kind"] == "test")
      #expect(response.text == "\(method.rawValue) /a/b?c=d {}")
    }
    let get = try await transport.send(HTTPRequest(url: server.url + "/x"))
    #expect(get.text == "GET /x ")
    let requests = server.requests
    #expect(Set(requests.map(\.connection)) == [1])
    #expect(requests.allSatisfy { $0.headers["user-agent"] == "apus-test/1" })
    #expect(requests[0].headers["content-type"] == "application/json")
    #expect(requests[0].headers["x-empty"] == "")
    #expect(requests[0].headers["expect"] == nil)
    #expect(requests[4].headers["content-length"] == nil)
  }

  @Test("A stream's head comes before its body, chunks as they arrive")
  func streaming() async throws {
    let gate = ScriptedGate()
    let server = try ScriptedServer { _ in
      [.beginChunked(headers: ["X-A": "b"]), .wait(gate), .dribble("hello\nwörld\n"), .endChunked]
    }
    defer { server.stop() }
    let transport = try CurlTransport()
    let stream = try await transport.stream(HTTPRequest(url: server.url))
    #expect(stream.status == 200)
    #expect(stream.headers["x-a"] == "b")
    gate.open()
    #expect(try await stream.body.collect(upTo: 100) == Array("hello\nwörld\n".utf8))
  }

  @Test("Many transfers at once, each gets its own answer")
  func many() async throws {
    let server = try ScriptedServer { [.answer(200, body: $0.path)] }
    defer { server.stop() }
    let transport = try CurlTransport()
    let url = server.url
    let answers = try await withThrowingTaskGroup(of: (Int, String).self) { group in
      for number in 0..<60 {
        group.addTask { (number, try await transport.send(HTTPRequest(url: "\(url)/\(number)")).text) }
      }
      return try await group.reduce(into: [Int: String]()) { $0[$1.0] = $1.1 }
    }
    #expect(answers.count == 60)
    #expect(answers.allSatisfy { $0.value == "/\($0.key)" })
  }

  @Test("A slow reader holds the sender back and still gets every byte")
  func backPressure() async throws {
    let block = String(repeating: "x", count: 1 << 20)
    let server = try ScriptedServer { _ in
      [.beginChunked()] + Array(repeating: .chunk(block), count: 24) + [.endChunked]
    }
    defer { server.stop() }
    let stream = try await CurlTransport().stream(HTTPRequest(url: server.url))
    var count = 0
    for try await chunk in stream.body {
      count += chunk.count
      #expect(chunk.count <= 5 << 20)
      await Task.yield()
    }
    #expect(count == 24 << 20)
  }

  @Test("A connection that is cut, reset or refused is an error that says so, and names no secret")
  func cuts() async throws {
    let server = try ScriptedServer { request in
      switch request.path {
      case "/cut": [.beginChunked(), .chunk("abc"), .close]
      case "/short": [.raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc"), .close]
      default: [.reset]
      }
    }
    defer { server.stop() }
    let transport = try CurlTransport()
    for path in ["/cut", "/short", "/reset"] {
      let request = HTTPRequest(
        url: "\(server.url)\(path)?token=hunter2".replacing("//", with: "//user:hunter2@"),
        headers: ["Authorization": "Bearer hunter2"])
      let error = await #expect(throws: TransportError.self) { try await transport.send(request) }
      guard case .interrupted = error else {
        Issue.record("unexpected: \(String(describing: error))")
        continue
      }
      #expect(!"\(String(describing: error)) \(request) \(String(reflecting: request))".contains("hunter2"))
    }
    let stream = try await transport.stream(HTTPRequest(url: server.url + "/cut"))
    await #expect(throws: TransportError.self) { try await stream.body.collect(upTo: 100) }
    server.stop()
    let refused = await #expect(throws: TransportError.self) { try await transport.send(HTTPRequest(url: server.url)) }
    #expect(refused?.isBeforeSending == true)
  }

  @Test("A silent server ends in a time-out")
  func silence() async throws {
    let server = try ScriptedServer { request in request.path == "/stream" ? [.beginChunked(), .hold] : [.hold] }
    defer { server.stop() }
    let transport = try CurlTransport()
    var request = HTTPRequest(url: server.url)
    request.timeouts.total = .milliseconds(100)
    let error = await #expect(throws: TransportError.self) { try await transport.send(request) }
    guard case .timedOut = error else { throw TransportError.cancelled }
    var idle = HTTPRequest(url: server.url + "/stream")
    idle.timeouts = HTTPTimeouts(idle: .seconds(1), total: nil)
    let stream = try await transport.stream(idle)
    let late = await #expect(throws: TransportError.self) { try await stream.body.collect(upTo: 10) }
    guard case .timedOut = late else { throw TransportError.cancelled }
  }

  @Test("Cancelling the task ends the transfer, dropping the stream closes its connection")
  func cancellation() async throws {
    let server = try ScriptedServer { request in request.path == "/stream" ? [.beginChunked(), .hold] : [.hold] }
    defer { server.stop() }
    let transport = try CurlTransport()
    let url = server.url
    let task = Task { try await transport.send(HTTPRequest(url: url)) }
    _ = try await eventually("the request arrives") { server.requests.isEmpty ? nil : true }
    task.cancel()
    await #expect(throws: TransportError.cancelled) { try await task.value }
    _ = try await eventually("the connection is closed") { server.openConnections == 0 ? true : nil }

    var stream: HTTPStream? = try await transport.stream(HTTPRequest(url: url + "/stream"))
    #expect(stream?.status == 200)
    stream = nil
    _ = try await eventually("the stream's connection is closed") { server.openConnections == 0 ? true : nil }

    let reading = try await transport.stream(HTTPRequest(url: url + "/stream")).body
    let reader = Task { try await reading.collect(upTo: 10) }
    reader.cancel()
    await #expect(throws: TransportError.cancelled) { try await reader.value }
  }

  @Test("Redirects are followed only where it is asked for; interim answers are skipped")
  func redirects() async throws {
    let server = try ScriptedServer { request in
      request.path == "/from"
        ? [.answer(302, headers: ["Location": "/to"])]
        : [.raw("HTTP/1.1 103 Early\r\nX: y\r\n\r\n"), .answer(200, body: "there")]
    }
    defer { server.stop() }
    let transport = try CurlTransport()
    #expect(try await transport.send(HTTPRequest(url: server.url + "/from")).status == 302)
    var request = HTTPRequest(url: server.url + "/from")
    request.followsRedirects = true
    #expect(try await transport.send(request).text == "there")
    let stream = try await transport.stream(request)
    #expect(stream.status == 200)
    #expect(try await stream.body.collect(upTo: 10) == Array("there".utf8))
  }

  @Test("An answer that is too large, a bad URL and a bad header are refused")
  func refusals() async throws {
    let server = try ScriptedServer { _ in [.answer(200, body: String(repeating: "x", count: 1000))] }
    defer { server.stop() }
    let transport = try CurlTransport()
    var request = HTTPRequest(url: server.url)
    request.maximumBodyBytes = 999
    await #expect(throws: TransportError.bodyTooLarge(limit: 999)) { try await transport.send(request) }
    for url in ["file:///etc/passwd", "nonsense", "http://", ""] {
      await #expect(throws: TransportError.self) { try await transport.send(HTTPRequest(url: url)) }
    }
    let injected = HTTPRequest(url: server.url, headers: ["X": "a\r\nY: b"])
    await #expect(throws: TransportError.self) { try await transport.send(injected) }
    #expect(server.requests.count == 1)
  }
}
