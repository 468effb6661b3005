import Foundation
import KubernetesModel

/// What two lives are compared by: all that stands in a namespace, without what differs from life to life: UIDs, resource
/// versions, times, how long something took, and what the cluster itself adds.
struct LifePage: Sendable, Equatable {
  /// By `resource/name`.
  var objects: [String: JSONValue]
  /// How many pods of a model do what: `server Running`.
  var pods: [String: Int]
  /// How often each Event of the operator was told, by what it says; as a series of one object or, by different processes,
  /// in several.
  var events: [String: Int]

  private static let resources = [
    "modeldeployments", "monitoringpolicies", "modelversions", "jobs.batch", "deployments.apps", "services",
    "configmaps",
    "persistentvolumeclaims", "horizontalpodautoscalers.autoscaling",
  ]

  private static let fleeting = ["RetrainingRunning", "DataKept"]

  init(of stage: Stage) async throws {
    let reader = LifeReader()
    (objects, pods, events) = ([:], [:], [:])
    let list = try await stage.kubectl("get", Self.resources.joined(separator: ","), "-o", "json").text
    for object in (try JSONValue(parsing: list)["items"]?.array ?? []).sorted(by: { $0.order < $1.order }) {
      let kind = object["kind"]?.string ?? ""
      let name = object[path: "metadata", "name"]?.string ?? ""
      // The cluster puts one into each namespace.
      if kind == "ConfigMap", name == "kube-root-ca.crt" { continue }
      var key = "\(kind)/\(reader.plain(name))"
      // The next check.
      while objects[key] != nil { key += "+" }
      objects[key] = reader.normalised(object, kind)
    }
    for pod in try await stage.list("pods", selector: "apus.dev/model") {
      let component = pod[path: "metadata", "labels", "apus.dev/component"]?.string ?? ""
      pods["\(component) \(pod[path: "status", "phase"]?.string ?? "")", default: 0] += 1
    }
    let told = try await stage.kubectl("get", "events.v1.events.k8s.io", "-o", "json").text
    for event in try JSONValue(parsing: told)["items"]?.array ?? []
    where event["reportingController"]?.string == "apus.dev/operator" {
      let about = event["regarding"]
      let note = reader.plain(
        "\(about?["kind"]?.string ?? "")/\(about?["name"]?.string ?? "") \(event["type"]?.string ?? "") "
          + "\(event["reason"]?.string ?? ""): \(event["note"]?.string ?? "")")
      events[note, default: 0] += event[path: "series", "count"]?.integer ?? 1
    }
    // What passes in half a second is not seen by everyone; and of a model that is gone, only the operator knows that saw it
    // (`Departures`). By nobody twice.
    events = events.filter { event in
      event.value > 1 || !Self.fleeting.contains { event.key.contains(" Normal \($0): ") }
    }
  }

  /// Where this one is otherwise than another, at most `limit` sentences.
  func differences(to other: LifePage, limit: Int = 12) -> [String] {
    var found = JSONValue.object(objects).lifeDifferences(to: .object(other.objects), at: "")
    for (name, mine, theirs) in [
      ("pods", pods, other.pods), ("told", events, other.events),
    ] {
      for note in Set(mine.keys).union(theirs.keys).sorted() where mine[note] != theirs[note] {
        found.append("\(name) \(mine[note] ?? 0) times instead of \(theirs[note] ?? 0): \(note)")
      }
    }
    return Array(found.prefix(limit))
  }

  /// For people, and for finding out what a soak complains of.
  var text: String {
    let numbers = events.sorted { $0.key < $1.key }.map { "  \($0.value) × \($0.key)" }
    let lines = objects.sorted { $0.key < $1.key }.map { "  \($0.key): \($0.value.text)" }
    return (lines + pods.sorted { $0.key < $1.key }.map { "  \($0.value) × pod \($0.key)" } + numbers).joined(
      separator: "\n")
  }
}

/// Leaves out of an object what is only of its life.
private struct LifeReader {
  func normalised(_ object: JSONValue, _ kind: String) -> JSONValue {
    var object = stripped(object)
    for member in ["resourceVersion", "creationTimestamp", "managedFields", "selfLink"] {
      object.set(nil, at: ["metadata", member])
    }
    for annotation in ["apus.dev/applied-digest", "kubectl.kubernetes.io/last-applied-configuration"] {
      object.set(nil, at: ["metadata", "annotations", annotation])
    }
    if object["apiVersion"]?.string?.hasPrefix("apus.dev/") == true { return object }
    // How often it was changed, and how far the cluster is with it, is the cluster's.
    object.set(nil, at: ["metadata", "generation"])
    let status = object["status"]
    let kept: [String] = kind == "Job" ? ["succeeded", "failed", "active"] : ["replicas", "readyReplicas"]
    object.set(nil, at: ["status"])
    for member in kept { if let value = status?[member] { object.set(value, at: ["status", member]) } }
    // Whether a Job has failed for good before the operator has told it to try no more, is a matter of who is first.
    if kind == "Job", status?["failed"] != nil { object.set(nil, at: ["spec", "parallelism"]) }
    if kind == "PersistentVolumeClaim" { object.set(nil, at: ["spec", "volumeName"]) }
    if kind == "Service" { for member in ["clusterIP", "clusterIPs"] { object.set(nil, at: ["spec", member]) } }
    return object
  }

  /// Without times, durations and UIDs, at any depth.
  private func stripped(_ value: JSONValue) -> JSONValue {
    switch value {
    case .string(let text): return .string(plain(text))
    case .array(let elements): return .array(elements.map(stripped))
    case .object(let members):
      var copy: [String: JSONValue] = [:]
      for (name, member) in members where !isOfItsLife(name) { copy[name] = stripped(member) }
      return .object(copy)
    default: return value
    }
  }

  private func isOfItsLife(_ member: String) -> Bool {
    member == "uid" || member.hasSuffix("controller-uid") || member == "seconds" || member.contains("Latency")
  }

  /// Times become `<time>`, and UIDs in the text of our documents (the routing table) `<uid>`. A check's Job is named
  /// after its minute and, if it is not the first in it, its time; what it reads after the times in it.
  func plain(_ text: String) -> String {
    text.replacing(/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(\.[0-9]+)?Z/, with: "<time>")
      .replacing(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/, with: "<uid>")
      .replacing(/-check-[0-9]{12}(-[0-9a-f]{6}(?![0-9a-f]))?(-[0-9a-f]{8}$)?/, with: "-check-<minute>")
  }
}

extension JSONValue {
  /// Jobs, and what they read, come in the order of their times.
  fileprivate var order: String {
    let metadata = self["metadata"]
    return (metadata?[path: "annotations", "apus.dev/job"] ?? metadata?["name"])?.string ?? ""
  }

  /// Where two documents differ, each with its path.
  fileprivate func lifeDifferences(to other: JSONValue, at path: String) -> [String] {
    if self == other { return [] }
    switch (self, other) {
    case (.object(let mine), .object(let theirs)):
      return Set(mine.keys).union(theirs.keys).sorted().flatMap { key in
        switch (mine[key], theirs[key]) {
        case (let left?, let right?): left.lifeDifferences(to: right, at: "\(path)/\(key)")
        case (let left?, nil): ["\(path)/\(key): \(left.text.prefix(300)) is there, expected nothing"]
        case (nil, let right?): ["\(path)/\(key): is missing, expected \(right.text.prefix(300))"]
        case (nil, nil): [String]()
        }
      }
    case (.array(let mine), .array(let theirs)) where mine.count == theirs.count:
      return zip(mine, theirs).enumerated().flatMap { index, pair in
        pair.0.lifeDifferences(to: pair.1, at: "\(path)/\(index)")
      }
    default: return ["\(path): \(text.prefix(400)) instead of \(other.text.prefix(400))"]
    }
  }
}
