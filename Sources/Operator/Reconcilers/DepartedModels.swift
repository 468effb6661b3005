import ApusAPI
import ControllerRuntime
import Decisions
import KubernetesClient
import KubernetesModel
import Logging
import Synchronization

/// Sees models off that were deleted with `spec.deletion: Delete`: observe, decide, apply, tell, let go; and later tidy up.
///
/// A model that lives gives up a ModelVersion that a person deletes at once. Which of the two it is the API server is asked:
/// the caches of models and of versions are not of one moment.
struct DepartedModels: Sendable {
  let api: any KubernetesAPI
  let settings: OperatorSettings
  let writer: ClusterWriter
  let capabilities: Capabilities
  let events: any EventSink
  let departures: Departures
  let time: TimeSource
  let logger: Logger
  private let refusals = FirstRefusals()

  /// How it stands with the models that had a name.
  struct Progress {
    /// Whether one of them is still being removed.
    var isActive = false
    /// Seconds; nil: only a change calls for another look.
    var again: Double?
  }

  /// - Parameter living: UID of the model that has the name now; nil: none has.
  func reconcile(_ key: ObjectKey, besides living: String?, _ reader: CacheReader) async throws -> Progress {
    var progress = Progress()
    var failure: (any Error)?
    let held = reader.heldVersions(of: key.name, besides: living)
    for (uid, versions) in held {
      reader.readOutside()
      // Trouble with one model holds up no other of its name.
      do {
        if let again = try await follow(key, uid, versions, besides: living, reader) { progress.add(again) }
      } catch {
        failure = failure ?? error
      }
    }
    if let failure { throw failure }
    // As long as versions wait, and in the caches they may wait a little longer, the Jobs tell what has been done.
    if held.isEmpty, try await tidy(key, reader) { progress.add(DepartedModels.interval) }
    return progress
  }

  /// Seconds until the next look; nil: nothing is waited for any more.
  private func follow(
    _ key: ObjectKey, _ uid: String?, _ versions: HeldVersions, besides living: String?, _ reader: CacheReader
  ) async throws -> Double? {
    guard let uid else {
      try await release(versions)
      return nil
    }
    // The cluster has not come to them yet.
    guard let since = versions.deletedAt else { return Self.interval }
    guard try await wantsRemoval(key, uid) else {
      try await release(versions)
      return nil
    }
    if let refusal = settings.access.refusal(of: key.namespace) {
      let message = "the model's data stays: \(refusal)"
      try await tell(
        PendingEvent(
          type: .warning, reason: Reason.dataNotRemoved.rawValue, message: message, at: MicroTime(since)), key, uid)
      try await release(versions)
      return nil
    }
    // The watch of models is behind: what this one wished last is known when it has caught up.
    guard uid != living else { return Self.interval }
    let model = try await observe(key, uid, since, versions, besides: living, reader)
    return try await seeOff(model, key, versions, reader)
  }

  /// Whether to look again soon: a Job may still be removing something, or something of it was there a moment ago.
  private func tidy(_ key: ObjectKey, _ reader: CacheReader) async throws -> Bool {
    let configurations = reader.removalConfigurations(of: key.name)
    let now = time.wall()
    let jobs = reader.removalJobs(of: key.name, at: now)
    guard !configurations.isEmpty || !jobs.isEmpty else { return false }
    let removals = FinishedRemovals(
      now: now, namespace: key.namespace, jobs: jobs, runConfigurations: configurations
    ).decide()
    try await writer.remove(removals)
    // One that met another's write stays for the next look.
    return !removals.isEmpty || jobs.contains { !$0.isEnded && !$0.isStopped }
  }

  /// Whether the model is gone, or going, and its last spec asked for the removal: as the server has it, else as this process
  /// saw it, else as its versions say it by the finalizer.
  private func wantsRemoval(_ key: ObjectKey, _ uid: String) async throws -> Bool {
    let last = departures.lastWish(of: uid) ?? .delete
    let target = APITarget(ApusGroup.modelDeployments, namespace: key.namespace, name: key.name)
    do {
      guard let model = try await api.find(target), model[path: "metadata", "uid"]?.string == uid else {
        return last == .delete
      }
      return model.isTerminating && model.wishForData == .delete
    } catch {
      // The kind may be going away, and all models with it; or a proxy answers in the server's place.
      guard error.isMissingAPI else { throw error }
      let definition = APITarget(
        Resource.customDefinitions, name: "\(ApusGroup.modelDeployments.resource).\(ApusGroup.name)")
      if let found = try await api.find(definition), !found.isTerminating { throw error }
      return last == .delete
    }
  }

  /// As `follow`.
  private func seeOff(
    _ model: DepartedModel, _ key: ObjectKey, _ versions: HeldVersions, _ reader: CacheReader
  ) async throws -> Double? {
    var model = model
    let uid = model.uid
    var decision = model.decide()
    do {
      try await writer.apply(decision.apply, owner: nil, reading: reader)
      if !decision.apply.isEmpty { refusals.forget(uid) }
    } catch  where error.isFarewell {
      logger.warning(
        "the data of a deleted model cannot be removed: its namespace is being terminated and accepts no new Job",
        metadata: ["model": "\(key)", "uid": "\(uid)"])
      try await release(versions)
      refusals.forget(uid)
      return nil
    } catch {
      guard let reason = error.refusal else { throw error }
      model.refusal = .init(reason, since: refusals.first(of: uid, at: model.now))
      decision = model.decide()
    }
    try await writer.stop(decision.stop)
    for event in decision.events { try await tell(event, key, uid) }
    guard decision.letsGo else { return decision.requeueAfter ?? Self.ownPace }
    try await release(versions)
    refusals.forget(uid)
    return nil
  }

  private static let interval = 5.0
  /// A Job that ends calls for a look by itself.
  private static let ownPace = 60.0

  private func observe(
    _ key: ObjectKey, _ uid: String, _ since: Timestamp, _ held: HeldVersions, besides living: String?,
    _ reader: CacheReader
  ) async throws -> DepartedModel {
    let now = time.wall()
    let names = Set(DepartedModel.jobNames(model: key.name, uid: uid))
    let claim = settings.storage.claim.name
    return DepartedModel(
      now: now, namespace: key.namespace, name: key.name, uid: uid, since: since, versions: held.versions,
      unreadable: held.unreadable, settings: settings,
      jobs: reader.removalJobs(of: key.name, at: now).filter { names.contains($0.name) },
      writers: reader.writers(about: key.name, besides: living),
      // A claim is its namespace's; a bucket is everybody's.
      foreignDigests: reader.digests(notOwnedBy: uid, isOnlyHere: settings.storage.artifacts.hasPrefix("file:")),
      claimExists: settings.storage.needsClaim ? try await capabilities.hasClaim(claim, reader) : true)
  }

  private func tell(_ event: PendingEvent, _ key: ObjectKey, _ uid: String) async throws {
    let model = ObjectReference(
      apiVersion: ApusGroup.apiVersion, kind: ModelDeployment.gvk.kind, namespace: key.namespace, name: key.name,
      uid: uid)
    do {
      try await events.tell(event, about: model)
    } catch {
      guard !error.isTransient else { throw error }
      logger.warning("an event cannot be written", metadata: ["reason": "\(event.reason)", "error": "\(error)"])
    }
  }

  /// One that only waits for the finalizer is gone then: the answer is not for the caches. One that the server does not let
  /// go, as older ones do where an object breaks its schema, does not hold the others.
  private func release(_ held: HeldVersions) async throws {
    var failure: KubernetesError?
    for document in held.documents {
      do {
        try await api.removeFinalizer(ApusFinalizers.data, from: document, ApusGroup.modelVersions)
      } catch {
        failure = failure ?? error
      }
    }
    if let failure { throw failure }
  }
}

/// When the cluster first refused to make a Job for a model, by its UID, as far as this process has seen.
private final class FirstRefusals: Sendable {
  private let times = Mutex<[String: Timestamp]>([:])

  func first(of uid: String, at now: Timestamp) -> Timestamp {
    times.withLock { times in
      let first = times[uid] ?? now
      times[uid] = first
      return first
    }
  }

  func forget(_ uid: String) { times.withLock { _ = $0.removeValue(forKey: uid) } }
}

extension DepartedModels.Progress {
  fileprivate mutating func add(_ seconds: Double) {
    isActive = true
    again = min(again ?? .infinity, seconds)
  }
}

extension Error {
  /// The server's words, where it will say the same again: by a quota, an admission policy, a name that is taken.
  fileprivate var refusal: String? {
    if case .foreign(let target, let owner)? = self as? ApplyError { return "\(target) exists and belongs to \(owner)" }
    let error: KubernetesError? =
      if case .failed(let cause)? = self as? ApplyError { cause } else { self as? KubernetesError }
    guard let error, !error.isTransient, !error.isConflict, error != .cancelled else { return nil }
    return error.refusal?.message
  }
}
