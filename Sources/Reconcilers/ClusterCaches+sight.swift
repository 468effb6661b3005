import ApusAPI
import Decisions
import KubernetesClient
import KubernetesModel

// What the reconcilers read of the caches, without reading it: the versions say whether it is the same.
extension ClusterCaches {
  /// All that `ModelReconciler` makes its decision from, but for what pods have confirmed.
  func sight(ofModel key: ObjectKey, _ model: JSONValue) -> Sight {
    let uid = model[path: "metadata", "uid"]?.string ?? ""
    return Sight { hasher in
      hasher.combine(Self.relevant(model))
      addRuns(ownedBy: uid, to: &hasher)
      hasher.combine(versions.store.states(ownedBy: uid))
      // Those of other owners count as well.
      hasher.combine(versions.store.states(field: Self.model, value: key.name, namespace: key.namespace))
      hasher.combine(jobs.store.states(field: Self.model, value: key.name, namespace: key.namespace))
      hasher.combine(policies.store.states(field: Self.model, value: key.name, namespace: key.namespace))
      hasher.combine(pods.store.states(field: Self.servedModel, value: key.name, namespace: key.namespace))
      hasher.combine(deployments.store.states(of: key))
      hasher.combine(services.store.states(of: key))
      let routing = ObjectKey(namespace: key.namespace, name: ResourceName.routing(model: key.name))
      hasher.combine(configMaps.store.states(of: routing))
    }
  }

  /// All that `PolicyReconciler` makes its decision from.
  func sight(ofPolicy key: ObjectKey, _ policy: JSONValue) -> Sight {
    let uid = policy[path: "metadata", "uid"]?.string ?? ""
    let model = models.store[ObjectKey(namespace: key.namespace, name: Self.modelName(of: policy) ?? "")]
    return Sight { hasher in
      hasher.combine(Self.relevant(policy))
      hasher.combine(model.map(Self.relevant))
      hasher.combine(versions.store.states(ownedBy: model?[path: "metadata", "uid"]?.string ?? ""))
      addRuns(ownedBy: uid, to: &hasher)
    }
  }

  /// Jobs with their pods and configurations.
  private func addRuns(ownedBy uid: String, to hasher: inout Hasher) {
    hasher.combine(configMaps.store.states(ownedBy: uid))
    hasher.combine(jobs.store.states(ownedBy: uid))
    for job in jobs.store.keys(ownedBy: uid) {
      hasher.combine(pods.store.states(label: Self.jobName, value: job.name, namespace: job.namespace))
    }
  }

  /// An object without what others note in it: its version, and annotations that are not of this group.
  private static func relevant(_ object: JSONValue) -> JSONValue {
    guard case .object(var metadata)? = object["metadata"] else { return object }
    metadata["resourceVersion"] = nil
    if let annotations = metadata["annotations"]?.object {
      let own = annotations.filter { $0.key.hasPrefix(ApusGroup.name + "/") }
      metadata["annotations"] = own.isEmpty ? nil : .object(own)
    }
    var object = object
    object["metadata"] = .object(metadata)
    return object
  }
}
