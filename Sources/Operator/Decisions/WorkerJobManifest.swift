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

  private var allLabels: [String: String] { PodParts.labels(component, labels) }

  private func configMap(_ name: String, _ document: String) -> DesiredObject {
    DesiredObject(
      ConfigMap(
        metadata: metadata(name, annotations: [RunAnnotation.job: job]), data: [PodParts.runFile: document],
        immutable: true))
  }

  private func metadata(_ name: String, annotations: [String: String]) -> ObjectMeta {
    ObjectMeta(
      name: name, namespace: specification.namespace, labels: allLabels, annotations: annotations,
      ownerReferences: owner.map { [$0] } ?? [])
  }

  private func manifest(_ settings: OperatorSettings, _ configuration: String) -> DesiredObject {
    var spec = Job.Spec(template: podTemplate(settings, configuration))
    spec.backoffLimit = retries
    // Kubernetes takes at most this many seconds, which are 68 years.
    spec.activeDeadlineSeconds = Int(min(max(1, deadline.seconds.rounded(.up)), Double(Int32.max)))
    spec.ttlSecondsAfterFinished = finishedJobLifetime
    var made = DesiredObject(
      Job(metadata: metadata(job, annotations: annotations), spec: spec), podTemplate: takenTemplate(settings))
    guard let pod = made.manifest[path: "spec", "template"] else { return made }
    made.manifest.set(PodRecipe.holdingGuests(in: pod, besides: WorkerJob.container), at: ["spec", "template"])
    return made
  }

  /// The operator's own says what it says.
  private func takenTemplate(_ settings: OperatorSettings) -> JSONValue? {
    guard component != .remove else { return template }
    return TemplateMark.taken(from: template, settings.templates, in: specification.namespace)
  }

  private func podTemplate(_ settings: OperatorSettings, _ configuration: String) -> PodTemplateSpec {
    var pod = PodParts.pod(
      container(settings), settings,
      volumes: PodParts.volumes(settings.storage, configuration: configuration, as: "run"))
    pod.restartPolicy = "Never"
    return PodTemplateSpec(
      // `kubectl logs` shows the worker, wherever an injected container stands.
      metadata: ObjectMeta(labels: allLabels, annotations: [PodParts.defaultContainer: WorkerJob.container]),
      spec: PodAffinity.drawing(pod, by: settings.storage))
  }

  /// What a run asks for about whose resources nobody says anything; `{}` asks for nothing.
  private var leastResources: ContainerResources? {
    let containers = PodTemplate.whole(template).map { TemplateField.values($0, at: "spec.containers[]") } ?? []
    let isSaid = containers.contains { $0["name"]?.string == WorkerJob.container && $0["resources"] != nil }
    return isSaid ? nil : ContainerResources(requests: ["cpu": "50m", "memory": "128Mi"])
  }

  private func container(_ settings: OperatorSettings) -> Container {
    let custom = specification.train?.algorithm.custom
    let standard = [
      component.rawValue, "--run", "\(PodParts.runFolder)/\(PodParts.runFile)", "--result", PodParts.resultFile,
    ]
    let own = custom?.args ?? []
    var container = Container(
      name: WorkerJob.container, image: custom?.image ?? settings.images.worker, command: custom?.command ?? [],
      args: own.isEmpty ? standard : own,
      env: PodParts.environment(settings.storage, namespace: specification.namespace)
        + (specification.train.map { PodCredentials.sources($0, settings.storage) } ?? []),
      resources: PodParts.resources(resources ?? leastResources),
      volumeMounts: PodParts.mounts(settings.storage, configuration: "run", at: PodParts.runFolder))
    container.imagePullPolicy = settings.images.pullPolicy
    container.securityContext = PodParts.containerSecurity
    container.terminationMessagePath = PodParts.resultFile
    container.terminationMessagePolicy = "File"
    return container
  }
}

/// Annotations by which the operator finds its own intentions again after a crash.
package enum RunAnnotation {
  /// On a run's ConfigMap: the Job that mounts it.
  package static let job = "apus.dev/job"
  /// On a Job: JSON of what its start took care of (`ModelDeploymentStatus.Handled` or `MonitoringPolicyStatus.Handled`).
  package static let handled = "apus.dev/handled"
  /// On a training Job whose image is not the operator's worker: a worker loads its version before it is registered.
  package static let loads = "apus.dev/loads"
  /// On a load Job: what it was made from, by which a Job that would be another today is known.
  package static let recipe = "apus.dev/job-recipe"
  /// On a check Job: the version it looks at.
  package static let version = "apus.dev/checked-version"
  /// On a removal Job: which try of the removal it is, from 1.
  package static let attempt = "apus.dev/attempt"
  /// On a removal Job: of how many versions it removes the files.
  package static let removedFiles = "apus.dev/removed-files"
  /// On a removal Job: versions whose files stay, as other models have them, too.
  package static let keptFiles = "apus.dev/kept-files"
}
