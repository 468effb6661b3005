import Decisions
import KubernetesClient
import KubernetesModel
import Logging
import Synchronization

/// What the cluster has that no informer watches, asked for when it matters.
final class Capabilities: Sendable {
  private let api: any KubernetesAPI
  private let time: TimeSource
  private let logger: Logger
  private let autoscaling = Mutex<Bool?>(nil)
  /// Whether NetworkPolicies may be written, and when that was asked, by namespace: roles are bound there.
  private let policies = Mutex<[String: (answer: Bool, at: Duration)]>([:])
  /// When claims were last seen, by their place.
  private let claims = Mutex<[ObjectKey: Duration]>([:])

  init(_ api: any KubernetesAPI, time: TimeSource, logger: Logger) {
    self.api = api
    self.logger = logger
    self.time = time
  }

  /// A claim that is there rarely goes: it is asked for again after ten minutes. One that is missing is asked for each time.
  private static let claimMemory = 600.0

  /// Guarantee: no decision rests on an answer that is older than ten minutes, however many share it.
  func hasClaim(_ name: String, _ reader: CacheReader) async throws -> Bool {
    let namespace = reader.namespace
    let key = ObjectKey(namespace: namespace, name: name)
    let now = time.monotonic()
    let left = claims.withLock { $0[key] }.map { Self.claimMemory - (now - $0) / .seconds(1) } ?? 0
    if left > 0 {
      reader.readOutside(believedFor: left)
      return true
    }
    // One that is missing is believed as long, as where models need none.
    reader.readOutside(believedFor: Self.claimMemory)
    let isThere = try await api.find(APITarget(Resource.claims, namespace: namespace, name: name)) != nil
    claims.withLock { $0[key] = isThere ? now : nil }
    return isThere
  }

  /// UID of the autoscaler of this name, where it belongs to this owner.
  func autoscaler(_ name: String, ownedBy owner: String, _ reader: CacheReader) async throws -> String? {
    reader.readOutside()
    do {
      let target = APITarget(Resource.autoscalers("v1"), namespace: reader.namespace, name: name)
      guard let identity = try await api.find(target).flatMap(ObjectIdentity.init), identity.controller?.uid == owner
      else { return nil }
      return identity.uid
    } catch {
      guard error.isMissingAPI || error.isForbidden else { throw error }
      return nil
    }
  }

  /// Whether the cluster serves `autoscaling/v1`.
  func canAutoscale(_ reader: CacheReader) async throws -> Bool {
    reader.readOutside()
    if let known = autoscaling.withLock({ $0 }) { return known }
    do {
      _ = try await api.perform(
        .list(Resource.autoscalers("v1"), Selection(namespace: reader.namespace), limit: 1, continuation: nil))
      autoscaling.withLock { $0 = true }
      return true
    } catch {
      guard error.isMissingAPI || error.isForbidden else { throw error }
      return false
    }
  }

  /// Whether the operator may write NetworkPolicies in the reader's namespace: a role of before does not let it. No is believed for
  /// ten minutes.
  func canRestrictNetwork(_ reader: CacheReader) async throws -> Bool {
    let now = time.monotonic()
    let namespace = reader.namespace
    if let known = policies.withLock({ $0[namespace] }), known.answer || now - known.at < .seconds(Self.claimMemory) {
      return known.answer
    }
    do {
      _ = try await api.perform(
        .list(Resource.networkPolicies, Selection(namespace: namespace), limit: 1, continuation: nil))
      policies.withLock { $0[namespace] = (true, now) }
      return true
    } catch {
      guard error.isMissingAPI || error.isForbidden else { throw error }
      policies.withLock { $0[namespace] = (false, now) }
      logger.warning(
        "no NetworkPolicies are made: apply the operator's new role, or set networkPolicy.enabled to false",
        metadata: ["namespace": "\(namespace)", "error": "\(error)"])
      return false
    }
  }
}
