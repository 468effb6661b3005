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

  private enum Reading {
    /// The parts of a request go on.
    case passing
    /// A request is collected, to be answered here.
    case collecting(HTTPRequestHead, PromptRequest, body: ByteBuffer?)
  }

  private let responder: ServingResponder
  private let lane: ServingLane
  private var reading = Reading.passing
  /// Requests that were handed on and are not answered yet.
  private var due = 0
  private var hasWritten = false

  init(responder: ServingResponder, eventLoop: any EventLoop) {
    self.responder = responder
    lane = responder.lanes.lane(of: eventLoop)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch (reading, unwrapInboundIn(data)) {
    case (_, .head(let head)):
      // A client that does not take its answers has to be held up, which the long way does.
      if due == 0, context.channel.isWritable, let request = responder.prompt(head) {
        reading = .collecting(head, request, body: nil)
      } else {
        due += 1
        reading = .passing
        context.fireChannelRead(data)
      }
    case (.collecting(let head, let request, let body), .body(let part)):
      reading = .passing
      var whole = body ?? part
      if body != nil { whole.writeImmutableBuffer(part) }
      reading = .collecting(head, request, body: whole)
      if whole.readableBytes > responder.promptBytes { handOn(context) }
    case (.collecting(_, let request, let body), .end):
      if let response = responder.respond(to: request, body ?? ByteBuffer(), on: lane) {
        reading = .passing
        write(response.head, response.body, context)
      } else {
        handOn(context)
        context.fireChannelRead(data)
      }
    case (.passing, _): context.fireChannelRead(data)
    }
  }

  private func write(_ head: HTTPResponseHead, _ body: ByteBuffer, _ context: ChannelHandlerContext) {
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
    context.write(wrapOutboundOut(.end(nil)), promise: nil)
    hasWritten = true
  }

  /// What was collected takes the long way after all.
  private func handOn(_ context: ChannelHandlerContext) {
    guard case .collecting(let head, _, let body) = reading else { return }
    reading = .passing
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
    reading = .passing
    context.fireChannelInactive()
  }
}
