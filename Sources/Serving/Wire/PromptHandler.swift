import Engine
import NIOCore
import NIOHTTP1

/// Answers the usual requests at once, on the event loop, and hands all others on to Hummingbird.
///
/// A task with its streams costs more than a prediction. Whatever is not plainly of the usual kind (see
/// `ServingResponder.prompt`) takes the long way, as does everything that comes while an answer of the long way is due, so
/// that answers keep the order of their requests.
final class PromptHandler: ChannelDuplexHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = HTTPServerRequestPart
  typealias OutboundIn = HTTPServerResponsePart
  typealias OutboundOut = HTTPServerResponsePart

  private let responder: ServingResponder
  private let lane: ServingLane
  private var clock = HTTPClock()
  /// The request that is collected, to be answered here; nil: the parts of a request go on. Its parts are variables of their
  /// own, as each would be copied out of one that holds them all and back.
  private var request: PromptRequest?
  private var head: HTTPRequestHead?
  private var body: ByteBuffer?
  /// Requests that were handed on and are not answered yet.
  private var due = 0
  private var hasWritten = false

  init(responder: ServingResponder, eventLoop: any EventLoop) {
    self.responder = responder
    lane = responder.lanes.lane(of: eventLoop)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      forget()
      // A client that does not take its answers has to be held up, which the long way does.
      if due == 0, context.channel.isWritable, let request = responder.prompt(head) {
        self.request = request
        self.head = head
      } else {
        due += 1
        context.fireChannelRead(data)
      }
    case .body(let part):
      guard request != nil else { return context.fireChannelRead(data) }
      if body?.writeImmutableBuffer(part) == nil { body = part }
      if (body?.readableBytes ?? 0) > responder.promptBytes { handOn(context) }
    case .end:
      guard let request else { return context.fireChannelRead(data) }
      if let response = responder.respond(to: request, body ?? ByteBuffer(), on: lane, date: clock.text()) {
        forget()
        write(response.head, response.body, context)
      } else {
        handOn(context)
        context.fireChannelRead(data)
      }
    }
  }

  private func forget() {
    request = nil
    head = nil
    body = nil
  }

  private func write(_ head: HTTPResponseHead, _ body: ByteBuffer, _ context: ChannelHandlerContext) {
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
    context.write(wrapOutboundOut(.end(nil)), promise: nil)
    hasWritten = true
  }

  /// What was collected takes the long way after all.
  private func handOn(_ context: ChannelHandlerContext) {
    guard let head else { return }
    let body = body
    forget()
    due += 1
    context.fireChannelRead(wrapInboundOut(.head(head)))
    if let body { context.fireChannelRead(wrapInboundOut(.body(body))) }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    if hasWritten {
      hasWritten = false
      context.flush()
    }
    context.fireChannelReadComplete()
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    if case .end = unwrapOutboundIn(data) { due -= 1 }
    context.write(data, promise: promise)
  }

  // An end in the middle of a request: whoever comes next deals with it, and has to know of the request.

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    handOn(context)
    context.fireErrorCaught(error)
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    handOn(context)
    context.fireUserInboundEventTriggered(event)
  }

  func channelInactive(context: ChannelHandlerContext) {
    forget()
    context.fireChannelInactive()
  }
}
