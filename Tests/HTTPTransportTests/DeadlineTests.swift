import HTTPTransport
import TestSupport
import Testing

@Suite("Deadlines")
struct DeadlineTests {
  @Test("What is late is not sent, on a new connection nor on one that is kept")
  func late() async throws {
    let server = try ScriptedServer { _ in [.answer(200)] }
    defer { server.stop() }
    let transport = try CurlTransport()
    var request = HTTPRequest(.post, url: server.url, body: [1])
    for round in 0..<2 {
      request.deadline = ContinuousClock.now - .milliseconds(1)
      let error = await #expect(throws: TransportError.self) { try await transport.send(request) }
      guard case .timedOut = error else { throw DeadlineExceeded(description: "\(String(describing: error))") }
      #expect(server.requests.count == round)
      request.deadline = ContinuousClock.now + .seconds(60)
      #expect(try await transport.send(request).status == 200)
    }
    #expect(server.openConnections == 1)
  }

  @Test("What is under way ends with its deadline, however patient the other limits are")
  func underWay() async throws {
    let server = try ScriptedServer { _ in [.hold] }
    defer { server.stop() }
    var request = HTTPRequest(
      .post, url: server.url, body: [1], timeouts: HTTPTimeouts(idle: .seconds(600), total: .seconds(600)))
    request.deadline = ContinuousClock.now + .milliseconds(200)
    let error = await #expect(throws: TransportError.self) { try await CurlTransport().send(request) }
    guard case .timedOut = error else { throw DeadlineExceeded(description: "\(String(describing: error))") }
    #expect(server.requests.count == 1)
  }
}
