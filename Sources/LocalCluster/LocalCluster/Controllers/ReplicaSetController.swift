internal import Foundation
internal import KubernetesModel

/// Keeps as many pods as a ReplicaSet asks for.
struct ReplicaSetController: LocalController {
  let name = "replicaset-controller"
  let watched = [ClusterResource.replicaSets, ClusterResource.pods]

  func keys(for change: ClusterChange, in cluster: any ClusterAccess) async -> [LocalKey] {
    let object = ClusterObject(change.object)
    if change.resource == ClusterResource.replicaSets { return change.kind == .deleted ? [] : [object.key] }
    guard let owner = object.controller, owner.kind == "ReplicaSet" else { return [] }
    return [LocalKey(namespace: object.namespace, name: owner.name)]
  }

  func decision(for key: LocalKey, in cluster: any ClusterAccess, at now: Date) async -> Decision {
    guard let json = await cluster.get(ClusterResource.replicaSets, namespace: key.namespace, name: key.name) else {
      return .nothing
    }
    let replicaSet = ClusterObject(json)
    let pods = await cluster.list(ClusterResource.pods, namespace: key.namespace, labels: [:])
      .map(ClusterObject.init).filter { $0.isControlled(by: replicaSet) }
    return Self.decide(replicaSet: replicaSet, pods: pods, now: now)
  }

  /// `pods` are those the ReplicaSet controls, in any phase.
  static func decide(replicaSet: ClusterObject, pods: [ClusterObject], now: Date) -> Decision {
    var decision = Decision()
    let active = pods.filter { !$0.isTerminating && !PodReading($0).isFinished }
    let wanted = replicaSet.spec["replicas"]?.integer ?? 1
    if !replicaSet.isTerminating {
      if active.count < wanted {
        decision.writes += (active.count..<wanted).map { _ in creation(for: replicaSet) }
      } else if active.count > wanted {
        decision.writes += active.sorted(by: leavesFirst).prefix(active.count - wanted).flatMap { pod in
          [
            .delete(ClusterResource.pods, pod.key, uid: pod.uid, .background),
            .announce(event(replicaSet, "SuccessfulDelete", "Deleted pod: \(pod.name)")),
          ]
        }
      }
    }
    let status = status(of: replicaSet, active: active, now: now, decision: &decision)
    if status != replicaSet.status {
      decision.writes.append(
        .status(ClusterResource.replicaSets, replicaSet.key, uid: replicaSet.uid, status))
    }
    return decision
  }

  private static func creation(for replicaSet: ClusterObject) -> ClusterWrite {
    let pod = LocalPodTemplate.pod(
      from: replicaSet.spec["template"] ?? .object([:]), generateName: replicaSet.name + "-", owner: replicaSet)
    return .create(
      ClusterResource.pods, pod, announced: event(replicaSet, "SuccessfulCreate", "Created pod: "))
  }

  private static func event(_ replicaSet: ClusterObject, _ reason: String, _ message: String) -> EventDraft {
    EventDraft(
      about: replicaSet.reference, severity: .normal, reason: reason, message: message, source: "replicaset-controller")
  }

  /// Not ready before ready, young before old.
  private static func leavesFirst(_ one: ClusterObject, _ other: ClusterObject) -> Bool {
    let ready = (PodReading(one).isReady, PodReading(other).isReady)
    if ready.0 != ready.1 { return !ready.0 }
    if one.created != other.created { return one.created > other.created }
    return one.name < other.name
  }

  private static func status(
    of replicaSet: ClusterObject, active: [ClusterObject], now: Date, decision: inout Decision
  ) -> JSONValue {
    let minimum = TimeInterval(replicaSet.spec["minReadySeconds"]?.integer ?? 0)
    let templateLabels = replicaSet.spec[path: "template", "metadata", "labels"]?.stringMap ?? [:]
    var ready = 0
    var available = 0
    var labelled = 0
    for pod in active {
      if templateLabels.allSatisfy({ pod.labels[$0.key] == $0.value }) { labelled += 1 }
      guard PodReading(pod).isReady else { continue }
      ready += 1
      let since = PodReading(pod).readySince ?? now
      if now >= since.addingTimeInterval(minimum) {
        available += 1
      } else {
        decision.lookAgain(at: since.addingTimeInterval(minimum))
      }
    }
    var status = replicaSet.status
    status["replicas"] = .integer(Int64(active.count))
    status["fullyLabeledReplicas"] = labelled > 0 ? .integer(Int64(labelled)) : nil
    status["readyReplicas"] = ready > 0 ? .integer(Int64(ready)) : nil
    status["availableReplicas"] = available > 0 ? .integer(Int64(available)) : nil
    status["observedGeneration"] = .integer(Int64(replicaSet.generation))
    return status
  }
}

/// What controllers ask of a pod.
struct PodReading {
  let pod: ClusterObject

  init(_ pod: ClusterObject) { self.pod = pod }

  var phase: String { pod.status["phase"]?.string ?? "Pending" }
  var isFinished: Bool { phase == "Succeeded" || phase == "Failed" }
  var isReady: Bool { pod.isConditionTrue("Ready") }
  var readySince: Date? { pod.condition("Ready")?["lastTransitionTime"]?.string.flatMap(TimeText.date) }
  var address: String? { pod.status["podIP"]?.string }

  /// When its last container ended.
  var finished: Date? {
    (pod.status["containerStatuses"]?.array ?? [])
      .compactMap { $0[path: "state", "terminated", "finishedAt"]?.string.flatMap(TimeText.date) }.max()
  }

  var restarts: Int {
    ((pod.status["initContainerStatuses"]?.array ?? []) + (pod.status["containerStatuses"]?.array ?? []))
      .reduce(0) { $0 + ($1["restartCount"]?.integer ?? 0) }
  }
}

/// Pods from the templates of Deployments and Jobs.
enum LocalPodTemplate {
  static func pod(
    from template: JSONValue, generateName: String, owner: ClusterObject, labels: [String: String] = [:]
  ) -> JSONValue {
    var metadata: JSONValue = [
      "generateName": .string(generateName), "namespace": .string(owner.namespace),
      "ownerReferences": .array([owner.asController]),
    ]
    let all = (template[path: "metadata", "labels"]?.stringMap ?? [:]).merging(labels) { $1 }
    if !all.isEmpty { metadata["labels"] = JSONValue(all) }
    for field in ["annotations", "finalizers"] {
      if let value = template[path: "metadata", field], !value.isNull { metadata[field] = value }
    }
    return [
      "apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"] ?? .object([:]),
    ]
  }
}
