import Engine
package import Artifacts
import Exposition
import Foundation
import HummingbirdCore
package import Logging
import NIOCore
import NIOPosix
package import PredictionLog
import ServiceLifecycle
package import Telemetry
package import UnixSignals
import WorkerContract

/// The whole server: two listeners, the routing table's watch, the prediction log.
///
/// On a graceful shutdown `/ready` says no first, while requests are still answered; then the listeners close and finish what
/// they have begun; then the log is stored or goes to disk.
package struct ModelServer: Sendable {
  package struct Configuration: Sendable {
    package var routingPath: String
    package var host = "0.0.0.0"
    /// 0: any free one.
    package var port = 8080
    package var adminPort = 8081
    package var limits = RequestLimits()
    /// Bytes held for those who use the admin port: what clients take leaves it alone.
    package var adminHeld = 128 << 20
    package var log: PredictionLog.Configuration
    /// How long requests are still taken after `/ready` has turned to no, so that nobody is sent to a closed port.
    package var drainDelay = Duration.seconds(2)
    /// A file with tokens of which clients must send one; nil: none is asked for.
    package var tokenPath: String?
    /// The same for the admin port.
    package var adminTokenPath: String?
    /// Files of tokens with some of the rights, for both ports.
    package var tokenGrants: [TokenGrant] = []
    /// The address by which the cluster knows this server: what the operator signs is for it. Nil: not known.
    package var podAddress: String?
    /// Whether the admin port does everything for everybody, as on one machine; else it asks for the operator's signature, or
    /// for a token with the right.
    package var opensAdmin = false
    /// Certificate and key that the port for clients shows; nil: plain HTTP.
    package var certificate: ServerCertificate.Place?
    /// Whether the admin port shows the certificate as well.
    package var encryptsAdmin = false
    /// How often the files of tokens and of the certificate are looked at.
    package var secretInterval = Duration.seconds(1)
    /// How slow and silent clients may be.
    package var timeouts = ConnectionTimeouts.Limits()
    /// Origins of web pages that may call the public port; `*` for all.
    package var crossOrigins: [String] = []
    /// Connections of clients at the same time. Another one takes the place of one without a request, and waits while there is
    /// none. Nil: as many as come.
    package var maximumConnections: Int?
    /// The same for the admin port, whose connections do not count among those.
    package var maximumAdminConnections: Int? = 256
    package var routingInterval = Duration.seconds(1)
    package var performanceInterval = Duration.seconds(15)
    package var retentionInterval = Duration.seconds(600)
    package var profileInterval = Duration.seconds(5)

    package init(routingPath: String, log: PredictionLog.Configuration) {
      self.routingPath = routingPath
      self.log = log
    }
  }

  let configuration: Configuration
  private let logger: Logger
  let holder = ServingHolder()
  let metrics: ServingMetrics
  private let services: [any Service]
  let lanes = ServingLanes()
  /// That of the port for clients.
  let admission: Admission
  private let adminAdmission: Admission
  private let endpoints: ServingEndpoints
  private let adminEndpoints: ServingEndpoints
  private let publicGate: PortGate
  private let adminGate: PortGate
  private let certificate: ServerCertificate?

  /// Throws where the certificate cannot be used.
  /// - Parameters:
  ///   - telemetry: Nil: predictions are not logged and feedback is refused.
  ///   - clock: Seconds since 1970.
  package init(
    configuration: Configuration, artifacts: any ArtifactStore, telemetry: (any TelemetryStore)?, logger: Logger,
    clock: @escaping @Sendable () -> Double = { Date().timeIntervalSince1970 }
  ) throws(ServerCertificate.Problem) {
    self.configuration = configuration
    self.logger = logger
    let admission = Admission(limits: configuration.limits)
    self.admission = admission
    adminAdmission = Admission(limits: configuration.limits.holding(configuration.adminHeld))
    metrics = ServingMetrics(
      registry: MetricsRegistry(), endpoints: RouteTable.labels, holder: holder, clock: clock)
    metrics.watch(admission.bytes)
    var services: [any Service] = []
    var log: PredictionLog?
    if let telemetry {
      let started = PredictionLog(
        store: telemetry, configuration: configuration.log, observer: metrics.log, logger: logger)
      metrics.log.register(started, on: metrics.registry)
      log = started
      services = [
        started,
        PerformanceRefresher(
          store: telemetry, holder: holder, metrics: metrics, interval: configuration.performanceInterval, clock: clock,
          logger: logger),
        RetentionService(
          store: telemetry, holder: holder, interval: configuration.retentionInterval, clock: clock, logger: logger),
        ProfileService(
          keeper: ProfileKeeper(
            store: telemetry, artifacts: artifacts, holder: holder, instruments: metrics.profiles, logger: logger),
          interval: configuration.profileInterval, clock: clock),
      ]
    }
    let controller = RoutingController(
      store: artifacts, holder: holder, observer: ServingObserver(metrics: metrics, log: log), logger: logger,
      executor: WorkThreads.admin)
    let file = RoutingFile(
      path: configuration.routingPath, controller: controller, interval: configuration.routingInterval)
    let read = { (path: String) in
      BearerTokens(path: path, interval: configuration.secretInterval, logger: logger)
    }
    let grants = configuration.tokenGrants.map { (tokens: read($0.path), rights: $0.rights) }
    var tokens: [Listener: [(tokens: BearerTokens, rights: Set<ServingRight>)]] = [.public: grants, .admin: grants]
    var files = grants.map(\.tokens)
    for (listener, path) in [(Listener.public, configuration.tokenPath), (.admin, configuration.adminTokenPath)] {
      guard let file = path.map(read) else { continue }
      files.append(file)
      tokens[listener, default: []].append((file, Set(ServingRight.allCases)))
    }
    let clients = tokens.mapValues { files -> ClientTokens? in files.isEmpty ? nil : ClientTokens(files: files) }
    let operators =
      configuration.opensAdmin
      ? nil
      : OperatorAccess(
        path: URL(fileURLWithPath: configuration.routingPath).deletingLastPathComponent()
          .appending(path: RoutingTable.keysFileName).path,
        address: configuration.podAddress, interval: configuration.secretInterval, clock: clock, logger: logger)
    if configuration.opensAdmin {
      logger.warning("the admin port is open: whoever reaches it changes the routing table and reads the log")
    }
    publicGate = PortGate(listener: .public, clients: clients[.public] ?? nil, operators: nil)
    adminGate = PortGate(listener: .admin, clients: clients[.admin] ?? nil, operators: operators)
    if let place = configuration.certificate {
      certificate = try ServerCertificate(place: place, interval: configuration.secretInterval, logger: logger)
    } else {
      certificate = nil
    }
    let secrets = files.map { $0 as any Service } + [operators as (any Service)?, certificate].compactMap(\.self)
    self.services = services + [file] + secrets
    let labels = LabelMemory()
    let protected = Set([publicGate, adminGate].filter { !$0.isOpen }.map(\.listener))
    let (holder, metrics, lanes) = (self.holder, self.metrics, self.lanes)
    func endpoints(_ admission: Admission) -> ServingEndpoints {
      ServingEndpoints(
        predictions: PredictionEndpoints(
          holder: holder, log: log, metrics: metrics, admission: admission, labels: labels, clock: clock),
        information: InformationEndpoints(
          holder: holder, metrics: metrics, controller: controller, file: file),
        inference: InferenceEndpoints(holder: holder, metrics: metrics, admission: admission, clock: clock),
        logs: LogsEndpoint(holder: holder, store: telemetry, admission: admission), lanes: lanes,
        protected: protected)
    }
    self.endpoints = endpoints(admission)
    adminEndpoints = endpoints(adminAdmission)
    holder.onSwap { [lanes] in lanes.releaseStates() }
  }

  /// Serves until a graceful shutdown.
  /// - Parameter onListening: Told each listener's port.
  package func run(
    gracefulShutdownSignals: [UnixSignal] = [],
    onListening: @escaping @Sendable (Listener, Int) -> Void = { _, _ in }
  ) async throws {
    let listeners: [any Service] = [
      service(of: .admin, port: configuration.adminPort, onListening),
      service(of: .public, port: configuration.port, onListening),
    ]
    let drain = Drain(holder: holder, delay: configuration.drainDelay, logger: logger)
    // Shutdown goes from the last one to the first, each when the one before has ended.
    var group = ServiceGroupConfiguration(
      services: (services + listeners + [drain]).map { .init(service: $0) },
      gracefulShutdownSignals: gracefulShutdownSignals, logger: logger)
    group.maximumGracefulShutdownDuration = .seconds(25)
    try await ServiceGroup(configuration: group).run()
  }

  func responder(for listener: Listener) -> Responder {
    Responder(
      listener: listener, endpoints: listener == .admin ? adminEndpoints : endpoints, holder: holder, metrics: metrics,
      admission: listener == .admin ? adminAdmission : admission,
      gate: listener == .admin ? adminGate : publicGate,
      crossOrigin: CrossOrigin(origins: listener == .public ? configuration.crossOrigins : []),
      threads: listener == .public ? nil : WorkThreads.admin)
  }

  private func service(
    of listener: Listener, port: Int, _ onListening: @escaping @Sendable (Listener, Int) -> Void
  ) -> any Service {
    let logger = logger
    let certificate = listener == .public || configuration.encryptsAdmin ? certificate : nil
    let maximum = listener == .public ? configuration.maximumConnections : configuration.maximumAdminConnections
    let register = maximum.map { ConnectionRegister(maximum: $0) }
    let server = Server(
      childChannelSetup: ServingChannel(
        responder: responder(for: listener), certificate: certificate, timeouts: configuration.timeouts,
        register: register,
        sendBuffer: ServingChannel.sendBuffer(held: configuration.limits.held, connections: maximum)),
      configuration: ServerConfiguration(
        address: .hostname(configuration.host, port: port),
        availableConnectionsDelegate: register?.delegate),
      onServerRunning: { channel in
        register?.serves(channel)
        let port = channel.localAddress?.port ?? port
        logger.info(
          "listening", metadata: ["listener": "\(listener)", "port": "\(port)", "tls": "\(certificate != nil)"])
        onListening(listener, port)
      },
      eventLoopGroup: listener == .public ? MultiThreadedEventLoopGroup.singleton : WorkThreads.adminLoop,
      logger: Self.quiet(logger))
    if listener == .public { return server }
    return OnThreads(threads: .admin, service: server)
  }

  /// Hummingbird tells of each connection and listener; here only what goes wrong is of interest.
  private static func quiet(_ logger: Logger) -> Logger {
    var logger = logger
    logger.logLevel = .warning
    return logger
  }
}

/// A service whose tasks run on threads of their own.
private struct OnThreads: Service {
  let threads: WorkThreads
  let service: any Service

  func run() async throws {
    try await withTaskExecutorPreference(threads) { try await service.run() }
  }
}

/// Turns `/ready` to no as soon as a shutdown begins, and holds up the rest of it for a moment.
private struct Drain: Service {
  let holder: ServingHolder
  let delay: Duration
  let logger: Logger

  func run() async throws {
    try await gracefulShutdown()
    holder.startDraining()
    logger.info("draining")
    try? await Task.sleep(for: delay)
  }
}
