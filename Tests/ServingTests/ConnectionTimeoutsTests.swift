import Foundation
import NIOCore
import Serving
import TestSupport
import Testing

struct ConnectionTimeoutsTests {
  private enum Event {
    case bytes(Int)
    case head, request, answer, readsAgain, end, blocked, unblocked, shutdown
  }

  private static let steadily: [(seconds: Int64, Event)] = (1..<300).map { (Int64($0), .bytes(1 << 20)) }

  private static let cases: [(String, [(seconds: Int64, Event)], at: Int64, ConnectionTimeouts.Verdict)] = [
    ("nothing for a while", [], 74, .patient),
    ("nothing for too long", [], 75, .expired),
    ("a head on its way", [(1, .bytes(10)), (9, .bytes(1))], 10, .patient),
    ("a head drop by drop", [(1, .bytes(10)), (10, .bytes(1))], 11, .slow),
    ("a body within the grace", [(0, .bytes(99)), (0, .head)], 9, .patient),
    ("a body that does not come", [(0, .bytes(99)), (0, .head)], 10, .slow),
    ("a body at the least rate", [(0, .head), (9, .bytes(81_920))], 18, .patient),
    ("a body that pauses for the grace", [(0, .head), (9, .bytes(81_920))], 19, .slow),
    ("a body that has fallen behind", [(0, .head), (5, .bytes(8192)), (10, .bytes(8192))], 11, .patient),
    ("a body that stays behind", [(0, .head), (5, .bytes(8192)), (10, .bytes(8192))], 12, .slow),
    ("a body below the least rate", [(0, .head), (9, .bytes(8192))], 12, .slow),
    ("silence after much of a body", [(0, .head), (1, .bytes(8 << 20))], 10, .patient),
    ("early bytes that would buy silence", [(0, .head), (1, .bytes(8 << 20))], 11, .slow),
    ("a body that never ends", [(0, .head)] + steadily, 299, .patient),
    ("a body that has not ended", [(0, .head)] + steadily, 300, .slow),
    ("the server at work", [(0, .head), (1, .request)], 900, .patient),
    ("after the answer", [(0, .head), (1, .request), (100, .answer)], 174, .patient),
    ("long after the answer", [(0, .head), (1, .request), (100, .answer)], 175, .expired),
    ("an answer before the body's end", [(0, .head), (1, .answer)], 10, .slow),
    ("the next request in time", [(0, .head), (1, .request), (2, .answer), (76, .bytes(1))], 85, .patient),
    ("a body that was not read for a while", [(0, .bytes(99)), (0, .head), (20, .readsAgain)], 29, .patient),
    ("a body that does not come when it is read again", [(0, .bytes(99)), (0, .head), (20, .readsAgain)], 30, .slow),
    ("more requests behind the last answer", [(0, .head), (1, .request), (2, .end), (3, .bytes(9))], 76, .patient),
    ("a client that does not close", [(0, .head), (1, .request), (2, .end), (3, .bytes(9))], 77, .expired),
    (
      "two requests at once, one answered",
      [(0, .head), (0, .request), (0, .bytes(5)), (0, .head), (0, .request), (1, .answer)], 900, .patient
    ),
    (
      "answers that are taken slowly", [(0, .head), (0, .request), (1, .blocked), (60, .unblocked), (61, .blocked)],
      135,
      .patient
    ),
    ("answers that are not taken", [(0, .head), (0, .request), (1, .blocked), (60, .blocked)], 76, .expired),
    ("the server at work when it shuts down", [(0, .head), (1, .request), (2, .shutdown)], 11, .patient),
    ("a shutdown that cannot wait", [(0, .head), (1, .request), (2, .shutdown), (11, .shutdown)], 12, .expired),
    ("a large body during a shutdown", [(0, .head), (1, .bytes(1 << 30)), (2, .shutdown)], 12, .expired),
  ]

  @Test func `slow and silent connections are told from those at work`() {
    for (name, events, at, verdict) in Self.cases {
      func time(_ seconds: Int64) -> NIODeadline { .uptimeNanoseconds(1000) + .seconds(seconds) }
      var timeouts = ConnectionTimeouts(limits: .init(), now: time(0))
      for (seconds, event) in events {
        switch event {
        case .bytes(let count): timeouts.bytesArrived(count, at: time(seconds))
        case .head: timeouts.headArrived(at: time(seconds))
        case .request: timeouts.requestArrived(at: time(seconds))
        case .answer: timeouts.answered(at: time(seconds))
        case .readsAgain: timeouts.readsAgain(at: time(seconds))
        case .end: timeouts.ended(at: time(seconds))
        case .blocked: timeouts.blocks(true, at: time(seconds))
        case .unblocked: timeouts.blocks(false, at: time(seconds))
        case .shutdown: timeouts.shutsDown(at: time(seconds))
        }
      }
      #expect(timeouts.verdict(at: time(at)) == verdict, "\(name)")
    }
  }

  private static let body = "{\"features\":\(Sample.good)}"

  private func withQuickServer(_ body: (RunningServer) async throws -> Void) async throws {
    try await withServer(
      configure: { configuration, _ in
        configuration.timeouts.head = .milliseconds(200)
        configuration.timeouts.bodyGrace = .milliseconds(200)
        configuration.timeouts.idle = .milliseconds(600)
      }, body)
  }

  @Test func `a client that is too slow gets 408 and loses its connection, one that is silent only this`() async throws
  {
    try await withQuickServer { server in
      for start in ["POST /predict HT", "POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: 300\r\n\r\n{\"feat"] {
        let connection = try HTTPConnection(port: server.port)
        connection.write(start)
        let reply = try await connection.next()
        #expect(reply.code == 408)
        #expect(reply.headers["connection"] == "close")
        await #expect(throws: HTTPConnection.Failure.self) { try await connection.next() }
      }
      #expect(try await server.metric(#"apus_requests_total{endpoint="none",code="408"}"#) == 2)
      let silent = try HTTPConnection(port: server.port)
      #expect(try await silent.request("GET", "/health").code == 200)
      await #expect(throws: HTTPConnection.Failure.self) { try await silent.next() }
    }
  }

  @Test func `many slow clients do not keep out a quick one`() async throws {
    try await withQuickServer { server in
      let slow = try (0..<200).map { _ in
        let connection = try HTTPConnection(port: server.port)
        connection.write("GET /health HTTP/1.1\r\nX-Drop:")
        return connection
      }
      for _ in 0..<20 { #expect(try await server.predict().code == 200) }
      for connection in slow { #expect(try await connection.next().code == 408) }
    }
  }

  @Test func `a client that waits for 100 Continue gets it, or the refusal at once`() async throws {
    try await withServer(limits: RequestLimits(body: 1000)) { server in
      let connection = try HTTPConnection(port: server.port)
      let head = "POST /predict HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: "
      connection.write("\(head)\(Self.body.utf8.count)\r\n\r\n")
      #expect(try await connection.next().code == 100)
      connection.write(Self.body)
      #expect(try await connection.next().code == 200)
      connection.write("\(head)1001\r\n\r\n")
      #expect(try await connection.next().code == 413)
    }
  }
}
