package import KubernetesModel
package import WorkerContract

/// One trained version: written once by the operator when a run has ended, never changed but in its status.
package struct ModelVersionSpec: Codable, Sendable, Equatable {
  package var modelRef: MonitoringPolicySpec.ModelReference
  /// `v3`
  package var version: String
  package var number: Int
  package var job: String
  package var trigger: ModelDeploymentStatus.Trigger
  package var trainedAt: Timestamp?
  /// Digest of the spec it was trained from.
  package var trainingInput: String
  /// nil when the run failed.
  package var artifact: ArtifactReference?
  package var result: TrainingResult?
  package var failure: RunFailure?
  /// Of `result`, rounded to three decimals: a column of `kubectl get`, which shows numbers as they are.
  package var accuracy: Double?
  /// Of `result`, rounded likewise.
  package var rocAUC: Double?

  package init(
    modelRef: MonitoringPolicySpec.ModelReference, version: String, number: Int, job: String,
    trigger: ModelDeploymentStatus.Trigger, trainedAt: Timestamp? = nil, trainingInput: String,
    artifact: ArtifactReference? = nil, result: TrainingResult? = nil, failure: RunFailure? = nil
  ) {
    self.modelRef = modelRef
    self.version = version
    self.number = number
    self.job = job
    self.trigger = trigger
    self.trainedAt = trainedAt
    self.trainingInput = trainingInput
    self.artifact = artifact
    self.result = result
    self.failure = failure
    accuracy = result?.metrics.accuracy.rounded(toDecimals: 3)
    rocAUC = result?.metrics.rocAUC?.rounded(toDecimals: 3)
  }
}

/// What workers report, as it stands in ModelVersions and in the status of MonitoringPolicies.
extension ModelVersionSpec: SchemaDescribed {
  package static let schema = Schema.object(
    "Written once by the operator when a run has ended.",
    [
      .required("modelRef", MonitoringPolicySpec.ModelReference.schema),
      .required("version", .version("Its short name.")),
      .required("number", .integer("Its number.", minimum: 1)),
      .required("job", .string("The Job that trained it.")),
      .required("trigger", .enumeration(ModelDeploymentStatus.Trigger.self, "Why it was trained.")),
      .optional("trainedAt", .timestamp("When the run ended.")),
      .required("trainingInput", .string("Digest of the spec it was trained from.", maximum: 128)),
      .optional("artifact", ArtifactReference.schema.described("Its files; absent when the run failed.")),
      .optional("result", TrainingResult.schema),
      .optional("failure", RunFailure.schema),
      .optional("accuracy", .share("On its test rows, rounded for people.")),
      .optional("rocAUC", .share("On its test rows, rounded for people.")),
    ],
    rules: [.init("self == oldSelf", "a version's spec cannot change: train a new version")])
}
