internal import Foundation
internal import KubernetesModel

/// A stored object with questions that every controller asks. The text below stays untyped: a controller reads the few
/// fields it needs and must carry all others through unchanged.
struct ClusterObject: Sendable, Equatable {
  var json: JSONValue

  init(_ json: JSONValue) { self.json = json }

  var name: String { json[path: "metadata", "name"]?.string ?? "" }
  var namespace: String { json[path: "metadata", "namespace"]?.string ?? "" }
  var uid: String { json[path: "metadata", "uid"]?.string ?? "" }
  var kind: String { json["kind"]?.string ?? "" }
  var apiVersion: String { json["apiVersion"]?.string ?? "" }
  var resourceVersion: String { json[path: "metadata", "resourceVersion"]?.string ?? "" }
  var generation: Int { json[path: "metadata", "generation"]?.integer ?? 1 }
  var key: LocalKey { LocalKey(namespace: namespace, name: name) }

  var labels: [String: String] { json[path: "metadata", "labels"]?.stringMap ?? [:] }
  var annotations: [String: String] { json[path: "metadata", "annotations"]?.stringMap ?? [:] }
  var spec: JSONValue { json["spec"] ?? .object([:]) }
  var status: JSONValue { json["status"] ?? .object([:]) }

  var created: Date { date("metadata", "creationTimestamp") ?? .distantPast }
  var isTerminating: Bool { json[path: "metadata", "deletionTimestamp"]?.string != nil }

  func date(_ first: String, _ second: String) -> Date? {
    json[path: first, second]?.string.flatMap(TimeText.date)
  }

  /// The owner that acts for this object: `ownerReferences` with `controller: true`.
  var controller: LocalOwner? {
    (json[path: "metadata", "ownerReferences"]?.array ?? []).lazy.compactMap { reference in
      guard reference["controller"]?.bool == true, let uid = reference["uid"]?.string else { return nil }
      return LocalOwner(
        kind: reference["kind"]?.string ?? "", name: reference["name"]?.string ?? "", uid: uid)
    }.first
  }

  func isControlled(by owner: ClusterObject) -> Bool { controller?.uid == owner.uid && !owner.uid.isEmpty }

  /// The owner reference children of this object carry.
  var asController: JSONValue {
    [
      "apiVersion": .string(apiVersion), "kind": .string(kind), "name": .string(name), "uid": .string(uid),
      "controller": true, "blockOwnerDeletion": true,
    ]
  }

  /// What events say they are about.
  var reference: JSONValue {
    var reference: JSONValue = [
      "apiVersion": .string(apiVersion), "kind": .string(kind), "name": .string(name), "uid": .string(uid),
    ]
    if !namespace.isEmpty { reference["namespace"] = .string(namespace) }
    if !resourceVersion.isEmpty { reference["resourceVersion"] = .string(resourceVersion) }
    return reference
  }

  func condition(_ type: String) -> JSONValue? {
    status["conditions"]?.array?.first { $0["type"]?.string == type }
  }

  func isConditionTrue(_ type: String) -> Bool { condition(type)?["status"]?.string == "True" }
}

struct LocalOwner: Sendable, Equatable {
  var kind: String
  var name: String
  var uid: String
}

/// An object's name within its resource; the namespace is empty for cluster-wide resources.
struct LocalKey: Hashable, Sendable, CustomStringConvertible {
  var namespace: String
  var name: String

  var description: String { namespace.isEmpty ? name : "\(namespace)/\(name)" }
}

/// The resources that the built-in parts of the cluster read and write.
enum ClusterResource {
  static let pods = GroupVersionResource(group: "", version: "v1", resource: "pods")
  static let nodes = GroupVersionResource(group: "", version: "v1", resource: "nodes")
  static let services = GroupVersionResource(group: "", version: "v1", resource: "services")
  static let endpoints = GroupVersionResource(group: "", version: "v1", resource: "endpoints")
  static let endpointSlices = GroupVersionResource(
    group: "discovery.k8s.io", version: "v1", resource: "endpointslices")
  static let configMaps = GroupVersionResource(group: "", version: "v1", resource: "configmaps")
  static let secrets = GroupVersionResource(group: "", version: "v1", resource: "secrets")
  static let events = GroupVersionResource(group: "", version: "v1", resource: "events")
  static let namespaces = GroupVersionResource(group: "", version: "v1", resource: "namespaces")
  static let serviceAccounts = GroupVersionResource(group: "", version: "v1", resource: "serviceaccounts")
  static let claims = GroupVersionResource(group: "", version: "v1", resource: "persistentvolumeclaims")
  static let deployments = GroupVersionResource(group: "apps", version: "v1", resource: "deployments")
  static let replicaSets = GroupVersionResource(group: "apps", version: "v1", resource: "replicasets")
  static let jobs = GroupVersionResource(group: "batch", version: "v1", resource: "jobs")
}

/// Times as Kubernetes writes them: RFC 3339 in UTC, whole seconds.
enum TimeText {
  static func text(_ date: Date) -> String {
    Timestamp(secondsSince1970: date.timeIntervalSince1970).description
  }

  static func json(_ date: Date) -> JSONValue { .string(text(date)) }

  static func date(_ text: String) -> Date? {
    Timestamp(text).map { Date(timeIntervalSince1970: $0.secondsSince1970) }
  }

  /// With nanoseconds, as container logs carry it.
  static func precise(_ date: Date) -> String {
    let seconds = date.timeIntervalSince1970.rounded(.down)
    let nanoseconds = Int((date.timeIntervalSince1970 - seconds) * 1e9)
    return RFC3339.text(ofTicks: Int(seconds) * 1_000_000_000 + nanoseconds, digits: 9)
  }
}
