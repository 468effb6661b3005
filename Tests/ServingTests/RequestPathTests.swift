import TestSupport
import Testing

@testable import Serving

/// One connection with several requests on it, and its end.
@Suite(.serialized) struct RequestPathTests {
  private static let body = "{\"features\":\(Sample.good)}"

  private static func post(_ path: String, _ body: String, _ headers: String = "") -> String {
    "POST \(path) HTTP/1.1\r\nHost: a\r\n\(headers)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
  }

  private static func get(_ path: String, _ headers: String = "") -> String {
    "GET \(path) HTTP/1.1\r\nHost: a\r\n\(headers)\r\n"
  }

  /// A body that is too large for the event loop.
  private static let batch = "[" + Array(repeating: body, count: 300).joined(separator: ",") + "]"

  @Test func `answers keep the order of requests that are sent at once, whichever take a task`() async throws {
    try await withServer(limits: RequestLimits(body: 200_000)) { server in
      let connection = try HTTPConnection(port: server.port)
      let requests = [
        Self.post("/predict/batch", Self.batch), Self.post("/predict", Self.body), Self.get("/nowhere"),
        Self.get("/v2"), Self.post("/health", "x"), Self.post("/predict/batch", Self.batch), Self.get("/health"),
      ]
      for _ in 0..<3 {
        connection.write(requests.joined())
        for code in [200, 200, 404, 200, 405, 200, 200] { #expect(try await connection.next().code == code) }
      }
    }
  }

  @Test func `the last answer ends the connection, and what follows it is not looked at`() async throws {
    try await withServer(limits: RequestLimits(body: 2000), tokens: "secret") { server in
      let bearer = "Authorization: Bearer secret\r\n"
      let chunks = "Transfer-Encoding: chunked\r\n\r\n" + "400\r\n\(String(repeating: " ", count: 1024))\r\n"
      let cases: [(String, Int)] = [
        (Self.get("/health", "Connection: close\r\n"), 200), (Self.get("/health", "Connection: Close, x\r\n"), 200),
        (Self.post("/predict", Self.body, bearer + "Connection: close\r\n"), 200),
        // The body is not read for somebody unknown, and not beyond the limit.
        (Self.post("/predict", Self.body), 401),
        (Self.post("/predict", String(repeating: " ", count: 2001), bearer), 413),
        (
          "POST /predict HTTP/1.1\r\nHost: a\r\n\(bearer)\(chunks)400\r\n\(String(repeating: " ", count: 1024))\r\n0\r\n\r\n",
          413
        ),
        (Self.post("/predict", Self.body, bearer + "Content-Encoding: br\r\n"), 415),
      ]
      for (text, code) in cases {
        let connection = try HTTPConnection(port: server.port)
        connection.write(text + Self.get("/health"))
        #expect(try await connection.next().code == code, "\(text.prefix(80))")
        await #expect(throws: HTTPConnection.Failure.self, "\(text.prefix(80))") { try await connection.next() }
      }
    }
  }

  @Test func `a client that has said its last word gets all answers`() async throws {
    try await withServer(limits: RequestLimits(body: 200_000)) { server in
      let connection = try HTTPConnection(port: server.port)
      connection.write(
        Self.post("/predict/batch", Self.batch) + Self.post("/predict", Self.body) + Self.get("/openapi.json"))
      connection.endWriting()
      for _ in 0..<3 { #expect(try await connection.next().code == 200) }
      await #expect(throws: HTTPConnection.Failure.self) { try await connection.next() }
    }
  }

  @Test func `a client that would be refused in any case is not asked for its body`() async throws {
    try await withServer(tokens: "secret") { server in
      for (path, code) in [("/predict", 401), ("/health", 405)] {
        let connection = try HTTPConnection(port: server.port)
        connection.write("POST \(path) HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n")
        #expect(try await connection.next().code == code)
      }
    }
  }

  @Test func `a target is taken apart, with or without a host`() {
    let cases: [(String, String, [String: String])] = [
      ("/logs", "/logs", [:]), ("/logs?", "/logs", [:]), ("*", "*", [:]), ("", "/", [:]),
      ("http://a.b:80/logs?from=1", "/logs", ["from": "1"]), ("http://a.b", "/", [:]),
      ("http://a.b?x=1", "/", ["x": "1"]), ("/l?a=%3E50K&b&c=1=2&a=3%", "/l", ["a": "3%", "b": "", "c": "1=2"]),
      ("/l?a=%3C%3D50K#f", "/l", ["a": "<=50K"]), ("/l?url=http://x", "/l", ["url": "http://x"]),
    ]
    for (uri, path, parameters) in cases {
      let target = RequestTarget(uri)
      #expect(target.path == path, "\(uri)")
      #expect(target.parameters == parameters, "\(uri)")
    }
  }
}
