/// A named volume; of the sources exactly one is set.
public struct Volume: Codable, Sendable, Equatable {
  /// A key that becomes a file at a path below the mount.
  public struct KeyToPath: Codable, Sendable, Equatable {
    public var key: String
    public var path: String

    public init(key: String, path: String) {
      self.key = key
      self.path = path
    }
  }

  /// The keys of a ConfigMap as files; all of them where `items` is empty.
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

  /// The keys of a Secret as files; all of them where `items` is empty.
  public struct SecretSource: Codable, Sendable, Equatable {
    public var secretName: String
    public var items: [KeyToPath]
    public var optional: Bool?
    public var defaultMode: Int?

    public init(
      secretName: String, items: [KeyToPath] = [], optional: Bool? = nil, defaultMode: Int? = nil
    ) {
      self.secretName = secretName
      self.items = items
      self.optional = optional
      self.defaultMode = defaultMode
    }
  }

  /// A folder that lives as long as the pod; `medium` `Memory` keeps it in memory.
  public struct EmptyDirectory: Codable, Sendable, Equatable {
    public var medium: String?
    public var sizeLimit: String?

    public init(medium: String? = nil, sizeLimit: String? = nil) {
      self.medium = medium
      self.sizeLimit = sizeLimit
    }
  }

  /// The volume of a PersistentVolumeClaim of the namespace.
  public struct ClaimSource: Codable, Sendable, Equatable {
    public var claimName: String
    public var readOnly: Bool?

    public init(claimName: String, readOnly: Bool? = nil) {
      self.claimName = claimName
      self.readOnly = readOnly
    }
  }

  /// A path of the node.
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
