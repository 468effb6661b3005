/// A pod, as far as the operator reads it and builds it. What it has no field for stays out: people's pod templates are
/// merged as JSON (`JSONValue.merged`) and never pass through these types.
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
  public var securityContext: JSONValue?
  public var affinity: JSONValue?
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

public struct Container: Codable, Sendable, Equatable {
  public var name: String
  public var image: String?
  public var imagePullPolicy: String?
  public var command: [String]
  public var args: [String]
  public var workingDir: String?
  public var env: [EnvironmentVariable]
  public var envFrom: [JSONValue]
  public var ports: [ContainerPort]
  /// `{"requests": {"cpu": "1"}, "limits": {…}}`
  public var resources: JSONValue?
  public var volumeMounts: [VolumeMount]
  public var livenessProbe: Probe?
  public var readinessProbe: Probe?
  public var startupProbe: Probe?
  public var lifecycle: JSONValue?
  public var securityContext: JSONValue?
  public var terminationMessagePath: String?
  public var terminationMessagePolicy: String?

  public init(
    name: String, image: String? = nil, command: [String] = [], args: [String] = [], env: [EnvironmentVariable] = [],
    ports: [ContainerPort] = [], resources: JSONValue? = nil, volumeMounts: [VolumeMount] = []
  ) {
    self.name = name
    self.image = image
    self.command = command
    self.args = args
    self.env = env
    self.envFrom = []
    self.ports = ports
    self.resources = resources
    self.volumeMounts = volumeMounts
  }
}

public struct EnvironmentVariable: Codable, Sendable, Equatable {
  public var name: String
  public var value: String?
  public var valueFrom: EnvironmentSource?

  public init(name: String, value: String) {
    self.name = name
    self.value = value
  }

  public init(name: String, valueFrom: EnvironmentSource) {
    self.name = name
    self.valueFrom = valueFrom
  }
}

/// Exactly one is set.
public struct EnvironmentSource: Codable, Sendable, Equatable {
  public struct FieldReference: Codable, Sendable, Equatable {
    public var fieldPath: String

    public init(fieldPath: String) { self.fieldPath = fieldPath }
  }

  public var fieldRef: FieldReference?
  public var secretKeyRef: KeyReference?
  public var configMapKeyRef: KeyReference?
  public var resourceFieldRef: JSONValue?

  /// A field of the pod: `status.podIP`.
  public static func field(_ path: String) -> EnvironmentSource {
    var source = EnvironmentSource()
    source.fieldRef = FieldReference(fieldPath: path)
    return source
  }

  public static func secret(_ reference: KeyReference) -> EnvironmentSource {
    var source = EnvironmentSource()
    source.secretKeyRef = reference
    return source
  }

  public static func configMap(_ reference: KeyReference) -> EnvironmentSource {
    var source = EnvironmentSource()
    source.configMapKeyRef = reference
    return source
  }

  public init() {}
}

/// One key of a Secret or ConfigMap of the same namespace.
public struct KeyReference: Codable, Sendable, Hashable {
  public var name: String
  public var key: String
  public var optional: Bool?

  public init(name: String, key: String, optional: Bool? = nil) {
    self.name = name
    self.key = key
    self.optional = optional
  }
}

public struct ContainerPort: Codable, Sendable, Equatable {
  public var name: String?
  public var containerPort: Int
  public var `protocol`: String?

  public init(name: String? = nil, containerPort: Int, protocol: String? = "TCP") {
    self.name = name
    self.containerPort = containerPort
    self.protocol = `protocol`
  }
}

public struct VolumeMount: Codable, Sendable, Equatable {
  public var name: String
  public var mountPath: String
  public var readOnly: Bool?
  public var subPath: String?

  public init(name: String, mountPath: String, readOnly: Bool? = nil, subPath: String? = nil) {
    self.name = name
    self.mountPath = mountPath
    self.readOnly = readOnly
    self.subPath = subPath
  }
}

/// A named volume; of the sources exactly one is set.
public struct Volume: Codable, Sendable, Equatable {
  public struct KeyToPath: Codable, Sendable, Equatable {
    public var key: String
    public var path: String

    public init(key: String, path: String) {
      self.key = key
      self.path = path
    }
  }

  public struct ConfigMapSource: Codable, Sendable, Equatable {
    public var name: String
    public var items: [KeyToPath]
    public var optional: Bool?
    public var defaultMode: Int?

    public init(name: String, items: [KeyToPath] = [], optional: Bool? = nil) {
      self.name = name
      self.items = items
      self.optional = optional
    }
  }

  public struct SecretSource: Codable, Sendable, Equatable {
    public var secretName: String
    public var items: [KeyToPath]
    public var optional: Bool?
    public var defaultMode: Int?

    public init(secretName: String, items: [KeyToPath] = [], optional: Bool? = nil) {
      self.secretName = secretName
      self.items = items
      self.optional = optional
    }
  }

  public struct EmptyDirectory: Codable, Sendable, Equatable {
    public var medium: String?
    public var sizeLimit: String?

    public init(medium: String? = nil, sizeLimit: String? = nil) {
      self.medium = medium
      self.sizeLimit = sizeLimit
    }
  }

  public struct ClaimSource: Codable, Sendable, Equatable {
    public var claimName: String
    public var readOnly: Bool?

    public init(claimName: String, readOnly: Bool? = nil) {
      self.claimName = claimName
      self.readOnly = readOnly
    }
  }

  public struct HostPath: Codable, Sendable, Equatable {
    public var path: String
    public var type: String?

    public init(path: String, type: String? = nil) {
      self.path = path
      self.type = type
    }
  }

  public var name: String
  public var configMap: ConfigMapSource?
  public var secret: SecretSource?
  public var emptyDir: EmptyDirectory?
  public var persistentVolumeClaim: ClaimSource?
  public var hostPath: HostPath?
  public var projected: JSONValue?

  public init(name: String) { self.name = name }

  public init(name: String, configMap: ConfigMapSource) {
    self.name = name
    self.configMap = configMap
  }

  public init(name: String, secret: SecretSource) {
    self.name = name
    self.secret = secret
  }

  public init(name: String, emptyDir: EmptyDirectory) {
    self.name = name
    self.emptyDir = emptyDir
  }

  public init(name: String, claim: String) {
    self.name = name
    self.persistentVolumeClaim = ClaimSource(claimName: claim)
  }

  public init(name: String, hostPath: HostPath) {
    self.name = name
    self.hostPath = hostPath
  }
}

public struct Probe: Codable, Sendable, Equatable {
  public struct HTTPGet: Codable, Sendable, Equatable {
    public var path: String?
    public var port: IntOrString
    public var host: String?
    public var scheme: String?

    public init(path: String, port: IntOrString) {
      self.path = path
      self.port = port
    }
  }

  public struct TCPSocket: Codable, Sendable, Equatable {
    public var port: IntOrString
    public var host: String?

    public init(port: IntOrString) { self.port = port }
  }

  public struct Exec: Codable, Sendable, Equatable {
    public var command: [String]

    public init(command: [String]) { self.command = command }
  }

  public var httpGet: HTTPGet?
  public var tcpSocket: TCPSocket?
  public var exec: Exec?
  public var initialDelaySeconds: Int?
  public var periodSeconds: Int?
  public var timeoutSeconds: Int?
  public var failureThreshold: Int?
  public var successThreshold: Int?

  public init(
    httpGet: HTTPGet? = nil, tcpSocket: TCPSocket? = nil, exec: Exec? = nil, initialDelaySeconds: Int? = nil,
    periodSeconds: Int? = nil, timeoutSeconds: Int? = nil, failureThreshold: Int? = nil
  ) {
    self.httpGet = httpGet
    self.tcpSocket = tcpSocket
    self.exec = exec
    self.initialDelaySeconds = initialDelaySeconds
    self.periodSeconds = periodSeconds
    self.timeoutSeconds = timeoutSeconds
    self.failureThreshold = failureThreshold
  }
}

/// A port by its number or its name.
public enum IntOrString: Codable, Sendable, Hashable, ExpressibleByIntegerLiteral, ExpressibleByStringLiteral {
  case int(Int)
  case string(String)

  public init(integerLiteral value: Int) { self = .int(value) }
  public init(stringLiteral value: String) { self = .string(value) }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let value = try? container.decode(Int.self) {
      self = .int(value)
    } else {
      self = .string(try container.decode(String.self))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .int(let value): try container.encode(value)
    case .string(let value): try container.encode(value)
    }
  }
}

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

public struct ContainerStatus: Codable, Sendable, Equatable {
  /// Exactly one is set.
  public struct State: Codable, Sendable, Equatable {
    public struct Waiting: Codable, Sendable, Equatable {
      public var reason: String?
      public var message: String?

      public init(reason: String? = nil, message: String? = nil) {
        self.reason = reason
        self.message = message
      }
    }

    public struct Running: Codable, Sendable, Equatable {
      public var startedAt: Timestamp?

      public init(startedAt: Timestamp? = nil) { self.startedAt = startedAt }
    }

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
