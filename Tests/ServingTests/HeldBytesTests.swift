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
    var configuration = ModelServer.Configuration(
      routingPath: "/nowhere", log: .init(spillFolder: URL(filePath: "/nowhere")))
    configuration.limits = RequestLimits(held: limit)
    let server = try ModelServer(
      configuration: configuration, artifacts: FileArtifactStore(folder: "/nowhere"), telemetry: nil, logger: quiet)
    let version = LoadedVersion(version: "v1", digest: "", predictor: try Sample.predictor())
    server.holder.swap(
      try ServingState(
        table: aTable(anEntry("v1")), versions: [version],
        observer: ServingObserver(metrics: server.metrics, log: nil)))
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
          "POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: 4000000\r\n\r\n"
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
