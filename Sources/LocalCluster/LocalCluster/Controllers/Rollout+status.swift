internal import Foundation
internal import KubernetesModel

extension Rollout {
  /// The counts of a Deployment's status; conditions as they are.
  func countedStatus() -> JSONValue {
    let all = old + (current.map { [$0] } ?? [])
    func sum(_ field: String) -> Int { all.reduce(0) { $0 + ($1.status[field]?.integer ?? 0) } }
    func nonZero(_ count: Int) -> JSONValue? { count > 0 ? .integer(Int64(count)) : nil }
    let available = sum("availableReplicas")
    let wanted = all.reduce(0) { $0 + $1.specReplicas }
    var status = deployment.status
    status["observedGeneration"] = .integer(Int64(deployment.generation))
    status["replicas"] = nonZero(sum("replicas"))
    status["updatedReplicas"] = nonZero(current?.status["replicas"]?.integer ?? 0)
    status["readyReplicas"] = nonZero(sum("readyReplicas"))
    status["availableReplicas"] = nonZero(available)
    status["unavailableReplicas"] = nonZero(max(0, wanted - available))
    return status
  }

  /// All pods are of the current template, available, and as many as wanted.
  func isComplete(status: JSONValue) -> Bool {
    guard let current, current.status["observedGeneration"]?.integer == current.generation else { return false }
    return ["updatedReplicas", "replicas", "availableReplicas"]
      .allSatisfy { (status[$0]?.integer ?? 0) == replicas }
  }

  mutating func status() -> JSONValue {
    var status = countedStatus()
    var conditions = LocalConditions(deployment.status["conditions"], now: now)
    let available = status["availableReplicas"]?.integer ?? 0
    if available >= replicas - bounds.unavailable {
      conditions.set(
        "Available", true, "MinimumReplicasAvailable", "Deployment has minimum availability.")
    } else {
      conditions.set(
        "Available", false, "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
    }
    setProgressing(in: &conditions, status: status)
    status["conditions"] = .array(conditions.list)
    return status
  }

  private mutating func setProgressing(in conditions: inout LocalConditions, status: JSONValue) {
    guard let seconds = deployment.spec["progressDeadlineSeconds"]?.integer ?? Optional(600), seconds < Int32.max else {
      conditions.remove("Progressing")
      return
    }
    let present = deployment.condition("Progressing")
    let reason = present?["reason"]?.string
    if isPaused {
      if reason != "DeploymentPaused" {
        conditions.set("Progressing", nil, "DeploymentPaused", "Deployment is paused")
      }
      return
    }
    if let createdName {
      conditions.set("Progressing", true, "NewReplicaSetCreated", "Created new replica set \"\(createdName)\"")
      decision.lookAgain(at: now.addingTimeInterval(TimeInterval(seconds)))
      return
    }
    let name = current?.name ?? deployment.name
    if isComplete(status: status) {
      conditions.set(
        "Progressing", true, "NewReplicaSetAvailable", "ReplicaSet \"\(name)\" has successfully progressed.")
      return
    }
    if reason == "DeploymentPaused" {
      conditions.set("Progressing", nil, "DeploymentResumed", "Deployment is resumed")
    } else if present == nil {
      conditions.set("Progressing", true, "FoundNewReplicaSet", "Found new replica set \"\(name)\"")
    } else if isProgressing(to: status) || startsAgain(reason, status) {
      conditions.set("Progressing", true, "ReplicaSetUpdated", "ReplicaSet \"\(name)\" is progressing.", touch: true)
    } else if reason == "ProgressDeadlineExceeded" || reason == "NewReplicaSetAvailable" {
      return
    } else {
      let since = present?["lastUpdateTime"]?.string.flatMap(TimeText.date) ?? now
      let deadline = since.addingTimeInterval(TimeInterval(seconds))
      if now >= deadline {
        conditions.set(
          "Progressing", false, "ProgressDeadlineExceeded", "ReplicaSet \"\(name)\" has timed out progressing.")
        return
      }
      decision.lookAgain(at: deadline)
      return
    }
    decision.lookAgain(at: now.addingTimeInterval(TimeInterval(seconds)))
  }

  private func isProgressing(to status: JSONValue) -> Bool {
    func count(_ status: JSONValue, _ field: String) -> Int { status[field]?.integer ?? 0 }
    let before = deployment.status
    return count(status, "updatedReplicas") > count(before, "updatedReplicas")
      || count(status, "replicas") - count(status, "updatedReplicas")
        < count(before, "replicas") - count(before, "updatedReplicas")
      || count(status, "readyReplicas") > count(before, "readyReplicas")
      || count(status, "availableReplicas") > count(before, "availableReplicas")
  }

  /// A template that was rolled back to has its ReplicaSet already: the rollout starts without a creation.
  private func startsAgain(_ reason: String?, _ status: JSONValue) -> Bool {
    reason == "NewReplicaSetAvailable"
      && (status["updatedReplicas"]?.integer ?? 0) < (status["replicas"]?.integer ?? 0)
  }
}

/// A status' conditions while they are changed: `lastTransitionTime` moves only with the status.
struct LocalConditions {
  private(set) var list: [JSONValue]
  private let now: Date

  init(_ json: JSONValue?, now: Date) {
    list = json?.array ?? []
    self.now = now
  }

  /// `value` nil is Unknown. With `touch` the update time moves although nothing else does.
  mutating func set(_ type: String, _ value: Bool?, _ reason: String, _ message: String, touch: Bool = false) {
    let text = value.map { $0 ? "True" : "False" } ?? "Unknown"
    let time = TimeText.json(now)
    var condition: JSONValue = [
      "type": .string(type), "status": .string(text), "reason": .string(reason), "message": .string(message),
      "lastUpdateTime": time, "lastTransitionTime": time,
    ]
    guard let index = list.firstIndex(where: { $0["type"]?.string == type }) else {
      list.append(condition)
      return
    }
    let present = list[index]
    if present["status"] == condition["status"] {
      condition["lastTransitionTime"] = present["lastTransitionTime"]
      if !touch, present["reason"] == condition["reason"], present["message"] == condition["message"] { return }
    }
    list[index] = condition
  }

  mutating func remove(_ type: String) {
    list.removeAll { $0["type"]?.string == type }
  }
}
