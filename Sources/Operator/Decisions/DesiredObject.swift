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

extension DesiredObject {
  /// What a builder made, as the API takes it: what is nil or empty is not written, and so stays unowned.
  init<Object: KubernetesObject>(_ object: Object) {
    // Our own types have nothing that cannot be encoded.
    self.init(Object.gvr, (try? object.manifest) ?? .null)
  }

  /// A Deployment or Job with people's partial pod template, as they wrote it, laid over its pods.
  init<Object: KubernetesObject>(_ object: Object, podTemplate overlay: JSONValue?) {
    self.init(object)
    guard let template = manifest[path: "spec", "template"] else { return }
    manifest.set(PodTemplate.merged(template, with: overlay), at: ["spec", "template"])
  }
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
  package static let jobs = Job.gvr
  package static let events = GroupVersionResource(group: "", version: "v1", resource: "events")
  package static let deployments = Deployment.gvr
  package static let replicaSets = GroupVersionResource(group: "apps", version: "v1", resource: "replicasets")
  package static let services = Service.gvr
  package static let configMaps = ConfigMap.gvr
  package static let pods = Pod.gvr
  package static let networkPolicies = NetworkPolicy.gvr
  package static let claims = PersistentVolumeClaim.gvr
  package static let secrets = Secret.gvr
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
    self.message = message.plain()
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
