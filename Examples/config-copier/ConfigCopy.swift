import KubernetesModel

/// Keeps copies of a ConfigMap in all namespaces that carry a label.
struct ConfigCopy: KubernetesObject {
  static let gvk = GroupVersionKind(group: "examples.apus.dev", version: "v1", kind: "ConfigCopy")
  static let gvr = GroupVersionResource(group: "examples.apus.dev", version: "v1", resource: "configcopies")

  struct Spec: Codable, Equatable {
    /// In the namespace of this object.
    var configMap: String
    var namespaceLabel: String
  }

  struct Status: Codable, Equatable {
    var observedGeneration: Int?
    var copies: Int?
    var conditions: [Condition]?
  }

  var metadata: ObjectMeta
  var spec: Spec
  var status: Status?
}
