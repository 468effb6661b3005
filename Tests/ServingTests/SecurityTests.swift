import Foundation
import Serving
import TestSupport
import Testing

@Suite(.serialized) struct SecurityTests {
  private static let body = "{\"features\":\(Sample.good)}"

  @Test(arguments: ["one", "one\r\n", " one\t\n\n", "\u{FEFF}one\n"])
  func `a token is taken without blanks, line ends and the mark before the first line`(_ text: String) async throws {
    try await withTokens(text) { tokens, _ in
      #expect(tokens.verdict(on: "Bearer one") == .valid)
      #expect(tokens.verdict(on: "Bearer one\n") == .wrong)
    }
  }

  private func withTokens(_ document: String?, _ body: (BearerTokens, URL) async throws -> Void) async throws {
    try await withFolder { folder in
      let file = folder.appending(path: "tokens")
      if let document { try Data(document.utf8).write(to: file) }
      try await body(BearerTokens(path: file.path, interval: .milliseconds(10), logger: quiet), file)
    }
  }

  @Test func `one of the file's tokens is valid, and nothing else`() async throws {
    try await withTokens("first\n\n  second \r\nthird-and-longer") { tokens, _ in
      let cases: [(String?, BearerTokens.Verdict)] = [
        ("Bearer first", .valid), ("bearer second", .valid), ("BEARER  third-and-longer", .valid), (nil, .missing),
        ("", .missing), ("Bearer", .missing), ("Bearer ", .missing), ("Basic first", .missing), ("first", .missing),
        ("Bearer fir", .wrong), ("Bearer firstfirst", .wrong), ("Bearer First", .wrong),
        ("Bearer first second", .wrong),
        ("Bearer third", .wrong),
      ]
      for (header, verdict) in cases { #expect(tokens.verdict(on: header) == verdict, "\(header ?? "none")") }
    }
    for document in [nil, "", "\n \n"] {
      try await withTokens(document) { tokens, _ in
        #expect(tokens.verdict(on: "Bearer first") == .wrong, "without tokens nobody is let in")
      }
    }
  }

  @Test func `tokens change with their file, and stay while it is away`() async throws {
    try await withTokens("old") { tokens, file in
      let watching = Task { try await tokens.run() }
      defer { watching.cancel() }
      try Data("old\nnew".utf8).write(to: file, options: .atomic)
      _ = try await eventually("both are valid") { tokens.verdict(on: "Bearer new") == .valid ? () : nil }
      #expect(tokens.verdict(on: "Bearer old") == .valid)
      try Data("new".utf8).write(to: file, options: .atomic)
      _ = try await eventually("the old one is not") { tokens.verdict(on: "Bearer old") == .wrong ? () : nil }
      try FileManager.default.removeItem(at: file)
      try Data("newer".utf8).write(to: file, options: .atomic)
      _ = try await eventually("the next one is read") { tokens.verdict(on: "Bearer newer") == .valid ? () : nil }
    }
  }

  @Test func `without a token only probes are answered, and the admin port`() async throws {
    try await withServer(tokens: "secret") { server in
      for (method, path, body) in [
        ("POST", "/predict", Self.body), ("POST", "/predict/batch", "[]"), ("POST", "/feedback", "{}"),
        ("GET", "/model/info", nil), ("GET", "/metrics", nil), ("GET", "/openapi.json", nil), ("GET", "/v2", nil),
        ("GET", "/v2/models/income", nil), ("POST", "/v2/models/income/infer", "{}"), ("GET", "/nowhere", nil),
      ] as [(String, String, String?)] {
        let without = try await server.request(method, path, body)
        #expect(without.code == 401, "\(path)")
        #expect(without.headers["www-authenticate"] == "Bearer")
        #expect(without.json["error"] is String)
        let wrong = try await server.request(method, path, body, headers: ["Authorization": "Bearer guess"])
        #expect(wrong.code == 401)
        #expect(wrong.headers["www-authenticate"] == #"Bearer error="invalid_token""#)
        #expect(!wrong.text.contains("guess"))
        let right = try await server.request(method, path, body, headers: ["Authorization": "Bearer secret"])
        #expect(right.code != 401)
      }
      for path in ["/health", "/ready", "/v2/health/live", "/v2/health/ready"] {
        #expect(try await server.request("GET", path).code == 200)
      }
      #expect(try await server.request("GET", "/metrics", admin: true).code == 200)
      let document = try await server.request("GET", "/openapi.json", headers: ["Authorization": "Bearer secret"])
      #expect((document.json["components"] as? [String: Any])?["securitySchemes"] != nil)
    }
  }

  @Test func `web pages are let in only where their origin is named`() async throws {
    let page = ["Origin": "https://example.org"]
    let preflight = page.merging(["Access-Control-Request-Method": "POST"]) { $1 }
    try await withServer { server in
      let reply = try await server.request("POST", "/predict", Self.body, headers: page)
      #expect(reply.code == 200)
      #expect(reply.headers.keys.allSatisfy { !$0.hasPrefix("access-control") && $0 != "vary" })
      let asked = try await server.request("OPTIONS", "/predict", headers: preflight)
      #expect(asked.headers.keys.allSatisfy { !$0.hasPrefix("access-control") })
    }
    try await withServer(tokens: "secret", crossOrigins: ["https://example.org"]) { server in
      let asked = try await server.request("OPTIONS", "/predict", headers: preflight)
      #expect(asked.code == 204)
      #expect(asked.headers["access-control-allow-origin"] == "https://example.org")
      #expect(asked.headers["access-control-allow-headers"]?.contains("Authorization") == true)
      let headers = page.merging(["Authorization": "Bearer secret"]) { $1 }
      let reply = try await server.request("POST", "/predict", Self.body, headers: headers)
      #expect(reply.code == 200)
      #expect(reply.headers["access-control-allow-origin"] == "https://example.org")
      #expect(reply.headers["vary"] == "Origin")
      let other = try await server.request(
        "OPTIONS", "/predict", headers: preflight.merging(["Origin": "https://evil"]) { $1 })
      #expect(other.headers["access-control-allow-origin"] == nil)
      // What two readers may understand in two ways is refused, whoever asks.
      let twice = try await server.request("OPTIONS", "/predict", headers: preflight.merging(["host": "b"]) { $1 })
      #expect(twice.code == 400 && twice.headers["connection"] == "close", "\(twice.headers)")
    }
  }

  @Test func `the admin port can ask for tokens too, and is scraped without`() async throws {
    try await withServer(
      isServing: false,
      configure: { configuration, folder in
        let file = folder.appending(path: "admin-tokens")
        try Data("operator\n".utf8).write(to: file)
        configuration.adminTokenPath = file.path
      },
      { server in
        for (method, path) in [
          ("POST", "/model/reload"), ("GET", "/logs"), ("POST", "/predict"), ("GET", "/model/info"),
        ] {
          let body = method == "POST" ? "{}" : nil
          let without = try await server.request(method, path, body, admin: true)
          #expect(without.code == 401, "\(path)")
          let right = try await server.request(
            method, path, body, admin: true, headers: ["Authorization": "Bearer operator"])
          #expect(right.code != 401, "\(path)")
        }
        for path in ["/metrics", "/health"] {
          let open = try await server.request("GET", path, admin: true)
          #expect(open.code == 200)
        }
        let client = try await server.request("GET", "/model/info")
        #expect(client.code == 503, "clients need no token")
      })
  }

  @Test func `headers have a limit`() async throws {
    try await withServer { server in
      let fine = try await server.request("GET", "/health", headers: ["X-Long": String(repeating: "x", count: 15_000)])
      #expect(fine.code == 200)
      let long = ["X-Long": String(repeating: "x", count: 20_000)]
      let refused = try? await server.request("GET", "/health", headers: long)
      #expect(refused?.code != 200)
      let many = Dictionary(uniqueKeysWithValues: (0..<200).map { ("X-\($0)", "x") })
      let refusedToo = try? await server.request("GET", "/health", headers: many)
      #expect(refusedToo?.code != 200)
      #expect(try await server.request("GET", "/health").code == 200)
    }
  }

  @Test func `a connection above the limit waits while all others have a request under way`() async throws {
    try await withServer(maximumConnections: 2) { server in
      let body = "{\"features\":\(Sample.good)}"
      let busy = try (0..<2).map { _ in
        let connection = try HTTPConnection(port: server.port)
        connection.write(
          "POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body.prefix(10))")
        return connection
      }
      let third = try HTTPConnection(port: server.port)
      async let answer = third.request("GET", "/health")
      // None of the two was given up for it, and the first makes room when it is answered.
      busy[0].write(String(body.dropFirst(10)))
      #expect(try await busy[0].next().code == 200)
      #expect(try await answer.code == 200)
      busy[1].write(String(body.dropFirst(10)))
      #expect(try await busy[1].next().code == 200)
    }
  }

  /// Silent, in the middle of a head, and answered: none of them has a request under way.
  @Test func `sockets that are held open shut nobody out`() async throws {
    try await withServer(maximumConnections: 4) { server in
      var held: [HTTPConnection] = []
      for index in 0..<15 {
        let connection = try HTTPConnection(port: server.port)
        held.append(connection)
        switch index % 3 {
        case 0: break
        case 1: connection.write("GET /health HTTP/1.1\r\nHos")
        default: #expect(try await connection.request("GET", "/health").code == 200)
        }
      }
      for path in ["/health", "/ready"] { #expect(try await server.request("GET", path).code == 200) }
      // The one that has been silent for longest had to go.
      await #expect(throws: HTTPConnection.Failure.self) { try await held[0].next() }
      #expect(try await server.request("GET", "/health", admin: true).code == 200)
    }
  }
}
