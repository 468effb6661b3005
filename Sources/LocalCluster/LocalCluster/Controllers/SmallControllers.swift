internal import Foundation
internal import KubernetesModel

/// Every namespace has a ServiceAccount `default`, because pods that name none use it.
struct ServiceAccountController: LocalController {
  let name = "serviceaccount-controller"
  let watched = [ClusterResource.namespaces, ClusterResource.serviceAccounts]

  func keys(for change: ClusterChange, in cluster: any ClusterAccess) async -> [LocalKey] {
    let object = ClusterObject(change.object)
    if change.resource == ClusterResource.namespaces { return change.kind == .deleted ? [] : [object.key] }
    return change.kind == .deleted && object.name == "default" ? [LocalKey(namespace: "", name: object.namespace)] : []
  }

  func decision(for key: LocalKey, in cluster: any ClusterAccess, at now: Date) async -> Decision {
    let namespace = await cluster.get(ClusterResource.namespaces, namespace: "", name: key.name)
    let account = await cluster.get(ClusterResource.serviceAccounts, namespace: key.name, name: "default")
    return Self.decide(namespace: namespace.map(ClusterObject.init), hasAccount: account != nil)
  }

  static func decide(namespace: ClusterObject?, hasAccount: Bool) -> Decision {
    guard let namespace, !namespace.isTerminating, !hasAccount else { return .nothing }
    return Decision(writes: [
      .create(
        ClusterResource.serviceAccounts,
        [
          "apiVersion": "v1", "kind": "ServiceAccount",
          "metadata": ["name": "default", "namespace": .string(namespace.name)],
        ], announced: nil)
    ])
  }
}

/// A claim is bound at once: its volume is a folder that is made when a pod mounts it.
struct ClaimController: LocalController {
  let name = "persistentvolume-controller"
  let watched = [ClusterResource.claims]

  func keys(for change: ClusterChange, in cluster: any ClusterAccess) async -> [LocalKey] {
    change.kind == .deleted ? [] : [ClusterObject(change.object).key]
  }

  func decision(for key: LocalKey, in cluster: any ClusterAccess, at now: Date) async -> Decision {
    guard let json = await cluster.get(ClusterResource.claims, namespace: key.namespace, name: key.name) else {
      return .nothing
    }
    return Self.decide(claim: ClusterObject(json))
  }

  static func decide(claim: ClusterObject) -> Decision {
    guard !claim.isTerminating else { return .nothing }
    if claim.spec["volumeName"]?.string == nil {
      var bound = claim
      bound.json.set(.string("pvc-\(claim.uid)"), at: ["spec", "volumeName"])
      return Decision(writes: [.replace(ClusterResource.claims, bound.json)])
    }
    var status = claim.status
    status["phase"] = "Bound"
    status["accessModes"] = claim.spec["accessModes"] ?? ["ReadWriteOnce"]
    status["capacity"] = claim.spec[path: "resources", "requests"]
    guard status != claim.status else { return .nothing }
    return Decision(writes: [.status(ClusterResource.claims, claim.key, uid: claim.uid, status)])
  }
}
