import NIOCore
import NIOHTTP1

/// What the two handlers of one connection know together; confined to its event loop.
final class ConnectionWatch {
  fileprivate var patience: ConnectionPatience
  fileprivate let limits: ConnectionPatience.Limits

  init(limits: ConnectionPatience.Limits) {
    self.limits = limits
    patience = ConnectionPatience(limits: limits, now: .now())
  }
}

/// Sees bytes before they are HTTP, and so a head that never ends.
final class ArrivingBytesHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  private let watch: ConnectionWatch

  init(_ watch: ConnectionWatch) { self.watch = watch }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    watch.patience.bytesArrived(unwrapInboundIn(data).readableBytes, at: .now())
    context.fireChannelRead(data)
  }
}

/// Ends connections that are slow, silent or no HTTP, and answers `Expect: 100-continue`.
///
/// Looks at its connection at intervals, so that a request costs no timer of its own.
final class PatienceHandler: ChannelDuplexHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = HTTPServerRequestPart
  typealias OutboundIn = HTTPServerResponsePart
  typealias OutboundOut = HTTPServerResponsePart

  private let watch: ConnectionWatch
  private let bodyLimit: Int
  private let metrics: ServingMetrics
  private var next: Scheduled<Void>?
  /// An answer has begun: no other one can be put in front of it.
  private var isAnswering = false

  /// - Parameter bodyLimit: A client that announces more is not asked to go on.
  init(_ watch: ConnectionWatch, bodyLimit: Int, metrics: ServingMetrics) {
    self.watch = watch
    self.metrics = metrics
    self.bodyLimit = bodyLimit
  }

  func handlerAdded(context: ChannelHandlerContext) { look(after: watch.limits.interval, context) }

  func handlerRemoved(context: ChannelHandlerContext) { next?.cancel() }

  func channelInactive(context: ChannelHandlerContext) {
    next?.cancel()
    context.fireChannelInactive()
  }

  private func look(after interval: TimeAmount, _ context: ChannelHandlerContext) {
    next = context.eventLoop.assumeIsolated().scheduleTask(in: interval) {
      switch self.watch.patience.verdict(at: .now()) {
      case .patient: self.look(after: interval, context)
      case .idle: context.close(promise: nil)
      case .slow:
        self.refuse(.requestTimeout, "The request came too slowly.", context)
      }
    }
  }

  /// The last answer on the connection, where it cannot be taken for another request's.
  private func refuse(_ status: HTTPResponseStatus, _ message: String, _ context: ChannelHandlerContext) {
    next?.cancel()
    guard !isAnswering, watch.patience.canRefuse else { return context.close(promise: nil) }
    metrics.refusedConnection(code: Int(status.code))
    let answer = Answer.error(Int(status.code), message)
    var headers = HTTPHeaders()
    answer.headers(requestID: nil, closes: true) { headers.add(name: $0.rawValue, value: $1) }
    headers.add(name: AnswerHeader.contentLength.rawValue, value: String(answer.body.readableBytes))
    let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    context.write(wrapOutboundOut(.body(.byteBuffer(answer.body))), promise: nil)
    let loopBound = context.loopBound
    context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in loopBound.value.close(promise: nil) }
  }

  /// What cannot be read as HTTP is told so, and nothing after it is read.
  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    switch error {
    case HTTPParserError.headerOverflow:
      refuse(.requestHeaderFieldsTooLarge, "The head of the request is too large.", context)
    case HTTPParserError.invalidEOFState: context.close(promise: nil)
    case is HTTPParserError: refuse(.badRequest, "This is not an HTTP/1 request: \(error).", context)
    default: context.fireErrorCaught(error)
    }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      watch.patience.headArrived(at: .now())
      if head.version == .http1_1, head.headers.contains(name: "Expect") { answerExpectation(head, context) }
    case .body: break
    case .end: watch.patience.requestArrived(at: .now())
    }
    context.fireChannelRead(data)
  }

  /// Who would be refused in any case is not asked to go on, and gets the refusal at once.
  private func answerExpectation(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
    let isExpected = head.headers.first(name: "Expect")?.lowercased() == "100-continue"
    let length = head.headers.first(name: "Content-Length").flatMap { Int($0) } ?? 0
    guard isExpected, length <= bodyLimit, watch.patience.due == 1, !isAnswering else { return }
    context.writeAndFlush(wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: .continue))), promise: nil)
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    switch unwrapOutboundIn(data) {
    case .head: isAnswering = true
    case .body: break
    case .end:
      isAnswering = false
      watch.patience.answered(at: .now())
    }
    context.write(data, promise: promise)
  }
}
