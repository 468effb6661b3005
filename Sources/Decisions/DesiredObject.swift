package import KubernetesModel

/// An object as the operator wants it: full intent for a server-side apply, only the fields that the operator owns.
package struct DesiredObject: Sendable, Equatable {
  package var resource: GroupVersionResource
  package var manifest: JSONValue

  package init(_ resource: GroupVersionResource, _ manifest: JSONValue) {
    self.resource = resource
    self.manifest = manifest
  }

  package var name: String { manifest[path: "metadata", "name"]?.string ?? "" }
  package var namespace: String { manifest[path: "metadata", "namespace"]?.string ?? "" }
}

/// An object that is to go, pinned to the very one that was seen.
package struct Removal: Sendable, Hashable {
  package var resource: GroupVersionResource
  package var namespace: String
  package var name: String
  package var uid: String

  package init(_ resource: GroupVersionResource, namespace: String, name: String, uid: String) {
    self.resource = resource
    self.namespace = namespace
    self.name = name
    self.uid = uid
  }
}

/// The built-in kinds that the operator makes.
package enum Resource {
  package static let jobs = GroupVersionResource(group: "batch", version: "v1", resource: "jobs")
  package static let events = GroupVersionResource(group: "", version: "v1", resource: "events")
  package static let deployments = GroupVersionResource(group: "apps", version: "v1", resource: "deployments")
  package static let services = GroupVersionResource(group: "", version: "v1", resource: "services")
  package static let configMaps = GroupVersionResource(group: "", version: "v1", resource: "configmaps")
  package static let pods = GroupVersionResource(group: "", version: "v1", resource: "pods")
  package static let claims = GroupVersionResource(group: "", version: "v1", resource: "persistentvolumeclaims")
  package static let secrets = GroupVersionResource(group: "", version: "v1", resource: "secrets")
  package static let customDefinitions = GroupVersionResource(
    group: "apiextensions.k8s.io", version: "v1", resource: "customresourcedefinitions")
  /// `version` is `v1`, `v2beta2` or `v2`: what the cluster offers.
  package static func autoscalers(_ version: String) -> GroupVersionResource {
    GroupVersionResource(group: "autoscaling", version: version, resource: "horizontalpodautoscalers")
  }
}

/// What the operator tells people about an object, once.
package struct Announcement: Sendable, Hashable {
  package enum Kind: String, Sendable {
    case normal = "Normal"
    case warning = "Warning"
  }

  package var kind: Kind
  package var reason: String
  package var message: String
  /// As `PendingEvent.regarding`.
  package var regarding: String?

  package init(_ kind: Kind, _ reason: String, _ message: String, regarding: String? = nil) {
    self.kind = kind
    self.reason = reason
    self.message = message
    self.regarding = regarding
  }
}

/// The routing table that a pod has not confirmed yet.
package struct RoutingPush: Sendable, Equatable {
  /// Pod's UID.
  package var pod: String
  package var podName: String
  package var address: String
  /// Whether the pod speaks TLS there.
  package var isEncrypted: Bool
  package var revision: Int
  /// Digests that the pod must have loaded.
  package var digests: [String]
  /// The RoutingTable as JSON.
  package var table: String

  package init(
    pod: String, podName: String, address: String, isEncrypted: Bool = false, revision: Int, digests: [String],
    table: String
  ) {
    self.pod = pod
    self.podName = podName
    self.address = address
    self.isEncrypted = isEncrypted
    self.revision = revision
    self.digests = digests
    self.table = table
  }
}
