public import ControllerRuntime
import Foundation
import Glibc
import JSONLogging
public import KubernetesClient
public import Logging
import ServiceLifecycle
import UnixSignals

/// Everything around an operator's controllers: the client, the election, Events, ports, logs and signals.
///
/// Expected flow: parse `OperatorOptions`, call `run`, make controllers in its closure.
/// Guarantees: on SIGTERM and SIGINT workers end their work (at most 450 ms), the last Events are written, the Lease is
/// released, and `run` returns, all within a second. Whoever loses the lease ends at once with exit code 1 and a line in
/// the log.
public struct OperatorProgram: Sendable {
  public let name: String
  public let version: String
  private let reporter: String

  /// - Parameters:
  ///   - name: of the program, the Lease and the field manager.
  ///   - reporter: of Events: `apus.dev/operator`.
  public init(name: String, version: String, reporter: String) {
    self.name = name
    self.version = version
    self.reporter = reporter
  }

  /// `apus-operator/0.1.0 (linux/amd64)`
  public var userAgent: String {
    #if arch(arm64)
      "\(name)/\(version) (linux/arm64)"
    #else
      "\(name)/\(version) (linux/amd64)"
    #endif
  }

  /// What controllers are made with.
  public struct Context: Sendable {
    /// Reads always, writes only while this process leads.
    public let api: any KubernetesAPI
    public let events: EventRecorder
    public let metrics: RuntimeMetrics
    /// nil: there is only one process.
    public let elector: LeaderElector?
    /// nil: all of them.
    public let namespace: String?
    /// The operator's own namespace: its pod's, or that of the kubeconfig.
    public let home: String
    public let workers: Int
    public let logger: Logger

    /// The controllers as a service, with all that they watch.
    public func host(
      _ controllers: [Controller], informers: [any RunnableInformer] = [], preconditions: [any Precondition] = []
    ) -> ControllerHost {
      ControllerHost(
        controllers, informers: informers, preconditions: preconditions, elector: elector, events: events,
        metrics: metrics, logger: logger)
    }
  }

  /// Runs until a signal comes. Errors: whatever keeps it from working; it was logged already.
  public func run(
    _ options: OperatorOptions,
    _ assemble: (Context) async throws -> ControllerHost
  ) async throws {
    let level = Logger.Level(rawValue: options.logLevel) ?? .info
    let environment = ProcessInfo.processInfo.environment
    LoggingSystem.bootstrap { JSONLogHandler(label: $0, level: level) }
    let logger = Logger(label: name)
    do {
      try await serve(options, environment, logger, assemble)
      logger.info("operator has ended")
    } catch {
      logger.critical("the operator ends", metadata: ["error": "\(error)"])
      throw error
    }
  }

  private func serve(
    _ options: OperatorOptions, _ environment: [String: String], _ logger: Logger,
    _ assemble: (Context) async throws -> ControllerHost
  ) async throws {
    let metrics = RuntimeMetrics()
    let cluster = try ClusterConfiguration.load(kubeconfig: options.kubeconfig)
    metrics.expectRequests(to: cluster.host)
    let client = try ClusterClient(
      cluster, fieldManager: name, userAgent: userAgent, logger: logger, observe: metrics.note)
    let instance = environment["POD_NAME"] ?? ProcessInfo.processInfo.hostName
    let home = environment["POD_NAMESPACE"] ?? cluster.namespace
    let elector =
      options.leaderElect
      ? LeaderElector(
        client, namespace: home, name: name,
        identity: "\(instance)_\(UUID().uuidString.lowercased())", settings: try options.election, logger: logger,
        // At once: no orderly end, in which something could still be written.
        onLoss: { _ in _exit(EXIT_FAILURE) }) : nil
    let api: any KubernetesAPI = elector.map { LeaderGuardedAPI(client, $0.leadership) } ?? client
    let events = EventRecorder(api, reporter: reporter, instance: instance, metrics: metrics, logger: logger)
    let host = try await assemble(
      Context(
        api: api, events: events, metrics: metrics, elector: elector, namespace: options.namespace,
        home: home, workers: options.workers, logger: logger))
    for problem in metrics.problems { logger.error("a metric is not well named", metadata: ["problem": "\(problem)"]) }
    let endpoints = OperatorEndpoints(
      host, metrics: metrics, gate: options.secureMetrics ? MetricsGate(client) : nil)
    let podIP = environment["POD_IP"].flatMap { $0.isEmpty ? nil : $0 }
    logger.info(
      "operator starts",
      metadata: [
        "server": "\(cluster.host)", "namespace": "\(options.namespace ?? "all")", "instance": "\(instance)",
        "version": "\(version)",
      ])
    // They end from the last to the first: what the host has recorded is still written when it ends.
    try await run([events] + servers(endpoints, options, podIP, logger) + [host], logger)
  }

  private func servers(
    _ endpoints: OperatorEndpoints, _ options: OperatorOptions, _ podIP: String?, _ logger: Logger
  ) -> [any Service] {
    [
      endpointServer(options.healthAddress, podIP: podIP, name: "health", logger: logger) { request in
        endpoints.health(path: request.path, query: request.query)
      },
      endpointServer(options.metricsAddress, podIP: podIP, name: "metrics", logger: logger) { request in
        await endpoints.metrics(path: request.path, accept: request.accept, authorization: request.authorization)
      },
    ].compactMap { $0 }
  }

  private func run(_ services: [any Service], _ logger: Logger) async throws {
    var configuration = ServiceGroupConfiguration(
      services: services.map { .init(service: $0) }, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    configuration.maximumGracefulShutdownDuration = .seconds(1)
    configuration.maximumCancellationDuration = .seconds(1)
    try await ServiceGroup(configuration: configuration).run()
  }
}
