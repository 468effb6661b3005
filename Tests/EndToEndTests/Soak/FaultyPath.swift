import NIOCore
import NIOPosix

/// The way from one operator to the API server, byte for byte, which a test can break and mend.
///
/// As in a network, what was on its way in a silence arrives after it, unless its sender has given up meanwhile: then it
/// is lost. (A kernel sends on for a connection whose process still waits, and answers late segments of one that was
/// closed with a reset.)
final class FaultyPath: Sendable {
  enum Condition: Sendable {
    case open
    /// Connections are reset, and new ones refused.
    case refusing
    /// Nothing arrives in either direction, and nobody is told.
    case silent
  }

  private let group: MultiThreadedEventLoopGroup
  private let loop: any EventLoop
  private let channel: any Channel
  private let hub: NIOLoopBound<FaultyPathHub>
  let port: Int

  /// Listens on a free port of 127.0.0.1.
  static func open(to host: String, port: Int) async throws -> FaultyPath {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let loop = group.next()
    let hub = try await loop.submit { NIOLoopBound(FaultyPathHub(host: host, port: port), eventLoop: loop) }.get()
    let channel = try await ServerBootstrap(group: group)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
      .childChannelInitializer { client in
        client.eventLoop.makeCompletedFuture { try hub.value.accept(client) }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    return FaultyPath(group: group, loop: loop, channel: channel, hub: hub)
  }

  private init(
    group: MultiThreadedEventLoopGroup, loop: any EventLoop, channel: any Channel, hub: NIOLoopBound<FaultyPathHub>
  ) {
    self.group = group
    self.loop = loop
    self.channel = channel
    self.hub = hub
    port = channel.localAddress?.port ?? 0
  }

  func become(_ condition: Condition) async throws {
    let hub = hub
    try await loop.submit { hub.value.become(condition) }.get()
  }

  func close() async throws {
    let hub = hub
    try await loop.submit { hub.value.become(.refusing) }.get()
    try await channel.close()
    try await group.shutdownGracefully()
  }
}

/// All connections of a path; lives on the path's event loop.
final class FaultyPathHub {
  private(set) var condition = FaultyPath.Condition.open
  private var connections: [ObjectIdentifier: FaultyConnection] = [:]
  private let host: String
  private let port: Int

  init(host: String, port: Int) {
    self.host = host
    self.port = port
  }

  func accept(_ client: any Channel) throws {
    guard condition != .refusing else { return reset(client) }
    let connection = FaultyConnection(client, hub: self)
    try client.pipeline.syncOperations.addHandler(connection.near)
    connections[ObjectIdentifier(connection)] = connection
    if condition == .open { connect(connection) }
  }

  func become(_ condition: FaultyPath.Condition) {
    self.condition = condition
    for connection in connections.values {
      switch condition {
      case .open:
        if connection.isWaiting { connect(connection) }
        connection.deliver()
      case .refusing: connection.reset()
      case .silent: break
      }
    }
  }

  func forget(_ connection: FaultyConnection) { connections[ObjectIdentifier(connection)] = nil }

  private func connect(_ connection: FaultyConnection) {
    connection.hasStarted = true
    let bound = NIOLoopBound(connection, eventLoop: connection.client.eventLoop)
    ClientBootstrap(group: connection.client.eventLoop)
      .channelOption(.socketOption(.tcp_nodelay), value: 1)
      .channelInitializer { server in
        server.eventLoop.makeCompletedFuture { try server.pipeline.syncOperations.addHandler(bound.value.far) }
      }
      .connect(host: host, port: port)
      .whenComplete { result in
        switch result {
        case .success(let server): bound.value.connected(server)
        case .failure: bound.value.reset()
        }
      }
  }
}

/// Closes with a TCP reset.
private func reset(_ channel: any Channel) {
  let close: @Sendable (Result<Void, any Error>) -> Void = { _ in channel.close(promise: nil) }
  guard let options = channel as? any SocketOptionProvider else { return close(.success(())) }
  options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenComplete(close)
}

/// One connection of the operator and its continuation to the API server.
final class FaultyConnection {
  let client: any Channel
  /// The operator's side.
  let near: FaultyEnd
  /// The API server's side.
  let far: FaultyEnd
  private let hub: FaultyPathHub
  private var server: (any Channel)?
  /// The connection to the API server has been asked for.
  var hasStarted = false
  private var toServer = ByteBuffer()
  private var toClient = ByteBuffer()
  private var clientIsGone = false
  private var serverIsGone = false

  init(_ client: any Channel, hub: FaultyPathHub) {
    self.client = client
    self.hub = hub
    near = FaultyEnd()
    far = FaultyEnd()
    near.onBytes = { [weak self] in
      self?.toServer.writeImmutableBuffer($0)
      self?.deliver()
    }
    far.onBytes = { [weak self] in
      self?.toClient.writeImmutableBuffer($0)
      self?.deliver()
    }
    near.onEnd = { [weak self] in
      self?.clientIsGone = true
      self?.deliver()
    }
    far.onEnd = { [weak self] in
      self?.serverIsGone = true
      self?.deliver()
    }
  }

  /// A client waits for a connection that could not be begun before.
  var isWaiting: Bool { !hasStarted && !clientIsGone }

  func connected(_ channel: any Channel) {
    server = channel
    deliver()
  }

  /// Hands on what waits, unless the path is silent.
  func deliver() {
    guard hub.condition == .open else {
      // Its sender has given up.
      if clientIsGone { toServer.clear() }
      return
    }
    if let server, toServer.readableBytes > 0 { server.writeAndFlush(toServer, promise: nil) }
    if server != nil { toServer.clear() }
    if toClient.readableBytes > 0, !clientIsGone { client.writeAndFlush(toClient, promise: nil) }
    toClient.clear()
    if clientIsGone, let server { server.close(promise: nil) }
    if serverIsGone { client.close(promise: nil) }
    if clientIsGone || serverIsGone { hub.forget(self) }
  }

  func reset() {
    EndToEndTests.reset(client)
    if let server { EndToEndTests.reset(server) }
    clientIsGone = true
    serverIsGone = true
    hub.forget(self)
  }
}

/// Tells what comes in on one side.
final class FaultyEnd: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  var onBytes: (ByteBuffer) -> Void = { _ in }
  var onEnd: () -> Void = {}

  func channelRead(context: ChannelHandlerContext, data: NIOAny) { onBytes(unwrapInboundIn(data)) }

  func channelInactive(context: ChannelHandlerContext) {
    onEnd()
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
