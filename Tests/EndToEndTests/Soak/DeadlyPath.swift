import Foundation
import Glibc
import KubernetesModel
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// What becomes of an operator at its writes. A write that the API server refuses, such as an Event that is there already,
/// changes nothing and kills nobody.
enum Death: String, CaseIterable, Sendable {
  /// Its first write is answered; the next is cut off before it has reached the API server, and the operator killed.
  case cut
  /// Its first write takes effect, the answer never arrives, and the operator is killed.
  case lost
  /// Its first write takes effect, and with the answer the operator is killed.
  case answered
}

/// A write of an operator as it went by.
struct PassedWrite: Sendable {
  /// `PATCH /apis/batch/v1/namespaces/x/jobs/y`
  var request: String
  /// The resource and the object's name, such as `jobs/income-train-1`; of a subresource `jobs/income-train-1/status`.
  var object: String
  /// The API server's answer; nil: it never saw the write.
  var code: Int?
  /// Whether the operator died of it.
  var wasDeadly: Bool
}

/// The way from one operator to the API server, which reads what is written and kills at it.
///
/// The operator comes with HTTP/1.1 in the clear; the way on is that of a kubeconfig. Writes pass one by one, so that one
/// which is not to reach the API server does not.
final class DeadlyPath: Sendable {
  private let group: MultiThreadedEventLoopGroup
  private let loop: any EventLoop
  private let channel: any Channel
  private let hub: NIOLoopBound<DeadlyPathHub>
  let port: Int

  /// Listens on a free port of 127.0.0.1.
  static func open(to server: APIServerAddress) async throws -> DeadlyPath {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let loop = group.next()
    let hub = try await loop.submit { NIOLoopBound(DeadlyPathHub(server), eventLoop: loop) }.get()
    let channel = try await ServerBootstrap(group: group)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
      .childChannelInitializer { client in
        client.eventLoop.makeCompletedFuture { try hub.value.accept(client) }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    return DeadlyPath(group: group, loop: loop, channel: channel, hub: hub)
  }

  private init(
    group: MultiThreadedEventLoopGroup, loop: any EventLoop, channel: any Channel, hub: NIOLoopBound<DeadlyPathHub>
  ) {
    self.group = group
    self.loop = loop
    self.channel = channel
    self.hub = hub
    port = channel.localAddress?.port ?? 0
  }

  private func onLoop<Value: Sendable>(_ body: @escaping @Sendable (DeadlyPathHub) -> Value) async throws -> Value {
    let hub = hub
    return try await loop.submit { body(hub.value) }.get()
  }

  /// Lets a new operator in, which is to die as said; nil: not at all. What was left of the one before is forgotten.
  func admit(_ death: Death?) async throws { try await onLoop { $0.admit(death) } }

  /// The process that is killed.
  func setVictim(_ victim: OperatorProcess) async throws { try await onLoop { $0.setVictim(victim) } }

  /// Whether it is silent is asked from now on.
  func listen() async throws { try await onLoop { $0.noteRequest(isWatch: false) } }

  /// How long nobody has asked for anything, once the operator watches what it works with; nil: something is under way.
  var silence: Duration? { get async throws { try await onLoop { $0.silence } } }

  /// All that went by so far.
  var writes: [PassedWrite] { get async throws { try await onLoop { $0.writes } } }

  func close() async throws {
    try await onLoop { $0.admit(nil) }
    try await channel.close()
    try await group.shutdownGracefully()
  }
}

/// Where the API server is and how to talk to it.
struct APIServerAddress: Sendable {
  var host: String
  var port: Int
  /// nil: without TLS.
  var security: NIOSSLContext?
  /// nil: a certificate says who asks.
  var token: String?

  /// - Parameter access: a kubeconfig as JSON, with everything inline.
  init(_ access: JSONValue) throws {
    let cluster = access[path: "clusters"]?.array?.first?["cluster"]
    let server = cluster?["server"]?.string ?? ""
    guard let url = URLComponents(string: server), let host = url.host, let port = url.port else {
      throw SoakFailure("the kubeconfig names no server with a port: \(server)")
    }
    self.host = host
    self.port = port
    guard url.scheme == "https" else { return }
    let user = access[path: "users"]?.array?.first?["user"]
    func pem(_ value: JSONValue?) -> [UInt8] { Array(Data(base64Encoded: value?.string ?? "") ?? Data()) }
    var settings = TLSConfiguration.makeClientConfiguration()
    settings.trustRoots = .certificates(
      try NIOSSLCertificate.fromPEMBytes(pem(cluster?["certificate-authority-data"])))
    token = user?["token"]?.string
    if token == nil {
      settings.certificateChain = try NIOSSLCertificate.fromPEMBytes(pem(user?["client-certificate-data"]))
        .map { .certificate($0) }
      settings.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: pem(user?["client-key-data"]), format: .pem))
    }
    security = try NIOSSLContext(configuration: settings)
  }
}

/// All connections of a path; lives on the path's event loop.
final class DeadlyPathHub {
  private(set) var writes: [PassedWrite] = []
  private var victim: OperatorProcess?
  let server: APIServerAddress
  private var connections: [ObjectIdentifier: DeadlyConnection] = [:]
  private var death: Death?
  /// Of this operator, which took effect.
  private var passed = 0
  private var isDying = true
  private var current: DeadlyConnection?
  private var waiting: [DeadlyConnection] = []
  private var watches = 0
  private var lastRequest = ContinuousClock.now

  init(_ server: APIServerAddress) { self.server = server }

  var silence: Duration? {
    isDying || watches == 0 || current != nil ? nil : lastRequest.duration(to: .now)
  }

  func setVictim(_ victim: OperatorProcess) {
    self.victim = victim
    // It was faster than whoever started it.
    if isDying { victim.signal(SIGKILL) }
  }

  func admit(_ death: Death?) {
    self.death = death
    victim = nil
    for connection in connections.values { connection.close() }
    connections = [:]
    (passed, watches, current, waiting) = (0, 0, nil, [])
    lastRequest = .now
    isDying = false
  }

  func accept(_ client: any Channel) throws {
    let connection = DeadlyConnection(client, hub: self)
    try client.pipeline.syncOperations.configureHTTPServerPipeline()
    try client.pipeline.syncOperations.addHandler(connection.near)
    guard !isDying else { return connection.close() }
    connections[ObjectIdentifier(connection)] = connection
    connection.connect()
  }

  func forget(_ connection: DeadlyConnection) {
    connections[ObjectIdentifier(connection)] = nil
    waiting.removeAll { $0 === connection }
    if current === connection { finish() }
  }

  func noteRequest(isWatch: Bool) {
    lastRequest = .now
    if isWatch { watches += 1 }
  }

  /// A whole write has come in.
  func offer(_ connection: DeadlyConnection) {
    guard !isDying else { return }
    guard current == nil else { return waiting.append(connection) }
    if death == .cut, passed > 0 { return kill(connection.write.map { record($0, code: nil) }) }
    current = connection
    connection.forwardWrite()
  }

  /// The API server has answered in full.
  func answered(_ connection: DeadlyConnection, code: Int) {
    guard current === connection, let write = connection.write else { return }
    let hasEffect = code < 300
    if hasEffect { passed += 1 }
    writes.append(record(write, code: code))
    lastRequest = .now
    switch hasEffect ? death : nil {
    case .lost: kill(writes.popLast())
    case .answered:
      let bound = NIOLoopBound((self, connection), eventLoop: connection.client.eventLoop)
      connection.giveAnswer().whenComplete { _ in
        let (hub, connection) = bound.value
        guard hub.current === connection else { return }
        hub.kill(hub.writes.popLast())
      }
    case .cut, nil:
      _ = connection.giveAnswer()
      finish()
    }
  }

  private func finish() {
    current = nil
    guard !waiting.isEmpty else { return }
    offer(waiting.removeFirst())
  }

  private func record(_ write: DeadlyConnection.Write, code: Int?) -> PassedWrite {
    PassedWrite(request: write.request, object: write.object, code: code, wasDeadly: false)
  }

  private func kill(_ write: PassedWrite?) {
    isDying = true
    victim?.signal(SIGKILL)
    if var write {
      write.wasDeadly = true
      writes.append(write)
    }
    for connection in connections.values { connection.close() }
  }
}
