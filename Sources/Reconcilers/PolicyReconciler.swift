package import Alerting
import ApusAPI
import ControllerRuntime
package import Decisions
package import HTTPTransport
package import KubernetesClient
package import KubernetesModel
package import Logging
import WorkerContract

/// Watches over one model as its MonitoringPolicy asks: observe, decide, apply, remove, report, announce.
package struct PolicyReconciler: Sendable {
  let caches: ClusterCaches
  let settings: OperatorSettings
  let events: any EventSink
  let metrics: OperatorMetricsRecorder
  let alerts: AlertDispatcher
  let time: TimeSource
  private let writer: ClusterWriter
  private let channels: ChannelReader
  private let prometheus: PrometheusReader
  private let logger: Logger

  package init(
    api: any KubernetesAPI, caches: ClusterCaches, settings: OperatorSettings, transport: any HTTPTransport,
    alerts: AlertDispatcher, events: any EventSink, metrics: OperatorMetricsRecorder, time: TimeSource = .system,
    logger: Logger
  ) {
    self.caches = caches
    self.settings = settings
    self.events = events
    self.metrics = metrics
    self.alerts = alerts
    self.time = time
    self.logger = logger
    writer = ClusterWriter(api: api, caches: caches, logger: logger)
    channels = ChannelReader(api: api)
    prometheus = PrometheusReader(transport: transport)
  }

  /// Seconds until the next look, or nil to wait for a change.
  package func reconcile(_ key: ObjectKey) async throws -> Double? {
    guard let object = caches.policies.store[key], object[path: "metadata", "deletionTimestamp"] == nil else {
      metrics.forgetPolicy(key)
      return nil
    }
    do {
      return try await reconcile(key, object)
    } catch  where error.isFarewell {
      logger.debug("the policy or its namespace is going away", metadata: ["policy": "\(key)", "answer": "\(error)"])
      return farewellPause
    }
  }

  private func reconcile(_ key: ObjectKey, _ object: JSONValue) async throws -> Double? {
    guard let observed = try await observe(key, object) else { return nil }
    let decision = observed.decide()
    try await writer.apply(decision.apply, owner: observed.policy.ownerReference)
    try await writer.stop(decision.stop)
    try await writer.remove(decision.remove)
    try await writer.writeStatus(.document(decision.status), of: observed.policy)
    announce(decision.announcements, about: object)
    await deliver(decision.alerts, observed, object)
    metrics.show(observed, decision)
    return decision.requeueAfter
  }

  private func observe(_ key: ObjectKey, _ object: JSONValue) async throws -> PolicyObservation? {
    let policy: MonitoringPolicy
    do {
      policy = try MonitoringPolicy.decode(object)
    } catch {
      let refusal = SpecRefusal(object, error, at: time.wall())
      guard refusal.isNews else { return nil }
      try await writer.patchStatus(refusal.status, of: object, ApusGroup.monitoringPolicies)
      announce([refusal.announcement], about: object)
      return nil
    }
    let uid = policy.metadata.uid ?? ""
    let now = time.wall()
    let model = caches.model(ObjectKey(namespace: key.namespace, name: policy.spec.modelRef.name))
    var observed = PolicyObservation(
      now: now, policy: policy, settings: settings, model: model,
      versions: model?.metadata.uid.map(caches.versions(ownedBy:)) ?? [],
      jobs: caches.workerJobs(ownedBy: uid, at: now),
      runConfigurations: caches.runConfigurations(ownedBy: uid),
      unusableChannels: ChannelReader.unsupported(policy.spec.alerts))
    if !observed.unrecordedJobs.isEmpty {
      observed.readings = await prometheus.readings(policy.spec.performance.queries)
    }
    return observed
  }

  private func announce(_ announcements: [Decisions.Announcement], about object: JSONValue) {
    for announcement in announcements { events.announce(announcement, about: object.objectReference) }
  }

  /// Credentials are read when they are needed and kept nowhere.
  private func deliver(_ alerts: [Alert], _ observed: PolicyObservation, _ object: JSONValue) async {
    guard !alerts.isEmpty else { return }
    let wanted = Set(alerts.flatMap(\.channels))
    let read = await channels.channels(
      observed.policy.spec.alerts, named: wanted, namespace: observed.policy.metadata.namespace ?? "")
    let failures = await self.alerts.deliver(alerts, channels: read.channels)
    let problems =
      read.problems.map { "channel \($0.key): \($0.value)" } + failures.map(\.description)
    for problem in problems.sorted() {
      events.announce(
        Decisions.Announcement(.warning, Reason.alertNotDelivered.rawValue, problem), about: object.objectReference)
    }
  }
}
