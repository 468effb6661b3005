/// Who may open connections to pods (`networking.k8s.io/v1`). Rules are kept as they are written: an empty selector means
/// everything, and must not be left out.
public struct NetworkPolicy: KubernetesObject {
  public static let gvk = GroupVersionKind(group: "networking.k8s.io", version: "v1", kind: "NetworkPolicy")
  public static let gvr = GroupVersionResource(
    group: "networking.k8s.io", version: "v1", resource: "networkpolicies")

  /// The pods it is about, and what is let in.
  public struct Spec: Codable, Sendable, Equatable {
    public var podSelector: LabelSelector
    public var policyTypes: [String]
    public var ingress: JSONValue?

    public init(podSelector: LabelSelector, policyTypes: [String], ingress: JSONValue? = nil) {
      self.podSelector = podSelector
      self.policyTypes = policyTypes
      self.ingress = ingress
    }
  }

  public var metadata: ObjectMeta
  public var spec: Spec?

  public init(metadata: ObjectMeta, spec: Spec? = nil) {
    self.metadata = metadata
    self.spec = spec
  }
}
