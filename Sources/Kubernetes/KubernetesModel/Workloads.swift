/// A run of pods to completion.
public struct Job: KubernetesObject {
  public static let gvk = GroupVersionKind(group: "batch", version: "v1", kind: "Job")
  public static let gvr = GroupVersionResource(group: "batch", version: "v1", resource: "jobs")

  /// How often a pod may fail, and for how long the run may last, in seconds.
  public struct Spec: Codable, Sendable, Equatable {
    public var template: PodTemplateSpec
    public var backoffLimit: Int?
    public var activeDeadlineSeconds: Int?
    public var ttlSecondsAfterFinished: Int?
    public var completions: Int?
    public var parallelism: Int?
    public var suspend: Bool?
    public var podFailurePolicy: JSONValue?

    public init(template: PodTemplateSpec) { self.template = template }
  }

  /// How many pods run and have ended. `Complete` and `Failed` are its last conditions.
  public struct Status: Codable, Sendable, Equatable {
    public var conditions: [Condition]
    public var active: Int?
    public var succeeded: Int?
    public var failed: Int?
    public var startTime: Timestamp?
    public var completionTime: Timestamp?

    public init() { conditions = [] }
  }

  public var metadata: ObjectMeta
  public var spec: Spec?
  public var status: Status?

  public init(metadata: ObjectMeta, spec: Spec? = nil, status: Status? = nil) {
    self.metadata = metadata
    self.spec = spec
    self.status = status
  }

  public var hasSucceeded: Bool { status?.conditions.isTrue("Complete") ?? false }
  public var hasFailed: Bool { status?.conditions.isTrue("Failed") ?? false }
  public var isFinished: Bool { hasSucceeded || hasFailed }
}

/// Pods that are kept running and replaced step by step.
public struct Deployment: KubernetesObject {
  public static let gvk = GroupVersionKind(group: "apps", version: "v1", kind: "Deployment")
  public static let gvr = GroupVersionResource(group: "apps", version: "v1", resource: "deployments")

  /// How many pods, of which template, and how they are replaced. Times in seconds.
  public struct Spec: Codable, Sendable, Equatable {
    /// nil leaves the number to an autoscaler.
    public var replicas: Int?
    public var selector: LabelSelector
    public var template: PodTemplateSpec
    public var strategy: Strategy?
    public var minReadySeconds: Int?
    public var revisionHistoryLimit: Int?
    public var progressDeadlineSeconds: Int?
    public var paused: Bool?

    public init(replicas: Int? = nil, selector: LabelSelector, template: PodTemplateSpec) {
      self.replicas = replicas
      self.selector = selector
      self.template = template
    }
  }

  /// How pods of an older template are replaced.
  public struct Strategy: Codable, Sendable, Equatable {
    /// How many pods may be missing, and how many may be there besides.
    public struct RollingUpdate: Codable, Sendable, Equatable {
      /// A number of pods, or a share of them such as `25%`.
      public var maxUnavailable: IntOrString?
      public var maxSurge: IntOrString?

      public init(maxUnavailable: IntOrString? = nil, maxSurge: IntOrString? = nil) {
        self.maxUnavailable = maxUnavailable
        self.maxSurge = maxSurge
      }
    }

    /// `RollingUpdate` or `Recreate`.
    public var type: String?
    public var rollingUpdate: RollingUpdate?

    public init(type: String) { self.type = type }

    public init(rollingUpdate: RollingUpdate) {
      type = "RollingUpdate"
      self.rollingUpdate = rollingUpdate
    }
  }

  /// How many pods there are, of any template but where the name says otherwise.
  public struct Status: Codable, Sendable, Equatable {
    public var conditions: [Condition]
    public var observedGeneration: Int?
    public var replicas: Int?
    public var updatedReplicas: Int?
    public var readyReplicas: Int?
    public var availableReplicas: Int?
    public var unavailableReplicas: Int?

    public init() { conditions = [] }
  }

  public var metadata: ObjectMeta
  public var spec: Spec?
  public var status: Status?

  public init(metadata: ObjectMeta, spec: Spec? = nil, status: Status? = nil) {
    self.metadata = metadata
    self.spec = spec
    self.status = status
  }
}

/// A stable address in front of pods.
public struct Service: KubernetesObject {
  public static let gvk = GroupVersionKind(group: "", version: "v1", kind: "Service")
  public static let gvr = GroupVersionResource(group: "", version: "v1", resource: "services")

  /// A port of the Service and the one of its pods that it leads to.
  public struct Port: Codable, Sendable, Equatable {
    public var name: String?
    public var port: Int
    public var targetPort: IntOrString?
    public var `protocol`: String?
    public var nodePort: Int?

    public init(name: String? = nil, port: Int, targetPort: IntOrString? = nil, protocol: String? = "TCP") {
      self.name = name
      self.port = port
      self.targetPort = targetPort
      self.protocol = `protocol`
    }
  }

  /// Which pods answer, at which ports.
  public struct Spec: Codable, Sendable, Equatable {
    public var selector: [String: String]
    public var ports: [Port]
    public var type: String?
    public var clusterIP: String?

    public init(selector: [String: String] = [:], ports: [Port] = [], type: String? = nil, clusterIP: String? = nil) {
      self.selector = selector
      self.ports = ports
      self.type = type
      self.clusterIP = clusterIP
    }
  }

  public var metadata: ObjectMeta
  public var spec: Spec?

  public init(metadata: ObjectMeta, spec: Spec? = nil) {
    self.metadata = metadata
    self.spec = spec
  }
}
