/// Keeps the number of a workload's pods in step with their use of CPU (`autoscaling/v1`).
public struct HorizontalPodAutoscaler: KubernetesObject {
  public static let gvk = GroupVersionKind(group: "autoscaling", version: "v1", kind: "HorizontalPodAutoscaler")
  public static let gvr = GroupVersionResource(
    group: "autoscaling", version: "v1", resource: "horizontalpodautoscalers")

  /// Points to a workload of the same namespace.
  public struct Target: Codable, Sendable, Hashable {
    public var apiVersion: String?
    public var kind: String
    public var name: String

    public init(_ kind: GroupVersionKind, name: String) {
      apiVersion = kind.apiVersion
      self.kind = kind.kind
      self.name = name
    }
  }

  /// Between how many pods, and by what use of CPU.
  public struct Spec: Codable, Sendable, Equatable {
    public var scaleTargetRef: Target
    public var minReplicas: Int?
    public var maxReplicas: Int
    /// Percent of the CPU that the pods ask for.
    public var targetCPUUtilizationPercentage: Int?

    public init(
      scaling target: Target, minReplicas: Int? = nil, maxReplicas: Int, targetCPUUtilizationPercentage: Int? = nil
    ) {
      scaleTargetRef = target
      self.minReplicas = minReplicas
      self.maxReplicas = maxReplicas
      self.targetCPUUtilizationPercentage = targetCPUUtilizationPercentage
    }
  }

  public var metadata: ObjectMeta
  public var spec: Spec?

  public init(metadata: ObjectMeta, spec: Spec? = nil) {
    self.metadata = metadata
    self.spec = spec
  }
}
