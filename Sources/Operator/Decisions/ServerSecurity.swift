import ApusAPI
import KubernetesModel
import WorkerContract

/// What `spec.serving.security` adds to the server's pod: Secrets are mounted as files, which the server watches.
struct ServerSecurity {
  private let tokens: SecretKeyReference?
  private let grants: [ModelDeploymentSpec.Security.TokenGrant]
  private let tls: SecretReference?

  init(_ security: ModelDeploymentSpec.Security?) {
    tokens = security?.tokenSecretRef
    grants = security?.tokens ?? []
    tls = security?.tlsSecretRef
  }

  /// Where the tokens of a grant are mounted, by its place in the list.
  private static func folder(_ place: Int) -> String { "\(PodParts.grantFolder)/\(place)" }

  /// What the names of their volumes begin with.
  static let grantVolume = "tokens-"

  private static func volume(_ place: Int) -> String { "\(grantVolume)\(place)" }

  /// The same tokens on both ports: the port for the operator can predict, too.
  var arguments: [String] {
    var arguments: [String] = []
    if let tokens {
      let file = "\(PodParts.tokenFolder)/\(tokens.key)"
      arguments += ["--token-file", file, "--admin-token-file", file]
    }
    for (place, grant) in grants.enumerated() {
      let rights = grant.rights.map(\.rawValue).joined(separator: ",")
      arguments += ["--token-grant", "\(Self.folder(place))/\(grant.secretRef.key)=\(rights)"]
    }
    if tls != nil {
      arguments += [
        "--tls-certificate", "\(PodParts.certificateFolder)/tls.crt",
        "--tls-key", "\(PodParts.certificateFolder)/tls.key", "--tls-admin",
      ]
    }
    return arguments
  }

  /// What tells the operator and Prometheus how to speak to the pod's port for them. The pod's own, as pods of a template
  /// from before may run beside it.
  var labels: [String: String] { tls == nil ? [:] : [ApusLabels.adminScheme: "https"] }
  var annotations: [String: String] { tls == nil ? [:] : ["prometheus.io/scheme": "https"] }

  /// The pod's group reads the files; nobody else does.
  var volumes: [Volume] {
    func volume(_ name: String, _ key: SecretKeyReference) -> Volume {
      let items = [Volume.KeyToPath(key: key.key, path: key.key)]
      return Volume(name: name, secret: .init(secretName: key.name, items: items, defaultMode: 0o440))
    }
    var volumes = tokens.map { [volume("tokens", $0)] } ?? []
    volumes += grants.enumerated().map { volume(Self.volume($0.offset), $0.element.secretRef) }
    if let tls { volumes.append(Volume(name: "tls", secret: .init(secretName: tls.name, defaultMode: 0o440))) }
    return volumes
  }

  /// Whole folders: files that are mounted one by one do not follow their Secret.
  var mounts: [VolumeMount] {
    var mounts: [VolumeMount] = []
    if tokens != nil { mounts.append(VolumeMount(name: "tokens", mountPath: PodParts.tokenFolder, readOnly: true)) }
    mounts += grants.indices.map {
      VolumeMount(name: Self.volume($0), mountPath: Self.folder($0), readOnly: true)
    }
    if tls != nil { mounts.append(VolumeMount(name: "tls", mountPath: PodParts.certificateFolder, readOnly: true)) }
    return mounts
  }

  /// Kubelets do not check certificates.
  func probe(_ path: String) -> Probe.HTTPGet {
    Probe.HTTPGet(path: path, port: "http", scheme: tls == nil ? nil : "HTTPS")
  }
}
