/// Who leads, until when (`coordination.k8s.io/v1`).
public struct Lease: KubernetesObject {
  public static let gvk = GroupVersionKind(group: "coordination.k8s.io", version: "v1", kind: "Lease")
  public static let gvr = GroupVersionResource(group: "coordination.k8s.io", version: "v1", resource: "leases")

  /// Times in seconds; all fields are absent in a Lease that nobody has held.
  public struct Spec: Codable, Sendable, Hashable {
    /// Empty or absent: released.
    public var holderIdentity: String?
    public var leaseDurationSeconds: Int?
    public var acquireTime: MicroTime?
    public var renewTime: MicroTime?
    public var leaseTransitions: Int?

    public init() {}
  }

  public var metadata: ObjectMeta
  public var spec: Spec?

  public init(metadata: ObjectMeta, spec: Spec? = nil) {
    self.metadata = metadata
    self.spec = spec
  }
}

/// Something that happened to an object (`events.k8s.io/v1`), for people who `kubectl describe` it.
public struct Event: KubernetesObject {
  public static let gvk = GroupVersionKind(group: "events.k8s.io", version: "v1", kind: "Event")
  public static let gvr = GroupVersionResource(group: "events.k8s.io", version: "v1", resource: "events")

  /// Set from the second occurrence on.
  public struct Series: Codable, Sendable, Equatable {
    public var count: Int
    public var lastObservedTime: MicroTime

    public init(count: Int, lastObservedTime: MicroTime) {
      self.count = count
      self.lastObservedTime = lastObservedTime
    }
  }

  public var metadata: ObjectMeta
  public var eventTime: MicroTime?
  public var series: Series?
  public var reportingController: String?
  public var reportingInstance: String?
  public var action: String?
  public var reason: String?
  public var regarding: ObjectReference?
  public var related: ObjectReference?
  public var note: String?
  /// `Normal` or `Warning`.
  public var type: String?

  public init(metadata: ObjectMeta) { self.metadata = metadata }
}
