import NIOCore

/// What the two handlers of one connection know together; confined to its event loop.
final class ConnectionWatch {
  var timeouts: ConnectionTimeouts
  let limits: ConnectionTimeouts.Limits

  init(limits: ConnectionTimeouts.Limits) {
    self.limits = limits
    timeouts = ConnectionTimeouts(limits: limits, now: .now())
  }
}

/// Sees bytes before they are HTTP, and so a head that never ends.
final class ArrivingBytesHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  private let watch: ConnectionWatch

  init(_ watch: ConnectionWatch) { self.watch = watch }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    watch.timeouts.bytesArrived(unwrapInboundIn(data).readableBytes, at: .now())
    context.fireChannelRead(data)
  }
}
