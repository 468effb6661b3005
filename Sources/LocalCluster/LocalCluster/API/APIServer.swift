internal import ClusterState
internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
internal import KubernetesModel
package import Logging
internal import NIOCore
internal import ServiceLifecycle

/// The API over HTTPS, on loopback only, for who has a token: kubectl, the operator and pods of this machine.
package struct APIServer: ServiceLifecycle.Service {
  private let store: ClusterStore
  private let credentials: ClusterCredentials
  private let logs: any PodLogs
  private let host: String
  private let port: Int
  private let log: Logger
  private let onRunning: @Sendable (Int) async -> Void

  /// `port` 0 takes a free one; `onRunning` learns which, once requests are answered. `host` must be a loopback address.
  package init(
    store: ClusterStore, credentials: ClusterCredentials, logs: any PodLogs, host: String = "127.0.0.1", port: Int,
    log: Logger,
    onRunning: @escaping @Sendable (Int) async -> Void = { _ in }
  ) {
    self.store = store
    self.credentials = credentials
    self.logs = logs
    self.host = LoopbackGuard.isLoopback(host) ? host : "127.0.0.1"
    self.port = port
    self.log = log
    self.onRunning = onRunning
  }

  private var authentication: Authentication { Authentication(credentials: credentials, store: store) }

  /// Serves until graceful shutdown or cancellation; watches end then.
  package func run() async throws {
    let security = try credentials.security()
    let responder = CallbackResponder { (request: Request, _: BasicRequestContext) in await respond(to: request) }
    var quiet = log
    quiet.logLevel = max(log.logLevel, .notice)
    let (store, authentication) = (store, authentication)
    let application = Application(
      responder: responder,
      server: HTTPServerBuilder { respond in
        PortForwardingChannel(security: security, http: HTTP1Channel(responder: respond)) {
          namespace, name, authorization throws(StatusError) in
          _ = try await authentication.user(authorization: authorization, isPublic: false)
          return try Self.target(await store.get(ClusterResource.pods, namespace: namespace, name: name), name)
        }
      },
      configuration: ApplicationConfiguration(address: .hostname(host, port: port), serverName: "apus"),
      onServerRunning: { channel in await onRunning(channel.localAddress?.port ?? port) },
      logger: quiet)
    try await application.run()
  }

  /// Where the ports of a pod are reached.
  private static func target(_ pod: JSONValue?, _ name: String) throws(StatusError) -> PortForwardTarget {
    guard let pod else {
      throw StatusError(code: 404, reason: "NotFound", message: "pods \"\(name)\" not found")
    }
    let reading = PodReading(ClusterObject(pod))
    guard reading.phase == "Running", let address = reading.address else {
      throw StatusError(
        code: 400, reason: "BadRequest",
        message: "unable to forward port because pod is not running. Current status=\(reading.phase)")
    }
    return PortForwardTarget(pod: name, address: address)
  }

  private static let tokenReviews = ["apis", "authentication.k8s.io", "v1", "tokenreviews"]

  private func respond(to request: Request) async -> Response {
    let host = request.head.authority
    let origin = HTTPField.Name("Origin").flatMap { request.headers[$0] }
    if let refusal = LoopbackGuard.refusal(host: host, origin: origin) {
      return Self.response(StatusError(code: 403, reason: "Forbidden", message: refusal))
    }
    do {
      let path = RequestReading.path(of: request)
      let user = try await authentication.user(
        authorization: request.headers[.authorization],
        isPublic: Authentication.isPublic(request.method.rawValue, path))
      var read = try await RequestReading.read(request, from: user)
      if path == Self.tokenReviews {
        let status = await authentication.review(read.body)
        read.body?["status"] = status
      }
      log.debug("request", metadata: ["method": "\(read.method.rawValue)", "path": "\(request.uri.path)"])
      return await answer(read, request)
    } catch let error as StatusError {
      return Self.response(error)
    } catch {
      return Self.response(
        StatusError(code: 400, reason: "BadRequest", message: "the request cannot be read: \(error)"))
    }
  }

  private func answer(_ read: ReceivedRequest, _ request: Request) async -> Response {
    // More than a client can lag behind; a stream that overflows ends, and its reader lists again.
    let (signals, inlet) = AsyncStream.makeStream(
      of: ClusterStore.Signal.self, bufferingPolicy: .bufferingOldest(20_000))
    switch await store.answer(read, inlet: inlet) {
    case .response(let response): return Self.response(response)
    case .watch(let plan, let watcher):
      if watcher < 0 { inlet.finish() }
      return stream(LocalWatchStream(plan: plan, store: store, signals: signals, inlet: inlet), of: request)
    case .podLog(let namespace, let name, let query):
      do {
        let chunks = try await logs.log(namespace: namespace, pod: name, options: LogOptions(query))
        return stream(LogStream(chunks: chunks), of: request)
      } catch {
        return Self.response(StatusError(code: error.code, reason: error.reason, message: error.message))
      }
    }
  }

  /// A response that goes on until its source ends, the reader goes away or the server stops.
  private func stream(_ source: some ResponseStream, of request: Request) -> Response {
    Response(
      status: .ok, headers: [.contentType: source.contentType],
      body: ResponseBody { writer in
        // The writer is only used inside this closure; the box carries it past the closure's `Sendable` border.
        var output = writer
        try await request.body.consumeWithInboundCloseHandler { _ in
          try await withGracefulShutdownHandler {
            try await source.write(to: &output)
          } onGracefulShutdown: {
            source.stop()
          }
        } onInboundClosed: {
          source.stop()
        }
        try await output.finish(nil)
      })
  }

  private static func response(_ error: StatusError) -> Response {
    response(APIResponse(code: error.code, .json(error.object)))
  }

  private static func response(_ answer: APIResponse) -> Response {
    let bytes: [UInt8]
    var headers: HTTPFields = [:]
    switch answer.body {
    case .json(let value):
      bytes = value.bytes + [0x0A]
      headers[.contentType] = "application/json"
    case .text(let text):
      bytes = Array(text.utf8)
      headers[.contentType] = "text/plain; charset=utf-8"
    }
    headers[.cacheControl] = "no-cache, private"
    if let warning = HTTPField.Name("Warning") {
      for text in answer.warnings {
        let quoted = text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        headers.append(HTTPField(name: warning, value: "299 - \"\(quoted)\""))
      }
    }
    if answer.code == 429 || answer.code == 504 { headers[.retryAfter] = "1" }
    return Response(
      status: HTTPResponse.Status(code: answer.code), headers: headers,
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
  }
}

/// A body without a known end.
protocol ResponseStream: Sendable {
  var contentType: String { get }
  func write(to writer: inout any ResponseBodyWriter) async throws
  /// Makes `write` return soon.
  func stop()
}

/// A watch: one JSON event a line.
struct LocalWatchStream: ResponseStream {
  let plan: WatchPlan
  let store: ClusterStore
  let signals: AsyncStream<ClusterStore.Signal>
  let inlet: AsyncStream<ClusterStore.Signal>.Continuation
  let contentType = "application/json"

  func stop() { inlet.finish() }

  func write(to writer: inout any ResponseBodyWriter) async throws {
    let clock = Task { await tick() }
    defer { clock.cancel() }
    // Also without events the head has to go out, or the client does not know that its watch stands.
    try await writer.write(ByteBuffer(bytes: plan.opening.flatMap { $0.bytes + [0x0A] }))
    for await signal in signals {
      switch signal {
      case .end: return
      case .bookmark(let revision): try await send(plan.bookmark(revision), &writer)
      case .change(let change):
        if let line = plan.line(for: change, at: ClusterStore.now) { try await send(line, &writer) }
      }
    }
  }

  private func send(_ line: JSONValue, _ writer: inout any ResponseBodyWriter) async throws {
    try await writer.write(ByteBuffer(bytes: line.bytes + [0x0A]))
  }

  /// A bookmark each minute to those who want them, and the end when the watch's time is over.
  private func tick() async {
    var left = plan.timeout ?? 3600
    while left > 0, !Task.isCancelled {
      let pause = min(60, left)
      try? await Task.sleep(for: .seconds(pause))
      left -= pause
      if plan.wantsBookmarks, !Task.isCancelled { await store.bookmark(into: inlet) }
    }
    inlet.yield(.end)
  }
}

/// A container's log.
struct LogStream: ResponseStream {
  let chunks: AsyncStream<[UInt8]>
  let contentType = "text/plain"
  private let stopped = AsyncStream.makeStream(of: Void.self)

  init(chunks: AsyncStream<[UInt8]>) { self.chunks = chunks }

  func stop() { stopped.continuation.finish() }

  func write(to writer: inout any ResponseBodyWriter) async throws {
    let (output, inlet) = AsyncStream.makeStream(of: [UInt8].self)
    let chunks = self.chunks
    let pump = Task {
      for await chunk in chunks { inlet.yield(chunk) }
      inlet.finish()
    }
    let stopping = stopped.stream
    let guardian = Task {
      for await _ in stopping {}
      pump.cancel()
      inlet.finish()
    }
    defer {
      pump.cancel()
      guardian.cancel()
    }
    try await writer.write(ByteBuffer())
    for await chunk in output { try await writer.write(ByteBuffer(bytes: chunk)) }
  }
}
