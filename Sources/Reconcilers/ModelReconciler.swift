import ApusAPI
import ControllerRuntime
package import Decisions
package import KubernetesClient
package import KubernetesModel
package import Logging
import WorkerContract

/// Right after a pod has confirmed the routing table: enough for the caches, short enough for people.
private let confirmationPause = 0.05
/// Another's object does not go away by itself.
private let foreignObjectPause = 60.0

/// Keeps one ModelDeployment as its spec wants it: observe, decide, apply, remove, report, announce.
package struct ModelReconciler: Sendable {
  let caches: ClusterCaches
  let settings: OperatorSettings
  let confirmations: RoutingConfirmations
  let metrics: OperatorMetricsRecorder
  let time: TimeSource
  private let teller: Teller
  private let writer: ClusterWriter
  private let capabilities: Capabilities
  private let secrets: ServingSecrets
  private let warnings: WarningReader
  private let mirror: TelemetryMirror?
  private let definitions: InstalledDefinitions?
  private let settled = SettledObjects()
  private let departures: Departures
  private let departed: DepartedModels
  private let logger: Logger

  package init(
    api: any KubernetesAPI, caches: ClusterCaches, settings: OperatorSettings, confirmations: RoutingConfirmations,
    events: any EventSink, metrics: OperatorMetricsRecorder, mirror: TelemetryMirror? = nil,
    definitions: InstalledDefinitions? = nil, time: TimeSource = .system, logger: Logger
  ) {
    self.caches = caches
    self.settings = settings
    self.confirmations = confirmations
    teller = Teller(events: events, logger: logger)
    self.metrics = metrics
    self.time = time
    self.logger = logger
    writer = ClusterWriter(api: api, caches: caches, logger: logger)
    capabilities = Capabilities(api, time: time)
    secrets = ServingSecrets(api: api)
    warnings = WarningReader(api, time: time, logger: logger)
    self.mirror = mirror
    self.definitions = definitions
    departures = Departures(events: events, settings: settings, time: time, logger: logger)
    departed = DepartedModels(
      api: api, caches: caches, settings: settings, writer: writer, capabilities: capabilities, events: events,
      time: time,
      logger: logger)
  }

  /// Seconds until the next look, or nil to wait for a change.
  package func reconcile(_ key: ObjectKey) async throws -> Double? {
    guard let object = caches.models.store[key], object[path: "metadata", "deletionTimestamp"] == nil else {
      metrics.forgetModel(key)
      confirmations.forget(key)
      mirror?.forget(key)
      settled.forget(key)
      await departures.leave(key)
      return try await departed.reconcile(key).again
    }
    await departures.meet(key, object)
    do {
      if let hold = definitions?.hold { return try await wait(hold, key, object) }
      return try await reconcile(key, object)
    } catch  where error.isFarewell {
      logger.debug("the model or its namespace is going away", metadata: ["model": "\(key)", "answer": "\(error)"])
      return farewellPause
    }
  }

  private func reconcile(_ key: ObjectKey, _ object: JSONValue) async throws -> Double? {
    let sight = caches.sight(ofModel: key, object)
    if let rest = settled.rest(key, sight.with(confirmations.known(of: key)), at: time.wall()) { return rest.seconds }
    let departed = try await departed.reconcile(key)
    guard var observed = try await observe(key, object) else { return departed.again }
    observed.predecessorIsBeingRemoved = departed.isActive
    var decision = observed.decide()
    if await confirmAnew(decision.pushes, observed) {
      observed.confirmations = confirmations.revisions(of: observed.pods, model: key)
      observed.refusals = confirmations.refusals(of: observed.pods, model: key)
      decision = observed.decide()
    }
    let again = [try await carryOut(decision, on: observed, object), departed.again].compactMap(\.self).min()
    // Own writes, and what came meanwhile, would have changed what is seen.
    if decision.leavesNothing(of: observed), !departed.isActive, let object = caches.models.store[key],
      caches.sight(ofModel: key, object) == sight
    {
      let confirmed = confirmations.known(of: key)
      settled.remember(key, sight.with(confirmed), at: observed.moment, due: again)
    }
    return again
  }

  private func push(_ pushes: [RoutingPush], to observed: ModelObservation) async -> Bool {
    let key = observed.model.key
    guard !pushes.isEmpty else { return await confirmations.push([], of: key) }
    do {
      let security = observed.model.spec.serving.security
      let headers = try await secrets.headers(security, in: key.namespace)
      let certificate = try await secrets.certificate(security, in: key.namespace)
      return await confirmations.push(pushes, of: key, headers: headers, certificate: certificate)
    } catch {
      // As a pod that does not answer: it is asked again soon.
      logger.info("the Secrets of the servers cannot be read yet", metadata: ["model": "\(key)", "error": "\(error)"])
      return false
    }
  }

  /// After a restart nothing is known of what the pods confirmed to the process before this one. They are asked before
  /// anything is said about them, or else every restart would be an interruption in the conditions and an Event.
  private func confirmAnew(_ pushes: [RoutingPush], _ observed: ModelObservation) async -> Bool {
    let key = observed.model.key
    guard !confirmations.hasAsked(about: key) else { return false }
    // A table that is new is written before pods are told.
    let isWritten = pushes.allSatisfy { $0.revision == observed.routing?.revision }
    return await push(isWritten ? pushes : [], to: observed)
  }

  private func carryOut(
    _ decision: ModelDecision, on observed: ModelObservation, _ object: JSONValue
  ) async throws -> Double? {
    let key = observed.model.key
    var model = observed.model
    // Where another's object stands in the way, what is intended does not come about.
    let isHeldUp = model.status.conditions[ConditionType.stalled.rawValue]?.reason == Reason.ownedByAnother.rawValue
    if decision.hasEffects, !isHeldUp, decision.status.outbox != model.status.outbox {
      model = try await writer.intend(decision.status.outbox, of: model, object)
    }
    do {
      try await writer.apply(decision.apply, owner: model.ownerReference)
    } catch ApplyError.foreign(let target, let owner) {
      return try await stall(observed, model, object, foreign: "\(target) (of \(owner))")
    }
    try await report(decision.versionStatuses, in: key.namespace)
    try await setFinalizers(decision.finalizers, in: key.namespace)
    try await writer.stop(decision.stop)
    try await writer.remove(decision.remove)
    try await writer.writeStatus(decision.status, of: model)
    let isTold = try await tell(decision.status.outbox, about: object)
    let hasNews = await push(decision.pushes, to: observed)
    metrics.show(observed, decision)
    reflect(decision, of: model)
    if hasNews { return confirmationPause }
    return isTold ? decision.requeueAfter : min(decision.requeueAfter ?? untoldPause, untoldPause)
  }

  /// Notes for the registry's mirror what this decision has changed; of a model seen for the first time everything.
  private func reflect(_ decision: ModelDecision, of model: ModelDeployment) {
    guard let mirror else { return }
    let hasNews =
      !decision.versionStatuses.isEmpty || decision.apply.contains { $0.resource == ApusGroup.modelVersions }
    guard mirror.isNew(model.key) || hasNews else { return }
    mirror.note(caches.versions(ownedBy: model.metadata.uid ?? ""), of: model)
  }

  /// Whether nothing is left to be told. What has been told is taken out of the status, whoever has written it meanwhile.
  private func tell(_ outbox: [PendingEvent], about object: JSONValue) async throws -> Bool {
    let left = await teller.tell(outbox, about: object)
    if left.count < outbox.count {
      try await writer.patchStatus(
        ["outbox": left.isEmpty ? .null : .document(left)], of: object, ApusGroup.modelDeployments)
    }
    return left.isEmpty
  }

  /// Another's object stands in the way: it is left alone and the model says so; looked at again slowly. What was to be
  /// done is not announced.
  private func stall(
    _ observed: ModelObservation, _ model: ModelDeployment, _ object: JSONValue, foreign: String
  ) async throws -> Double? {
    var observed = observed
    observed.foreign = [foreign]
    observed.model.status.outbox = []
    let decision = observed.decide()
    try await writer.writeStatus(decision.status, of: model)
    let isTold = try await tell(decision.status.outbox, about: object)
    return isTold ? foreignObjectPause : untoldPause
  }

  private func observe(_ key: ObjectKey, _ object: JSONValue) async throws -> ModelObservation? {
    let model: ModelDeployment
    do {
      model = try caches.decodedModels.decode(object)
    } catch {
      try await refuse(object, error)
      return nil
    }
    let uid = model.metadata.uid ?? ""
    let now = time.wall()
    let pods = try await warnings.informed(serverPods(key), in: key.namespace, at: now)
    let jobs = try await warnings.informed(
      caches.workerJobs(ownedBy: uid, at: now), in: key.namespace, at: now)
    // One that is being deleted asks for nothing any more.
    let requests = caches.policies(of: key).filter { !$0.metadata.isBeingDeleted }.compactMap { policy in
      policy.status.retraining.request.flatMap { request in policy.metadata.name.map { ($0, request) } }
    }
    let deployment = caches.deployments.store[key]
    let versions = caches.versions(ownedBy: uid)
    let mayRetire = Registry(versions, now: now).mayRetire(keeping: model.spec.promotion.keep)
    return ModelObservation(
      now: now, model: model, settings: settings, jobs: jobs,
      runConfigurations: caches.runConfigurations(ownedBy: uid), versions: versions,
      routing: routing(key), pods: pods,
      replicas: deployment?[path: "spec", "replicas"]?.integer,
      isRollingOut: deployment.map(Self.isRollingOut) ?? false,
      serversAreDrawn: deployment.map(PodAffinity.isIn) ?? true, podRefusal: deployment.flatMap(Self.podRefusal),
      confirmations: confirmations.revisions(of: pods, model: key),
      refusals: confirmations.refusals(of: pods, model: key),
      retrainingRequests: Dictionary(requests, uniquingKeysWith: { $1 }),
      policies: caches.policies(in: key.namespace, named: model.status.handled.monitoringRequests.keys),
      claimExists: try await capabilities.hasClaim(settings.storage.claim.name, in: key.namespace),
      canAutoscale: model.spec.serving.autoscaling == nil
        ? true : try await capabilities.canAutoscale(in: key.namespace),
      autoscalerUID: try await orphanedAutoscaler(of: model), highestForeignNumber: caches.highestNumber(of: model),
      foreignDigests: mayRetire ? caches.digests(notOwnedBy: uid) : [],
      secretProblems: try await secrets.problems(model.spec.serving.security, in: key.namespace))
  }

  /// Looked for once for each change of the spec: the status that says that a generation was seen is written last.
  private func orphanedAutoscaler(of model: ModelDeployment) async throws -> String? {
    guard model.spec.serving.autoscaling == nil, let seen = model.status.observedGeneration,
      seen != model.metadata.generation
    else { return nil }
    return try await capabilities.autoscaler(
      model.metadata.name ?? "", in: model.metadata.namespace ?? "", ownedBy: model.metadata.uid ?? "")
  }

  /// By the Deployment's own word; without one its pods tell enough.
  private static func isRollingOut(_ deployment: JSONValue) -> Bool {
    guard let seen = deployment[path: "status", "observedGeneration"]?.integer else { return false }
    let updated = deployment[path: "status", "updatedReplicas"]?.integer ?? 0
    return seen < deployment[path: "metadata", "generation"]?.integer ?? 0
      || updated < deployment[path: "spec", "replicas"]?.integer ?? 0
      || updated < deployment[path: "status", "replicas"]?.integer ?? 0
  }

  private static func podRefusal(_ deployment: JSONValue) -> String? {
    let conditions = deployment[path: "status", "conditions"]?.array
    let failure = conditions?.first { $0["type"] == "ReplicaFailure" && $0["status"] == "True" }
    return failure?["message"]?.string
  }

  private func serverPods(_ key: ObjectKey) -> [ServerPod] {
    caches.serverPods(of: key).map {
      ServerPod(
        name: $0.metadata.name ?? "", uid: Self.incarnation($0), address: $0.status?.podIP, isReady: $0.isReady,
        isEncrypted: $0.metadata.labels[ApusLabels.adminScheme] == "https", trouble: PodTrouble($0),
        silent: PodTrouble($0) == nil ? SilentObject($0) : nil,
        runningSince: $0.status?.containerStatuses.first { $0.name == ServerSet.container }?.state?.running?.startedAt)
    }
  }

  /// The pod and how often its server was started: a new process has read the mounted table, which may be an older one.
  private static func incarnation(_ pod: Pod) -> String {
    let restarts = pod.status?.containerStatuses.reduce(0) { $0 + ($1.restartCount ?? 0) } ?? 0
    return "\(pod.metadata.uid ?? "")/\(restarts)"
  }

  private func routing(_ key: ObjectKey) -> RoutingTable? {
    let name = ResourceName.routing(model: key.name)
    let object = caches.configMaps.store[ObjectKey(namespace: key.namespace, name: name)]
    return object?[path: "data", RoutingTable.fileName]?.string.flatMap { JSONValue.value(in: $0) }
  }

  private func report(_ statuses: [ModelDecision.VersionStatus], in namespace: String) async throws {
    for change in statuses {
      let key = ObjectKey(namespace: namespace, name: change.name)
      guard let object = caches.versions.store[key], let version = try? ModelVersion.decode(object) else { continue }
      try await writer.writeStatus(.document(change.status), of: version)
    }
  }

  private func setFinalizers(_ changes: [ModelDecision.FinalizerChange], in namespace: String) async throws {
    for change in changes {
      let key = ObjectKey(namespace: namespace, name: change.version)
      guard let object = caches.versions.store[key] else { continue }
      try await writer.setFinalizer(ApusFinalizers.data, on: object, ApusGroup.modelVersions, to: change.isSet)
    }
  }

  /// The object does not even have the form of a ModelDeployment: older servers let that through.
  private func refuse(_ object: JSONValue, _ error: ResourceError) async throws {
    try await write(StalledStatus(object, error, at: time.wall()), object)
  }

  /// Nothing is decided while the cluster would not keep what is written.
  private func wait(_ hold: InstalledDefinitions.Hold, _ key: ObjectKey, _ object: JSONValue) async throws -> Double {
    settled.forget(key)
    if case .older(let message) = hold {
      try await write(StalledStatus(object, .crdsOlder, message, at: time.wall()), object)
    }
    return hold.pause
  }

  private func write(_ stalled: StalledStatus, _ object: JSONValue) async throws {
    if stalled.isNews { try await writer.patchStatus(stalled.status, of: object, ApusGroup.modelDeployments) }
    _ = try await tell(Teller.outbox(of: stalled.status), about: object)
  }
}

extension ModelDecision {
  /// Whether there is nothing to be written or told, nor anything to be looked at that no cache holds, as Secrets and the
  /// cluster's autoscalers.
  fileprivate func leavesNothing(of observed: ModelObservation) -> Bool {
    let serving = observed.model.spec.serving
    return serving.security == nil && serving.autoscaling == nil && status == observed.model.status
      && status.outbox.isEmpty && versionStatuses.isEmpty && finalizers.isEmpty && stop.isEmpty && remove.isEmpty
      && pushes.isEmpty
      && !status.conditions.isTrue(ConditionType.stalled.rawValue)
      // What other owners' versions hold is not part of what is seen.
      && observed.foreignDigests.isEmpty
  }
}
