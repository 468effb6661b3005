import Foundation
import ServiceLifecycle
import TestSupport
import Testing

/// What a pedantic client asks: methods, heads, slashes, ids, and the end of a server.
@Suite(.serialized) struct EndpointTests {
  private static let body = "{\"features\":\(Sample.good)}"

  private static let readable = [
    "/health", "/ready", "/model/info", "/metrics", "/metrics/summary", "/openapi.json", "/v2", "/v2/health/live",
    "/v2/health/ready", "/v2/models/income", "/v2/models/income/ready", "/v2/models/income/versions/v1",
  ]
  private static let writable = [
    "/predict", "/predict/batch", "/feedback", "/v2/models/income/infer", "/v2/models/income/versions/v1/infer",
  ]

  @Test func `what can be read has a head, a query and a slash change nothing, other methods are named`() async throws {
    try await withServer { server in
      for path in Self.readable {
        let connection = try HTTPConnection(port: server.port)
        let got = try await connection.request("GET", path)
        #expect(got.code == 200, "\(path)")
        let head = try await connection.request("HEAD", path)
        #expect(head.code == 200, "\(path)")
        #expect(head.headers["content-type"] == got.headers["content-type"])
        if !path.hasPrefix("/metrics") { #expect(head.headers["content-length"] == got.headers["content-length"]) }
        for variant in ["\(path)/", "\(path)?a=b", "\(path)/?"] {
          #expect(try await connection.request("GET", variant).code == 200, "\(variant)")
        }
        for method in ["POST", "PUT", "DELETE", "PATCH", "TRACE"] {
          let reply = try await connection.request(method, path)
          #expect(reply.code == 405, "\(method) \(path)")
          #expect(reply.headers["allow"] == "GET, HEAD, OPTIONS")
        }
        let options = try await connection.request("OPTIONS", path)
        #expect(options.code == 204)
        #expect(options.headers["allow"] == "GET, HEAD, OPTIONS")
      }
      for path in Self.writable {
        let connection = try HTTPConnection(port: server.port)
        for method in ["GET", "HEAD", "PUT", "DELETE", "PATCH"] {
          let reply = try await connection.request(method, path)
          #expect(reply.code == 405, "\(method) \(path)")
          #expect(reply.headers["allow"] == "POST, OPTIONS")
        }
        #expect(try await connection.request("OPTIONS", path).headers["allow"] == "POST, OPTIONS")
      }
      let slash = try await server.request("POST", "/predict/", Self.body)
      #expect(slash.code == 200)
      let everything = try await server.request("OPTIONS", "*")
      #expect(everything.code == 204)
      #expect(everything.headers["allow"] == "GET, HEAD, POST, OPTIONS")
      for path in ["/", "//", "/predict//", "/predict/x", "/Predict", "/v2/models//infer", "/openapi"] {
        let reply = try await server.request("GET", path)
        #expect(reply.code == 404, "\(path)")
        #expect((reply.json["error"] as? String)?.contains("/openapi.json") == true)
      }
    }
  }

  @Test func `a client may say what its body is as it likes`() async throws {
    try await withServer { server in
      for type in [
        "application/json", "application/json; charset=utf-8", "text/plain", "application/x-www-form-urlencoded",
      ] {
        #expect(try await server.request("POST", "/predict", Self.body, headers: ["Content-Type": type]).code == 200)
      }
      let reply = try await server.request("POST", "/predict", Self.body)
      #expect(reply.headers["content-type"] == "application/json")
    }
  }

  @Test func `an id comes back in the head, and one is made where there is none`() async throws {
    try await withServer { server in
      let made = try await server.request("POST", "/predict", Self.body)
      let id = try #require(made.json["request_id"] as? String)
      #expect(id.count == 32)
      #expect(made.headers["x-request-id"] == id)
      let kept = try await server.request("POST", "/predict", Self.body, headers: ["X-Request-Id": "mine"])
      #expect(kept.headers["x-request-id"] == "mine")
      #expect(kept.json["request_id"] as? String == "mine")
      let both = try await server.request(
        "POST", "/predict", "{\"request_id\":\"inner\",\"features\":\(Sample.good)}", headers: ["X-Request-Id": "outer"]
      )
      #expect(both.headers["x-request-id"] == "outer")
      #expect(both.json["request_id"] as? String == "inner")
      let batch = try await server.request("POST", "/predict/batch", "[\(Self.body),\(Self.body)]")
      let base = try #require(batch.headers["x-request-id"])
      let answers = try #require(batch.json["responses"] as? [[String: Any]])
      #expect(answers.compactMap { $0["request_id"] as? String } == ["\(base)-0", "\(base)-1"])
      #expect(try await server.request("GET", "/health", headers: ["X-Request-Id": "h"]).headers["x-request-id"] == "h")
    }
  }

  @Test func `what is no HTTP gets a reason and loses its connection`() async throws {
    try await withServer { server in
      let cases: [(String, Int)] = [
        ("nonsense\r\n\r\n", 400), ("GET /health HTTP/1.1\r\nA b: c\r\n\r\n", 400),
        ("POST /predict HTTP/1.1\r\nContent-Length: two\r\n\r\n", 400),
        ("POST /predict HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        ("GET /health HTTP/1.1\r\nX: \(String(repeating: "x", count: 17_000))\r\n\r\n", 431),
        ("GET /\(String(repeating: "x", count: 100_000)) HTTP/1.1\r\n\r\n", 431),
        ("GET /health HTTP/1.1\r\nX:\(String(repeating: " ", count: 400_000))x\r\n\r\n", 431),
      ]
      for (text, code) in cases {
        let connection = try HTTPConnection(port: server.port)
        connection.write(text)
        let reply = try await connection.next()
        #expect(reply.code == code, "\(text.prefix(40)) \(reply.text)")
        #expect(reply.json["error"] is String)
        #expect(reply.headers["connection"] == "close")
        await #expect(throws: HTTPConnection.Failure.self) { try await connection.next() }
      }
      #expect(try await server.metric(#"apus_requests_total{endpoint="none",code="400"}"#) == 4)
      #expect(try await server.metric(#"apus_requests_total{endpoint="none",code="431"}"#) == 3)
      #expect(try await server.predict().code == 200)
    }
  }

  /// Clients that send one request after the other until they are told to go elsewhere, which is what a Service does with them
  /// once the server is no longer ready.
  @Test func `no request is lost when the server drains under load`() async throws {
    try await withServer(drainDelay: .milliseconds(300)) { server in
      let counts = try await withThrowingTaskGroup(of: Int.self) { clients in
        for _ in 0..<16 {
          clients.addTask {
            let connection = try HTTPConnection(port: server.port)
            var count = 0
            while true {
              let reply = try await connection.request("POST", "/predict", Self.body)
              try #require(reply.code == 200)
              count += 1
              if reply.headers["connection"] == "close" { return count }
            }
          }
        }
        try await eventually("requests are answered") {
          try await server.metric(#"apus_requests_total{endpoint="predict",code="200"}"#).flatMap {
            $0 > 100 ? () : nil
          }
        }
        await server.group.triggerGracefulShutdown()
        return try await clients.reduce(into: []) { $0.append($1) }
      }
      #expect(counts.count == 16)
      #expect(counts.reduce(0, +) > 100)
    }
  }
}
