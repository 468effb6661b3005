internal import Foundation
internal import KubernetesModel

/// Brings a Deployment's pods to its template through ReplicaSets, as kube-controller-manager does.
struct DeploymentController: LocalController {
  let name = "deployment-controller"
  let watched = [ClusterResource.deployments, ClusterResource.replicaSets, ClusterResource.pods]

  func keys(for change: ClusterChange, in cluster: any ClusterAccess) async -> [LocalKey] {
    let object = ClusterObject(change.object)
    switch change.resource {
    case ClusterResource.deployments:
      return change.kind == .deleted ? [] : [object.key]
    case ClusterResource.replicaSets:
      guard let owner = object.controller, owner.kind == "Deployment" else { return [] }
      return [LocalKey(namespace: object.namespace, name: owner.name)]
    default:
      // Only Recreate waits for pods themselves, namely for the last old one to go.
      guard change.kind == .deleted, let owner = object.controller, owner.kind == "ReplicaSet",
        let replicaSet = await cluster.get(
          ClusterResource.replicaSets, namespace: object.namespace, name: owner.name),
        let deployment = ClusterObject(replicaSet).controller
      else { return [] }
      return [LocalKey(namespace: object.namespace, name: deployment.name)]
    }
  }

  func decision(for key: LocalKey, in cluster: any ClusterAccess, at now: Date) async -> Decision {
    guard let json = await cluster.get(ClusterResource.deployments, namespace: key.namespace, name: key.name) else {
      return .nothing
    }
    let deployment = ClusterObject(json)
    let replicaSets = await cluster.list(ClusterResource.replicaSets, namespace: key.namespace, labels: [:])
      .map(ClusterObject.init).filter { $0.isControlled(by: deployment) }
    let owners = Set(replicaSets.map(\.uid))
    let pods = await cluster.list(ClusterResource.pods, namespace: key.namespace, labels: [:])
      .map(ClusterObject.init).filter { owners.contains($0.controller?.uid ?? "") }
    return Rollout(deployment: deployment, replicaSets: replicaSets, pods: pods, now: now).decide()
  }
}
