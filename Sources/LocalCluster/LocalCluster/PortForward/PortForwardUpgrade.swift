internal import ClusterState
internal import Foundation
internal import Hummingbird
internal import HummingbirdCore
internal import KubernetesModel
internal import Logging
internal import NIOCore
internal import NIOHTTP1
internal import NIOSSL

/// Where a request for port forwarding leads.
struct PortForwardTarget: Sendable {
  var pod: String
  var address: String
}

/// HTTP/1.1 within TLS, and before it a look whether a connection asks to forward ports: then it speaks SPDY from there on.
///
/// kubectl opens a connection of its own for this, so only the first request of a connection is looked at.
struct PortForwardingChannel: ServerChildChannel {
  typealias Value = HTTP1Channel.Value

  let security: NIOSSLContext
  let http: HTTP1Channel
  let find: PortForwardUpgrade.Find

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
    let (find, security) = (find, security)
    return channel.eventLoop.makeCompletedFuture {
      try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: security))
      try channel.pipeline.syncOperations.addHandler(PortForwardUpgrade(find: find))
    }.flatMap { http.setup(channel: channel, logger: logger) }
  }

  func handle(value: Value, logger: Logger) async { await http.handle(value: value, logger: logger) }
}

/// Tells by a connection's first line whether it is one of port forwarding, and steps aside where it is not.
final class PortForwardUpgrade: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// Where a pod is, for who sends this `Authorization` header. Errors: he is not let in, or there is no such pod.
  typealias Find =
    @Sendable (_ namespace: String, _ pod: String, _ authorization: String?) async throws(StatusError)
    -> PortForwardTarget

  /// More than kubectl's head has.
  private static let longestHead = 32 << 10

  private enum Phase {
    case undecided, looking, forwarding(PortForwardSession), refused, aside
  }

  private let find: Find
  private var phase = Phase.undecided
  private var received = ByteBuffer()
  private var wantsRead = false

  init(find: @escaping Find) { self.find = find }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if case .aside = phase {
      context.fireChannelRead(data)
      return
    }
    received.writeImmutableBuffer(unwrapInboundIn(data))
    switch phase {
    case .undecided: decide(context)
    case .forwarding(let session): forward(session, context)
    case .looking, .refused, .aside: break
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    context.fireChannelReadComplete()
    if case .forwarding = phase { read(context: context) }
  }

  /// While a forwarded connection cannot take more, the client is not read.
  func read(context: ChannelHandlerContext) {
    if case .forwarding(let session) = phase, !session.takesMore {
      wantsRead = true
    } else {
      context.read()
    }
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if case .forwarding(let session) = phase, context.channel.isWritable { session.clientIsWritable() }
    context.fireChannelWritabilityChanged()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case .forwarding = phase, event is ChannelShouldQuiesceEvent || event as? ChannelEvent == .inputClosed {
      context.close(promise: nil)
    }
    context.fireUserInboundEventTriggered(event)
  }

  func channelInactive(context: ChannelHandlerContext) {
    if case .forwarding(let session) = phase { session.end() }
    phase = .refused
    context.fireChannelInactive()
  }

  // MARK: Deciding

  private func decide(_ context: ChannelHandlerContext) {
    let bytes = received.readableBytesView
    guard let lineEnd = bytes.firstIndex(of: 0x0A) else {
      // Only a request line of this kind is waited for.
      let start = Array("POST /api/v1/namespaces/".utf8)
      let isPossible = zip(bytes, start).allSatisfy { $0 == $1 } && bytes.count < 4_096
      if !isPossible { stepAside(context) }
      return
    }
    let line = String(decoding: bytes[..<lineEnd], as: UTF8.self).split(separator: " ")
    guard line.count == 3, line[0] == "POST", let (namespace, pod) = Self.pod(of: line[1]) else {
      stepAside(context)
      return
    }
    guard let length = Self.headLength(bytes.prefix(Self.longestHead)) else {
      if bytes.count >= Self.longestHead { stepAside(context) }
      return
    }
    var headers: [String: String] = [:]
    for line in bytes.prefix(length).split(separator: 0x0A).dropFirst() {
      guard let colon = line.firstIndex(of: 0x3A) else { continue }
      let name = String(decoding: line[..<colon], as: UTF8.self).lowercased()
      headers[name] = String(decoding: line[(colon + 1)...], as: UTF8.self).trimmingCharacters(
        in: .whitespacesAndNewlines)
    }
    guard headers["upgrade"]?.lowercased() == "spdy/3.1",
      headers["x-stream-protocol-version"].map({ $0.contains("portforward.k8s.io") }) ?? true
    else {
      stepAside(context)
      return
    }
    received.moveReaderIndex(forwardBy: length)
    if let refusal = LoopbackGuard.refusal(host: headers["host"], origin: headers["origin"]) {
      refuse(StatusError(code: 403, reason: "Forbidden", message: refusal), context)
      return
    }
    phase = .looking
    let (find, authorization) = (find, headers["authorization"])
    context.eventLoop.makeFutureWithTask { () async -> Result<PortForwardTarget, StatusError> in
      do throws(StatusError) { return .success(try await find(namespace, pod, authorization)) } catch {
        return .failure(error)
      }
    }.assumeIsolated().whenComplete { [self] result in
      guard case .looking = phase, case .success(let found) = result else { return }
      switch found {
      case .success(let target): begin(target, context)
      case .failure(let error): refuse(error, context)
      }
    }
  }

  /// The bytes of a request's head with the blank line at its end; nil: that is not there yet.
  private static func headLength(_ bytes: ByteBufferView.SubSequence) -> Int? {
    var sinceLine = 0
    for (index, byte) in bytes.enumerated() {
      switch byte {
      case 0x0A where sinceLine == 0 && index > 0: return index + 1
      case 0x0A: sinceLine = 0
      case 0x0D: break
      default: sinceLine += 1
      }
    }
    return nil
  }

  /// `/api/v1/namespaces/NAMESPACE/pods/NAME/portforward`, with or without a query.
  static func pod(of uri: Substring) -> (namespace: String, name: String)? {
    let parts = uri.prefix { $0 != "?" }.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 8, parts[0].isEmpty, parts[1] == "api", parts[2] == "v1", parts[3] == "namespaces",
      parts[5] == "pods", parts[7] == "portforward", let namespace = String(parts[4]).removingPercentEncoding,
      let name = String(parts[6]).removingPercentEncoding, !namespace.isEmpty, !name.isEmpty
    else { return nil }
    return (namespace, name)
  }

  private func stepAside(_ context: ChannelHandlerContext) {
    phase = .aside
    let bytes = received
    received = ByteBuffer()
    context.fireChannelRead(wrapInboundOut(bytes))
    context.pipeline.syncOperations.removeHandler(self, promise: nil)
  }

  private func refuse(_ error: StatusError, _ context: ChannelHandlerContext) {
    phase = .refused
    let body = error.object.bytes
    let head = """
      HTTP/1.1 \(error.code) \(HTTPResponseStatus(statusCode: error.code).reasonPhrase)\r
      Content-Type: application/json\r
      Content-Length: \(body.count)\r
      Connection: close\r
      \r

      """
    var buffer = ByteBuffer(string: head)
    buffer.writeBytes(body)
    let channel = context.channel
    context.writeAndFlush(wrapOutboundOut(buffer)).whenComplete { _ in channel.close(promise: nil) }
  }

  private func begin(_ target: PortForwardTarget, _ context: ChannelHandlerContext) {
    let session: PortForwardSession
    do {
      session = try PortForwardSession(
        write: RawWriter(context: context), address: target.address, pod: target.pod
      ) { [self] in
        guard wantsRead else { return }
        wantsRead = false
        read(context: context)
      }
    } catch {
      refuse(StatusError(code: 500, reason: "InternalError", message: error.description), context)
      return
    }
    phase = .forwarding(session)
    let head = """
      HTTP/1.1 101 Switching Protocols\r
      Connection: Upgrade\r
      Upgrade: SPDY/3.1\r
      X-Stream-Protocol-Version: portforward.k8s.io\r
      \r

      """
    context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: head)), promise: nil)
    forward(session, context)
    read(context: context)
  }

  private func forward(_ session: PortForwardSession, _ context: ChannelHandlerContext) {
    do {
      try session.read(&received)
      received.discardReadBytes()
    } catch {
      context.close(promise: nil)
    }
  }
}

/// Writes to the client beneath the handlers of HTTP.
struct RawWriter {
  let context: ChannelHandlerContext

  var eventLoop: any EventLoop { context.eventLoop }
  var isWritable: Bool { context.channel.isWritable }

  func write(_ buffer: ByteBuffer) { context.write(NIOAny(buffer), promise: nil) }
  func flush() { context.flush() }
}
