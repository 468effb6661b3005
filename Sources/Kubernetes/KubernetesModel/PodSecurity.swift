/// What holds for all containers of a pod.
public struct PodSecurityContext: Codable, Sendable, Equatable {
  public var runAsUser: Int?
  public var runAsGroup: Int?
  public var runAsNonRoot: Bool?
  public var fsGroup: Int?
  /// `OnRootMismatch` or `Always`.
  public var fsGroupChangePolicy: String?
  public var supplementalGroups: [Int]
  /// `Merge` or `Strict`.
  public var supplementalGroupsPolicy: String?
  public var seccompProfile: SeccompProfile?
  public var sysctls: [JSONValue]
  public var appArmorProfile: JSONValue?
  public var seLinuxOptions: JSONValue?
  /// `MountOption` or `Recursive`.
  public var seLinuxChangePolicy: String?
  public var windowsOptions: JSONValue?

  public init(
    runAsUser: Int? = nil, runAsGroup: Int? = nil, runAsNonRoot: Bool? = nil, fsGroup: Int? = nil,
    fsGroupChangePolicy: String? = nil, supplementalGroups: [Int] = [], seccompProfile: SeccompProfile? = nil
  ) {
    self.runAsUser = runAsUser
    self.runAsGroup = runAsGroup
    self.runAsNonRoot = runAsNonRoot
    self.fsGroup = fsGroup
    self.fsGroupChangePolicy = fsGroupChangePolicy
    self.supplementalGroups = supplementalGroups
    self.seccompProfile = seccompProfile
    sysctls = []
  }
}

/// What one container may do.
public struct SecurityContext: Codable, Sendable, Equatable {
  /// Names without `CAP_`; `ALL` is all of them.
  public struct Capabilities: Codable, Sendable, Equatable {
    public var add: [String]
    public var drop: [String]

    public init(add: [String] = [], drop: [String] = []) {
      self.add = add
      self.drop = drop
    }
  }

  public var privileged: Bool?
  public var allowPrivilegeEscalation: Bool?
  public var readOnlyRootFilesystem: Bool?
  public var runAsUser: Int?
  public var runAsGroup: Int?
  public var runAsNonRoot: Bool?
  public var capabilities: Capabilities?
  public var seccompProfile: SeccompProfile?
  /// `Default` or `Unmasked`.
  public var procMount: String?
  public var appArmorProfile: JSONValue?
  public var seLinuxOptions: JSONValue?
  public var windowsOptions: JSONValue?

  public init(
    privileged: Bool? = nil, allowPrivilegeEscalation: Bool? = nil, readOnlyRootFilesystem: Bool? = nil,
    runAsUser: Int? = nil, runAsGroup: Int? = nil, runAsNonRoot: Bool? = nil, capabilities: Capabilities? = nil,
    seccompProfile: SeccompProfile? = nil
  ) {
    self.privileged = privileged
    self.allowPrivilegeEscalation = allowPrivilegeEscalation
    self.readOnlyRootFilesystem = readOnlyRootFilesystem
    self.runAsUser = runAsUser
    self.runAsGroup = runAsGroup
    self.runAsNonRoot = runAsNonRoot
    self.capabilities = capabilities
    self.seccompProfile = seccompProfile
  }
}

/// Which system calls are let through.
public struct SeccompProfile: Codable, Sendable, Equatable {
  /// `RuntimeDefault`, `Unconfined` or `Localhost`.
  public var type: String
  /// A file below the kubelet's folder of profiles, for `Localhost` only.
  public var localhostProfile: String?

  public init(type: String, localhostProfile: String? = nil) {
    self.type = type
    self.localhostProfile = localhostProfile
  }
}
