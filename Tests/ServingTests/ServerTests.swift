import Engine
import Artifacts
import Foundation
import Serving
import ServiceLifecycle
import Tabular
import Telemetry
import TestSupport
import Testing
import WorkerContract

/// The server over real sockets.
@Suite(.serialized) struct ServerTests {
  @Test func `a served prediction is the evaluator's`() async throws {
    try await withServer { server in
      let reply = try await server.predict(id: "req-123")
      #expect(reply.code == 200)
      #expect(reply.headers["content-type"] == "application/json")
      let json = reply.json
      let expected = try Sample.probabilities([
        .number(39), .number(40.5), .number(1000), .category(0), .category(1), .category(0),
      ])
      let probabilities = try #require(json["probabilities"] as? [String: Double])
      #expect(abs((probabilities["<=50K"] ?? 0) - expected[0]) < 1e-6)
      #expect(abs((probabilities[">50K"] ?? 0) - expected[1]) < 1e-6)
      #expect(json["request_id"] as? String == "req-123")
      #expect(json["predicted_class"] as? String == (expected[1] > expected[0] ? ">50K" : "<=50K"))
      #expect(abs((json["confidence"] as? Double ?? 0) - max(expected[0], expected[1])) < 1e-6)
      #expect(json["model_version"] as? String == "v1")
    }
  }

  @Test func `a request id comes from the body, else from the header, else it is made`() async throws {
    try await withServer { server in
      let headers = ["X-Request-Id": "from-header"]
      let body = "{\"features\":\(Sample.good)}"
      let fromHeader = try await server.request("POST", "/predict", body, headers: headers)
      #expect(fromHeader.json["request_id"] as? String == "from-header")
      #expect(fromHeader.headers["x-request-id"] == "from-header")
      let fromBody = try await server.request(
        "POST", "/predict", "{\"request_id\":\"mine\",\"features\":\(Sample.good)}", headers: headers)
      #expect(fromBody.json["request_id"] as? String == "mine")
      #expect(fromBody.headers["x-request-id"] == "from-header")
      let made = try await server.request("POST", "/predict", body)
      #expect((made.json["request_id"] as? String)?.count == 32)
      let batch = try await server.request("POST", "/predict/batch", "[\(body),\(body)]", headers: headers)
      let responses = try #require(batch.json["responses"] as? [[String: Any]])
      #expect(responses.map { $0["request_id"] as? String } == ["from-header-0", "from-header-1"])
    }
  }

  @Test func `a batch fails row by row, in both forms`() async throws {
    try await withServer { server in
      let rows =
        "[{\"request_id\":\"a\",\"features\":\(Sample.good)},{\"request_id\":\"b\",\"features\":{\"age\":\"x\"}},7]"
      for body in [rows, "{\"requests\":\(rows)}"] {
        let reply = try await server.request("POST", "/predict/batch", body)
        #expect(reply.code == 200)
        let responses = try #require(reply.json["responses"] as? [[String: Any]])
        #expect(responses.count == 3)
        #expect(responses[0]["predicted_class"] != nil)
        let fields = (responses[1]["fields"] as? [[String: String]])?.compactMap { $0["field"] } ?? []
        #expect(Set(fields) == ["age", "work", "zone"])
        #expect(responses[1]["request_id"] as? String == "b")
        #expect(responses[2]["error"] != nil)
      }
      #expect(try await server.request("POST", "/predict/batch", #"{"requests":[]}"#).text == #"{"responses":[]}"#)
    }
  }

  @Test func `what is wrong with a request is told with the right code`() async throws {
    try await withServer(limits: RequestLimits(body: 2000, batch: 3)) { server in
      let cases: [(String, String, String?, Int, String)] = [
        ("POST", "/predict", "{\"features\":", 400, "byte 12"),
        ("POST", "/predict", "", 400, "byte 0"),
        ("POST", "/predict", "{\"features\":\(Sample.good)} x", 400, "something follows"),
        ("POST", "/predict", "[]", 422, "features"),
        ("POST", "/predict", "{}", 422, "'features' must be given"),
        ("POST", "/predict", "{\"features\":[1]}", 422, "object"),
        ("POST", "/predict", "{\"features\":\(Sample.good),\"feature\":1}", 422, "no member 'feature'"),
        ("POST", "/predict", "{\"request_id\":5,\"features\":\(Sample.good)}", 422, "request_id"),
        ("POST", "/predict", "{\"features\":{\"age\":200,\"work\":\"Navy\",\"hat\":1}}", 422, "hat"),
        ("POST", "/predict", String(repeating: " ", count: 2001), 413, "2000 bytes"),
        ("POST", "/predict/batch", "[{},{},{},{}]", 413, "3 requests"),
        ("POST", "/predict/batch", "{}", 422, "requests"),
        ("POST", "/predict/batch", "[{},", 400, "byte 4"),
        ("POST", "/feedback", "[{},{},{},{}]", 413, "3 labels"),
        ("POST", "/feedback", "{}", 422, "request_id"),
        ("POST", "/feedback", "nothing", 400, "byte 0"),
        ("GET", "/predict", nil, 405, "POST"),
        ("POST", "/health", "", 405, "GET"),
        ("GET", "/nowhere", nil, 404, "/nowhere"),
        ("POST", "/model/reload", "{}", 404, "/model/reload"),
        ("GET", "/logs", nil, 404, "/logs"),
      ]
      for (method, path, body, code, words) in cases {
        let reply = try await server.request(method, path, body)
        #expect(reply.code == code, "\(method) \(path) \(body ?? "")")
        #expect((reply.json["error"] as? String)?.contains(words) == true, "\(reply.text)")
      }
      #expect(try await server.metric(#"apus_validation_failures_total{reason="unseen_category"}"#) == 1)
      #expect(try await server.metric(#"apus_requests_total{endpoint="none",code="404"}"#) == 3)
    }
  }

  @Test func `a body in pieces, without a length, is read whole or refused at the limit`() async throws {
    try await withServer(limits: RequestLimits(body: 2000, batch: 3)) { server in
      let connection = try HTTPConnection(port: server.port)
      let body = "{\"features\":\(Sample.good)}"
      let head = "POST /predict HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n"
      let pieces = [body.prefix(20), body.dropFirst(20)].map { "\(String($0.utf8.count, radix: 16))\r\n\($0)\r\n" }
      connection.write(head)
      for piece in pieces + ["0\r\n\r\n"] { connection.write(piece) }
      #expect(try await connection.next().code == 200)
      connection.write(head)
      for _ in 0..<3 { connection.write("400\r\n\(String(repeating: " ", count: 1024))\r\n") }
      connection.write("0\r\n\r\n")
      #expect(try await connection.next().code == 413)
    }
  }

  @Test func `without a table nothing is ready, and the reason is told`() async throws {
    try await withServer(isServing: false) { server in
      #expect(try await server.request("GET", "/health").code == 200)
      for (method, path, body) in [
        ("GET", "/ready", nil), ("GET", "/model/info", nil), ("POST", "/predict", "{}"),
        ("POST", "/predict/batch", "[]"),
        ("POST", "/feedback", #"{"request_id":"a","label":"b"}"#),
      ] as [(String, String, String?)] {
        #expect(try await server.request(method, path, body).code == 503, "\(path)")
      }
      _ = try await eventually("the reason names the file") {
        try await server.request("GET", "/ready").text.contains("routing.json") ? () : nil
      }
      #expect(try await server.metric("apus_model_loaded") == 0)
      #expect(try await server.metric("apus_ready") == 0)

      // The table comes before its artifact: the server tries again by itself.
      let bundle = try Sample.bundle()
      let table = aTable(anEntry("v1", bundle.digest.description))
      try JSONEncoder().encode(table).write(to: server.routingPath, options: .atomic)
      _ = try await eventually("the reason names the version") {
        try await server.request("GET", "/ready").text.contains("Version v1 cannot be loaded") ? () : nil
      }
      try await server.artifacts.put(bundle)
      try await server.becomesReady()
      #expect(try await server.predict().code == 200)
      #expect(try await server.metric("apus_model_loaded") == 1)
    }
  }

  @Test func `a reload loads first and swaps then, and never goes back`() async throws {
    try await withServer { server in
      let second = try await server.publish("v2", shift: 1)
      let taken = try await server.reload(aTable(revision: 2, second))
      #expect(taken.code == 200)
      #expect(taken.json["revision"] as? Int == 2)
      #expect(taken.json["changed"] as? Bool == true)
      let versions = taken.json["versions"] as? [[String: Any]]
      #expect(versions?.first?["digest"] as? String == second.digest)
      #expect(try await server.predict().json["model_version"] as? String == "v2")
      #expect(try await server.reload(aTable(revision: 2, second)).json["changed"] as? Bool == false)

      let missing = anEntry("v3", "sha256:" + String(repeating: "0", count: 64))
      let refused: [(RoutingTable, Int)] = [
        (aTable(revision: 1, second), 409),
        (aTable(revision: 2, anEntry("v2", second.digest, weight: 100, .canary)), 409),
        (aTable(revision: 3, missing), 503), (aTable(revision: 3), 422),
        (aTable(revision: 3, anEntry("v2", weight: 5)), 422),
        (RoutingTable(namespace: "default", model: "other", revision: 9, entries: [second]), 422),
      ]
      for (table, code) in refused {
        let reply = try await server.reload(table)
        #expect(reply.code == code, "\(reply.text)")
        #expect(reply.json["revision"] as? Int == 2)
      }
      #expect(try await server.request("POST", "/model/reload", "{", admin: true).code == 400)
      let unread = try await server.request("POST", "/model/reload", "", admin: true)
      #expect(unread.code == 503)
      #expect(unread.text.contains("there is no such file"))
      #expect(try await server.predict().json["model_version"] as? String == "v2")
      #expect(try await server.request("GET", "/ready").code == 200)
      #expect(try await server.metric("apus_routing_revision") == 2)
      #expect(try await server.metric(#"apus_reloads_total{result="older"}"#) == 2)

      // A damaged artifact is found at the load.
      let bundle = try Sample.bundle(shift: 3)
      try await server.artifacts.put(bundle)
      let path = "artifacts/sha256/\(bundle.digest.hex)/model.json"
      try Data("{}".utf8).write(to: server.folder.appending(path: path))
      let damaged = try await server.reload(aTable(revision: 3, anEntry("v3", bundle.digest.description)))
      #expect(damaged.code == 503)
      #expect(damaged.text.contains("damaged"))
    }
  }

  @Test func `a change of the routing file is taken, an empty reload reads it at once`() async throws {
    try await withServer { server in
      let second = try await server.publish("v2", shift: 1)
      try JSONEncoder().encode(aTable(revision: 2, second)).write(to: server.routingPath, options: .atomic)
      _ = try await eventually("the file's table is served") {
        try await server.predict().json["model_version"] as? String == "v2" ? () : nil
      }
      try JSONEncoder().encode(aTable(revision: 3, second)).write(to: server.routingPath, options: .atomic)
      let reply = try await server.request("POST", "/model/reload", "", admin: true)
      #expect(reply.code == 200)
      #expect(reply.json["revision"] as? Int == 3)
    }
  }

  @Test func `reloads under load lose no request`() async throws {
    try await withServer { server in
      let first = try await server.publish("v1")
      let second = try await server.publish("v2", shift: 1)
      let expected = try [0.0, 1].map { shift in
        try Sample.probabilities(
          [.number(39), .number(40.5), .number(1000), .category(0), .category(1), .category(0)], shift: shift)[1]
      }
      let counts = try await withThrowingTaskGroup(of: [String: Int].self) { tasks in
        for client in 0..<4 {
          tasks.addTask { try await Self.load(server, client: client, requests: 250, expected: expected) }
        }
        tasks.addTask {
          for revision in 2..<40 {
            let isEven = revision.isMultiple(of: 2)
            var other = isEven ? first : second
            other.role = .warm
            other.weight = 0
            let reply = try await server.reload(aTable(revision: revision, isEven ? second : first, other))
            #expect(reply.code == 200)
          }
          return [:]
        }
        return try await tasks.reduce(into: [:]) { $0.merge($1, uniquingKeysWith: +) }
      }
      #expect(counts.values.reduce(0, +) == 1000)
      #expect(Set(counts.keys).isSubset(of: ["v1", "v2"]))
      _ = try await eventually("every prediction is logged") {
        try await server.store.predictions(PredictionQuery(model: income)).count == 1000 ? () : nil
      }
    }
  }

  /// Sends requests one after the other and holds each answer to the version it names.
  private static func load(
    _ server: RunningServer, client: Int, requests: Int, expected: [Double]
  ) async throws -> [String: Int] {
    let connection = try HTTPConnection(port: server.port)
    var answers: [String: Int] = [:]
    for index in 0..<requests {
      let reply = try await connection.request(
        "POST", "/predict", "{\"request_id\":\"\(client)-\(index)\",\"features\":\(Sample.good)}")
      let version = reply.json["model_version"] as? String ?? "none"
      let positive = (reply.json["probabilities"] as? [String: Double])?[">50K"] ?? -1
      #expect(reply.code == 200)
      #expect(abs(positive - expected[version == "v1" ? 0 : 1]) < 1e-6, "the answer is the named version's")
      answers[version, default: 0] += 1
    }
    return answers
  }

  @Test func `a canary takes its share and a shadow answers nothing but is logged`() async throws {
    try await withServer { server in
      var production = try await server.publish("v1")
      production.weight = 50
      let canary = try await server.publish("v2", shift: 1, weight: 50, .canary)
      let shadow = try await server.publish("v3", shift: 2, weight: 0, .shadow)
      #expect(try await server.reload(aTable(revision: 2, production, canary, shadow)).code == 200)
      let rows = (0..<200).map { "{\"request_id\":\"r\($0)\",\"features\":\(Sample.good)}" }
      let reply = try await server.request("POST", "/predict/batch", "[\(rows.joined(separator: ","))]")
      let versions = (reply.json["responses"] as? [[String: Any]])?.compactMap { $0["model_version"] as? String } ?? []
      #expect(versions.count == 200)
      #expect(Set(versions) == ["v1", "v2"])
      let keyed = try await server.request(
        "POST", "/predict/batch",
        "[\((0..<20).map { "{\"request_id\":\"k\($0)\",\"key\":\"customer\",\"features\":\(Sample.good)}" }.joined(separator: ","))]"
      )
      let keyedVersions = (keyed.json["responses"] as? [[String: Any]])?.compactMap { $0["model_version"] as? String }
      #expect(Set(keyedVersions ?? []).count == 1, "one key stays with one version")
      let shadows = try await eventually("the shadow's predictions are logged") {
        let read = try await server.store.predictions(PredictionQuery(model: income, version: "v3"))
        return read.count == 220 ? read : nil
      }
      #expect(shadows.allSatisfy { $0.record.role == .shadow })
    }
  }

  @Test func `feedback before, after and again becomes accuracy, precision, recall and coverage`() async throws {
    try await withServer { server in
      let said = try #require(try await server.predict(id: "a").json["predicted_class"] as? String)
      let other = said == ">50K" ? "<=50K" : ">50K"
      let early = try await server.request("POST", "/feedback", "{\"request_id\":\"early\",\"label\":\"\(said)\"}")
      #expect(early.text == #"{"accepted":1,"rejected":[]}"#)
      for id in ["early", "b", "c"] { #expect(try await server.predict(id: id).code == 200) }
      let batch = try await server.request(
        "POST", "/feedback",
        "{\"feedback\":[{\"request_id\":\"a\",\"label\":\"\(said)\"},{\"request_id\":\"b\",\"label\":\"\(said)\"},{\"label\":1}]}"
      )
      #expect(batch.code == 200)
      #expect(batch.json["accepted"] as? Int == 2)
      // The truth about b changes: the latest label counts.
      _ = try await server.request("POST", "/feedback", "{\"request_id\":\"b\",\"label\":\"\(other)\"}")
      _ = try await eventually("the gauges show it") {
        let accuracy = try await server.metric(#"apus_accuracy_ratio{version="v1"}"#)
        let coverage = try await server.metric(#"apus_label_coverage_ratio{version="v1"}"#)
        return accuracy.map { abs($0 - 2.0 / 3) < 1e-9 } == true && coverage == 0.75 ? () : nil
      }
      #expect(try await server.metric(#"apus_labelled_predictions{version="v1"}"#) == 3)
      #expect(try await server.metric(#"apus_labels_received_total{result="accepted"}"#) == 4)
      #expect(try await server.metric(#"apus_labels_received_total{result="rejected"}"#) == 1)

      let logs = try await server.request(
        "GET", "/logs?version=v1&class=\(said == ">50K" ? "%3E50K" : "%3C%3D50K")&limit=10", admin: true)
      let logged = try #require(logs.json["predictions"] as? [[String: Any]])
      #expect(Set(logged.compactMap { $0["request_id"] as? String }) == ["a", "early", "b", "c"])
      #expect(logged.first { $0["request_id"] as? String == "b" }?["label"] as? String == other)
      #expect((logged.first?["features"] as? [String: Any])?["city"] as? String == "Ürgüp")
      #expect(try await server.request("GET", "/logs?from=tomorrow&limit=0&colour=red", admin: true).code == 422)
      #expect(
        try await server.request("GET", "/logs?from=2100-01-01T00:00:00Z", admin: true).text
          == #"{"predictions":[],"next":null}"#)
    }
  }

  @Test func `what is seen is counted, and shown to people too`() async throws {
    try await withServer { server in
      _ = try await server.predict(#"{"age":20,"hours":200,"work":"Private","zone":"9"}"#)
      _ = try await server.predict(#"{"age":40,"hours":20,"gain":1,"work":"Private","zone":"1","city":"Bern"}"#)
      let expected: [(String, Double)] = [
        (#"apus_requests_total{endpoint="predict",code="200"}"#, 2), (#"apus_feature_mean{feature="age"}"#, 30),
        (#"apus_feature_minimum{feature="age"}"#, 20), (#"apus_feature_maximum{feature="hours"}"#, 200),
        (#"apus_feature_out_of_range_total{feature="hours"}"#, 1), (#"apus_feature_unseen_total{feature="zone"}"#, 1),
        (#"apus_feature_missing_total{feature="city"}"#, 1), (#"apus_prediction_seconds_count{version="v1"}"#, 2),
        (#"apus_prediction_confidence_ratio_count{version="v1"}"#, 2), (#"apus_model_weight_ratio{version="v1"}"#, 1),
      ]
      for (name, value) in expected { #expect(try await server.metric(name) == value, "\(name)") }
      let summary = try await server.request("GET", "/metrics/summary").text
      #expect(summary.contains("\napus_request_seconds: "))
      #expect(summary.contains(#/\n  endpoint=predict +2 values +mean /#), "\(summary)")
      let json = try await server.request("GET", "/metrics/summary", headers: ["Accept": "application/json"])
      #expect((json.json["metrics"] as? [[String: Any]])?.isEmpty == false)
      let open = try await server.request("GET", "/metrics", headers: ["Accept": "application/openmetrics-text"])
      #expect(open.text.hasSuffix("# EOF\n"))
      let info = try await server.request("GET", "/model/info").json
      #expect(info["model"] as? String == "income")
      #expect(info["classes"] as? [String] == ["<=50K", ">50K"])
      #expect(info["positive_class"] as? String == ">50K")
      #expect((info["features"] as? [Any])?.count == 6)
    }
  }

  @Test func `a version that is gone leaves the metrics, one that stays goes on counting`() async throws {
    try await withServer(isServing: false) { server in
      let first = try await server.publish("v1", weight: 50)
      let second = try await server.publish("v2", shift: 1, weight: 50, .canary)
      _ = try await server.reload(aTable(first, second))
      try await server.becomesReady()
      for id in 0..<40 { _ = try await server.predict(id: "r\(id)") }
      _ = try await server.request("POST", "/feedback", #"{"request_id":"r1","label":">50K"}"#)
      let counted = try #require(try await server.metric(#"apus_prediction_seconds_count{version="v2"}"#))
      #expect(counted > 0)
      _ = try await eventually("both versions' performance is shown") {
        let text = try await server.request("GET", "/metrics").text
        return text.contains(#"apus_label_coverage_ratio{version="v1"}"#)
          && text.contains(#"apus_label_coverage_ratio{version="v2"}"#) ? () : nil
      }
      var only = second
      (only.weight, only.role) = (100, .production)
      #expect(try await server.reload(aTable(revision: 2, only)).code == 200)
      let text = try await server.request("GET", "/metrics").text
      #expect(!text.contains(#"version="v1""#), "\(text.split(separator: "\n").filter { $0.contains("v1") })")
      #expect(try await server.metric(#"apus_prediction_seconds_count{version="v2"}"#) == counted)
      #expect(try await server.metric(#"apus_feature_mean{feature="age"}"#) == 39)
      // The figures that are read from the store, too, which knows predictions of both.
      _ = try await server.predict()
      _ = try await eventually("the figures are read again") {
        try await server.metric(#"apus_label_coverage_ratio{version="v2"}"#) == nil ? nil : ()
      }
      #expect(try await !server.request("GET", "/metrics").text.contains(#"version="v1""#))
      // It comes back.
      #expect(try await server.reload(aTable(revision: 3, first, second)).code == 200)
      for id in 40..<80 { _ = try await server.predict(id: "r\(id)") }
      #expect(try await server.metric(#"apus_prediction_seconds_count{version="v1"}"#) ?? 0 > 0)
    }
  }

  @Test func `sampling and redaction decide what is stored`() async throws {
    try await withServer(logging: LoggingRules(sample: 0.5, redact: ["age"])) { server in
      let rows = (0..<400).map { "{\"request_id\":\"r\($0)\",\"features\":\(Sample.good)}" }
      _ = try await server.request("POST", "/predict/batch", "[\(rows.joined(separator: ","))]")
      let sampled = (0..<400).map { "r\($0)" }.filter { RequestHash.fraction($0, for: .sampling) < 0.5 }
      let read = try await eventually("the sample is stored") {
        let read = try await server.store.predictions(PredictionQuery(model: income))
        return read.count == sampled.count ? read : nil
      }
      #expect(Set(read.map(\.record.requestID)) == Set(sampled))
      #expect(try read.allSatisfy { try $0.features()["age"] == nil && $0.features()["hours"] == .number(40.5) })
    }
  }

  @Test func `predictions older than the retention are deleted`() async throws {
    try await withServer(logging: LoggingRules(retention: TimeSpan(seconds: 3600))) { server in
      let now = Date().timeIntervalSince1970
      let records = [now - 7200, now - 60].enumerated().map { index, time in
        PredictionRecord(
          requestID: "r\(index)", version: "v1", role: .production, time: time, features: "{}", predictedClass: ">50K",
          probabilities: "{}", confidence: 1, latency: 0)
      }
      try await server.store.append(records, of: income)
      _ = try await eventually("the old one is gone") {
        let ids = try await server.store.predictions(PredictionQuery(model: income)).map(\.record.requestID)
        return ids == ["r1"] ? () : nil
      }
    }
  }

  @Test func `the database goes away and comes back, and no prediction is missing`() async throws {
    try await withServer { server in
      func predict(_ ids: Range<Int>) async throws {
        for id in ids { #expect(try await server.predict(id: "r\(id)").code == 200) }
      }
      try await predict(0..<20)
      _ = try await eventually("the first ones are stored") {
        try await server.store.predictions(PredictionQuery(model: income)).count == 20 ? () : nil
      }
      // The folder moves away and a file takes its place: the database can neither be written nor made anew.
      let folder = server.folder.appending(path: "db")
      let elsewhere = server.folder.appending(path: "moved")
      try FileManager.default.moveItem(at: folder, to: elsewhere)
      try Data().write(to: folder)
      try await predict(20..<60)
      _ = try await eventually("predictions go to disk") {
        try await server.metric("apus_log_spilled_rows_total") == 40 ? () : nil
      }
      #expect(try await server.metric("apus_log_store_up") == 0)
      #expect(try await server.request("GET", "/ready").code == 200)
      try FileManager.default.removeItem(at: folder)
      try FileManager.default.moveItem(at: elsewhere, to: folder)
      try await predict(60..<70)
      _ = try await eventually("everything is stored") {
        try await server.store.predictions(PredictionQuery(model: income)).count == 70 ? () : nil
      }
      _ = try await eventually("nothing waits") { try await server.metric("apus_log_spill_bytes") == 0 ? () : nil }
      #expect(try await server.metric(#"apus_log_dropped_rows_total{reason="buffer_full"}"#) == 0)
    }
  }

  @Test func `a shutdown says not ready first, ends what it has begun, and stores the log`() async throws {
    try await withServer(drainDelay: .seconds(2), logInterval: .seconds(3600)) { server in
      let waiting = try HTTPConnection(port: server.port)
      let watching = try HTTPConnection(port: server.port)
      #expect(try await watching.request("GET", "/ready").code == 200)
      let body = "{\"request_id\":\"last\",\"features\":\(Sample.good)}"
      waiting.write(
        "POST /predict HTTP/1.1\r\nHost: test\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body.prefix(10))")
      await server.group.triggerGracefulShutdown()
      _ = try await eventually("ready turns to no") { () -> Bool? in
        try await watching.request("GET", "/ready").code == 503 ? true : nil
      }
      #expect(try await watching.request("POST", "/predict", body).code == 200, "requests are still taken")
      _ = try await eventually("the port is closed") { () -> Bool? in
        do {
          _ = try HTTPConnection(port: server.port)
          return nil
        } catch HTTPConnection.Failure.notConnected(let code) {
          // One that is being opened while the port closes is reset.
          return code == ECONNREFUSED ? true : nil
        }
      }
      waiting.write(String(body.dropFirst(10)))
      #expect(try await waiting.next().code == 200, "the request that had begun is answered")
      _ = try await eventually("the log is stored") {
        try await server.store.predictions(PredictionQuery(model: income)).isEmpty ? nil : ()
      }
    }
  }
}
