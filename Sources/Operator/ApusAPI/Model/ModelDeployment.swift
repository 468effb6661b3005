package import KubernetesModel
import WorkerContract

/// A model: how it is trained, when a version is good enough, how it is served.
package struct ModelDeployment: ApusResource {
  package static let gvk = GroupVersionKind(apiVersion: ApusGroup.apiVersion, kind: "ModelDeployment")
  package static let gvr = ApusGroup.modelDeployments

  package var metadata: ObjectMeta
  package var spec: ModelDeploymentSpec
  package var status: ModelDeploymentStatus

  package init(metadata: ObjectMeta, spec: ModelDeploymentSpec, status: ModelDeploymentStatus = .init()) {
    self.metadata = metadata
    self.spec = spec
    self.status = status
  }
}

extension ModelDeployment {
  package static let definition = ResourceDefinition(
    of: ModelDeployment.self, shortName: "md",
    description: "A model: how it is trained, when a version is good enough, and how it is served.",
    columns: [
      .condition(.ready),
      .reason(of: .ready),
      .init("Version", "string", ".status.version", "The version in production."),
      .init("Traffic", "string", ".status.trafficSummary", "Which versions answer which share of requests."),
      .init("Accuracy", "number", ".status.accuracy", "Accuracy of the version in production on its test rows."),
      .init("AUC", "number", ".status.rocAUC", "Area under the ROC curve of the version in production."),
      .init(
        "Failed Trainings", "integer", ".status.failedTrainings",
        "Trainings that failed since the last one that did not."),
      .init("Last Trained", "date", ".status.lastTrained", "Since the last successful training."),
      .age,
      .init("Candidate", "string", ".status.candidate", "The version that waits for approval or rollout.", priority: 1),
      .init("Training", "string", ".status.training.state", "State of the last training run.", priority: 1),
      .init("Next Training", "string", ".status.nextTraining", "When the schedule trains next.", priority: 1),
      .init("Servers", "integer", ".status.serving.readyReplicas", "Server pods that are ready.", priority: 1),
    ],
    scale: .init(
      replicas: ".spec.serving.replicas", currentReplicas: ".status.serving.replicas",
      selector: ".status.serving.selector"))
}

extension ModelDeployment {
  /// Everything that is wrong with what was written, all at once: what the schema's rules (CEL) say, which older servers
  /// do not evaluate, and what they cannot say. Empty: the operator can act on it. Warnings do not stop it.
  package func problems() -> [Problem] {
    nameProblems(of: metadata) + spec.schema.problems(at: "spec.schema") + spec.training.problems(with: spec.schema)
      + spec.promotion.problems(with: spec.schema) + spec.serving.problems(with: spec.schema)
  }
}
