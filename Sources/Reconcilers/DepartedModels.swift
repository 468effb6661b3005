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
  let caches: ClusterCaches
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

  func reconcile(_ key: ObjectKey) async throws -> Progress {
    var progress = Progress()
    var active: Set<String> = []
    for (uid, versions) in waiting(key) {
      guard let uid, try await isGone(key, uid) else {
        try await release(versions)
        continue
      }
      guard let again = try await seeOff(key, uid, versions) else { continue }
      active.formUnion(DepartedModel.jobNames(model: key.name, uid: uid))
      progress.isActive = true
      progress.again = min(progress.again ?? .infinity, again)
    }
    try await tidy(key, active)
    return progress
  }

  private func tidy(_ key: ObjectKey, _ active: Set<String>) async throws {
    let configurations = caches.removalConfigurations(of: key).filter { !active.contains($0.job) }
    let now = time.wall()
    let jobs = caches.removalJobs(of: key, at: now).filter { !active.contains($0.name) }
    guard !configurations.isEmpty || !jobs.isEmpty else { return }
    try await writer.remove(
      FinishedRemovals(now: now, namespace: key.namespace, jobs: jobs, runConfigurations: configurations).decide())
  }

  /// ModelVersions that only the finalizer keeps, by their owner.
  private func waiting(_ key: ObjectKey) -> [String?: [ModelVersion]] {
    let keys = caches.versions.store.keys(field: ClusterCaches.model, value: key.name, namespace: key.namespace)
    let versions = keys.compactMap { key -> ModelVersion? in
      guard let object = caches.versions.store[key], object[path: "metadata", "deletionTimestamp"] != nil,
        let version = try? caches.decodedVersions.decode(object),
        version.metadata.finalizers.contains(ApusFinalizers.data)
      else { return nil }
      return version
    }
    return Dictionary(grouping: versions) { $0.metadata.ownerReferences.first { $0.controller == true }?.uid }
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
  private func seeOff(_ key: ObjectKey, _ uid: String, _ versions: [ModelVersion]) async throws -> Double? {
    let decision = try await observe(key, uid, versions).decide()
    do {
      try await writer.apply(decision.apply, owner: nil)
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

  private func observe(_ key: ObjectKey, _ uid: String, _ versions: [ModelVersion]) async throws -> DepartedModel {
    let now = time.wall()
    let names = Set(DepartedModel.jobNames(model: key.name, uid: uid))
    let jobs = caches.removalJobs(of: key, at: now).filter { names.contains($0.name) }
    return DepartedModel(
      now: now, namespace: key.namespace, name: key.name, uid: uid, versions: versions, settings: settings, jobs: jobs,
      writers: caches.writers(about: key, at: now),
      // A claim is its namespace's; a bucket is everybody's.
      foreignDigests: caches.digests(
        notOwnedBy: uid, in: settings.storage.artifacts.hasPrefix("file:") ? key.namespace : nil),
      claimExists: settings.storage.needsClaim
        ? try await capabilities.hasClaim(settings.storage.claim.name, in: key.namespace) : true)
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
