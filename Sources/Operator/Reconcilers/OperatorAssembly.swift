package import ControllerRuntime
package import Decisions
package import HTTPTransport
package import KubernetesClient
import KubernetesModel
package import Logging
import Telemetry
package import Values

/// The whole operator but for its ports: caches, reconcilers, controllers, put together.
package struct OperatorAssembly: Sendable {
  package let caches: ClusterCaches
  package let host: ControllerHost

  /// - Parameters:
  ///   - api: reads always, writes only while this process leads.
  ///   - namespace: nil: all of them.
  ///   - home: the operator's own namespace, where its keys are kept; nil: it keeps none.
  ///   - events: its last events are written before the lease is released; it runs as a service of its own.
  ///   - transport: reaches the pods of models.
  ///   - outside: reaches what policies and Secrets name, and holds every connection to `outbound`; so does `mail`.
  ///   - elector: nil: there is only one process.
  package init(
    api: any KubernetesAPI, settings: OperatorSettings, namespace: String?, home: String? = nil, workers: Int,
    transport: any HTTPTransport, outside: any HTTPTransport, mail: any MailTransport, outbound: OutboundRules,
    events: EventRecorder, metrics: RuntimeMetrics, elector: LeaderElector?,
    time: TimeSource = .system, logger: Logger
  ) {
    var settings = settings
    let ownNamespace = settings.access.home
    settings.network?.operatorNamespace = ownNamespace
    caches = ClusterCaches(api, namespace: namespace, time: time, logger: logger)
    let recorder = OperatorMetricsRecorder(metrics.registry)
    let secrets = SecretReader(api, settings.access, time: time)
    let isNamedByNamespaces = settings.storage.telemetrySecret != nil
    let mirror = TelemetryMirror(
      secrets: secrets, storage: settings.storage, time: time, logger: logger,
      open: { (location) throws(TelemetryError) in
        try openTelemetryStore(at: location, outbound: isNamedByNamespaces ? outbound : nil)
      })
    let definitions = InstalledDefinitions(api, logger: logger)
    let alerts = AlertDispatcher(transport: outside, mail: mail, time: time, logger: logger)
    let models = ModelReconciler(
      api: api, caches: caches, settings: settings,
      confirmations: RoutingConfirmations(transport: transport, logger: logger),
      keyring: home.map { OperatorKeyring(api: api, namespace: $0, time: time, logger: logger) }, events: events,
      metrics: recorder, mirror: mirror, definitions: definitions, time: time, logger: logger)
    let policies = PolicyReconciler(
      api: api, caches: caches, settings: settings, transport: outside, alerts: alerts, events: events,
      metrics: recorder, mirror: mirror, definitions: definitions, time: time, logger: logger)
    host = ControllerHost(
      [
        OperatorControllers.model(models, caches, workers: workers, time: time, metrics: metrics, logger: logger),
        OperatorControllers.policy(policies, caches, workers: workers, time: time, metrics: metrics, logger: logger),
      ], preconditions: [definitions, StorageAdvice(settings.storage, logger: logger)], elector: elector,
      events: events, time: time, metrics: metrics, logger: logger)
  }
}
