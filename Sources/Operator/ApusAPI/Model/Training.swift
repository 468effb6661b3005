package import KubernetesModel
package import WorkerContract

extension ModelDeploymentSpec {
  package struct Training: Codable, Sendable, Equatable {
    package var source: DataSource
    package var split: SplitPlan
    package var algorithm: Algorithm
    /// How many odd values are no error.
    package var limits: DataLimits
    package var schedule: Schedule
    /// A run that takes longer is ended and counts as failed.
    package var deadline: TimeSpan
    /// How often a failed run is tried again.
    package var retries: Int
    /// Of the container `worker`.
    package var resources: ContainerResources?
    /// A partial pod template, merged into the Job's pod; the container is `worker`.
    package var template: JSONValue?
  }
}

extension ModelDeploymentSpec.Training: SchemaDescribed {
  package static let schema = Schema.object(
    "How versions are trained.",
    [
      .required("source", DataSource.schema),
      .optional("split", SplitPlan.schema.with(default: [:])),
      // Not published: a stored default would stay beside the algorithm that a later apply names.
      .optional("algorithm", Algorithm.schema.implying(["gradientBoosting": [:]])),
      .optional("limits", DataLimits.schema.with(default: [:])),
      .optional(
        "schedule",
        Schedule.schema(cron: "0 2 * * 0").described("When a new version is trained even if nothing else calls for it.")
      ),
      .optional("deadline", .timeSpan("A run that takes longer is ended and counts as failed.", default: "2h")),
      .optional("retries", .integer("How often a failed run is tried again.", minimum: 0, maximum: 20, default: 2)),
      .optional(
        "resources", ContainerResources.schema.described("CPU, memory and more for the container worker.").nullable),
      .optional(
        "template",
        Schema.podTemplate.described(
          "A partial pod template, merged into the Job's pod (container worker): nodeSelector, volumes, sidecars …."
        ).nullable),
    ])
}

extension ModelDeploymentSpec.Training {
  func problems(with schema: FeatureSchema) -> [Problem] {
    let path = "spec.training"
    var found = source.problems(at: "\(path).source", timestamp: schema.timestamp)
    found += split.problems(at: "\(path).split", timestamp: schema.timestamp)
    found += algorithm.problems(at: "\(path).algorithm")
    found += schedule.problems(at: "\(path).schedule")
    found += deadline.problems(at: "\(path).deadline")
    if let resources { found += resources.problems(at: "\(path).resources") }
    if retries < 0 { found.append(Problem("\(path).retries", "is negative", mend: "write 0 or more")) }
    return found
  }
}
