import ApusAPI
import ControllerRuntime
package import Decisions
package import HTTPTransport
package import KubernetesClient
package import KubernetesModel
package import Logging
import WorkerContract

/// What an administrator allows wakes nobody.
private let rightsPause = 60.0

/// Watches over one model as its MonitoringPolicy asks: observe, decide, apply, remove, report, announce.
package struct PolicyReconciler: Sendable {
  let caches: ClusterCaches
  let settings: OperatorSettings
  let metrics: OperatorMetricsRecorder
  let alerts: AlertDispatcher
  let time: TimeSource
  private let teller: Teller
  private let writer: ClusterWriter
  private let secrets: SecretReader
  private let stalled: StalledWriter
  private let warnings: WarningReader
  private let prometheus: PrometheusReader
  private let mirror: TelemetryMirror?
  let settled = SettledObjects()
  private let entry: ReconcileEntry
  private let logger: Logger

  package init(
    api: any KubernetesAPI, caches: ClusterCaches, settings: OperatorSettings, transport: any HTTPTransport,
    alerts: AlertDispatcher, events: any EventSink, metrics: OperatorMetricsRecorder,
    mirror: TelemetryMirror? = nil, definitions: InstalledDefinitions? = nil, time: TimeSource = .system,
    logger: Logger
  ) {
    self.caches = caches
    self.settings = settings
    teller = Teller(events: events, logger: logger)
    self.metrics = metrics
    self.alerts = alerts
    self.time = time
    writer = ClusterWriter(api: api, caches: caches, logger: logger)
    secrets = SecretReader(api, settings.access, time: time)
    stalled = StalledWriter(writer: writer, teller: teller, time: time, resource: ApusGroup.monitoringPolicies)
    warnings = WarningReader(api, time: time, logger: logger)
    prometheus = PrometheusReader(transport: transport)
    self.mirror = mirror
    self.logger = logger
    entry = ReconcileEntry(
      caches: caches, definitions: definitions, settled: settled, stalled: stalled, time: time, logger: logger)
  }

  /// A mail to many recipients by a slow server ends within it.
  package static let timeLimit = Duration.seconds(300)

  /// Seconds until the next look, or nil to wait for a change.
  package func reconcile(_ key: ObjectKey) async throws -> Double? {
    try await entry.reconcile(key) { reader in
      reader.policyDocument(key.name).flatMap { $0.isTerminating ? nil : $0 }
    } whenGone: { _ in
      metrics.forgetPolicy(key)
      return nil
    } decide: { object, reader in
      try await reconcile(key, object, reader)
    }
  }

  private func reconcile(_ key: ObjectKey, _ object: JSONValue, _ reader: CacheReader) async throws -> Double? {
    let start = time.monotonic()
    guard let observed = try await observe(object, reader) else { return nil }
    let decision = observed.decide()
    var policy = observed.policy
    if decision.hasEffects, decision.status.outbox != policy.status.outbox {
      policy = try await writer.recordIntent(decision.status.outbox, of: policy, object)
    }
    try await writer.apply(decision.apply, owner: policy.ownerReference, reading: reader)
    try await writer.stop(decision.stop)
    try await writer.remove(decision.remove)
    try await writer.writeStatus(decision.status, of: policy)
    let again = try await tell(decision.status, observed.policy, object, reader, since: start)
    metrics.show(decision, of: key, model: policy.spec.modelRef.name)
    let next = [decision.requeueAfter, again, observed.waitsForRights ? rightsPause : nil].compactMap(\.self).min()
    if decision.leavesNothing(of: observed) { settled.remember(reader, at: observed.moment, due: next) }
    return next
  }

  /// Tells people what the status says is still to be told, and takes it out there. Gives the seconds until what could not
  /// be told is tried again.
  private func tell(
    _ status: MonitoringPolicyStatus, _ policy: MonitoringPolicy, _ object: JSONValue, _ reader: CacheReader,
    since start: Duration
  ) async throws -> Double? {
    var outbox = await teller.tell(status.outbox, about: object)
    let isTold = outbox.isEmpty
    var pending = status.alerting.pending
    var written = (outbox: status.outbox, pending: pending)
    func write() async throws {
      guard outbox != written.outbox || pending != written.pending else { return }
      try await writer.patchStatus(
        [
          "outbox": outbox.isEmpty ? .null : .document(outbox),
          "alerting": ["pending": pending.isEmpty ? .null : .document(pending)],
        ], of: object, ApusGroup.monitoringPolicies)
      written = (outbox, pending)
    }
    var pass = AlertPass(policy, secrets, alerts, time, since: start)
    var index = 0
    while index < pending.count {
      let step = try await pass.send(pending[index]) { left in
        // At once: a process that ends while it waits for a slow channel has recorded the others.
        pending[index] = left
        do {
          try await write()
        } catch {
          logger.debug("which channels have an alert is written later", metadata: ["error": "\(error)"])
        }
      }
      guard let step else {
        index += 1
        continue
      }
      if let left = step.left {
        pending[index] = left
        index += 1
      } else {
        pending.remove(at: index)
      }
      // Told next time: the write below brings it about.
      outbox.add(step.told.map { .init(.warning, Reason.alertNotDelivered.rawValue, $0) }, at: time.wall())
      if let mirror, let (alert, failures) = step.sent {
        mirror.note(alert, of: reader.model(alert.model), failures: failures)
      }
      // The same when a pass is broken off later.
      try await write()
    }
    try await write()
    return [isTold ? nil : untoldPause, pending.nextTry(after: time.wall()), pass.isCutShort ? 1 : nil]
      .compactMap(\.self).min()
  }

  /// Before there is an alert: it must not be the first to find that the operator may not read a channel's Secrets.
  private func refusedChannels(
    _ alerts: MonitoringPolicySpec.Alerts?, _ reader: CacheReader
  ) async -> [String: String] {
    var refused: [String: String] = [:]
    for (channel, names) in AlertChannels.secrets(alerts) {
      let verdict = await secrets.verdict(on: names, in: reader.namespace)
      reader.readOutside(believedFor: verdict.believedFor)
      refused[channel] = verdict.refusal
    }
    return refused
  }

  func observe(_ object: JSONValue, _ reader: CacheReader) async throws -> PolicyObservation? {
    let policy: MonitoringPolicy
    do {
      policy = try caches.decodedPolicies.decode(object)
    } catch {
      try await stalled.refuse(object, error)
      return nil
    }
    let uid = policy.metadata.uid ?? ""
    let now = time.wall()
    // There the operator may have no rights: nothing is read but what the caches hold.
    guard settings.access.refusal(of: reader.namespace) == nil else {
      return PolicyObservation(now: now, policy: policy, settings: settings)
    }
    // One that is being deleted is not checked any more.
    let model = reader.model(policy.spec.modelRef.name).flatMap { $0.metadata.isBeingDeleted ? nil : $0 }
    let jobs = try await warnings.informed(reader.workerJobs(ownedBy: uid, at: now), at: now, reader)
    let refused = await refusedChannels(policy.spec.alerts, reader)
    let labels = try await LabelledSecrets(secrets: secrets).labelled(
      among: SecretConsent.names(policy.spec, settings, in: reader.namespace), reader)
    var observed = PolicyObservation(
      now: now, policy: policy, settings: settings, model: model,
      versions: model?.metadata.uid.map(reader.versions(ownedBy:)) ?? [],
      jobs: jobs, runConfigurations: reader.runConfigurations(ownedBy: uid),
      unusableChannels: AlertChannels.defects(policy.spec.alerts).merging(refused) { defect, _ in defect },
      labelledSecrets: labels.names, labelsRefusal: labels.refusal)
    observed.waitsForRights = !refused.isEmpty
    if observed.hasEndedChecks {
      observed.readings = await prometheus.readings(policy.spec.performance.queries, reader)
    }
    return observed
  }
}
