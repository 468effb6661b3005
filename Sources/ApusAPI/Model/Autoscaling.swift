import KubernetesModel

extension ModelDeploymentSpec {
  package struct Autoscaling: Codable, Sendable, Equatable {
    package var minimum: Int
    package var maximum: Int
    /// Percent of the requested CPU.
    package var targetCPU: Int

    package init(minimum: Int = 2, maximum: Int = 10, targetCPU: Int = 70) {
      self.minimum = minimum
      self.maximum = maximum
      self.targetCPU = targetCPU
    }
  }
}

extension ModelDeploymentSpec.Autoscaling: SchemaDescribed {
  package static let schema = Schema.object(
    "Replicas by CPU.",
    [
      .optional("minimum", .integer("Least pods.", minimum: 1, maximum: 1000, default: 2)),
      .optional("maximum", .integer("Most pods.", minimum: 1, maximum: 1000, default: 10)),
      .optional("targetCPU", .integer("Percent of the requested CPU.", minimum: 1, maximum: 1000, default: 70)),
    ],
    rules: [.init("self.minimum <= self.maximum", "minimum is above maximum: swap them", fieldPath: ".minimum")])
}
