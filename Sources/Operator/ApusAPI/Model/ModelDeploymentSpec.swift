import KubernetesModel
package import WorkerContract

/// What people say about a model: how it is trained, when a version is good enough, how it is served.
package struct ModelDeploymentSpec: Codable, Sendable, Equatable {
  package var schema: FeatureSchema
  package var training: Training
  package var promotion: Promotion
  package var serving: Serving
  /// What happens to rows, reports and files when the model is deleted.
  package var deletion: Deletion

  package enum Deletion: String, Codable, Sendable, CaseIterable {
    case keep = "Keep"
    case delete = "Delete"
  }
}

extension ModelDeploymentSpec: SchemaDescribed {
  package static let schema = Schema.object(
    "What people say about a model.",
    [
      .required("schema", FeatureSchema.schema),
      .required("training", Training.schema),
      .optional("promotion", Promotion.schema.with(default: [:])),
      .optional("serving", Serving.schema.with(default: [:])),
      .optional(
        "deletion",
        .enumeration(
          Deletion.self,
          "What happens to the model's predictions, labels, checks, reports and files when the model is deleted. Keep: they "
            + "stay. Delete: a Job removes them, and the ModelVersions stay until it has.", default: .keep)),
    ])
}
