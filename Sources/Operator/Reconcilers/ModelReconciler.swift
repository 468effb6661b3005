import ApusAPI
import ControllerRuntime
package import Decisions
package import KubernetesClient
package import KubernetesModel
package import Logging
import OperatorIdentity
import WorkerContract

/// Right after a pod has confirmed the routing table: enough for the caches, short enough for people.
private let confirmationPause = 0.05
/// After a pod has said why it takes no table: its words may change each time, and a status is written for each.
private let refusalPause = 2.0
/// Another's object does not go away by itself.
private let foreignObjectPause = 60.0

/// Keeps one ModelDeployment as its spec wants it: observe, decide, apply, remove, report, announce.
package struct ModelReconciler: Sendable {
  let caches: ClusterCaches
  let settings: OperatorSettings
  let confirmations: RoutingConfirmations
  private let keyring: OperatorKeyring?
  let metrics: OperatorMetricsRecorder
  let time: TimeSource
  private let writer: ClusterWriter
  private let stalled: StalledWriter
  private let capabilities: Capabilities
  private let secrets: ServingSecrets
  private let ownership: ServerOwnership
  private let labels: LabelledSecrets
  private let warnings: WarningReader
  private let mirror: TelemetryMirror?
  let settled = SettledObjects()
  private let entry: ReconcileEntry
  private let departures: Departures
  private let departed: DepartedModels
  private let logger: Logger

  package init(
    api: any KubernetesAPI, caches: ClusterCaches, settings: OperatorSettings, confirmations: RoutingConfirmations,
    keyring: OperatorKeyring? = nil, events: any EventSink, metrics: OperatorMetricsRecorder,
    mirror: TelemetryMirror? = nil,
    definitions: InstalledDefinitions? = nil, time: TimeSource = .system, logger: Logger
  ) {
    self.caches = caches
    self.settings = settings
    self.confirmations = confirmations
    self.keyring = keyring
    self.metrics = metrics
    self.time = time
    self.logger = logger
    writer = ClusterWriter(api: api, caches: caches, logger: logger)
    stalled = StalledWriter(
      writer: writer, teller: Teller(events: events, logger: logger), time: time, resource: ApusGroup.modelDeployments)
    capabilities = Capabilities(api, time: time, logger: logger)
    let reader = SecretReader(api, settings.access, time: time)
    secrets = ServingSecrets(secrets: reader)
    labels = LabelledSecrets(secrets: reader)
    ownership = ServerOwnership(api, logger: logger)
    warnings = WarningReader(api, time: time, logger: logger)
    self.mirror = mirror
    entry = ReconcileEntry(
      caches: caches, definitions: definitions, settled: settled, stalled: stalled, time: time, logger: logger)
    departures = Departures(events: events, settings: settings, time: time, logger: logger)
    departed = DepartedModels(
      api: api, settings: settings, writer: writer, capabilities: capabilities, events: events,
      departures: departures, time: time, logger: logger)
  }

  /// Seconds until the next look, or nil to wait for a change.
  package func reconcile(_ key: ObjectKey) async throws -> Double? {
    try await entry.reconcile(key) { reader in
      guard let object = reader.modelDocument(key.name), !object.isTerminating else { return nil }
      await departures.meet(key, object, reader)
      return object
    } whenGone: { reader in
      metrics.forgetModel(key)
      confirmations.forget(key)
      mirror?.forget(key)
      await departures.leave(key, reader.modelDocument(key.name), reader)
      return try await departed.reconcile(key, besides: nil, reader).again
    } decide: { object, reader in
      try await reconcile(key, object, reader)
    }
  }

  private func reconcile(_ key: ObjectKey, _ object: JSONValue, _ reader: CacheReader) async throws -> Double? {
    let departed = await predecessors(of: key, object, reader)
    guard var observed = try await observe(object, reader) else { return departed.again }
    observed.predecessorIsBeingRemoved = departed.isActive
    var decision = observed.decide()
    if await confirmAnew(decision.pushes, observed, reader) {
      observed.take(confirmations.statements(of: observed.pods, model: key))
      decision = observed.decide()
    }
    let outcome = try await carryOut(decision, on: observed, object, reader)
    let again = [outcome.again, departed.again, reminderDue(decision, observed)].compactMap(\.self).min()
    // What pods have just said is not in what the reader saw.
    if !outcome.hasNews, decision.leavesNothing(of: observed) {
      settled.remember(reader, at: observed.moment, due: again)
    }
    return again
  }

  /// What became of models that had the name before; trouble with them is no trouble of this one.
  private func predecessors(of key: ObjectKey, _ object: JSONValue, _ reader: CacheReader) async
    -> DepartedModels.Progress
  {
    do {
      return try await departed.reconcile(key, besides: object[path: "metadata", "uid"]?.string, reader)
    } catch {
      logger.warning(
        "the data of an earlier model of this name cannot be removed yet",
        metadata: ["model": "\(key)", "error": "\(error)"])
      reader.readOutside()
      return DepartedModels.Progress(isActive: true, again: farewellPause)
    }
  }

  private func push(_ pushes: [RoutingPush], to observed: ModelObservation, _ reader: CacheReader) async
    -> RoutingConfirmations.News
  {
    let key = observed.model.key
    guard !pushes.isEmpty, observed.pushRefusal == nil else { return await confirmations.push([], of: key) }
    do {
      let certificate = try await secrets.certificate(observed.model.spec.serving.security, in: key.namespace)
      // Without keys a server that needs none of them is told all the same.
      let keys = try? await keyring?.keys()
      let signer = keys?.key(knownBy: reader.publishedKeys(of: key.name)).map {
        RequestSigner(key: $0, model: key) { [time] in time.wall().secondsSince1970 }
      }
      return await confirmations.push(pushes, of: key, signer: signer, certificate: certificate)
    } catch {
      // As a pod that does not answer: it is asked again soon.
      logger.info("the Secrets of the servers cannot be read yet", metadata: ["model": "\(key)", "error": "\(error)"])
      return .none
    }
  }

  /// Seconds until the pods that have confirmed their table are asked again whether they serve it; nil: there are none.
  private func reminderDue(_ decision: ModelDecision, _ observed: ModelObservation) -> Double? {
    decision.reminders.isEmpty ? nil : confirmations.reminderDue(of: observed.model.key, at: time.monotonic())
  }

  /// Asks the pods that have confirmed their table whether they still serve it, where that is due. The first time counts from
  /// when they confirmed.
  private func remind(_ decision: ModelDecision, _ observed: ModelObservation, _ reader: CacheReader) async
    -> RoutingConfirmations.News
  {
    let (key, now) = (observed.model.key, time.monotonic())
    guard let due = reminderDue(decision, observed), due <= 0 else { return .none }
    let isFirst = !confirmations.hasReminder(of: key)
    confirmations.noteReminder(of: key, at: now)
    guard !isFirst else { return .none }
    return await push(decision.reminders, to: observed, reader)
  }

  /// After a restart nothing is known of what the pods confirmed to the process before this one. They are asked before
  /// anything is said about them, or else every restart would be an interruption in the conditions and an Event.
  private func confirmAnew(
    _ pushes: [RoutingPush], _ observed: ModelObservation, _ reader: CacheReader
  ) async -> Bool {
    let key = observed.model.key
    guard !confirmations.hasAsked(about: key) else { return false }
    // A table that is new is written before pods are told.
    let isWritten = pushes.allSatisfy { $0.revision == observed.routing?.revision }
    return await push(isWritten ? pushes : [], to: observed, reader) != .none
  }

  private func carryOut(
    _ decision: ModelDecision, on observed: ModelObservation, _ object: JSONValue, _ reader: CacheReader
  ) async throws -> (again: Double?, hasNews: Bool) {
    let key = observed.model.key
    var model = observed.model
    // While another's object stands in the way, nothing that is announced is done.
    if decision.hasEffects, model.status.obstructed != true, decision.status.outbox != model.status.outbox {
      model = try await writer.recordIntent(decision.status.outbox, of: model, object)
    }
    do {
      try await writer.apply(decision.apply, owner: model.ownerReference, reading: reader)
    } catch ApplyError.foreign(let target, let owner) {
      // Versions are applied before anything else: those of this decision are registered.
      let registered = target.resource == ApusGroup.modelVersions ? [] : decision.registeredRuns
      let again = try await stall(
        observed, model, object, reader, foreign: "\(target) (of \(owner))", told: decision.outbox(after: registered))
      return (again, false)
    }
    try await report(decision.versionStatuses, reader)
    try await setFinalizers(decision.finalizers, reader)
    try await writer.stop(decision.stop)
    try await writer.remove(decision.remove)
    try await writer.writeStatus(decision.status, of: model)
    let isTold = try await stalled.tell(decision.status.outbox, about: object)
    let answers = await push(decision.pushes, to: observed, reader)
    let news = max(answers, await remind(decision, observed, reader))
    metrics.show(decision, of: key)
    reflect(decision, of: model, reader)
    switch news {
    case .confirmation: return (confirmationPause, true)
    case .refusal: return (min(decision.requeueAfter ?? refusalPause, refusalPause), true)
    case .none: break
    }
    return (isTold ? decision.requeueAfter : min(decision.requeueAfter ?? untoldPause, untoldPause), false)
  }

  /// Notes for the registry's mirror what this decision has changed; of a model seen for the first time everything.
  private func reflect(_ decision: ModelDecision, of model: ModelDeployment, _ reader: CacheReader) {
    guard let mirror else { return }
    let hasNews =
      !decision.versionStatuses.isEmpty || decision.apply.contains { $0.resource == ApusGroup.modelVersions }
    guard mirror.isNew(model.key) || hasNews else { return }
    mirror.note(reader.versions(ownedBy: model.metadata.uid ?? ""), of: model)
  }

  /// Another's object stands in the way: it is left alone and the model says so; looked at again slowly.
  /// - Parameter told: The Events that are right all the same.
  private func stall(
    _ observed: ModelObservation, _ model: ModelDeployment, _ object: JSONValue, _ reader: CacheReader, foreign: String,
    told: [PendingEvent]
  ) async throws -> Double? {
    var observed = observed
    observed.foreign = [foreign]
    observed.model.status.outbox = told
    let decision = observed.decide()
    // What becomes of the data has nothing to do with what stands in the way.
    try await setFinalizers(decision.finalizers, reader)
    try await writer.writeStatus(decision.status, of: model)
    let isTold = try await stalled.tell(decision.status.outbox, about: object)
    return isTold ? foreignObjectPause : untoldPause
  }

  func observe(_ object: JSONValue, _ reader: CacheReader) async throws -> ModelObservation? {
    let model: ModelDeployment
    do {
      model = try caches.decodedModels.decode(object)
    } catch {
      try await stalled.refuse(object, error)
      return nil
    }
    let key = model.key
    let uid = model.metadata.uid ?? ""
    let now = time.wall()
    guard settings.access.refusal(of: key.namespace) == nil else { return refused(model, reader, at: now) }
    let servers = try await ownership.servers(of: model, reader)
    let pods = try await warnings.informed(servers, at: now, reader)
    let jobs = try await warnings.informed(reader.workerJobs(ownedBy: uid, at: now), at: now, reader)
    // One that is being deleted asks for nothing any more.
    let requests = reader.policies(of: key.name).filter { !$0.metadata.isBeingDeleted }.compactMap { policy in
      policy.status.retraining.request.flatMap { request in policy.metadata.name.map { ($0, request) } }
    }
    let versions = reader.versions(ownedBy: uid)
    let look = try await secrets.look(model.spec.serving.security, reader)
    let labels = try await self.labels.labelled(
      among: SecretConsent.names(model.spec, settings, in: reader.namespace), reader)
    let mayRetire = Registry(versions, now: now).mayRetire(keeping: model.spec.promotion.keep)
    var observed = ModelObservation(
      now: now, model: model, settings: settings, jobs: jobs,
      runConfigurations: reader.runConfigurations(ownedBy: uid), versions: versions,
      routing: reader.routing(of: key.name), pods: pods, deployment: reader.deployment(key.name),
      retrainingRequests: Dictionary(requests, uniquingKeysWith: { $1 }),
      policies: reader.policies(named: model.status.handled.monitoringRequests.keys),
      claimExists: try await capabilities.hasClaim(settings.storage.claim.name, reader),
      canAutoscale: model.spec.serving.autoscaling == nil ? true : try await capabilities.canAutoscale(reader),
      autoscalerUID: try await orphanedAutoscaler(of: model, reader),
      highestForeignNumber: reader.highestNumber(of: model),
      foreignDigests: mayRetire ? reader.digests(notOwnedBy: uid) : [],
      secretProblems: look.problems, secretsRefusal: look.refusal, labelledSecrets: labels.names,
      labelsRefusal: labels.refusal)
    // Only this model's own reconciles change them, and only where there is something to push.
    observed.take(confirmations.statements(of: pods, model: key))
    observed.operatorKeys = await publicKeys(for: key, reader)
    observed.canRestrictNetwork = settings.network == nil ? true : try await capabilities.canRestrictNetwork(reader)
    return observed
  }

  /// A model of a namespace where the operator does nothing: it may have no rights there, and so reads nothing but what the caches hold.
  private func refused(_ model: ModelDeployment, _ reader: CacheReader, at now: Timestamp) -> ModelObservation {
    ModelObservation(
      now: now, model: model, settings: settings, versions: reader.versions(ownedBy: model.metadata.uid ?? ""),
      routing: reader.routing(of: model.key.name), deployment: reader.deployment(model.key.name))
  }

  /// The document for the model's pods; what they have already where no keys can be had just now.
  private func publicKeys(for key: ObjectKey, _ reader: CacheReader) async -> String? {
    do {
      return try await keyring?.keys()?.published(for: key).text
    } catch {
      logger.warning("the operator's keys cannot be had yet", metadata: ["model": "\(key)", "error": "\(error)"])
      reader.readOutside()
      return reader.publishedKeys(of: key.name)?.text
    }
  }

  /// Looked for once for each change of the spec: the status that says that a generation was seen is written last.
  private func orphanedAutoscaler(of model: ModelDeployment, _ reader: CacheReader) async throws -> String? {
    guard model.spec.serving.autoscaling == nil, let seen = model.status.observedGeneration,
      seen != model.metadata.generation
    else { return nil }
    return try await capabilities.autoscaler(model.metadata.name ?? "", ownedBy: model.metadata.uid ?? "", reader)
  }

  private func report(_ statuses: [ModelDecision.VersionStatus], _ reader: CacheReader) async throws {
    for change in statuses {
      guard let object = reader.versionDocument(change.name), let version = try? ModelVersion.decode(object) else {
        continue
      }
      try await writer.writeStatus(.document(change.status), of: version)
    }
  }

  private func setFinalizers(_ changes: [ModelDecision.FinalizerChange], _ reader: CacheReader) async throws {
    for change in changes {
      guard let object = reader.versionDocument(change.version) else { continue }
      try await writer.setFinalizer(ApusFinalizers.data, on: object, ApusGroup.modelVersions, to: change.isSet)
    }
  }
}

extension ModelObservation {
  fileprivate mutating func take(_ statements: RoutingConfirmations.Statements) {
    confirmations = statements.revisions
    refusals = statements.refusals
    otherTables = statements.others
  }
}
