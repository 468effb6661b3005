internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// The pods behind one port, taken in turn.
final class BackendRing: Sendable {
  private struct State {
    var backends: [ServiceListener]
    var next = 0
  }

  private let state: Mutex<State>

  init(_ backends: [ServiceListener]) { state = Mutex(State(backends: backends)) }

  func replace(_ backends: [ServiceListener]) {
    state.withLock { $0.backends = backends }
  }

  /// All of them, beginning with the one whose turn it is: the others are tried when it refuses.
  func turn() -> [ServiceListener] {
    state.withLock { state in
      guard !state.backends.isEmpty else { return [] }
      let first = state.next % state.backends.count
      state.next = first + 1
      return Array(state.backends[first...] + state.backends[..<first])
    }
  }
}

/// One client's connection and the pod's, on the same event loop.
enum ProxyConnection {
  static func start(_ client: any Channel, _ backends: BackendRing) -> EventLoopFuture<Void> {
    client.eventLoop.makeCompletedFuture {
      try client.pipeline.syncOperations.addHandler(ConnectionStart(backends: backends))
    }
  }

  fileprivate static func connect(_ client: any Channel, _ candidates: ArraySlice<ServiceListener>) {
    guard let backend = candidates.first else {
      // As from a port where nobody listens.
      client.close(promise: nil)
      return
    }
    ClientBootstrap(group: client.eventLoop)
      .channelOption(.socketOption(.tcp_nodelay), value: 1)
      .channelOption(.autoRead, value: false)
      .channelOption(.allowRemoteHalfClosure, value: true)
      .connectTimeout(.seconds(2))
      .connect(host: backend.address, port: backend.port)
      .whenComplete { result in
        switch result {
        case .success(let server): join(client, server)
        case .failure: connect(client, candidates.dropFirst())
        }
      }
  }

  private static func join(_ client: any Channel, _ server: any Channel) {
    do {
      let (one, other) = RelayHandler.pair()
      try client.pipeline.syncOperations.addHandler(one)
      try server.pipeline.syncOperations.addHandler(other)
      // Each side reads once it can hand on.
      one.begin()
      other.begin()
    } catch {
      client.close(promise: nil)
      server.close(promise: nil)
    }
  }
}

/// Looks for a pod once the client's channel is active: before that it looks like one that is closed.
private final class ConnectionStart: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let backends: BackendRing

  init(backends: BackendRing) { self.backends = backends }

  func channelActive(context: ChannelHandlerContext) {
    ProxyConnection.connect(context.channel, backends.turn()[...])
    context.fireChannelActive()
  }
}

/// Hands bytes to its partner; reads more only while the partner's channel takes them.
final class RelayHandler: ChannelDuplexHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private var partner: RelayHandler?
  private var context: ChannelHandlerContext?
  private var wantsRead = false
  private var inputIsClosed = false

  static func pair() -> (RelayHandler, RelayHandler) {
    let one = RelayHandler()
    let other = RelayHandler()
    one.partner = other
    other.partner = one
    return (one, other)
  }

  func begin() {
    guard let context else { return }
    if !context.channel.isActive {
      partner?.close()
      return
    }
    context.read()
  }

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
    partner = nil
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) { partner?.write(unwrapInboundIn(data)) }

  func channelReadComplete(context: ChannelHandlerContext) { partner?.flush() }

  func channelInactive(context: ChannelHandlerContext) {
    partner?.close()
    context.fireChannelInactive()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if let event = event as? ChannelEvent, event == .inputClosed {
      inputIsClosed = true
      partner?.closeOutput()
    }
    context.fireUserInboundEventTriggered(event)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable { partner?.resumeReading() }
    context.fireChannelWritabilityChanged()
  }

  func read(context: ChannelHandlerContext) {
    if let partner, !partner.isWritable {
      wantsRead = true
    } else {
      context.read()
    }
  }

  private var isWritable: Bool { context?.channel.isWritable ?? false }

  private func write(_ buffer: ByteBuffer) { context?.write(wrapOutboundOut(buffer), promise: nil) }

  private func flush() {
    context?.flush()
    if isWritable { partner?.context?.read() } else { partner?.wantsRead = true }
  }

  private func resumeReading() {
    guard wantsRead, let context else { return }
    wantsRead = false
    context.read()
  }

  private func closeOutput() {
    guard let context else { return }
    // Both directions are done: the connection is.
    if inputIsClosed { close() } else { context.close(mode: .output, promise: nil) }
  }

  /// Once everything that was written has been sent.
  private func close() {
    guard let channel = context?.channel else { return }
    channel.writeAndFlush(ByteBuffer()).whenComplete { _ in channel.close(promise: nil) }
  }
}
