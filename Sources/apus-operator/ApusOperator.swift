import ArgumentParser
import ControllerRuntime
import Exposition
import Foundation
import HTTPTransport
import KubernetesClient
import Logging
import Reconcilers
import ServiceLifecycle
import UnixSignals

/// Trains, serves, watches and retrains models as ModelDeployments and MonitoringPolicies ask.
@main
struct ApusOperator: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "apus-operator",
    abstract: "Keeps the models of a Kubernetes cluster trained, served and watched.")

  @Option(
    name: [.customLong("config"), .customLong("configuration")], help: "The operator's own settings, a YAML file.")
  var config = "/etc/apus/operator.yaml"

  @Option(help: "A kubeconfig; else KUBECONFIG, the pod's service account, or ~/.kube/config.")
  var kubeconfig: String?

  @Option(help: "Look after this namespace only; else after all.")
  var namespace: String?

  @Flag(inversion: .prefixedNo, help: "Work only while holding the Lease apus-operator, so that one of several leads.")
  var leaderElect = true

  @Option(help: "Objects of a kind that are worked on at once.")
  var workers = 2

  @Option(help: "Where /metrics is served: host:port, :port, or 0.")
  var metricsAddress = ListenAddress(port: 8080)

  @Option(help: "Where /healthz and /readyz are served: host:port, :port, or 0.")
  var healthAddress = ListenAddress(port: 8081)

  @Option(help: "trace, debug, info, notice, warning or error.")
  var logLevel = "info"

  func validate() throws {
    guard Logger.Level(rawValue: logLevel) != nil else {
      throw ValidationError("--log-level: '\(logLevel)' is none of trace, debug, info, notice, warning, error")
    }
    guard (1...64).contains(workers) else { throw ValidationError("--workers: must be 1 to 64") }
  }

  func run() async throws {
    let level = Logger.Level(rawValue: logLevel) ?? .info
    LoggingSystem.bootstrap { JSONLogHandler(label: $0, level: level) }
    let logger = Logger(label: "apus-operator")
    do {
      try await serve(logger)
    } catch {
      logger.critical("the operator ends", metadata: ["error": "\(error)"])
      throw ExitCode.failure
    }
  }

  private func serve(_ logger: Logger) async throws {
    let environment = ProcessInfo.processInfo.environment
    let settings = try readConfiguration()
    let metrics = RuntimeMetrics(MetricsRegistry())
    let cluster = try ClusterConfiguration.load(kubeconfig: kubeconfig)
    let client = try ClusterClient(
      cluster, userAgent: "apus-operator/0.1.0 (linux/amd64)", logger: logger, observe: metrics.note)
    let instance = environment["POD_NAME"] ?? ProcessInfo.processInfo.hostName
    let elector =
      leaderElect
      ? LeaderElector(
        client, namespace: environment["POD_NAMESPACE"] ?? cluster.namespace, name: "apus-operator",
        identity: "\(instance)_\(UUID().uuidString.lowercased())", logger: logger) : nil
    let api: any KubernetesAPI = elector.map { LeaderGuardedAPI(client, $0.leadership) } ?? client
    let events = EventRecorder(
      api, reporter: "apus.dev/operator", instance: instance, metrics: metrics, logger: logger)
    let transport = try CurlTransport(TransportConfiguration(userAgent: "apus-operator/0.1.0"))
    let host = OperatorAssembly(
      api: api, settings: settings.settings, namespace: namespace, workers: workers, transport: transport,
      events: events, metrics: metrics, elector: elector, logger: logger
    ).host
    let servers = endpointServers(
      OperatorEndpoints(host, metrics: metrics), podIP: environment["POD_IP"].flatMap { $0.isEmpty ? nil : $0 },
      logger)
    logger.info(
      "operator starts",
      metadata: ["server": "\(cluster.host)", "namespace": "\(namespace ?? "all")", "instance": "\(instance)"])
    // They end from the last to the first: what the host has recorded is still written when it ends.
    try await run([events] + servers + [host], logger)
  }

  private func endpointServers(
    _ endpoints: OperatorEndpoints, podIP: String?, _ logger: Logger
  ) -> [any Service] {
    [
      endpointServer(
        healthAddress, podIP: podIP, name: "health", logger: logger,
        answer: { path, _ in endpoints.health(path: path) }),
      endpointServer(
        metricsAddress, podIP: podIP, name: "metrics", logger: logger,
        answer: { endpoints.metrics(path: $0, accept: $1) }),
    ].compactMap { $0 }
  }

  private func run(_ services: [any Service], _ logger: Logger) async throws {
    var configuration = ServiceGroupConfiguration(
      services: services.map { .init(service: $0) }, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    configuration.maximumGracefulShutdownDuration = .seconds(1)
    configuration.maximumCancellationDuration = .seconds(1)
    try await ServiceGroup(configuration: configuration).run()
  }

  private func readConfiguration() throws -> OperatorConfiguration {
    guard let data = FileManager.default.contents(atPath: config) else {
      throw OperatorConfigurationError.unreadable(
        file: config, reason: "can not be read; name the operator's settings with --config")
    }
    return try OperatorConfiguration(yaml: Array(data), file: config)
  }
}
