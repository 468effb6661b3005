import ApusAPI
import KubernetesModel
import WorkerContract

/// What `spec.serving.security` adds to the server's pod: Secrets are mounted as files, which the server watches.
struct ServerSecurity {
  private let tokens: SecretKeyReference?
  private let tls: SecretReference?

  init(_ security: ModelDeploymentSpec.Security?) {
    tokens = security?.tokenSecretRef
    tls = security?.tlsSecretRef
  }

  /// The same tokens on both ports: the port for the operator can predict, too.
  var arguments: [String] {
    var arguments: [String] = []
    if let tokens {
      let file = "\(PodParts.tokenFolder)/\(tokens.key)"
      arguments += ["--token-file", file, "--admin-token-file", file]
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
    var volumes: [Volume] = []
    if let tokens {
      let items = [Volume.KeyToPath(key: tokens.key, path: tokens.key)]
      volumes.append(
        Volume(name: "tokens", secret: .init(secretName: tokens.name, items: items, defaultMode: 0o440)))
    }
    if let tls { volumes.append(Volume(name: "tls", secret: .init(secretName: tls.name, defaultMode: 0o440))) }
    return volumes
  }

  /// Whole folders: files that are mounted one by one do not follow their Secret.
  var mounts: [VolumeMount] {
    var mounts: [VolumeMount] = []
    if tokens != nil { mounts.append(VolumeMount(name: "tokens", mountPath: PodParts.tokenFolder, readOnly: true)) }
    if tls != nil { mounts.append(VolumeMount(name: "tls", mountPath: PodParts.certificateFolder, readOnly: true)) }
    return mounts
  }

  /// Kubelets do not check certificates.
  func probe(_ path: String) -> Probe.HTTPGet {
    Probe.HTTPGet(path: path, port: "http", scheme: tls == nil ? nil : "HTTPS")
  }
}
