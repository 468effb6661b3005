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
  var arguments: [JSONValue] {
    var arguments: [JSONValue] = []
    if let tokens {
      let file = JSONValue.string("\(PodParts.tokenFolder)/\(tokens.key)")
      arguments += ["--token-file", file, "--admin-token-file", file]
    }
    if tls != nil {
      arguments += [
        "--tls-certificate", .string("\(PodParts.certificateFolder)/tls.crt"),
        "--tls-key", .string("\(PodParts.certificateFolder)/tls.key"), "--tls-admin",
      ]
    }
    return arguments
  }

  /// What tells the operator and Prometheus how to speak to the pod's port for them. The pod's own, as pods of a template
  /// from before may run beside it.
  var labels: [String: String] { tls == nil ? [:] : [ApusLabels.adminScheme: "https"] }
  var annotations: [String: JSONValue] { tls == nil ? [:] : ["prometheus.io/scheme": "https"] }

  /// The pod's group reads the files; nobody else does.
  var volumes: [JSONValue] {
    var volumes: [JSONValue] = []
    if let tokens {
      let items: JSONValue = [["key": .string(tokens.key), "path": .string(tokens.key)]]
      volumes.append([
        "name": "tokens", "secret": ["secretName": .string(tokens.name), "items": items, "defaultMode": 0o440],
      ])
    }
    if let tls {
      volumes.append(["name": "tls", "secret": ["secretName": .string(tls.name), "defaultMode": 0o440]])
    }
    return volumes
  }

  /// Whole folders: files that are mounted one by one do not follow their Secret.
  var mounts: [JSONValue] {
    var mounts: [JSONValue] = []
    if tokens != nil {
      mounts.append(["name": "tokens", "mountPath": .string(PodParts.tokenFolder), "readOnly": true])
    }
    if tls != nil {
      mounts.append(["name": "tls", "mountPath": .string(PodParts.certificateFolder), "readOnly": true])
    }
    return mounts
  }

  /// Kubelets do not check certificates.
  func probe(_ path: String) -> JSONValue {
    var probe: JSONValue = ["path": .string(path), "port": "http"]
    if tls != nil { probe["scheme"] = "HTTPS" }
    return probe
  }
}
