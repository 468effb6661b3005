import ApusAPI
import KubernetesModel
import WorkerContract

/// What all generated pods have in common. Built as JSON: these are full intents for server-side apply, and people's
/// templates are merged into them.
enum PodParts {
  /// Mount path of the ConfigMap with the run specification.
  static let runFolder = "/etc/apus/run"
  static let runFile = "run.json"
  static let routingFolder = "/etc/apus/routing"
  /// Mount paths of the Secrets of `spec.serving.security`.
  static let tokenFolder = "/etc/apus/tokens"
  static let certificateFolder = "/etc/apus/tls"
  static let resultFile = "/dev/termination-log"
  static let defaultContainer = "kubectl.kubernetes.io/default-container"

  /// The restricted profile of pod security.
  static func podSecurity(_ user: OperatorSettings.PodUser) -> JSONValue {
    var security: JSONValue = [
      "runAsNonRoot": true, "fsGroupChangePolicy": "OnRootMismatch", "seccompProfile": ["type": "RuntimeDefault"],
    ]
    guard case .number(let id) = user else { return security }
    for member in ["runAsUser", "runAsGroup", "fsGroup"] { security[member] = .integer(Int64(id)) }
    return security
  }

  /// nil: nothing is asked for.
  static func resources(_ resources: ContainerResources?) -> JSONValue? {
    guard let resources, !resources.isEmpty else { return nil }
    return .document(resources).withoutEmptyMembers
  }

  static let containerSecurity: JSONValue = [
    "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "runAsNonRoot": true,
    "capabilities": ["drop": ["ALL"]],
  ]

  /// Environment of every worker and server.
  static func environment(_ storage: OperatorSettings.Storage, namespace: String) -> [JSONValue] {
    let telemetry: JSONValue
    if let secret = storage.telemetrySecret {
      telemetry = PodCredentials.variable(RunEnvironment.telemetry, secret: secret.name, key: secret.key)
    } else {
      telemetry = [
        "name": .string(RunEnvironment.telemetry), "value": .string(storage.telemetryLocation(in: namespace)),
      ]
    }
    return [
      ["name": .string(RunEnvironment.artifacts), "value": .string(storage.artifacts)], telemetry,
      ["name": .string(RunEnvironment.podIP), "valueFrom": ["fieldRef": ["fieldPath": "status.podIP"]]],
      ["name": "TMPDIR", "value": "/tmp"],
    ] + PodCredentials.store(storage)
  }

  static func volumes(_ storage: OperatorSettings.Storage, configuration: String, as name: String) -> JSONValue {
    let data: [JSONValue] = [
      ["name": "data", "persistentVolumeClaim": ["claimName": .string(storage.claim.name)]]
    ]
    let before: [JSONValue] = [["name": .string(name), "configMap": ["name": .string(configuration)]]]
    return .array(before + (storage.needsClaim ? data : []) + [["name": "tmp", "emptyDir": [:]]])
  }

  static func mounts(_ storage: OperatorSettings.Storage, configuration: String, at folder: String) -> JSONValue {
    let data: [JSONValue] = [["name": "data", "mountPath": .string(storage.mountPath)]]
    let before: [JSONValue] = [
      ["name": .string(configuration), "mountPath": .string(folder), "readOnly": true]
    ]
    return .array(before + (storage.needsClaim ? data : []) + [["name": "tmp", "mountPath": "/tmp"]])
  }

  static func labels(_ component: ApusLabels.Component, _ more: [String: String]) -> [String: String] {
    let own = [ApusLabels.component: component.rawValue, ApusLabels.managedBy: ApusLabels.manager]
    return own.merging(more.mapValues { ObjectName.labelValue($0) }) { $1 }
  }

  static func owner(_ owner: OwnerReference) -> JSONValue { [JSONValue.document(owner)] }
}

/// The claim that holds artifacts and telemetry of a namespace. Nobody owns it: it outlives the models, as data should.
package func dataClaim(_ claim: OperatorSettings.Claim, namespace: String) -> DesiredObject {
  var spec: JSONValue = [
    "accessModes": [.string(claim.accessMode)],
    "resources": ["requests": ["storage": .string(claim.size)]],
  ]
  if let storageClass = claim.storageClassName { spec["storageClassName"] = .string(storageClass) }
  return DesiredObject(
    Resource.claims,
    [
      "apiVersion": "v1", "kind": "PersistentVolumeClaim",
      "metadata": [
        "name": .string(claim.name), "namespace": .string(namespace),
        "labels": [ApusLabels.managedBy: .string(ApusLabels.manager)],
      ],
      "spec": spec,
    ])
}
