internal import Foundation
internal import KubernetesModel

/// One look at a Deployment, its ReplicaSets and their pods, and what follows from it. The rules and their names are
/// those of Kubernetes' deployment controller (`pkg/controller/deployment`).
struct Rollout {
  let deployment: ClusterObject
  let now: Date
  let podsOfOldSets: [ClusterObject]
  /// The set whose template is the Deployment's; nil before it is made.
  var current: ClusterObject?
  /// All others, the oldest first.
  var old: [ClusterObject]
  /// The sets as they were observed, to tell which ones changed.
  private let observed: [String: ClusterObject]
  var decision = Decision()
  /// Set when this look makes the new ReplicaSet.
  var createdName: String?

  init(deployment: ClusterObject, replicaSets: [ClusterObject], pods: [ClusterObject], now: Date) {
    self.deployment = deployment
    self.now = now
    let sorted = replicaSets.sorted { ($0.created, $0.name) < ($1.created, $1.name) }
    let template = PodTemplateHash.withoutHash(deployment.spec["template"] ?? .object([:]))
    let current = sorted.first { PodTemplateHash.withoutHash($0.spec["template"] ?? .object([:])) == template }
    self.current = current
    old = sorted.filter { $0.uid != current?.uid }
    observed = Dictionary(sorted.map { ($0.uid, $0) }, uniquingKeysWith: { first, _ in first })
    let oldUIDs = Set(old.map(\.uid))
    podsOfOldSets = pods.filter { oldUIDs.contains($0.controller?.uid ?? "") }
  }

  var replicas: Int { deployment.spec["replicas"]?.integer ?? 1 }
  var isRecreate: Bool { deployment.spec[path: "strategy", "type"]?.string == "Recreate" }
  var isPaused: Bool { deployment.spec["paused"]?.bool == true }

  /// Percentages of surge are rounded up, of unavailability down; both 0 would never move, so one pod may be missing.
  var bounds: (surge: Int, unavailable: Int) {
    if isRecreate { return (0, replicas) }
    let rolling = deployment.spec[path: "strategy", "rollingUpdate"]
    let surge = Self.count(rolling?["maxSurge"], of: replicas, .up)
    let unavailable = min(Self.count(rolling?["maxUnavailable"], of: replicas, .down), replicas)
    return (surge, surge == 0 && unavailable == 0 ? 1 : unavailable)
  }

  private static func count(_ value: JSONValue?, of total: Int, _ rule: FloatingPointRoundingRule) -> Int {
    if let number = value?.integer { return number }
    let text = value?.string ?? "25%"
    guard text.hasSuffix("%"), let percent = Double(text.dropLast()) else { return Int(text) ?? 0 }
    return Int((percent * Double(total) / 100).rounded(rule))
  }

  consuming func decide() -> Decision {
    if !deployment.isTerminating { move() }
    let status = status()
    if status != deployment.status {
      decision.writes.append(.status(ClusterResource.deployments, deployment.key, uid: deployment.uid, status))
    }
    return decision
  }

  private mutating func move() {
    if isPaused {
      scalePaused()
    } else if isRecreate {
      recreate()
    } else {
      roll()
    }
    if current != nil { annotateCurrent() }
    writeChanges()
    removeHistory()
    recordRevision()
  }

  // MARK: Strategies

  private mutating func roll() {
    guard let current else {
      create(replicas: surgedReplicas(of: 0))
      return
    }
    let wanted = surgedReplicas(of: current.specReplicas)
    if wanted != current.specReplicas {
      scale(current, to: wanted)
    } else {
      shrinkOld()
    }
  }

  /// How many pods the new set may have now.
  private func surgedReplicas(of present: Int) -> Int {
    if present >= replicas { return replicas }
    let total = present + old.reduce(0) { $0 + $1.specReplicas }
    let room = replicas + bounds.surge - total
    return room <= 0 ? present : present + min(room, replicas - present)
  }

  private mutating func shrinkOld() {
    guard let current else { return }
    let total = current.specReplicas + old.reduce(0) { $0 + $1.specReplicas }
    let minimum = replicas - bounds.unavailable
    let unavailableNew = current.specReplicas - current.availableReplicas
    var removable = total - minimum - unavailableNew
    guard removable > 0 else { return }
    // Pods of the old sets that are not available serve nobody: they go first.
    var kept = Dictionary(old.map { ($0.uid, $0.specReplicas) }, uniquingKeysWith: { first, _ in first })
    for set in old where removable > 0 {
      let unhealthy = min(removable, max(0, set.specReplicas - set.availableReplicas))
      kept[set.uid, default: 0] -= unhealthy
      removable -= unhealthy
    }
    let available = current.availableReplicas + old.reduce(0) { $0 + $1.availableReplicas }
    var healthy = available - minimum
    for set in old where healthy > 0 {
      let leaving = min(healthy, kept[set.uid, default: 0])
      kept[set.uid, default: 0] -= leaving
      healthy -= leaving
    }
    for set in old { scale(set, to: kept[set.uid, default: 0]) }
  }

  private mutating func recreate() {
    var isScaledDown = true
    for set in old where set.specReplicas > 0 {
      scale(set, to: 0)
      isScaledDown = false
    }
    guard isScaledDown, podsOfOldSets.allSatisfy({ PodReading($0).isFinished }) else { return }
    if let current { scale(current, to: replicas) } else { create(replicas: replicas) }
  }

  /// A paused Deployment still follows `kubectl scale`.
  private mutating func scalePaused() {
    let all = old + (current.map { [$0] } ?? [])
    let active = all.filter { $0.specReplicas > 0 }
    guard active.count <= 1, let set = active.first ?? current ?? old.last else { return }
    scale(set, to: replicas)
  }

  // MARK: ReplicaSets

  private mutating func create(replicas count: Int) {
    let hash = PodTemplateHash.hash(
      deployment.spec["template"] ?? .object([:]), collisions: deployment.status["collisionCount"]?.integer ?? 0)
    let name = "\(deployment.name)-\(hash)"
    var template = deployment.spec["template"] ?? .object([:])
    template.set(.string(hash), at: ["metadata", "labels", PodTemplateHash.label])
    var selector = deployment.spec["selector"] ?? .object([:])
    selector.set(.string(hash), at: ["matchLabels", PodTemplateHash.label])
    var spec: JSONValue = ["replicas": .integer(Int64(count)), "selector": selector, "template": template]
    spec["minReadySeconds"] = deployment.spec["minReadySeconds"]
    let set: JSONValue = [
      "apiVersion": "apps/v1", "kind": "ReplicaSet",
      "metadata": [
        "name": .string(name), "namespace": .string(deployment.namespace),
        "labels": template[path: "metadata", "labels"] ?? .object([:]),
        "annotations": JSONValue(annotations(revision: latestRevision + 1)),
        "ownerReferences": .array([deployment.asController]),
      ],
      "spec": spec,
    ]
    createdName = name
    decision.writes.append(.create(ClusterResource.replicaSets, set, announced: nil))
    if count > 0 { announceScaling("up", name, from: 0, to: count) }
  }

  private mutating func scale(_ set: ClusterObject, to count: Int) {
    let present = set.specReplicas
    guard count != present else { return }
    announceScaling(count > present ? "up" : "down", set.name, from: present, to: count)
    var changed = set
    changed.json.set(.integer(Int64(count)), at: ["spec", "replicas"])
    replace(changed)
  }

  private mutating func replace(_ set: ClusterObject) {
    if set.uid == current?.uid {
      current = set
    } else if let index = old.firstIndex(where: { $0.uid == set.uid }) {
      old[index] = set
    }
  }

  private mutating func announceScaling(_ direction: String, _ name: String, from: Int, to: Int) {
    decision.writes.append(
      .announce(
        EventDraft(
          about: deployment.reference, severity: .normal, reason: "ScalingReplicaSet",
          message: "Scaled \(direction) replica set \(name) from \(from) to \(to)", source: "deployment-controller")))
  }

  private mutating func writeChanges() {
    for set in old + (current.map { [$0] } ?? []) where observed[set.uid] != set {
      decision.writes.append(.replace(ClusterResource.replicaSets, set.json))
    }
  }

  /// Old sets beyond the history limit go, once the rollout is complete.
  private mutating func removeHistory() {
    guard isComplete(status: countedStatus()) else { return }
    let limit = deployment.spec["revisionHistoryLimit"]?.integer ?? 10
    let removable =
      old
      .filter { $0.specReplicas == 0 && ($0.status["replicas"]?.integer ?? 0) == 0 && !$0.isTerminating }
      .sorted { $0.revision < $1.revision }
    for set in removable.dropLast(limit) {
      decision.writes.append(.delete(ClusterResource.replicaSets, set.key, uid: set.uid, .background))
    }
  }

  // MARK: Revisions

  private var latestRevision: Int { old.map(\.revision).max() ?? 0 }

  private func annotations(revision: Int) -> [String: String] {
    var annotations = deployment.annotations
    annotations["kubectl.kubernetes.io/last-applied-configuration"] = nil
    annotations[Revision.annotation] = String(revision)
    annotations["deployment.kubernetes.io/desired-replicas"] = String(replicas)
    annotations["deployment.kubernetes.io/max-replicas"] = String(replicas + bounds.surge)
    return annotations
  }

  /// The current set has the highest revision, also when it is an old one that was rolled back to.
  private mutating func annotateCurrent() {
    guard var set = current else { return }
    let isNewest = set.revision > latestRevision
    var annotations = set.annotations
    annotations.merge(self.annotations(revision: isNewest ? set.revision : latestRevision + 1)) { $1 }
    if !isNewest, set.revision > 0 {
      let history = annotations[Revision.history].map { $0 + "," } ?? ""
      annotations[Revision.history] = history + String(set.revision)
    }
    guard annotations != set.annotations else { return }
    set.json.set(JSONValue(annotations), at: ["metadata", "annotations"])
    current = set
  }

  private mutating func recordRevision() {
    let revision = createdName != nil ? latestRevision + 1 : current?.revision
    guard let revision, deployment.annotations[Revision.annotation] != String(revision) else { return }
    var changed = deployment
    changed.json.set(.string(String(revision)), at: ["metadata", "annotations", Revision.annotation])
    decision.writes.append(.replace(ClusterResource.deployments, changed.json))
  }
}

enum Revision {
  static let annotation = "deployment.kubernetes.io/revision"
  static let history = "deployment.kubernetes.io/revision-history"
}

extension ClusterObject {
  /// Of a ReplicaSet.
  var specReplicas: Int { spec["replicas"]?.integer ?? 1 }
  var availableReplicas: Int { status["availableReplicas"]?.integer ?? 0 }
  var revision: Int { annotations[Revision.annotation].flatMap { Int($0) } ?? 0 }
}

enum PodTemplateHash {
  static let label = "pod-template-hash"

  static func withoutHash(_ template: JSONValue) -> JSONValue {
    var template = template
    template.set(nil, at: ["metadata", "labels", label])
    template.set(nil, at: ["metadata", "creationTimestamp"])
    return template
  }

  static func hash(_ template: JSONValue, collisions: Int) -> String {
    var bytes = withoutHash(template).bytes
    if collisions > 0 { bytes += Array(String(collisions).utf8) }
    return NameSuffix.encoded(NameSuffix.hash(bytes))
  }
}
