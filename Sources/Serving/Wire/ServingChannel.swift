import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import NIOSSL

/// One connection, from bytes to HTTP and back: TLS where it is asked for, limits on heads, patience with slow clients; then
/// Hummingbird.
struct ServingChannel: HTTPChannelHandler {
  typealias Value = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

  let responder: HTTPChannelHandler.Responder
  /// Answers what needs no task.
  let serving: ServingResponder
  /// Nil: plain HTTP.
  let certificate: ServerCertificate?
  let patience: ConnectionPatience.Limits
  let bodyLimit: Int

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
      try pipeline.addHandler(PatienceHandler(watch, bodyLimit: bodyLimit, metrics: serving.metrics))
      try pipeline.addHandler(PromptHandler(responder: serving, eventLoop: channel.eventLoop))
      try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: certificate != nil))
      try pipeline.addHandler(HTTPConnectionStateHandler(logger: logger))
      return try NIOAsyncChannel(
        wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
    }
  }

  func handle(value: Value, logger: Logger) async {
    await handleHTTP(asyncChannel: value, logger: logger)
  }
}
