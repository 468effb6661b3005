import Artifacts
import Foundation
import NIOCore
import NIOEmbedded
import NIOHTTP1
import PredictionLog
import ServiceLifecycle
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

  /// The head of `GET /health`, how the answer ends or keeps the connection, and whether another request can follow.
  private static let persistence: [(head: String, connection: String?, stays: Bool)] = [
    ("HTTP/1.1\r\nHost: a", nil, true), ("HTTP/1.1\r\nHost: a\r\nConnection: keep-alive", nil, true),
    ("HTTP/1.1\r\nHost: a\r\nConnection: close", "close", false),
    ("HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, close", "close", false),
    ("HTTP/1.1\r\nHost: a\r\nConnection: x\r\nConnection: Close", "close", false),
    // ApacheBench and old proxies: without the word they wait for the end of the connection.
    ("HTTP/1.0", "close", false), ("HTTP/1.0\r\nConnection: Keep-Alive", "keep-alive", true),
    ("HTTP/1.0\r\nConnection: close", "close", false),
    // As Java's HttpClient and curl --http2 write it. What would follow is HTTP/2, so that nothing after it is read as HTTP/1.1.
    (
      "HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAAB",
      "close", false
    ),
    ("HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x", "close", false),
  ]

  @Test func `a connection stays or ends as the client asks, and the answer says which`() async throws {
    try await withServer { server in
      for (head, word, stays) in Self.persistence {
        let connection = try HTTPConnection(port: server.port)
        connection.write("GET /health \(head)\r\n\r\n")
        let reply = try await connection.next()
        #expect(reply.code == 200, "\(head)")
        #expect(reply.headers["connection"] == word, "\(head)")
        if stays {
          #expect(try await connection.request("GET", "/health").code == 200, "\(head)")
        } else {
          await #expect(throws: HTTPConnection.Failure.self, "\(head)") { try await connection.next() }
        }
      }
    }
  }

  @Test func `requests before something that is no HTTP are answered first`() async throws {
    try await withServer(limits: RequestLimits(body: 200_000)) { server in
      let cases: [(String, [Int])] = [
        (Self.post("/predict/batch", Self.batch) + "nonsense\r\n\r\n", [200, 400]),
        (Self.post("/predict/batch", Self.batch) + Self.get("/health") + "GET / HTTP/3.0\r\n\r\n", [200, 200, 400]),
        (
          Self.post("/predict/batch", Self.batch)
            + "POST /predict HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx",
          [200, 400]
        ),
        // Answered by its head, so that only the connection's end is left to say.
        (
          Self.get("/health") + "POST /nowhere HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz",
          [200, 404]
        ),
        // What follows the last request is none of the client's requests.
        (Self.post("/predict/batch", Self.batch, "Connection: close\r\n") + "nonsense\r\n\r\n", [200]),
      ]
      for (text, codes) in cases {
        let connection = try HTTPConnection(port: server.port)
        connection.write(text)
        for code in codes { #expect(try await connection.next().code == code, "\(text.suffix(80))") }
        await #expect(throws: HTTPConnection.Failure.self) { try await connection.next() }
      }
      // The client goes in the middle of its second request.
      let connection = try HTTPConnection(port: server.port)
      connection.write(Self.post("/predict/batch", Self.batch) + "POST /predict HTTP/1.1\r\nHost: a\r\nContent-Le")
      connection.endWriting()
      #expect(try await connection.next().code == 200)
      await #expect(throws: HTTPConnection.Failure.self) { try await connection.next() }
    }
  }

  @Test func `a request has one host, and one length`() async throws {
    let chunked = "Transfer-Encoding: chunked\r\n"
    let cases: [(String, Int)] = [
      ("GET /health HTTP/1.1\r\n\r\n", 400), ("GET /health HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
      ("GET /health HTTP/1.1\r\nHost:\r\n\r\n", 200), ("OPTIONS * HTTP/1.1\r\n\r\n", 400),
      ("GET http://b:80/health HTTP/1.1\r\nHost: a\r\n\r\n", 200),
      (Self.post("/predict", Self.body, chunked), 400),
      ("POST /predict HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 400),
      (
        "POST /predict HTTP/1.1\r\nHost: a\r\n\(chunked)Trailer: X\r\n\r\n\(String(Self.body.utf8.count, radix: 16));x=1\r\n"
          + "\(Self.body)\r\n0\r\nX: y\r\n\r\n", 200
      ),
      ("GET /health HTTP/1.1\r\nHost: a b\r\n\r\n", 400), ("GET /health HTTP/1.1\r\nHost: x@a\r\n\r\n", 400),
      ("GET /health HTTP/1.1\r\nHost: a/b\r\n\r\n", 400), ("GET /health HTTP/1.1\r\nHost : a\r\n\r\n", 400),
      ("GET /health HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n", 200),
      ("GET /health HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400),
      ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400), ("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 404),
    ]
    try await withServer { server in
      for (text, code) in cases {
        let connection = try HTTPConnection(port: server.port)
        connection.write(text)
        let reply = try await connection.next()
        #expect(reply.code == code, "\(text.prefix(80)): \(reply.text)")
        if text.hasPrefix("PRI") { #expect(reply.text.contains("neither HTTP/1.1 nor HTTP/1.0")) }
      }
    }
  }

  /// Of a request that is refused so, nothing that follows is taken for another one.
  @Test func `a transfer coding or a length that could be read in two ways ends the connection`() async throws {
    let chunks = "\(String(Self.body.utf8.count, radix: 16))\r\n\(Self.body)\r\n0\r\n\r\n"
    func transfer(_ headers: String, _ version: String = "1.1") -> String {
      "POST /predict HTTP/\(version)\r\nHost: a\r\n\(headers)\r\n\r\n\(chunks)"
    }
    func length(_ value: String) -> String {
      "POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: \(value)\r\n\r\n\(Self.body)"
    }
    let count = Self.body.utf8.count
    let cases: [(String, Int)] = [
      (transfer("Transfer-Encoding: gzip, chunked"), 501), (transfer("Transfer-Encoding: x,chunked"), 501),
      (transfer("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked"), 501),
      (transfer("Transfer-Encoding: chunked, chunked"), 400), (transfer("Transfer-Encoding: chunked, gzip"), 400),
      (transfer("Transfer-Encoding: xchunked"), 400), (transfer("Transfer-Encoding: chunked;a=b"), 400),
      (transfer("Transfer-Encoding: identity"), 400), (transfer("Transfer-Encoding: chunked ,"), 400),
      (transfer("Transfer-Encoding: chunked", "1.0"), 400),
      (transfer("Transfer-Encoding: chunked\r\nContent-Length: \(count)"), 400),
      (transfer("Content-Length: \(count)\r\nTransfer-Encoding: chunked"), 400),
      (length("\(count), \(count)"), 400), (length("+\(count)"), 400), (length("-1"), 400), (length("0x10"), 400),
      (length("\(count) \(count)"), 400), (length(""), 400), (length("99999999999999999999"), 400),
      (length("\(count)\r\nContent-Length: \(count)"), 400),
    ]
    try await withServer { server in
      for (text, code) in cases {
        let connection = try HTTPConnection(port: server.port)
        connection.write(text + Self.get("/health"))
        let reply = try await connection.next()
        #expect(reply.code == code, "\(text.prefix(120)): \(reply.text)")
        #expect(reply.headers["connection"] == "close", "\(text.prefix(120))")
        await #expect(throws: HTTPConnection.Failure.self, "\(text.prefix(120))") { try await connection.next() }
      }
      for headers in ["Transfer-Encoding: Chunked", "Transfer-Encoding: , chunked"] {
        let connection = try HTTPConnection(port: server.port)
        connection.write(transfer(headers) + Self.get("/health"))
        for _ in 0..<2 { #expect(try await connection.next().code == 200, "\(headers)") }
      }
      let fine = try HTTPConnection(port: server.port)
      fine.write(length("\(count)  ") + Self.get("/health"))
      for _ in 0..<2 { #expect(try await fine.next().code == 200) }
    }
  }

  /// More than the sockets' buffers hold, where the client's is small.
  private static let flood = String(repeating: get("/openapi.json"), count: 3000)

  @Test func `a client that asks and does not read is held up, and cut off in the end`() async throws {
    try await withServer(
      maximumConnections: 1, configure: { configuration, _ in configuration.timeouts.idle = .milliseconds(400) }
    ) { server in
      let greedy = try HTTPConnection(port: server.port, receiveBuffer: 65_536)
      greedy.write(Self.flood)
      _ = try await greedy.next()
      // There is room for one connection: this one is let in when the other has ended.
      #expect(try await server.request("GET", "/health").code == 200)
      var count = 0
      await #expect(throws: HTTPConnection.Failure.self) {
        while true {
          _ = try await greedy.next()
          count += 1
        }
      }
      #expect(count < 3000)
    }
  }

  @Test func `neither a client that does not read nor one that does not go on holds up a shutdown`() async throws {
    try await withServer(
      limits: RequestLimits(body: 200_000),
      configure: { configuration, _ in configuration.timeouts.shutdown = .seconds(6) }
    ) { server in
      let working = try HTTPConnection(port: server.port)
      let parts = Self.post("/predict/batch", Self.batch, "Expect: 100-continue\r\n").split(
        separator: "\r\n\r\n", maxSplits: 1)
      working.write(parts[0] + "\r\n\r\n")
      #expect(try await working.next().code == 100)
      let greedy = try HTTPConnection(port: server.port, receiveBuffer: 65_536)
      let slow = try HTTPConnection(port: server.port)
      greedy.write(Self.flood)
      slow.write("POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: 300\r\n\r\n{")
      _ = try await greedy.next()
      await server.group.triggerGracefulShutdown()
      working.write(String(parts[1]))
      #expect(try await working.next().code == 200)
      // It is not told that it was slow: it was not.
      await #expect(throws: HTTPConnection.Failure.self) { try await slow.next() }
    }
  }

  /// What TLS does: an answer that is written and not flushed is not one that the client has to take.
  private final class Unflushed: ChannelOutboundHandler {
    typealias OutboundIn = HTTPServerResponsePart
    private var bytes = 0
    private(set) var most = 0
    private(set) var all = 0
    private(set) var answers = 0

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
      if case .body(.byteBuffer(let body)) = unwrapOutboundIn(data) {
        bytes += body.readableBytes
        all += body.readableBytes
        answers += 1
      }
      most = max(most, bytes)
      promise?.succeed()
    }

    func flush(context: ChannelHandlerContext) { bytes = 0 }
  }

  @Test func `answers to requests that come at once are flushed before they pile up`() throws {
    let server = try ModelServer(
      configuration: .init(routingPath: "/nowhere", log: .init(spillFolder: URL(filePath: "/nowhere"))),
      artifacts: FileArtifactStore(folder: "/nowhere"), telemetry: nil, logger: quiet)
    let channel = EmbeddedChannel()
    let unflushed = Unflushed()
    try channel.pipeline.syncOperations.addHandlers([
      unflushed,
      RequestHandler(
        responder: server.responder(for: .public), watch: ConnectionWatch(limits: .init()),
        eventLoop: channel.eventLoop),
    ])
    func ask() {
      let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/metrics", headers: ["Host": "a"])
      channel.pipeline.syncOperations.fireChannelRead(NIOAny(HTTPServerRequestPart.head(head)))
      channel.pipeline.syncOperations.fireChannelRead(NIOAny(HTTPServerRequestPart.end(nil)))
    }
    // Other connections have their turn after a few.
    for _ in 0..<100 { ask() }
    #expect((1..<20).contains(unflushed.answers))
    channel.embeddedEventLoop.run()
    #expect(unflushed.answers == 100)
    for _ in 0..<5000 where unflushed.all <= 1 << 20 {
      ask()
      channel.embeddedEventLoop.run()
    }
    #expect(unflushed.all > 1 << 20)
    #expect(unflushed.most < 128 << 10)
    _ = try channel.finish(acceptAlreadyClosed: true)
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
