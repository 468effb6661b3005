/// One process of a pod.
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
  public var resources: ResourceRequirements?
  public var volumeMounts: [VolumeMount]
  public var livenessProbe: Probe?
  public var readinessProbe: Probe?
  public var startupProbe: Probe?
  public var lifecycle: JSONValue?
  public var securityContext: SecurityContext?
  public var terminationMessagePath: String?
  public var terminationMessagePolicy: String?

  public init(
    name: String, image: String? = nil, command: [String] = [], args: [String] = [], env: [EnvironmentVariable] = [],
    ports: [ContainerPort] = [], resources: ResourceRequirements? = nil, volumeMounts: [VolumeMount] = []
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

/// A variable with a value, or with a source for one.
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
  /// A field of the pod that the container runs in.
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

  /// A key of a Secret.
  public static func secret(_ reference: KeyReference) -> EnvironmentSource {
    var source = EnvironmentSource()
    source.secretKeyRef = reference
    return source
  }

  /// A key of a ConfigMap.
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

/// A port that a container listens on.
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

/// Where a container sees a volume of its pod.
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

/// What a container is given of CPU, memory and other resources: quantities such as `500m` and `2Gi` by their names. A
/// quantity that a document holds as a number is read as its text.
public struct ResourceRequirements: Codable, Sendable, Equatable {
  /// What the scheduler sets aside.
  public var requests: [String: String]
  /// The most that the container gets.
  public var limits: [String: String]
  /// Which of the pod's resource claims it uses.
  public var claims: [JSONValue]

  public init(requests: [String: String] = [:], limits: [String: String] = [:]) {
    self.requests = requests
    self.limits = limits
    claims = []
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    requests = try container.decode([String: QuantityText].self, forKey: .requests).mapValues(\.text)
    limits = try container.decode([String: QuantityText].self, forKey: .limits).mapValues(\.text)
    claims = try container.decode([JSONValue].self, forKey: .claims)
  }

  private enum CodingKeys: String, CodingKey {
    case requests, limits, claims
  }
}

/// A quantity as documents hold it: a text, or a plain number.
struct QuantityText: Decodable {
  var text: String

  init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer().decode(JSONValue.self)
    switch value {
    case .string(let text): self.text = text
    case .integer, .number: text = value.text
    default:
      throw DecodingError.typeMismatch(
        String.self,
        .init(codingPath: decoder.codingPath, debugDescription: "a quantity such as 500m or 2Gi is expected"))
    }
  }
}
