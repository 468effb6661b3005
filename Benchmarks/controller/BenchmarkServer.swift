import ClusterState
import HTTPTypes
import Hummingbird
import KubernetesModel
import Logging
import NIOCore
import ServiceLifecycle

/// The sockets of the benchmark's API server and of the model servers' admin ports.
struct BenchmarkServer {
  let cluster: BenchmarkCluster
  let port: Int
  let logger: Logger

  func services() -> [any ServiceLifecycle.Service] {
    [api()] + SimulatedWorld.addresses.map(admin) + [Bookmarks(cluster: cluster)]
  }

  private func api() -> any ServiceLifecycle.Service {
    let responder = CallbackResponder { (request: Request, _: BasicRequestContext) in try await answer(request) }
    return Application(
      responder: responder,
      configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port), serverName: nil),
      logger: logger)
  }

  private func answer(_ request: Request) async throws -> Response {
    guard let method = ReceivedRequest.Method(rawValue: request.method.rawValue) else {
      return Response(status: .methodNotAllowed)
    }
    let query = request.uri.queryParameters.map { (String($0.key), String($0.value)) }
    var read = ReceivedRequest(
      method, path: request.uri.path.split(separator: "/").map(String.init), query: APIQuery(query),
      contentType: request.headers[.contentType] ?? "application/json",
      userAgent: request.headers[.userAgent] ?? "")
    if method == .get, read.query.isTrue("watch") {
      guard let (lines, id) = await cluster.watch(read) else { return Response(status: .badRequest) }
      return stream(lines, id, of: request)
    }
    var size = 0
    if method != .get {
      let body = try await request.body.collect(upTo: 4 << 20)
      size = body.readableBytes
      if size > 0 { read.body = try JSONValue(parsing: body.readableBytesView) }
    }
    let reply = await cluster.answer(read, bytes: size)
    return Response(
      status: .init(code: reply.code), headers: [.contentType: "application/json"],
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: reply.body)))
  }

  private func stream(_ lines: AsyncStream<[UInt8]>, _ id: Int, of request: Request) -> Response {
    Response(
      status: .ok, headers: [.contentType: "application/json"],
      body: ResponseBody { writer in
        var output = writer
        try await request.body.consumeWithInboundCloseHandler { _ in
          try await withGracefulShutdownHandler {
            // The head goes out before the first event.
            try await output.write(ByteBuffer())
            for await line in lines { try await output.write(ByteBuffer(bytes: line)) }
          } onGracefulShutdown: {
            Task { await cluster.endWatch(id) }
          }
        } onInboundClosed: {
          Task { await cluster.endWatch(id) }
        }
        try await output.finish(nil)
      })
  }

  /// Confirms every routing table, as a server does that has loaded it.
  private func admin(_ address: String) -> any ServiceLifecycle.Service {
    let responder = CallbackResponder { (request: Request, _: BasicRequestContext) in
      let body = try await request.body.collect(upTo: 1 << 20)
      let table = try JSONValue(parsing: body.readableBytesView)
      let answer: JSONValue = ["revision": table["revision"] ?? 0, "versions": table["entries"] ?? []]
      return Response(status: .ok, body: ResponseBody(byteBuffer: ByteBuffer(bytes: answer.bytes)))
    }
    return Application(
      responder: responder,
      configuration: ApplicationConfiguration(address: .hostname(address, port: 8081), serverName: nil),
      logger: logger)
  }
}

/// One bookmark a minute for every watch.
private struct Bookmarks: ServiceLifecycle.Service {
  let cluster: BenchmarkCluster

  func run() async throws {
    try await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        try await Task.sleep(for: .seconds(60))
        await cluster.bookmarkAll()
      }
    }
  }
}
