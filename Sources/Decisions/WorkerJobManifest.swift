package import ApusAPI
package import KubernetesModel
package import WorkerContract

/// A run as it is to be: makes the Job and the immutable ConfigMap with its specification.
package struct RunRequest: Sendable, Equatable {
  package var component: ApusLabels.Component
  package var job: String
  package var specification: RunSpecification
  /// Labels besides component and manager.
  package var labels: [String: String]
  package var annotations: [String: String]
  /// nil: the run outlives what it is about.
  package var owner: OwnerReference?
  package var deadline: TimeSpan
  package var retries: Int
  /// Of the container `worker`.
  package var resources: ContainerResources?
  /// People's partial pod template.
  package var template: JSONValue?
}

/// How long a finished Job is kept by the cluster where the operator has not tidied it up before: a week.
private let finishedJobLifetime = 604_800

extension RunRequest {
  package func objects(_ settings: OperatorSettings) -> [DesiredObject] {
    let document = JSONValue.document(specification).text
    let configuration = ResourceName.runConfiguration(
      job: job, digest: StableHash.hexadecimal(document.utf8))
    return [configMap(configuration, document), manifest(settings, configuration)]
  }

  private var allLabels: JSONValue { JSONValue(PodParts.labels(component, labels)) }

  private func configMap(_ name: String, _ document: String) -> DesiredObject {
    DesiredObject(
      Resource.configMaps,
      [
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": metadata(name, annotations: [RunAnnotation.job: job]),
        "immutable": true, "data": [PodParts.runFile: .string(document)],
      ])
  }

  private func metadata(_ name: String, annotations: [String: String]) -> JSONValue {
    var metadata: JSONValue = [
      "name": .string(name), "namespace": .string(specification.namespace), "labels": allLabels,
      "annotations": JSONValue(annotations),
    ]
    metadata["ownerReferences"] = owner.map(PodParts.owner)
    return metadata
  }

  private func manifest(_ settings: OperatorSettings, _ configuration: String) -> DesiredObject {
    let pod: JSONValue = [
      // `kubectl logs` shows the worker, wherever an injected container stands.
      "metadata": ["labels": allLabels, "annotations": [PodParts.defaultContainer: .string(WorkerJob.container)]],
      "spec": [
        "restartPolicy": "Never", "automountServiceAccountToken": false, "enableServiceLinks": false,
        "securityContext": PodParts.podSecurity(settings.podUser), "containers": [container(settings)],
        "volumes": PodParts.volumes(settings.storage, configuration: configuration, as: "run"),
      ],
    ]
    return DesiredObject(
      Resource.jobs,
      [
        "apiVersion": "batch/v1", "kind": "Job",
        "metadata": metadata(job, annotations: annotations),
        "spec": [
          "backoffLimit": .integer(Int64(retries)),
          "activeDeadlineSeconds": .integer(Int64(max(1, deadline.seconds.rounded(.up)))),
          "ttlSecondsAfterFinished": .integer(Int64(finishedJobLifetime)),
          "template": PodTemplate.merged(PodAffinity.drawing(pod, by: settings.storage), with: template),
        ],
      ])
  }

  private func container(_ settings: OperatorSettings) -> JSONValue {
    let custom = specification.train?.algorithm.custom
    let standard: [JSONValue] = [
      .string(component.rawValue), "--run", .string("\(PodParts.runFolder)/\(PodParts.runFile)"),
      "--result", .string(PodParts.resultFile),
    ]
    var container: JSONValue = [
      "name": .string(WorkerJob.container), "image": .string(custom?.image ?? settings.images.worker),
      "imagePullPolicy": .string(settings.images.pullPolicy),
      "env": .array(
        PodParts.environment(settings.storage, namespace: specification.namespace)
          + (specification.train.map { PodCredentials.sources($0, settings.storage) } ?? [])),
      "volumeMounts": PodParts.mounts(settings.storage, configuration: "run", at: PodParts.runFolder),
      "securityContext": PodParts.containerSecurity,
      "terminationMessagePath": .string(PodParts.resultFile), "terminationMessagePolicy": "File",
    ]
    container["resources"] = PodParts.resources(resources)
    if let custom, !custom.args.isEmpty {
      container["args"] = .array(custom.args.map(JSONValue.string))
    } else {
      container["args"] = .array(standard)
    }
    if let custom, !custom.command.isEmpty { container["command"] = .array(custom.command.map(JSONValue.string)) }
    return container
  }
}

/// Annotations by which the operator finds its own intentions again after a crash.
package enum RunAnnotation {
  /// On a run's ConfigMap: the Job that mounts it.
  package static let job = "apus.dev/job"
  /// On a Job: JSON of what its start took care of (`ModelDeploymentStatus.Handled` or `MonitoringPolicyStatus.Handled`).
  package static let handled = "apus.dev/handled"
  /// On a check Job: the version it looks at.
  package static let version = "apus.dev/checked-version"
  /// On a removal Job: which try of the removal it is, from 1.
  package static let attempt = "apus.dev/attempt"
  /// On a removal Job: of how many versions it removes the files.
  package static let removedFiles = "apus.dev/removed-files"
  /// On a removal Job: versions whose files stay, as other models have them, too.
  package static let keptFiles = "apus.dev/kept-files"
}
