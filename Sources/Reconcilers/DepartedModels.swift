import ApusAPI
import ControllerRuntime
import Decisions
import KubernetesClient
import KubernetesModel
import Logging

/// Sees models off that were deleted with `spec.deletion: Delete`: observe, decide, apply, tell, let go; then tidy up.
///
/// A model that lives gives up a ModelVersion that a person deletes at once. Which of the two it is the API server is asked:
/// the caches of models and of versions are not of one moment.
struct DepartedModels: Sendable {
  let api: any KubernetesAPI
  let settings: OperatorSettings
  let writer: ClusterWriter
  let capabilities: Capabilities
  let events: any EventSink
  let time: TimeSource
  let logger: Logger

  /// How it stands with the models that had a name.
  struct Progress {
    /// Whether one of them is still being removed.
    var isActive = false
    /// Seconds; nil: only a change calls for another look.
    var again: Double?
  }

  func reconcile(_ key: ObjectKey, _ reader: CacheReader) async throws -> Progress {
    var progress = Progress()
    var active: Set<String> = []
    for (uid, versions) in reader.departingVersions(of: key.name) {
      reader.readOutside()
      guard let uid, try await isGone(key, uid) else {
        try await release(versions)
        continue
      }
      guard let again = try await seeOff(key, uid, versions, reader) else { continue }
      active.formUnion(DepartedModel.jobNames(model: key.name, uid: uid))
      progress.isActive = true
      progress.again = min(progress.again ?? .infinity, again)
    }
    try await tidy(key, active, reader)
    return progress
  }

  private func tidy(_ key: ObjectKey, _ active: Set<String>, _ reader: CacheReader) async throws {
    let configurations = reader.removalConfigurations(of: key.name).filter { !active.contains($0.job) }
    let now = time.wall()
    let jobs = reader.removalJobs(of: key.name, at: now).filter { !active.contains($0.name) }
    guard !configurations.isEmpty || !jobs.isEmpty else { return }
    try await writer.remove(
      FinishedRemovals(now: now, namespace: key.namespace, jobs: jobs, runConfigurations: configurations).decide())
  }

  private func isGone(_ key: ObjectKey, _ uid: String) async throws -> Bool {
    let target = APITarget(ApusGroup.modelDeployments, namespace: key.namespace, name: key.name)
    do {
      guard let model = try await api.find(target) else { return true }
      return model[path: "metadata", "uid"]?.string != uid || model[path: "metadata", "deletionTimestamp"] != nil
    } catch {
      // The kind itself is going away, with all models.
      guard error.isMissingAPI else { throw error }
      return true
    }
  }

  /// Seconds until the next look; nil: it is done.
  private func seeOff(
    _ key: ObjectKey, _ uid: String, _ versions: [ModelVersion], _ reader: CacheReader
  ) async throws -> Double? {
    let decision = try await observe(key, uid, versions, reader).decide()
    do {
      try await writer.apply(decision.apply, owner: nil, reading: reader)
    } catch  where error.isFarewell {
      logger.warning(
        "the data of a deleted model stays: no Job can be made in its namespace, which is going away",
        metadata: ["model": "\(key)", "uid": "\(uid)"])
      try await release(versions)
      return nil
    }
    try await writer.stop(decision.stop)
    for event in decision.events { try await tell(event, key, uid) }
    guard decision.letsGo else { return decision.requeueAfter ?? DepartedModels.interval }
    try await release(versions)
    return nil
  }

  /// A Job that ends calls for a look by itself.
  private static let interval = 60.0

  private func observe(
    _ key: ObjectKey, _ uid: String, _ versions: [ModelVersion], _ reader: CacheReader
  ) async throws -> DepartedModel {
    let now = time.wall()
    let names = Set(DepartedModel.jobNames(model: key.name, uid: uid))
    let claim = settings.storage.claim.name
    return DepartedModel(
      now: now, namespace: key.namespace, name: key.name, uid: uid, versions: versions, settings: settings,
      jobs: reader.removalJobs(of: key.name, at: now).filter { names.contains($0.name) },
      writers: reader.writers(about: key.name),
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

  private func release(_ versions: [ModelVersion]) async throws {
    for version in versions { try await api.removeFinalizer(ApusFinalizers.data, from: version) }
  }
}
