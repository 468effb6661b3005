import Decisions
import KubernetesClient
import KubernetesModel

/// What of the watched objects the operator never looks at, and so does not keep: most of their size.
enum CachePruning {
  /// The copy of the object that `kubectl apply` leaves in it.
  static let lastApplied = ["metadata", "annotations", "kubectl.kubernetes.io/last-applied-configuration"]

  /// Of a pod: who it is, and how it fares.
  static let pods = ObjectKind<Pod>.typed.without(["spec"], ["metadata", "annotations"]).pruned { pod in
    guard case .object(let status)? = pod["status"] else { return }
    var kept: Set = ["phase", "podIP", "conditions", "containerStatuses"]
    // Of containers that run before the others only those matter that do not get there.
    let isHeldUp = status["initContainerStatuses"]?.array?.contains { $0[path: "state", "terminated"] == nil } ?? false
    if isHeldUp { kept.insert("initContainerStatuses") }
    pod["status"] = .object(status.filter { kept.contains($0.key) })
    if let conditions = status["conditions"]?.array {
      let telling = conditions.filter {
        $0["type"] == "Ready" || $0["type"] == "PodScheduled" && $0["status"] != "True"
      }
      pod.set(.array(telling), at: ["status", "conditions"])
    }
    guard let containers = status["containerStatuses"]?.array else { return }
    let facts: Set = ["name", "ready", "restartCount", "state", "lastState"]
    pod.set(
      .array(containers.map { .object(($0.object ?? [:]).filter { facts.contains($0.key) }) }),
      at: ["status", "containerStatuses"])
  }

  /// Of a Job: all but its pods' template, which never changes.
  static let jobs = ObjectKind<Job>.typed.without(["spec", "template"]).pruned { job in
    // Without one it is no Job.
    if job["spec"] != nil { job.set([:], at: ["spec", "template"]) }
  }

  /// Of a run's configuration: all but the configuration, which the worker reads and the operator only writes.
  static func configMap(_ map: inout JSONValue) {
    if map[path: "metadata", "annotations", RunAnnotation.job] != nil { map["data"] = nil }
  }
}
