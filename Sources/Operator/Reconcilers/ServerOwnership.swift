import ApusAPI
import Decisions
import KubernetesClient
import KubernetesModel
import Logging
import Synchronization

/// Tells a model's servers from pods that only have their labels: by the chain of UIDs from the pod to its ReplicaSet, to
/// the Deployment, to the model. What is told to a pod (the table, and whatever proves who the operator is) is for the
/// former; nor do the latter count as servers.
///
/// Caveat: who may write Pods and ReplicaSets in the namespace can write owners into them as well.
final class ServerOwnership: Sendable {
  private let api: any KubernetesAPI
  private let logger: Logger
  /// Hashes over the UIDs of a ReplicaSet and the Deployment that controls it: thousands of models have two each.
  private let known = Mutex<Set<Int>>([])
  private let hasWarned = Mutex(false)

  private static let capacity = 50_000
  /// Seconds. A ReplicaSet without an owner may be adopted, which changes none of the pods.
  private static let memory = 600.0

  init(_ api: any KubernetesAPI, logger: Logger) {
    self.api = api
    self.logger = logger
  }

  func servers(of model: ModelDeployment, _ reader: CacheReader) async throws -> [ServerPod] {
    let pods = reader.labelledServers(of: model.metadata.name ?? "")
    guard !pods.isEmpty else { return [] }
    guard let deployment = reader.deploymentUID(of: model) else { return [] }
    var own: [ServerPod] = []
    for pod in pods {
      guard try await isOwned(pod, by: deployment, named: model.metadata.name ?? "", reader) else {
        logger.debug(
          "a pod has the labels of a server, but is not the model's",
          metadata: ["pod": "\(pod.metadata.name ?? "")", "model": "\(model.key)"])
        continue
      }
      own.append(ServerPod(pod))
    }
    return own
  }

  private func isOwned(
    _ pod: Pod, by deployment: String, named name: String, _ reader: CacheReader
  ) async throws -> Bool {
    guard let set = pod.metadata.controller, set.kind == "ReplicaSet" else { return false }
    let link = [set.uid, deployment].hashValue
    if known.withLock({ $0.contains(link) }) { return true }
    do {
      var request = APIRequest.get(APITarget(Resource.replicaSets, namespace: reader.namespace, name: set.name))
      request.isMetadataOnly = true
      let found = ObjectIdentity(try await api.perform(request))
      guard found?.uid == set.uid, found?.controller?.uid == deployment else {
        reader.readOutside(believedFor: Self.memory)
        return false
      }
    } catch {
      if error.isForbidden { return isNamed(set, pod, after: name, reader) }
      guard error.isNotFound, !error.isMissingAPI else { throw error }
      reader.readOutside(believedFor: Self.memory)
      return false
    }
    known.withLock { known in
      if known.count >= Self.capacity { known.removeAll() }
      known.insert(link)
    }
    return true
  }

  /// With the rights of an earlier release, which lack ReplicaSets: the Deployment controller's way to name them.
  private func isNamed(_ set: OwnerReference, _ pod: Pod, after deployment: String, _ reader: CacheReader) -> Bool {
    reader.readOutside(believedFor: Self.memory)
    let isFirst = hasWarned.withLock { hasWarned in
      defer { hasWarned = true }
      return !hasWarned
    }
    if isFirst {
      logger.warning("the operator may not get replicasets, and tells its servers by their names: update its roles")
    }
    return pod.metadata.labels["pod-template-hash"].map { set.name == "\(deployment)-\($0)" } ?? false
  }
}
