import Artifacts
import Foundation
import NIOCore
import NIOEmbedded
import NIOHTTP1
import PredictionLog
import TestSupport
import Testing

@testable import Engine
@testable import Serving

/// What is held for clients that do not read, or do not go on, is bounded for all of them together.
@Suite(.serialized) struct HeldBytesTests {
  private static let row = "{\"features\":\(Sample.good)}"

  private static func batch(_ rows: Int) -> String {
    "[" + Array(repeating: row, count: rows).joined(separator: ",") + "]"
  }

  /// A socket whose other side reads when it is told to.
  private final class Socket: ChannelOutboundHandler {
    typealias OutboundIn = HTTPServerResponsePart
    private var promises: [EventLoopPromise<Void>] = []
    private(set) var codes: [UInt] = []
    private(set) var unread = 0

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
      switch unwrapOutboundIn(data) {
      case .head(let head): codes.append(head.status.code)
      case .body(.byteBuffer(let body)): unread += body.readableBytes
      case .body, .end: break
      }
      if let promise { promises.append(promise) }
    }

    func readAll() {
      unread = 0
      for promise in promises { promise.succeed() }
      promises = []
    }
  }

  @Test func `answers that are not read fill the room for them, and no more`() throws {
    let limit = 300 << 10
    let server = try server(held: limit)
    let budget = server.admission.bytes
    let channel = EmbeddedChannel()
    let socket = Socket()
    try channel.pipeline.syncOperations.addHandlers([
      socket,
      RequestHandler(
        responder: server.responder(for: .public), watch: ConnectionWatch(limits: .init()),
        eventLoop: channel.eventLoop),
    ])
    // Small enough for the event loop, and its answer too large not to be counted.
    let body = ByteBuffer(string: Self.batch(120))
    #expect(body.readableBytes <= 16 << 10)
    func ask() {
      let head = HTTPRequestHead(
        version: .http1_1, method: .POST, uri: "/predict/batch",
        headers: ["Host": "a", "Content-Length": "\(body.readableBytes)"])
      for part in [HTTPServerRequestPart.head(head), .body(body), .end(nil)] {
        channel.pipeline.syncOperations.fireChannelRead(NIOAny(part))
      }
      // After some requests others have their turn.
      channel.embeddedEventLoop.run()
    }
    for round in 1...3 {
      for _ in 0..<100 {
        ask()
        #expect(budget.taken <= limit)
      }
      #expect(socket.codes.count == round * 100)
      #expect(socket.codes.last == 503 && socket.codes.suffix(100).contains(200))
      // The rest are refusals, of a few hundred bytes each.
      #expect(socket.unread > limit / 2 && socket.unread < limit + 100 * 512)
      socket.readAll()
      #expect(budget.taken == 0)
    }
    ask()
    #expect(budget.taken > 0)
    socket.readAll()
    _ = try channel.finish(acceptAlreadyClosed: true)
  }

  private func held(_ server: RunningServer) async throws -> Double {
    let text = try await server.request("GET", "/metrics", admin: true).text
    let line = text.split(separator: "\n").first { $0.hasPrefix("apus_held_bytes ") }
    return try #require(line.flatMap { $0.split(separator: " ").last }.flatMap { Double($0) })
  }

  @Test func `clients that ask and do not read leave room for the others, and are closed`() async throws {
    let limit = 12 << 20
    try await withServer(
      limits: RequestLimits(held: limit),
      configure: { configuration, _ in configuration.timeouts.idle = .seconds(3) }
    ) { server in
      let body = Self.batch(5000)
      let request = "POST /predict/batch HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
      let greedy = try (0..<16).map { _ in try HTTPConnection(port: server.port) }
      let writing = Task { for connection in greedy { connection.write(request) } }
      var most = 0.0
      _ = try await eventually("some find no room") {
        most = max(most, try await held(server))
        #expect(try await server.predict().code == 200)
        let refused = try await server.request("GET", "/metrics", admin: true).text
        return refused.contains(#"apus_requests_total{endpoint="predict_batch",code="503"}"#) ? () : nil
      }
      await writing.value
      _ = try await eventually("all is given back") {
        most = max(most, try await held(server))
        #expect(try await server.predict().code == 200)
        return try await held(server) == 0 ? () : nil
      }
      #expect(most > 0 && most <= Double(limit), "\(most)")
      withExtendedLifetime(greedy) {}
      // Whoever reads gets what it asks for.
      #expect(try await server.request("POST", "/predict/batch", Self.batch(2000)).code == 200)
    }
  }

  @Test func `bodies that do not come to their end are bounded for all clients together`() async throws {
    let limit = 3 << 20
    try await withServer(limits: RequestLimits(held: limit)) { server in
      var slow: [HTTPConnection] = []
      for _ in 0..<6 {
        let connection = try HTTPConnection(port: server.port)
        connection.write(
          "POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: 1500000\r\n\r\n"
            + String(repeating: " ", count: 1 << 20))
        slow.append(connection)
        #expect(try await held(server) <= Double(limit))
      }
      _ = try await eventually("some are refused") {
        let text = try await server.request("GET", "/metrics", admin: true).text
        let line = text.split(separator: "\n").first {
          $0.hasPrefix(#"apus_requests_total{endpoint="predict",code="503"} "#)
        }
        return (line?.split(separator: " ").last.flatMap { Double($0) } ?? 0) >= 3 ? () : nil
      }
      #expect(try await held(server) <= Double(limit))
      #expect(try await server.predict().code == 200)
      slow.removeAll()
      _ = try await eventually("all is given back") { try await held(server) == 0 ? () : nil }
      #expect(try await server.request("POST", "/predict/batch", Self.batch(1000)).code == 200)
    }
  }

  @Test func `silent clients with most of a body turn nobody away`() async throws {
    let limit = 24 << 20
    try await withServer(limits: RequestLimits(held: limit)) { server in
      let body = String(repeating: " ", count: 7_900_000)
      let silent = try (0..<4).map { _ in try HTTPConnection(port: server.port) }
      let writing = Task {
        for connection in silent {
          connection.write("POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: 8388608\r\n\r\n\(body)")
        }
      }
      _ = try await eventually("those beyond their half are refused") {
        let text = try await server.request("GET", "/metrics", admin: true).text
        let line = text.split(separator: "\n").first {
          $0.hasPrefix(#"apus_requests_total{endpoint="predict",code="503"} "#)
        }
        return (line?.split(separator: " ").last.flatMap { Double($0) } ?? 0) >= 3 ? () : nil
      }
      #expect(try await held(server) <= Double(limit / 2))
      for rows in [1, 40, 9000] {
        let reply = try await server.request("POST", "/v2/models/income/infer", Self.tensors(rows))
        #expect(reply.code == 200, "\(rows): \(reply.text.prefix(200))")
      }
      #expect(try await server.request("POST", "/predict/batch", Self.batch(5000)).code == 200)
      withExtendedLifetime(silent) {}
      await writing.value
    }
  }

  private static func tensors(_ rows: Int, padding: Int = 0) -> String {
    func input(_ name: String, _ datatype: String, _ value: String) -> String {
      let data = Array(repeating: value, count: rows).joined(separator: ",")
      return "{\"name\":\"\(name)\",\"shape\":[\(rows)],\"datatype\":\"\(datatype)\",\"data\":[\(data)]}"
    }
    return
      "{\"inputs\":[\(input("age", "INT32", "39")),\(input("work", "BYTES", "\"State\"")),\(input("zone", "INT8", "1"))]"
      + String(repeating: " ", count: padding) + "}"
  }

  /// A server without sockets that serves the sample.
  private func server(held: Int) throws -> ModelServer {
    var configuration = ModelServer.Configuration(
      routingPath: "/nowhere", log: .init(spillFolder: URL(filePath: "/nowhere")))
    configuration.limits = RequestLimits(held: held)
    let server = try ModelServer(
      configuration: configuration, artifacts: FileArtifactStore(folder: "/nowhere"), telemetry: nil, logger: quiet)
    let version = LoadedVersion(version: "v1", digest: "", predictor: try Sample.predictor())
    server.holder.swap(
      try ServingState(
        table: aTable(anEntry("v1")), versions: [version],
        observer: ServingObserver(metrics: server.metrics, log: nil)))
    return server
  }

  private func reply(
    _ server: ModelServer, _ path: String, _ body: ByteBuffer, _ headers: [(String, String)] = []
  ) async -> ModelServer.Reply {
    let head = HTTPRequestHead(
      version: .http1_1, method: .POST, uri: path,
      headers: HTTPHeaders([("Host", "a"), ("Content-Length", "\(body.readableBytes)")] + headers))
    return await server.reply(to: head, body)
  }

  @Test func `an event loop predicts no row of an answer for which there is no room`() async throws {
    let server = try server(held: 1 << 20)
    let others = server.admission.bytes.take((1 << 20) - 20_000)
    for (path, body) in [("/predict/batch", Self.batch(120)), ("/v2/models/income/infer", Self.tensors(400))] {
      #expect(body.utf8.count <= 16 << 10)
      #expect(await reply(server, path, .init(string: body)).code == 503)
    }
    func metrics() async -> String {
      let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/metrics", headers: ["Host": "a"])
      return String(buffer: await server.reply(to: head, ByteBuffer(), by: .admin).body)
    }
    #expect(await metrics().contains(#"apus_prediction_seconds_count{version="v1"} 0"#))
    // Small ones share nothing, and so are not refused.
    for (path, body) in [("/predict/batch", Self.batch(20)), ("/v2/models/income/infer", Self.tensors(20))] {
      #expect(await reply(server, path, .init(string: body)).code == 200)
    }
    withExtendedLifetime(others) {}
  }

  @Test func `the elements of tensors take what they are, not what the body could have`() async throws {
    let server = try server(held: 4 << 20)
    #expect(
      await reply(server, "/v2/models/income/infer", .init(string: Self.tensors(200, padding: 1_200_000))).code == 200)
    #expect(server.admission.bytes.taken == 0)
  }

  @Test func `what can never have room is too large, and what may have it later is sent again`() throws {
    let admission = Admission(limits: RequestLimits(answer: 1 << 20, held: 1 << 20))
    func code(_ count: Int, beside: Int) -> Int? {
      do throws(Admission.Refusal) {
        _ = try admission.take(count, beside: beside)
        return nil
      } catch {
        return error.answer.code
      }
    }
    #expect(code(1 << 20, beside: 1) == 413 && code(1 << 20, beside: 0) == nil)
    #expect(code(16 << 10, beside: 1 << 30) == nil, "it is not counted")
    let others = admission.bytes.take(1 << 19)
    #expect(code(600 << 10, beside: 0) == 503)
    let cost = AnswerCost(rows: 1000, rowBytes: 400, stepsOfRow: 0, scratch: 0, workOfRow: 0)
    func admitted(beside: Int) -> Int? {
      if case .failure(let refusal) = admission.admit(cost, beside: beside) { refusal.answer.code } else { nil }
    }
    #expect(admitted(beside: 1 << 19) == 413 && admitted(beside: 0) == 503)
    withExtendedLifetime(others) {}
    #expect(
      RequestLimits(body: 1 << 30, held: 64 << 20).body == 32 << 20, "half of what is held is left for the answer")
    let largest = RequestLimits(body: .max, batch: .max, held: .max)
    #expect(largest.body == RequestLimits.mostBody && largest.batch == RequestLimits.mostBatch)
  }

  @Test func `parts count beside the text that they are joined to, and grow as they are made`() throws {
    let admission = Admission(limits: RequestLimits(held: 8 << 20))
    let bounds = try LoadedVersion(version: "v1", digest: "", predictor: Sample.predictor()).bounds
    let cost = AnswerCost(rows: 5000, explained: 0, idBytes: 100_000, bounds: bounds)
    #expect(cost.bytes > 2 * cost.typical - 100_000 - (1 << 20) && cost.typical < cost.bytes)
    let grant = try admission.admit(cost).get()
    #expect(admission.bytes.taken == 2 * cost.typical)
    try grant.made(1000)
    #expect(admission.bytes.taken == 2 * cost.typical)
    try grant.made(cost.typical)
    #expect(admission.bytes.taken == 2 * (cost.typical + 1000))
    #expect(throws: Admission.Refusal.self) { try grant.made(4 << 20) }
    withExtendedLifetime(grant) {}
  }

  @Test func `a long id makes one row larger, not all of them`() async throws {
    let server = try server(held: 12 << 20)
    let rows = Array(repeating: Self.row, count: 9999)
    let long = String(repeating: "\u{1F600}", count: 250)
    let body = "[{\"request_id\":\"\(long)\",\"features\":\(Sample.good)},\(rows.joined(separator: ","))]"
    let answer = await reply(server, "/predict/batch", .init(string: body))
    #expect(answer.code == 200, "\(String(buffer: answer.body).prefix(200))")
  }

  @Test func `a body that was unpacked holds what it has`() async throws {
    // Packed it could have become half of all the room; what it did not become is there for its answer.
    let server = try server(held: 1 << 20)
    let packed = Self.stored(Self.batch(850))
    let reply = await reply(server, "/predict/batch", packed, [("Content-Encoding", "gzip")])
    #expect(reply.code == 200, "\(String(buffer: reply.body).prefix(200))")
  }

  /// A text as gzip has it without compressing anything (RFC 1951, 3.2.4, and RFC 1952).
  private static func stored(_ text: String) -> ByteBuffer {
    func little(_ value: UInt32, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(value >> ($0 * 8) & 255) } }
    let plain = Array(text.utf8)
    var bytes: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3]
    for start in stride(from: 0, to: plain.count, by: 65_535) {
      let block = plain[start..<min(start + 65_535, plain.count)]
      bytes.append(block.endIndex == plain.count ? 1 : 0)
      bytes += little(UInt32(block.count), 2) + little(~UInt32(block.count), 2) + block
    }
    var sum = UInt32.max
    for byte in plain {
      sum ^= UInt32(byte)
      for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1 }
    }
    return ByteBuffer(bytes: bytes + little(~sum, 4) + little(UInt32(plain.count), 4))
  }

  @Test func `the kernel's share of a connection follows what is held`() {
    for (held, connections, bytes) in [
      (96 << 20, 4096, 32 << 10), (512 << 20, 4096, 128 << 10), (96 << 20, 1024, 96 << 10),
      (512 << 20, 256, 256 << 10), (1 << 30, nil, 256 << 10),
    ] as [(Int, Int?, Int)] {
      #expect(ServingChannel.sendBuffer(held: held, connections: connections) == bytes)
    }
  }

  @Test func `a budget is given back with what has taken it`() {
    let budget = Budget(limit: 100)
    var first = budget.take(60)
    #expect(budget.take(41) == nil && budget.taken == 60)
    let second = budget.take(40)
    #expect(second?.change(to: 41) == false && second?.change(to: 10) == true && budget.taken == 70)
    #expect(budget.take(.max) == nil && budget.taken == 70)
    first = nil
    #expect(first == nil && budget.taken == 10)
    #expect(second?.change(to: 100) == true && budget.taken == 100)
  }

  @Test func `a category of megabytes is refused by name wherever it comes`() async throws {
    try await withServer { server in
      let long = String(repeating: "x", count: 1 << 20)
      let row = #"{"features":{"age":39,"work":"Private","zone":"\#(long)"}}"#
      let tensors = """
        {"inputs":[{"name":"age","shape":[1],"datatype":"FP64","data":[39]},
        {"name":"work","shape":[1],"datatype":"BYTES","data":["Private"]},
        {"name":"zone","shape":[1],"datatype":"BYTES","data":["\(long)"]}]}
        """
      for (path, body, code) in [
        ("/predict", row, 422), ("/predict/batch", "[\(row)]", 200), ("/v2/models/income/infer", tensors, 422),
      ] {
        let reply = try await server.request("POST", path, body)
        #expect(reply.code == code && reply.body.count < 1000)
        #expect(reply.text.contains("'zone' has a text of \(long.utf8.count) bytes; a category has at most 4096."))
      }
      #expect(try await server.metric(#"apus_validation_failures_total{reason="too_long"}"#) == 3)
      #expect(try await server.metric("apus_log_buffered_bytes") == 0)
    }
  }
}
