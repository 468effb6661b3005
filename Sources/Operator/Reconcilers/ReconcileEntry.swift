import ControllerRuntime
import KubernetesClient
import KubernetesModel
import Logging

/// The way into a reconcile, the same for every kind: an object in which nothing has changed is left alone, nothing is decided
/// while the cluster would not keep what is written, and a write that comes too late is no failure.
struct ReconcileEntry: Sendable {
  let caches: ClusterCaches
  let definitions: InstalledDefinitions?
  let settled: SettledObjects
  let stalled: StalledWriter
  let time: TimeSource
  let logger: Logger

  /// - Parameters:
  ///   - find: Returns the object; nil: it was deleted, or is being deleted.
  ///   - whenGone: Forgets the object and cleans up after it.
  ///   - decide: Observes, decides and carries out.
  /// - Returns: Seconds until the next look, or nil to wait for a change; so do the closures.
  func reconcile(
    _ key: ObjectKey, find: (CacheReader) async -> JSONValue?, whenGone: (CacheReader) async throws -> Double?,
    decide: (JSONValue, CacheReader) async throws -> Double?
  ) async throws -> Double? {
    let hold = definitions?.hold
    if hold == nil, let rest = settled.rest(key, in: caches, at: time.wall()) { return rest.seconds }
    let reader = CacheReader(caches, of: key)
    guard let object = await find(reader) else {
      settled.forget(key)
      return try await whenGone(reader)
    }
    do {
      if let hold {
        settled.forget(key)
        return try await stalled.wait(hold, object)
      }
      return try await decide(object, reader)
    } catch  where error.isFarewell {
      logger.debug("the object or its namespace is going away", metadata: ["object": "\(key)", "answer": "\(error)"])
      return farewellPause
    }
  }
}
