import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOSSL

/// One connection, from bytes to HTTP and back: TLS where it is asked for, limits on heads, timeouts for slow clients, and its
/// requests.
struct ServingChannel: ServerChildChannel {
  struct Value: ServerChildChannelValue {
    let channel: any Channel
  }

  let responder: Responder
  /// Nil: plain HTTP.
  let certificate: ServerCertificate?
  let timeouts: ConnectionTimeouts.Limits
  /// Nil: the listener takes as many connections as come.
  let register: ConnectionRegister?

  /// Bytes of answers that a connection may leave unread before no more are written.
  private static let unread = ChannelOptions.Types.WriteBufferWaterMark(low: 16 << 10, high: 32 << 10)
  /// Bytes that are left to the kernel for each connection. It takes twice as many, with what it adds to them.
  let sendBuffer: Int

  /// What a server's connections may leave to the kernel: their share of what is held for clients. A network that takes a
  /// millisecond for the way to a client and back carries 64 MiB a second by the least of it, and the most is more than TCP begins with.
  /// - Parameter connections: nil: as many as come.
  static func sendBuffer(held: Int, connections: Int?) -> Int {
    min(max(held / max(1, connections ?? 4096), 32 << 10), 256 << 10)
  }

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
    channel.eventLoop.makeCompletedFuture {
      let pipeline = channel.pipeline.syncOperations
      try channel.syncOptions?.setOption(.writeBufferWaterMark, value: Self.unread)
      // What the kernel keeps for a client that does not read counts as the container's memory too.
      try channel.syncOptions?.setOption(.socketOption(.so_sndbuf), value: SocketOptionValue(sendBuffer))
      // A connection keeps the certificate it began with.
      if let certificate { try pipeline.addHandler(NIOSSLServerHandler(context: certificate.context)) }
      let watch = ConnectionWatch(limits: timeouts)
      try pipeline.addHandler(ArrivingBytesHandler(watch))
      try pipeline.addHandler(HTTPResponseEncoder())
      let decoder = HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes, limitConfiguration: HeadLimits.decoder)
      try pipeline.addHandler(ByteToMessageHandler(decoder, maximumBufferSize: HeadLimits.unread))
      try pipeline.addHandler(
        RequestHandler(
          responder: responder, watch: watch, place: register?.enter(channel), eventLoop: channel.eventLoop,
          kernelBytes: 2 * sendBuffer))
      return Value(channel: channel)
    }
  }

  /// Lasts as long as the connection. A server that is told to stop at once ends it as it is; a graceful shutdown has given it
  /// time before (`ConnectionTimeouts.Limits.shutdown`).
  func handle(value: Value, logger: Logger) async {
    let channel = value.channel
    await withTaskCancellationHandler {
      try? await channel.closeFuture.get()
    } onCancel: {
      channel.close(promise: nil)
    }
  }
}
