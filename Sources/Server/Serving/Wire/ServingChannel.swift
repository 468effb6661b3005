import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOSSL

/// One connection, from bytes to HTTP and back: TLS where it is asked for, limits on heads, patience with slow clients, and its
/// requests.
struct ServingChannel: ServerChildChannel {
  struct Value: ServerChildChannelValue {
    let channel: any Channel
  }

  let responder: Responder
  /// Nil: plain HTTP.
  let certificate: ServerCertificate?
  let patience: ConnectionPatience.Limits

  /// Bytes of one header and of all, and their number.
  private static var headLimits: NIOHTTPDecoderLimitConfiguration {
    var limits = NIOHTTPDecoderLimitConfiguration()
    limits.maxHeaderFieldSize = 16 << 10
    limits.maxHeaderListSize = 32 << 10
    limits.maxHeaderFieldCount = 100
    return limits
  }

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
    channel.eventLoop.makeCompletedFuture {
      let pipeline = channel.pipeline.syncOperations
      // A connection keeps the certificate it began with.
      if let certificate { try pipeline.addHandler(NIOSSLServerHandler(context: certificate.context)) }
      let watch = ConnectionWatch(limits: patience)
      try pipeline.addHandler(ArrivingBytesHandler(watch))
      try pipeline.configureHTTPServerPipeline(
        withPipeliningAssistance: false, withErrorHandling: false, withOutboundHeaderValidation: false,
        withEncoderConfiguration: .init(), withDecoderLimitConfiguration: Self.headLimits)
      try pipeline.addHandler(RequestHandler(responder: responder, watch: watch, eventLoop: channel.eventLoop))
      return Value(channel: channel)
    }
  }

  /// Lasts as long as the connection. A server that is told to stop at once reads no more requests and answers those it has.
  func handle(value: Value, logger: Logger) async {
    let channel = value.channel
    await withTaskCancellationHandler {
      try? await channel.closeFuture.get()
    } onCancel: {
      channel.close(mode: .input, promise: nil)
    }
  }
}
