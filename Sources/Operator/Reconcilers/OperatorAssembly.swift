package import ControllerRuntime
package import Decisions
package import HTTPTransport
package import KubernetesClient
import KubernetesModel
package import Logging

/// The whole operator but for its ports: caches, reconcilers, controllers, put together.
package struct OperatorAssembly: Sendable {
  package let caches: ClusterCaches
  package let host: ControllerHost

  /// - Parameters:
  ///   - api: reads always, writes only while this process leads.
  ///   - namespace: nil: all of them.
  ///   - home: the operator's own namespace, where its keys are kept; nil: it keeps none.
  ///   - podNamespace: the same where the operator runs in a pod, which servers let in by it.
  ///   - events: its last events are written before the lease is released; it runs as a service of its own.
  ///   - elector: nil: there is only one process.
  package init(
    api: any KubernetesAPI, settings: OperatorSettings, namespace: String?, home: String? = nil,
    podNamespace: String? = nil, workers: Int,
    transport: any HTTPTransport, mail: any MailTransport = CurlMailTransport(), events: EventRecorder,
    metrics: RuntimeMetrics, elector: LeaderElector?,
    time: TimeSource = .system, logger: Logger
  ) {
    var settings = settings
    settings.network?.operatorNamespace = podNamespace
    caches = ClusterCaches(api, namespace: namespace, time: time, logger: logger)
    let recorder = OperatorMetricsRecorder(metrics.registry)
    let mirror = TelemetryMirror(api: api, storage: settings.storage, time: time, logger: logger)
    let definitions = InstalledDefinitions(api, logger: logger)
    let alerts = AlertDispatcher(transport: transport, mail: mail, time: time, logger: logger)
    let models = ModelReconciler(
      api: api, caches: caches, settings: settings,
      confirmations: RoutingConfirmations(transport: transport, logger: logger),
      keyring: home.map { OperatorKeyring(api: api, namespace: $0, time: time, logger: logger) }, events: events,
      metrics: recorder, mirror: mirror, definitions: definitions, time: time, logger: logger)
    let policies = PolicyReconciler(
      api: api, caches: caches, settings: settings, transport: transport, alerts: alerts, events: events,
      metrics: recorder, mirror: mirror, definitions: definitions, time: time, logger: logger)
    host = ControllerHost(
      [
        OperatorControllers.model(models, caches, workers: workers, time: time, metrics: metrics, logger: logger),
        OperatorControllers.policy(policies, caches, workers: workers, time: time, metrics: metrics, logger: logger),
      ], preconditions: [definitions], elector: elector, events: events, time: time, metrics: metrics, logger: logger)
  }
}
