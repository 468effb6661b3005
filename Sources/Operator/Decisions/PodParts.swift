import ApusAPI
import KubernetesModel
import WorkerContract

/// What all generated pods have in common.
enum PodParts {
  /// Mount path of the ConfigMap with the run specification.
  static let runFolder = "/etc/apus/run"
  static let runFile = "run.json"
  static let routingFolder = "/etc/apus/routing"
  /// Mount paths of the Secrets of `spec.serving.security`.
  static let tokenFolder = "/etc/apus/tokens"
  static let grantFolder = "/etc/apus/client-tokens"
  static let certificateFolder = "/etc/apus/tls"
  static let resultFile = "/dev/termination-log"
  static let defaultContainer = "kubectl.kubernetes.io/default-container"

  /// The restricted profile of pod security.
  static func podSecurity(_ user: OperatorSettings.PodUser) -> PodSecurityContext {
    var security = PodSecurityContext(
      runAsNonRoot: true, fsGroupChangePolicy: "OnRootMismatch", seccompProfile: SeccompProfile(type: "RuntimeDefault"))
    guard case .number(let id) = user else { return security }
    security.runAsUser = id
    security.runAsGroup = id
    security.fsGroup = id
    return security
  }

  static let containerSecurity = SecurityContext(
    allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, runAsNonRoot: true,
    capabilities: .init(drop: ["ALL"]))

  /// nil: nothing is asked for.
  static func resources(_ resources: ContainerResources?) -> ResourceRequirements? {
    guard let resources, !resources.isEmpty else { return nil }
    return ResourceRequirements(requests: resources.requests, limits: resources.limits)
  }

  /// A pod without rights in the cluster, with what every container of ours needs.
  static func pod(_ container: Container, _ settings: OperatorSettings, volumes: [Volume]) -> PodSpec {
    var pod = PodSpec(containers: [container], volumes: volumes)
    pod.automountServiceAccountToken = false
    pod.enableServiceLinks = false
    pod.securityContext = podSecurity(settings.podUser)
    return pod
  }

  /// Environment of every worker and server.
  static func environment(_ storage: OperatorSettings.Storage, namespace: String) -> [EnvironmentVariable] {
    let telemetry =
      if let secret = storage.telemetrySecret {
        PodCredentials.variable(RunEnvironment.telemetry, secret: secret.name, key: secret.key)
      } else {
        EnvironmentVariable(name: RunEnvironment.telemetry, value: storage.telemetryLocation(in: namespace))
      }
    let former = storage.formerArtifactsLocation(in: namespace).map {
      [EnvironmentVariable(name: RunEnvironment.formerArtifacts, value: $0)]
    }
    return [
      EnvironmentVariable(name: RunEnvironment.artifacts, value: storage.artifactsLocation(in: namespace)), telemetry,
      EnvironmentVariable(name: RunEnvironment.podIP, valueFrom: .field("status.podIP")),
      EnvironmentVariable(name: "TMPDIR", value: "/tmp"),
    ] + (former ?? []) + PodCredentials.store(storage)
  }

  static func volumes(_ storage: OperatorSettings.Storage, configuration: String, as name: String) -> [Volume] {
    [Volume(name: name, configMap: .init(name: configuration))]
      + (storage.needsClaim ? [Volume(name: "data", claim: storage.claim.name)] : [])
      + [Volume(name: "tmp", emptyDir: .init())]
  }

  static func mounts(_ storage: OperatorSettings.Storage, configuration: String, at folder: String) -> [VolumeMount] {
    [VolumeMount(name: configuration, mountPath: folder, readOnly: true)]
      + (storage.needsClaim ? [VolumeMount(name: "data", mountPath: storage.mountPath)] : [])
      + [VolumeMount(name: "tmp", mountPath: "/tmp")]
  }

  static func labels(_ component: ApusLabels.Component, _ more: [String: String]) -> [String: String] {
    let own = [ApusLabels.component: component.rawValue, ApusLabels.managedBy: ApusLabels.manager]
    return own.merging(more.mapValues { ObjectName.labelValue($0) }) { $1 }
  }
}

/// The claim that holds artifacts and telemetry of a namespace. Nobody owns it: it outlives the models, as data should.
package func dataClaim(_ claim: OperatorSettings.Claim, namespace: String) -> DesiredObject {
  DesiredObject(
    PersistentVolumeClaim(
      metadata: ObjectMeta(
        name: claim.name, namespace: namespace, labels: [ApusLabels.managedBy: ApusLabels.manager]),
      spec: .init(
        accessModes: [claim.accessMode], storage: claim.size, storageClassName: claim.storageClassName)))
}
