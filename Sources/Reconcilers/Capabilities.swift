import Decisions
import KubernetesClient
import KubernetesModel
import Synchronization

/// What the cluster has that no informer watches, asked for when it matters.
final class Capabilities: Sendable {
  private let api: any KubernetesAPI
  private let autoscaling = Mutex<Bool?>(nil)

  init(_ api: any KubernetesAPI) { self.api = api }

  func hasClaim(_ name: String, in namespace: String) async throws -> Bool {
    try await api.find(APITarget(Resource.claims, namespace: namespace, name: name)) != nil
  }

  /// Whether the cluster serves `autoscaling/v1`.
  func canAutoscale(in namespace: String) async throws -> Bool {
    if let known = autoscaling.withLock({ $0 }) { return known }
    do {
      _ = try await api.perform(
        .list(Resource.autoscalers("v1"), Selection(namespace: namespace), limit: 1, continuation: nil))
      autoscaling.withLock { $0 = true }
      return true
    } catch {
      guard error.isMissingAPI || error.isForbidden else { throw error }
      return false
    }
  }
}
