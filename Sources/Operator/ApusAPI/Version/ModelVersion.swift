package import KubernetesModel

/// One trained version: what it was trained from, what came out, its stage and history.
package struct ModelVersion: ApusResource {
  package static let gvk = GroupVersionKind(apiVersion: ApusGroup.apiVersion, kind: "ModelVersion")
  package static let gvr = ApusGroup.modelVersions

  package var metadata: ObjectMeta
  package var spec: ModelVersionSpec
  package var status: ModelVersionStatus

  package init(metadata: ObjectMeta, spec: ModelVersionSpec, status: ModelVersionStatus = .init()) {
    self.metadata = metadata
    self.spec = spec
    self.status = status
  }
}

extension ModelVersion {
  package static let definition = ResourceDefinition(
    of: ModelVersion.self, shortName: "mv",
    description: "One trained version of a model: where it comes from, how good it is, its stage and its history.",
    columns: [
      .init("Model", "string", ".spec.modelRef.name", "The ModelDeployment it belongs to."),
      .init("Stage", "string", ".status.stage", "Its place in the life of a version."),
      .init("Accuracy", "number", ".spec.accuracy", "Accuracy on its test rows."),
      .init("AUC", "number", ".spec.rocAUC", "Area under the ROC curve on its test rows."),
      .init("Reason", "string", ".status.reason", "Why it is in that stage."),
      .age,
      .init("Version", "string", ".spec.version", "Its short name.", priority: 1),
      .init("Trigger", "string", ".spec.trigger", "Why it was trained.", priority: 1),
      .init("Job", "string", ".spec.job", "The Job that trained it.", priority: 1),
      .init("Digest", "string", ".spec.artifact.digest", "Address of its files.", priority: 1),
    ], isOperatorsOwn: true)
}
