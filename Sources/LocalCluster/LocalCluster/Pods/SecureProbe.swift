internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL

/// One GET over TLS. As a kubelet it takes any certificate: it asks whether the server lives, not who it is.
struct SecureProbe: Sendable {
  let host: String
  let port: Int
  let timeout: Duration

  private enum Failure: Error {
    case timeout, ended
  }

  private static let security = Result {
    var settings = TLSConfiguration.makeClientConfiguration()
    settings.certificateVerification = .none
    settings.trustRoots = .certificates([])
    return try NIOSSLContext(configuration: settings)
  }

  func get(path: String, headers: [(name: String, value: String)]) async -> ProbeResult {
    let path = path.hasPrefix("/") ? path : "/" + path
    var fields = HTTPHeaders(headers.map { ($0.name, $0.value) })
    for (name, value) in [("Host", "\(host):\(port)"), ("User-Agent", "kube-probe/1.32"), ("Accept", "*/*")] {
      if !fields.contains(name: name) { fields.add(name: name, value: value) }
    }
    fields.replaceOrAdd(name: "Connection", value: "close")
    do {
      let code = try await status(HTTPRequestHead(version: .http1_1, method: .GET, uri: path, headers: fields))
      return (200..<400).contains(code) ? .success : .failure("HTTP probe failed with statuscode: \(code)")
    } catch {
      return .failure("Get \"https://\(host):\(port)\(path)\": \(Self.sentence(error))")
    }
  }

  private func status(_ request: HTTPRequestHead) async throws -> Int {
    let security = try Self.security.get()
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let answer = loop.makePromise(of: Int.self)
    let limit = loop.scheduleTask(in: .init(timeout)) { answer.fail(Failure.timeout) }
    ClientBootstrap(group: loop)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let pipeline = channel.pipeline.syncOperations
          try pipeline.addHandler(NIOSSLClientHandler(context: security, serverHostname: nil))
          try pipeline.addHTTPClientHandlers()
          try pipeline.addHandler(StatusReader(request, answer))
        }
      }
      .connect(host: host == "localhost" ? "127.0.0.1" : host, port: port)
      .whenComplete { result in
        switch result {
        case .success(let channel): answer.futureResult.whenComplete { _ in channel.close(promise: nil) }
        case .failure(let error): answer.fail(error)
        }
      }
    defer { limit.cancel() }
    return try await answer.futureResult.get()
  }

  private static func sentence(_ error: any Error) -> String {
    switch error {
    case Failure.timeout: "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
    case Failure.ended: "EOF"
    default: "\(error)"
    }
  }

  /// Asks as soon as it is connected; what is answered first counts.
  private final class StatusReader: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let request: HTTPRequestHead
    private let answer: EventLoopPromise<Int>

    init(_ request: HTTPRequestHead, _ answer: EventLoopPromise<Int>) {
      self.request = request
      self.answer = answer
    }

    func channelActive(context: ChannelHandlerContext) {
      context.write(wrapOutboundOut(.head(request)), promise: nil)
      context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      if case .head(let head) = unwrapInboundIn(data) { answer.succeed(Int(head.status.code)) }
    }

    func channelInactive(context: ChannelHandlerContext) { answer.fail(Failure.ended) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
      answer.fail(error)
      context.close(promise: nil)
    }
  }
}
