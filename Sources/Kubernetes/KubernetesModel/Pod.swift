/// A pod, as far as operators read it and build it. What it has no field for is lost: merge people's pod templates as
/// JSON (`JSONValue.merged`).
public struct Pod: KubernetesObject {
  public static let gvk = GroupVersionKind(group: "", version: "v1", kind: "Pod")
  public static let gvr = GroupVersionResource(group: "", version: "v1", resource: "pods")

  public var metadata: ObjectMeta
  public var spec: PodSpec?
  public var status: PodStatus?

  public init(metadata: ObjectMeta, spec: PodSpec? = nil, status: PodStatus? = nil) {
    self.metadata = metadata
    self.spec = spec
    self.status = status
  }

  /// Ready and not being deleted.
  public var isReady: Bool { !metadata.isBeingDeleted && status?.conditions.isTrue("Ready") == true }

  /// The final message of a container: what the process wrote to its termination log. Where a container has been
  /// restarted, the last end that is known.
  public func terminationMessage(ofContainer name: String) -> String? {
    let status = status?.containerStatuses.first { $0.name == name }
    return (status?.state?.terminated ?? status?.lastState?.terminated)?.message
  }
}

/// The pod inside Jobs and Deployments.
public struct PodTemplateSpec: Codable, Sendable, Equatable {
  public var metadata: ObjectMeta?
  public var spec: PodSpec?

  public init(metadata: ObjectMeta? = nil, spec: PodSpec? = nil) {
    self.metadata = metadata
    self.spec = spec
  }
}

/// What runs in a pod, and where. Parts that operators seldom build are JSON.
public struct PodSpec: Codable, Sendable, Equatable {
  public var containers: [Container]
  public var initContainers: [Container]
  public var volumes: [Volume]
  /// `Always`, `OnFailure` or `Never`.
  public var restartPolicy: String?
  public var serviceAccountName: String?
  public var automountServiceAccountToken: Bool?
  public var terminationGracePeriodSeconds: Int?
  public var activeDeadlineSeconds: Int?
  public var nodeName: String?
  public var nodeSelector: [String: String]
  public var hostNetwork: Bool?
  public var enableServiceLinks: Bool?
  public var imagePullSecrets: [LocalReference]
  public var priorityClassName: String?
  public var securityContext: PodSecurityContext?
  public var affinity: Affinity?
  public var tolerations: [JSONValue]
  public var topologySpreadConstraints: [JSONValue]

  public init(containers: [Container] = [], volumes: [Volume] = [], restartPolicy: String? = nil) {
    self.containers = containers
    self.initContainers = []
    self.volumes = volumes
    self.restartPolicy = restartPolicy
    self.nodeSelector = [:]
    self.imagePullSecrets = []
    self.tolerations = []
    self.topologySpreadConstraints = []
  }
}

/// An object of the same namespace, by its name.
public struct LocalReference: Codable, Sendable, Hashable {
  public var name: String

  public init(name: String) { self.name = name }
}

/// What the kubelet says of a pod. Both lists of containers are empty until it has started them.
public struct PodStatus: Codable, Sendable, Equatable {
  /// `Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`.
  public var phase: String?
  public var conditions: [Condition]
  public var reason: String?
  public var message: String?
  public var podIP: String?
  public var hostIP: String?
  public var startTime: Timestamp?
  public var containerStatuses: [ContainerStatus]
  public var initContainerStatuses: [ContainerStatus]

  public init() {
    conditions = []
    containerStatuses = []
    initContainerStatuses = []
  }
}

/// What has become of one container of a pod.
public struct ContainerStatus: Codable, Sendable, Equatable {
  /// Exactly one is set.
  public struct State: Codable, Sendable, Equatable {
    /// Not started: an image is pulled, or a start has failed (`ImagePullBackOff`, `CrashLoopBackOff` …).
    public struct Waiting: Codable, Sendable, Equatable {
      public var reason: String?
      public var message: String?

      public init(reason: String? = nil, message: String? = nil) {
        self.reason = reason
        self.message = message
      }
    }

    /// Started, and not ended.
    public struct Running: Codable, Sendable, Equatable {
      public var startedAt: Timestamp?

      public init(startedAt: Timestamp? = nil) { self.startedAt = startedAt }
    }

    /// Ended, with the exit code of its process.
    public struct Terminated: Codable, Sendable, Equatable {
      public var exitCode: Int
      public var signal: Int?
      /// `Completed`, `Error`, `OOMKilled` …
      public var reason: String?
      /// What the process wrote to its termination log, at most 4096 bytes.
      public var message: String?
      public var startedAt: Timestamp?
      public var finishedAt: Timestamp?

      public init(exitCode: Int, reason: String? = nil, message: String? = nil, finishedAt: Timestamp? = nil) {
        self.exitCode = exitCode
        self.reason = reason
        self.message = message
        self.finishedAt = finishedAt
      }
    }

    public var waiting: Waiting?
    public var running: Running?
    public var terminated: Terminated?

    public init(waiting: Waiting? = nil, running: Running? = nil, terminated: Terminated? = nil) {
      self.waiting = waiting
      self.running = running
      self.terminated = terminated
    }
  }

  public var name: String
  public var ready: Bool?
  public var restartCount: Int?
  public var image: String?
  public var state: State?
  public var lastState: State?

  public init(name: String, ready: Bool? = nil, state: State? = nil) {
    self.name = name
    self.ready = ready
    self.state = state
  }
}
