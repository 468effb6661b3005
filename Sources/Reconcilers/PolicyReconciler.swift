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
  let metrics: OperatorMetricsRecorder
  let alerts: AlertDispatcher
  let time: TimeSource
  private let teller: Teller
  private let writer: ClusterWriter
  private let api: any KubernetesAPI
  private let warnings: WarningReader
  private let prometheus: PrometheusReader
  private let mirror: TelemetryMirror?
  private let definitions: InstalledDefinitions?
  private let settled = SettledObjects()
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
    self.logger = logger
    writer = ClusterWriter(api: api, caches: caches, logger: logger)
    self.api = api
    warnings = WarningReader(api, time: time, logger: logger)
    prometheus = PrometheusReader(transport: transport)
    self.mirror = mirror
    self.definitions = definitions
  }

  /// Seconds until the next look, or nil to wait for a change.
  package func reconcile(_ key: ObjectKey) async throws -> Double? {
    guard let object = caches.policies.store[key], object[path: "metadata", "deletionTimestamp"] == nil else {
      metrics.forgetPolicy(key)
      settled.forget(key)
      return nil
    }
    do {
      if let hold = definitions?.hold { return try await wait(hold, key, object) }
      return try await reconcile(key, object)
    } catch  where error.isFarewell {
      logger.debug("the policy or its namespace is going away", metadata: ["policy": "\(key)", "answer": "\(error)"])
      return farewellPause
    }
  }

  private func reconcile(_ key: ObjectKey, _ object: JSONValue) async throws -> Double? {
    let sight = caches.sight(ofPolicy: key, object)
    if let rest = settled.rest(key, sight, at: time.wall()) { return rest.seconds }
    guard let observed = try await observe(key, object) else { return nil }
    let decision = observed.decide()
    var policy = observed.policy
    if decision.hasEffects, decision.status.outbox != policy.status.outbox {
      policy = try await writer.intend(decision.status.outbox, of: policy, object)
    }
    try await writer.apply(decision.apply, owner: policy.ownerReference)
    try await writer.stop(decision.stop)
    try await writer.remove(decision.remove)
    try await writer.writeStatus(decision.status, of: policy)
    let again = try await tell(decision.status, observed.policy, object)
    metrics.show(observed, decision)
    let next = [decision.requeueAfter, again].compactMap(\.self).min()
    // Own writes, and what came meanwhile, would have changed what is seen.
    if decision.leavesNothing(of: observed), let object = caches.policies.store[key],
      caches.sight(ofPolicy: key, object) == sight
    {
      settled.remember(key, sight, at: observed.moment, due: next)
    }
    return next
  }

  /// Tells people what the status says is still to be told, and takes it out there. Gives the seconds until what could not
  /// be told is tried again.
  private func tell(
    _ status: MonitoringPolicyStatus, _ policy: MonitoringPolicy, _ object: JSONValue
  ) async throws -> Double? {
    var outbox = await teller.tell(status.outbox, about: object)
    let isTold = outbox.isEmpty
    let (alerts, problems) = await deliver(status.alerting.pending, of: policy)
    // Told next time: the write below brings it about.
    outbox.add(problems.map { .init(.warning, Reason.alertNotDelivered.rawValue, $0) }, at: time.wall())
    if outbox != status.outbox || alerts != status.alerting.pending {
      try await writer.patchStatus(
        [
          "outbox": outbox.isEmpty ? .null : .document(outbox),
          "alerting": ["pending": alerts.isEmpty ? .null : .document(alerts)],
        ], of: object, ApusGroup.monitoringPolicies)
    }
    let retry = alerts.compactMap(\.retryAt).min().map { max($0.seconds(since: time.wall()), 1) }
    return [isTold ? nil : untoldPause, retry].compactMap(\.self).min()
  }

  private func observe(_ key: ObjectKey, _ object: JSONValue) async throws -> PolicyObservation? {
    let policy: MonitoringPolicy
    do {
      policy = try caches.decodedPolicies.decode(object)
    } catch {
      try await refuse(object, error)
      return nil
    }
    let uid = policy.metadata.uid ?? ""
    let now = time.wall()
    // One that is being deleted is not checked any more.
    let model = caches.model(ObjectKey(namespace: key.namespace, name: policy.spec.modelRef.name))
      .flatMap { $0.metadata.isBeingDeleted ? nil : $0 }
    let jobs = try await warnings.informed(
      caches.workerJobs(ownedBy: uid, at: now), in: key.namespace, at: now)
    var observed = PolicyObservation(
      now: now, policy: policy, settings: settings, model: model,
      versions: model?.metadata.uid.map(caches.versions(ownedBy:)) ?? [],
      jobs: jobs, runConfigurations: caches.runConfigurations(ownedBy: uid),
      unusableChannels: AlertChannels.defects(policy.spec.alerts))
    if !observed.unrecordedJobs.isEmpty {
      observed.readings = await prometheus.readings(policy.spec.performance.queries)
    }
    return observed
  }

  /// The object does not even have the form of a MonitoringPolicy: older servers let that through.
  private func refuse(_ object: JSONValue, _ error: ResourceError) async throws {
    try await write(StalledStatus(object, error, at: time.wall()), object)
  }

  /// Nothing is decided, and no alert sent, while the cluster would not keep what is written.
  private func wait(_ hold: InstalledDefinitions.Hold, _ key: ObjectKey, _ object: JSONValue) async throws -> Double {
    settled.forget(key)
    if case .older(let message) = hold {
      try await write(StalledStatus(object, .crdsOlder, message, at: time.wall()), object)
    }
    return hold.pause
  }

  private func write(_ stalled: StalledStatus, _ object: JSONValue) async throws {
    if stalled.isNews { try await writer.patchStatus(stalled.status, of: object, ApusGroup.monitoringPolicies) }
    let outbox = Teller.outbox(of: stalled.status)
    let left = await teller.tell(outbox, about: object)
    guard left.count < outbox.count else { return }
    try await writer.patchStatus(
      ["outbox": left.isEmpty ? .null : .document(left)], of: object, ApusGroup.monitoringPolicies)
  }

  /// Sends what is due. Credentials are read when they are needed and kept nowhere. Gives what is left to send, and what
  /// people have to know: of an alert the first failure, a channel's final no, and that it is given up.
  private func deliver(
    _ pending: [AlertingStatus.PendingAlert], of policy: MonitoringPolicy
  ) async -> (left: [AlertingStatus.PendingAlert], problems: [String]) {
    var left: [AlertingStatus.PendingAlert] = []
    var problems: [String] = []
    let defects = AlertChannels.defects(policy.spec.alerts)
    let secrets = ChannelSecrets(api, namespace: policy.metadata.namespace ?? "")
    for entry in pending {
      let now = time.wall()
      guard entry.isDue(at: now) else {
        left.append(entry)
        continue
      }
      guard let alert = Alert(entry, of: policy) else { continue }
      let open = await AlertChannels.open(policy.spec.alerts, named: Set(alert.channels), secrets)
      let failures = await alerts.deliver(alert, channels: open.channels)
      // Where only people can help, by another spec or another address, a later try cannot.
      let failed =
        failures.filter { !$0.isFinal }.map(\.channel) + open.problems.keys.filter { defects[$0] == nil }.sorted()
      let next = failed.isEmpty ? nil : entry.afterFailure(of: failed, at: now)
      if let next { left.append(next) }
      var whole = entry
      whole.channels = nil
      if let mirror, let alert = Alert(whole, of: policy) {
        let reasons = alerts.refusals(of: alert).merging(open.problems) { $1 }
          .merging(failures.map { ($0.channel, $0.reason) }) { $1 }
        let model = caches.model(ObjectKey(namespace: alert.namespace, name: alert.model))
        mirror.note(alert, of: model, failures: reasons)
      }
      guard entry.attempts == 0 || next == nil || failures.contains(where: \.isFinal) else { continue }
      problems += (open.problems.map { "channel \($0.key): \($0.value)" } + failures.map(\.description)).sorted()
    }
    return (left, problems)
  }
}

extension PolicyDecision {
  /// Whether there is nothing to be written or told.
  fileprivate func leavesNothing(of observed: PolicyObservation) -> Bool {
    status == observed.policy.status && status.outbox.isEmpty && status.alerting.pending.isEmpty && recorded.isEmpty
      && apply.isEmpty && stop.isEmpty && remove.isEmpty && observed.unrecordedJobs.isEmpty
  }
}
