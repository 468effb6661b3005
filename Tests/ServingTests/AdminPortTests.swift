import Engine
import Foundation
import OperatorIdentity
import Serving
import Telemetry
import TestSupport
import Testing
import WorkerContract

/// Port 8081 of a server as it runs in a cluster: whoever reaches it proves who he is, or gets probes and figures only.
@Suite(.serialized) struct AdminPortTests {
  private static let key = OperatorSigningKey()
  private static let model = "default/income"

  /// A server that serves `v1`, revision 1, from its mounted file.
  /// - Parameter keys: Those that are mounted beside it; nil: none, as an older operator leaves it.
  private func withGuardedServer(
    keys: [OperatorSigningKey]? = [AdminPortTests.key], logging: LoggingRules = .init(),
    grants: [(String, Set<ServingRight>)] = [],
    _ body: (RunningServer, RoutingTable.Entry) async throws -> Void
  ) async throws {
    try await withServer(
      isServing: false,
      configure: { configuration, folder in
        configuration.opensAdmin = false
        configuration.podAddress = "127.0.0.1"
        configuration.secretInterval = .milliseconds(20)
        if let keys { try Self.mount(keys, in: folder) }
        for (place, (token, rights)) in grants.enumerated() {
          let file = folder.appending(path: "tokens-\(place)")
          try Data(token.utf8).write(to: file)
          configuration.tokenGrants.append(TokenGrant(path: file.path, rights: rights))
        }
      },
      { server in
        let entry = try await server.publish("v1")
        try Self.mount(aTable(entry, logging: logging), on: server)
        try await server.becomesReady()
        try await body(server, entry)
      })
  }

  private static func mount(_ keys: [OperatorSigningKey], in folder: URL) throws {
    let document = OperatorPublicKeys(model: model, keys: keys.map(\.publicKey))
    try Data(document.text.utf8).write(to: folder.appending(path: RoutingTable.keysFileName), options: .atomic)
  }

  private static func mount(_ table: RoutingTable, on server: RunningServer) throws {
    try JSONEncoder().encode(table).write(to: server.routingPath, options: .atomic)
  }

  private static func signed(
    _ method: String, _ target: String, _ body: String = "", by key: OperatorSigningKey = AdminPortTests.key,
    address: String = "127.0.0.1", model: String = AdminPortTests.model
  ) throws -> [String: String] {
    let call = OperatorCall(address: address, model: model, method: method, target: target, body: Data(body.utf8))
    return ["Authorization": "Bearer \(try key.token(for: call, at: Date().timeIntervalSince1970))"]
  }

  /// As the operator pushes it.
  private static func push(
    _ table: RoutingTable, to server: RunningServer, by key: OperatorSigningKey = AdminPortTests.key
  ) async throws -> HTTPConnection.Reply {
    let body = String(decoding: try JSONEncoder().encode(table), as: UTF8.self)
    return try await server.request(
      "POST", "/model/reload", body, admin: true, headers: try signed("POST", "/model/reload", body, by: key))
  }

  private static func served(_ server: RunningServer) async throws -> Int? {
    try await server.request("GET", "/ready").json["revision"] as? Int
  }

  @Test func `nobody but the operator changes the table, and the model keeps serving`() async throws {
    try await withGuardedServer(grants: [("client", Set(ServingRight.allCases))]) { server, entry in
      let second = try await server.publish("v2", shift: 1)
      let table = String(decoding: try JSONEncoder().encode(aTable(revision: 2, second)), as: UTF8.self)
      let target = "/model/reload"
      let attacks: [(String, [String: String])] = [
        ("nothing", [:]), ("a client's token", ["Authorization": "Bearer client"]),
        ("a guess", ["Authorization": "Bearer guess"]), ("basic", ["Authorization": "Basic Y2xpZW50"]),
        ("another key", try Self.signed("POST", target, table, by: OperatorSigningKey())),
        ("another pod", try Self.signed("POST", target, table, address: "10.1.2.3")),
        ("another model", try Self.signed("POST", target, table, model: "default/other")),
        ("another request", try Self.signed("GET", "/logs")),
        ("another body", try Self.signed("POST", target, table + " ")),
        ("a token given twice", try Self.signed("POST", target, table).mapValues { "\($0), \($0)" }),
      ]
      for (name, headers) in attacks {
        for body in [table, ""] where body == table || name != "another body" {
          let reply = try await server.request("POST", target, body, admin: true, headers: headers)
          #expect(reply.code == 401, "\(name): \(reply.text)")
          #expect(reply.headers["www-authenticate"]?.contains("apus-operator") == true, "\(name)")
          #expect((reply.json["error"] as? String)?.contains("operator") == true, "\(name)")
        }
      }
      #expect(try await Self.served(server) == 1)
      let answer = try await server.request(
        "POST", "/predict", "{\"features\":\(Sample.good)}", headers: ["Authorization": "Bearer client"])
      #expect(answer.code == 200 && answer.json["model_version"] as? String == entry.version)
      #expect(try await Self.push(aTable(revision: 2, second), to: server).code == 200)
      #expect(try await Self.served(server) == 2)
    }
  }

  @Test func `rows and everything else are read by nobody without a proof; probes and scrapes are answered`()
    async throws
  {
    try await withGuardedServer { server, _ in
      for (method, path, body) in [
        ("GET", "/logs", nil), ("GET", "/logs?limit=1", nil), ("GET", "/model/info", nil), ("POST", "/predict", "{}"),
        ("POST", "/feedback", "{}"), ("GET", "/metrics/summary", nil), ("GET", "/v2", nil), ("GET", "/nowhere", nil),
        ("POST", "/v2/models/income/infer", "{}"),
      ] as [(String, String, String?)] {
        let reply = try await server.request(method, path, body, admin: true)
        #expect(reply.code == 401, "\(path): \(reply.text)")
        #expect(reply.headers["www-authenticate"] != nil && reply.json["error"] is String)
      }
      for path in ["/health", "/ready", "/metrics", "/v2/health/live", "/v2/health/ready"] {
        #expect(try await server.request("GET", path, admin: true).code == 200, "\(path)")
      }
      // Clients of a model without tokens go on as before.
      #expect(try await server.predict().code == 200)
      for target in ["/logs", "/logs?limit=1", "/model/info"] {
        let reply = try await server.request("GET", target, admin: true, headers: try Self.signed("GET", target))
        #expect(reply.code == 200, "\(target): \(reply.text)")
      }
    }
  }

  @Test func `a revision is an answer to the newest that is known; a jump is refused with a sentence`() async throws {
    try await withGuardedServer { server, _ in
      let second = try await server.publish("v2", shift: 1)
      for revision in [Int.max, Int.max - 1, 102] {
        let reply = try await Self.push(aTable(revision: revision, second), to: server)
        #expect(reply.code == 422)
        #expect(reply.text.contains("is no answer to revision 1"), "\(reply.text)")
      }
      #expect(try await Self.served(server) == 1)
      #expect(try await Self.push(aTable(revision: 101, second), to: server).code == 200)
      // What the mounted file says is no jump.
      try Self.mount(aTable(revision: 5000, second), on: server)
      _ = try await eventually("the file is taken") { try await Self.served(server) == 5000 ? () : nil }
      #expect(try await Self.push(aTable(revision: 5001, second), to: server).code == 200)
      #expect(try await Self.push(aTable(revision: 5000, second), to: server).code == 409)
      #expect(try await Self.push(aTable(revision: Int.min, second), to: server).code == 409)
    }
  }

  @Test func `what is stored of predictions is the mounted file's word, never a push's`() async throws {
    let rules = LoggingRules(sample: 1, redact: ["city"], retention: TimeSpan(seconds: 86_400))
    try await withGuardedServer(logging: rules) { server, entry in
      _ = try await server.predict(id: "kept")
      _ = try await eventually("the row is stored") {
        try await server.store.predictions(PredictionQuery(model: income)).isEmpty ? nil : ()
      }
      let poisoned = LoggingRules(sample: 0, redact: [], retention: TimeSpan(seconds: 0))
      #expect(try await Self.push(aTable(revision: 2, entry, logging: poisoned), to: server).code == 200)
      _ = try await server.predict(id: "later")
      let rows = try await eventually("the next row is stored, and the first is still there") {
        let rows = try await server.store.predictions(PredictionQuery(model: income))
        return rows.count == 2 ? rows : nil
      }
      #expect(Set(rows.map(\.record.requestID)) == ["kept", "later"])
      let log = try await server.request("GET", "/logs", admin: true, headers: try Self.signed("GET", "/logs"))
      #expect(log.code == 200 && !log.text.contains("Ürgüp") && log.text.contains("Private"))
      // The file's own rules hold from its next read.
      try Self.mount(aTable(revision: 2, entry, logging: poisoned), on: server)
      _ = try await eventually("retention of the file") {
        try await server.store.predictions(PredictionQuery(model: income)).isEmpty ? () : nil
      }
    }
  }

  @Test func `the mounted file has the last word over a push of its revision`() async throws {
    try await withGuardedServer { server, entry in
      let second = try await server.publish("v2", shift: 1)
      #expect(try await Self.push(aTable(revision: 2, second), to: server).code == 200)
      #expect(try await server.predict().json["model_version"] as? String == "v2")
      try Self.mount(aTable(revision: 2, entry), on: server)
      _ = try await eventually("the file's table of the same revision is served") {
        try await server.predict().json["model_version"] as? String == "v1" ? () : nil
      }
      // And may take back what came with an earlier one.
      try Self.mount(aTable(revision: 9, second), on: server)
      _ = try await eventually("revision 9") { try await Self.served(server) == 9 ? () : nil }
      try Self.mount(aTable(revision: 3, entry), on: server)
      _ = try await eventually("revision 3") { try await Self.served(server) == 3 ? () : nil }
    }
  }

  @Test func `without keys the table comes by the file only, and an older operator hears that it is served`()
    async throws
  {
    try await withGuardedServer(keys: nil) { server, entry in
      let second = try await server.publish("v2", shift: 1)
      let next = aTable(revision: 2, second)
      for headers in [[:], try Self.signed("POST", "/model/reload", "{}")] {
        let body = String(decoding: try JSONEncoder().encode(next), as: UTF8.self)
        let reply = try await server.request("POST", "/model/reload", body, admin: true, headers: headers)
        #expect(reply.code == 401, "\(reply.text)")
      }
      #expect(try await server.request("POST", "/model/reload", "", admin: true).code == 401)
      #expect(try await Self.served(server) == 1)
      // The very table that is served changes nothing.
      #expect(try await server.reload(aTable(entry)).json["changed"] as? Bool == false)
      try Self.mount(next, on: server)
      _ = try await eventually("the push of an older operator is confirmed") {
        try await server.reload(next).code == 200 ? () : nil
      }
      // Keys that come later are followed.
      try Self.mount([Self.key], in: server.folder)
      let third = aTable(revision: 3, entry)
      _ = try await eventually("the operator is known") {
        try await Self.push(third, to: server).code == 200 ? () : nil
      }
      #expect(try await server.reload(third).code == 401)
    }
  }

  @Test func `keys change with their file: a new one is taken up, and one that was taken out is worth nothing`()
    async throws
  {
    try await withGuardedServer { server, entry in
      let next = OperatorSigningKey()
      #expect(try await Self.push(aTable(entry), to: server, by: next).code == 401)
      try Self.mount([Self.key, next], in: server.folder)
      _ = try await eventually("both sign") {
        try await Self.push(aTable(entry), to: server, by: next).code == 200 ? () : nil
      }
      #expect(try await Self.push(aTable(entry), to: server).code == 200)
      // A file that is cut short leaves the keys in place.
      try Data("{".utf8).write(to: server.folder.appending(path: RoutingTable.keysFileName), options: .atomic)
      #expect(try await Self.push(aTable(entry), to: server).code == 200)
      try Self.mount([next], in: server.folder)
      _ = try await eventually("the old one is out") {
        try await Self.push(aTable(entry), to: server).code == 401 ? () : nil
      }
      #expect(try await Self.push(aTable(entry), to: server, by: next).code == 200)
    }
  }

  // MARK: Rights

  @Test func `on an open port a token changes the table only where it may do everything`() async throws {
    let grants: [(String, Set<ServingRight>)] = [("asks", [.predict]), ("all", Set(ServingRight.allCases))]
    try await withServer(
      isServing: false,
      configure: { configuration, folder in
        for (token, rights) in grants {
          let file = folder.appending(path: "tokens-\(token)")
          try Data(token.utf8).write(to: file)
          configuration.tokenGrants.append(TokenGrant(path: file.path, rights: rights))
        }
      }
    ) { server in
      let table = aTable(try await server.publish("v1"))
      let body = String(decoding: try JSONEncoder().encode(table), as: UTF8.self)
      for (token, code) in [("asks", 403), ("none", 401), ("all", 200)] {
        let reply = try await server.request(
          "POST", "/model/reload", body, admin: true, headers: ["Authorization": "Bearer \(token)"])
        #expect(reply.code == code, "\(token): \(reply.text)")
      }
    }
  }

  @Test func `a token opens what it was made for, and a lack is said with a sentence`() async throws {
    let grants: [(String, Set<ServingRight>)] = [
      ("asks", [.predict]), ("labels", [.feedback]), ("reads", [.logs]), ("all\nreads", [.predict, .feedback]),
    ]
    try await withGuardedServer(grants: grants) { server, _ in
      let rows: [(String, String, String, ServingRight)] = [
        ("POST", "/predict", "{\"features\":\(Sample.good)}", .predict), ("POST", "/predict/batch", "[]", .predict),
        ("POST", "/v2/models/income/infer", "{}", .predict),
        ("POST", "/feedback", #"{"request_id":"a","label":">50K"}"#, .feedback), ("GET", "/logs", "", .logs),
      ]
      // A token that stands in two files has the rights of both.
      let bearers: [(String, Set<ServingRight>)] = [
        ("asks", [.predict]), ("labels", [.feedback]), ("reads", Set(ServingRight.allCases)),
        ("all", [.predict, .feedback]),
      ]
      for (method, path, body, right) in rows {
        for (token, rights) in bearers {
          for admin in [false, true] where admin || right != .logs {
            let reply = try await server.request(
              method, path, method == "POST" ? body : nil, admin: admin, headers: ["Authorization": "Bearer \(token)"])
            let words: Comment = "\(path) with \(token): \(reply.text)"
            if rights.contains(right) {
              #expect(![401, 403].contains(reply.code), words)
            } else {
              #expect(reply.code == 403, words)
              #expect((reply.json["error"] as? String)?.contains("not the right \(right.rawValue)") == true, words)
              #expect(
                reply.headers["www-authenticate"] == #"Bearer error="insufficient_scope", scope="\#(right.rawValue)""#)
            }
          }
        }
      }
      for (token, _) in bearers {
        let bearer = ["Authorization": "Bearer \(token)"]
        #expect(try await server.request("GET", "/model/info", headers: bearer).code == 200)
        #expect(try await server.request("POST", "/model/reload", "", admin: true, headers: bearer).code == 401)
      }
      #expect(try await server.request("GET", "/model/info").code == 401)
    }
  }
}
