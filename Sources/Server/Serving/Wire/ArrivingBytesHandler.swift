import NIOCore

/// What the two handlers of one connection know together; confined to its event loop.
final class ConnectionWatch {
  var patience: ConnectionPatience
  let limits: ConnectionPatience.Limits

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
