import ApusAPI
import ControllerRuntime
import Decisions
import KubernetesClient
import KubernetesModel
import Logging

/// Carries out what was decided: no write that changes nothing, each seen by the caches at once.
struct ClusterWriter: Sendable {
  private let api: any KubernetesAPI
  private let caches: ClusterCaches
  private let applier: Applier
  private let handover: ReplicaHandover
  private let logger: Logger

  init(api: any KubernetesAPI, caches: ClusterCaches, logger: Logger) {
    self.api = api
    self.caches = caches
    self.logger = logger
    handover = ReplicaHandover(api: api)
    applier = Applier(api, annotation: ApusAnnotations.appliedDigest)
  }

  /// Seconds for which a NetworkPolicy, which no cache holds, is believed to be as it was written.
  private static let policyMemory = 600.0

  /// Server-side apply of the full intent, in the given order.
  ///
  /// Errors: `ApplyError.foreign` where the name is taken by somebody else's object.
  func apply(_ objects: [DesiredObject], owner: OwnerReference?, reading reader: CacheReader) async throws {
    for object in objects {
      // What nobody owns, such as the data claim, is written without an owner.
      let isOwned = object.manifest[path: "metadata", "ownerReferences"] != nil
      // Of a run's configuration the caches do not keep what it says: the server is asked.
      let isKeptWhole = object.manifest[path: "metadata", "annotations", RunAnnotation.job] == nil
      let live = isKeptWhole ? reader.live(object.resource, object.name) : nil
      // The server is asked. What nobody else writes is believed for a while.
      if live == nil {
        reader.readOutside(believedFor: object.resource == Resource.networkPolicies ? Self.policyMemory : 0)
      }
      if isOwned { try await handover.perform(for: object, live: live, owner: owner) }
      let applied = try await applier.apply(
        object.manifest, object.resource, namespace: object.namespace, live: live,
        owner: isOwned ? owner : nil)
      guard case .unchanged = applied else {
        caches.note(applied.object, object.resource)
        logger.info("applied", metadata: ["object": "\(object.resource)/\(object.name)"])
        continue
      }
    }
  }

  /// The same, without writing it out where it is what was observed: mostly there is nothing new.
  func writeStatus<Object: ApusResource>(_ status: Object.Status, of observed: Object) async throws {
    guard status != observed.status else { return }
    try await writeStatus(.document(status), of: observed)
  }

  /// Where the status says something new. A conflict means that the observed object was not the latest: the decision is
  /// void and is made again.
  func writeStatus<Object: ApusResource>(_ status: JSONValue, of observed: Object) async throws {
    if let written = try await api.writeStatus(status, of: observed) { caches.note(written, Object.gvr) }
  }

  /// Members of a status, whoever has written it meanwhile; or only where it still has this resource version.
  @discardableResult
  func patchStatus(
    _ status: JSONValue, of object: JSONValue, _ resource: GroupVersionResource, version: String? = nil
  ) async throws -> JSONValue {
    let target = APITarget(
      resource, namespace: object[path: "metadata", "namespace"]?.string,
      name: object[path: "metadata", "name"]?.string, subresource: "status")
    var patch: JSONValue = ["status": status]
    if let version { patch.set(.string(version), at: ["metadata", "resourceVersion"]) }
    let written = try await api.patch(target, .merge, patch)
    caches.note(written, resource)
    return written
  }

  /// Puts a finalizer on an object or takes it off; the others stay. A conflict means that the object was not the latest.
  func setFinalizer(
    _ finalizer: String, on object: JSONValue, _ resource: GroupVersionResource, to isSet: Bool
  ) async throws {
    let others = (object[path: "metadata", "finalizers"]?.array ?? []).filter { $0 != .string(finalizer) }
    let finalizers = others + (isSet ? [.string(finalizer)] : [])
    var metadata: JSONValue = ["finalizers": finalizers.isEmpty ? .null : .array(finalizers)]
    metadata["resourceVersion"] = object[path: "metadata", "resourceVersion"]
    let target = APITarget(
      resource, namespace: object[path: "metadata", "namespace"]?.string,
      name: object[path: "metadata", "name"]?.string)
    caches.note(try await api.patch(target, .merge, ["metadata": metadata]), resource)
  }

  /// No more pods for these Jobs; those that are there stay, with their logs.
  func stop(_ jobs: [Removal]) async throws {
    for job in jobs {
      do {
        let written = try await api.patch(
          APITarget(job.resource, namespace: job.namespace, name: job.name), .merge,
          ["metadata": ["uid": .string(job.uid)], "spec": ["parallelism": 0, "backoffLimit": 0]])
        caches.note(written, job.resource)
      } catch {
        guard error.isNotFound || error.isConflict else { throw error }
        logger.debug("the Job to stop is gone", metadata: ["job": "\(job.name)"])
      }
    }
  }

  func remove(_ objects: [Removal]) async throws {
    for object in objects {
      try await api.delete(
        APITarget(object.resource, namespace: object.namespace, name: object.name), uid: object.uid)
    }
  }
}
