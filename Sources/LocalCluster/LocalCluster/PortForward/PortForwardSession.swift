internal import NIOCore
internal import NIOPosix

/// One client's forwarded connections to one pod, over SPDY/3.1 (`portforward.k8s.io`).
///
/// Each forwarded connection is two streams with the same `requestID`: one for its bytes, one for what went wrong.
/// Guarantees: neither side is read while the other cannot take more; all connections to the pod end with the client's.
/// Lives on the client's event loop.
final class PortForwardSession {
  /// Streams that may be open at once.
  static let mostStreams = 2_000
  /// Bytes that wait for a connection to the pod before the client is read no further.
  static let mostWaiting = 256 << 10

  private struct Errors {
    var stream: UInt32
    var port: Int
  }

  private final class Connection {
    let errors: UInt32?
    var relay: PodRelay?
    var waiting: [ByteBuffer] = []
    var clientIsDone = false

    init(errors: UInt32?) { self.errors = errors }
  }

  private let client: RawWriter
  private let address: String
  private let pod: String
  private let headers: SPDYHeaders
  private var hasReplied = false
  private var errors: [String: Errors] = [:]
  private var connections: [UInt32: Connection] = [:]
  /// The client may be read again.
  private let resume: () -> Void

  init(write client: RawWriter, address: String, pod: String, resume: @escaping () -> Void) throws(SPDYFault) {
    self.client = client
    self.address = address
    self.pod = pod
    self.resume = resume
    headers = try SPDYHeaders()
  }

  /// Whether everything that the client sent so far found a place.
  var takesMore: Bool {
    connections.values.allSatisfy { connection in
      guard let relay = connection.relay else {
        return connection.waiting.reduce(0) { $0 + $1.readableBytes } < Self.mostWaiting
      }
      return relay.isWritable
    }
  }

  /// Takes whole frames out of `buffer` and answers them.
  func read(_ buffer: inout ByteBuffer) throws(SPDYFault) {
    while let frame = try SPDYFrame.read(from: &buffer) { try take(frame) }
    for connection in connections.values { connection.relay?.flush() }
    client.flush()
  }

  func end() {
    let open = connections.values
    connections = [:]
    for connection in open { connection.relay?.close() }
  }

  /// The client takes bytes again.
  func clientIsWritable() {
    for connection in connections.values { connection.relay?.resumeReading() }
  }

  // MARK: Frames

  private func take(_ frame: SPDYFrame) throws(SPDYFault) {
    switch frame {
    case .synStream(let stream, let block, let isLast): try open(stream, try headers.read(block), isLast)
    case .headers(let block): _ = try headers.read(block)
    case .data(let stream, let bytes, let isLast):
      guard let connection = connections[stream] else { return }
      if isLast { connection.clientIsDone = true }
      guard let relay = connection.relay else {
        if bytes.readableBytes > 0 { connection.waiting.append(bytes) }
        return
      }
      if bytes.readableBytes > 0 { relay.write(bytes) }
      if isLast { relay.closeOutput() }
    case .rstStream(let stream):
      if let connection = connections.removeValue(forKey: stream) {
        connection.relay?.close()
        if let errors = connection.errors { finish(errors) }
      }
      errors = errors.filter { $0.value.stream != stream }
    case .ping(let number):
      // Odd ones are the client's own; an even one would be the answer to ours, and we ask none.
      if number % 2 == 1 { send { SPDYFrame.writePing(number, into: &$0) } }
    case .goAway, .other: break
    }
  }

  private func open(_ stream: UInt32, _ headers: [String: String], _ isLast: Bool) throws(SPDYFault) {
    guard errors.count + connections.count < Self.mostStreams, let request = headers["requestid"],
      let port = headers["port"].flatMap({ Int($0) }), (1...65_535).contains(port), stream % 2 == 1,
      connections[stream] == nil
    else {
      send { SPDYFrame.writeReset(of: stream, status: 3, into: &$0) }
      return
    }
    switch headers["streamtype"] {
    case "error":
      errors[request] = Errors(stream: stream, port: port)
      reply(to: stream)
    case "data":
      reply(to: stream)
      let connection = Connection(errors: errors.removeValue(forKey: request)?.stream)
      connection.clientIsDone = isLast
      connections[stream] = connection
      connect(stream, port)
    default: send { SPDYFrame.writeReset(of: stream, status: 3, into: &$0) }
    }
  }

  private func reply(to stream: UInt32) {
    let block = SPDYHeaders.emptyBlock(isFirst: !hasReplied)
    hasReplied = true
    send { SPDYFrame.writeReply(to: stream, block: block, into: &$0) }
  }

  // MARK: The pod's side

  private func connect(_ stream: UInt32, _ port: Int) {
    let bound = NIOLoopBound(self, eventLoop: client.eventLoop)
    ClientBootstrap(group: client.eventLoop)
      .channelOption(.socketOption(.tcp_nodelay), value: 1)
      .channelOption(.autoRead, value: false)
      .channelOption(.allowRemoteHalfClosure, value: true)
      .connectTimeout(.seconds(2))
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(PodRelay(session: bound.value, stream: stream))
        }
      }
      .connect(host: address, port: port)
      .assumeIsolated()
      .whenFailure { [self] error in
        fail(
          stream,
          "error forwarding port \(port) to pod \(pod): dial tcp \(address):\(port): connect: \(Self.reason(of: error))"
        )
      }
  }

  private static func reason(of error: any Error) -> String {
    let cause = (error as? NIOConnectionError)?.connectionErrors.first?.error ?? error
    guard let failure = cause as? IOError else { return "\(cause)" }
    return failure.errnoCode == ECONNREFUSED ? "connection refused" : failure.description
  }

  private func fail(_ stream: UInt32, _ message: String) {
    guard let connection = connections.removeValue(forKey: stream) else { return }
    if let errors = connection.errors {
      send { SPDYFrame.writeData(ByteBuffer(string: message), on: errors, isLast: true, into: &$0) }
    }
    finish(stream)
    client.flush()
    resume()
  }

  fileprivate func connected(_ stream: UInt32, _ relay: PodRelay) {
    guard let connection = connections[stream] else {
      relay.close()
      return
    }
    connection.relay = relay
    for bytes in connection.waiting { relay.write(bytes) }
    connection.waiting = []
    relay.flush()
    if connection.clientIsDone { relay.closeOutput() }
    relay.resumeReading()
    resume()
  }

  fileprivate func sent(_ bytes: ByteBuffer, by stream: UInt32) {
    send { SPDYFrame.writeData(bytes, on: stream, isLast: false, into: &$0) }
  }

  fileprivate func flushClient() { client.flush() }

  fileprivate var clientTakesMore: Bool { client.isWritable }

  fileprivate func podTakesMore() { resume() }

  /// The pod has sent its last byte. The client is told on both streams, and resets the stream of bytes when it is through.
  fileprivate func podIsDone(_ stream: UInt32) {
    guard let connection = connections[stream] else { return }
    finish(stream)
    if let errors = connection.errors { finish(errors) }
    client.flush()
  }

  fileprivate func podIsGone(_ stream: UInt32) {
    guard let connection = connections[stream] else { return }
    connections[stream] = nil
    if let errors = connection.errors { finish(errors) }
    finish(stream)
    client.flush()
    resume()
  }

  // MARK: Writing

  private func finish(_ stream: UInt32) {
    send { SPDYFrame.writeData(ByteBuffer(), on: stream, isLast: true, into: &$0) }
  }

  private func send(_ frame: (inout ByteBuffer) -> Void) {
    var buffer = ByteBuffer()
    frame(&buffer)
    client.write(buffer)
  }
}

/// The pod's end of one forwarded connection.
private final class PodRelay: ChannelDuplexHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let session: PortForwardSession
  private let stream: UInt32
  private var context: ChannelHandlerContext?
  private var wantsRead = false
  private var inputIsClosed = false
  private var outputIsClosed = false

  init(session: PortForwardSession, stream: UInt32) {
    self.session = session
    self.stream = stream
  }

  var isWritable: Bool { context?.channel.isWritable ?? true }

  func channelActive(context: ChannelHandlerContext) {
    self.context = context
    session.connected(stream, self)
    context.fireChannelActive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) { session.sent(unwrapInboundIn(data), by: stream) }

  func channelReadComplete(context: ChannelHandlerContext) {
    session.flushClient()
    read(context: context)
  }

  func read(context: ChannelHandlerContext) {
    if session.clientTakesMore { context.read() } else { wantsRead = true }
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable { session.podTakesMore() }
    context.fireChannelWritabilityChanged()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if let event = event as? ChannelEvent, event == .inputClosed {
      inputIsClosed = true
      session.podIsDone(stream)
      if outputIsClosed { close() }
    }
    context.fireUserInboundEventTriggered(event)
  }

  func channelInactive(context: ChannelHandlerContext) {
    self.context = nil
    session.podIsGone(stream)
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  func write(_ bytes: ByteBuffer) { context?.write(wrapOutboundOut(bytes), promise: nil) }
  func flush() { context?.flush() }

  func resumeReading() {
    guard let context else { return }
    wantsRead = false
    read(context: context)
  }

  func closeOutput() {
    outputIsClosed = true
    if inputIsClosed { close() } else { context?.close(mode: .output, promise: nil) }
  }

  func close() {
    let context = context
    self.context = nil
    context?.close(promise: nil)
  }
}
