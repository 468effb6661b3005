import KubernetesModel

extension ModelDeploymentSpec {
  package struct Autoscaling: Codable, Sendable, Equatable {
    package var minimum: Int
    package var maximum: Int
    /// Percent of the requested CPU.
    package var targetCPU: Int
  }
}

extension ModelDeploymentSpec.Autoscaling: SchemaDescribed {
  package static let schema = Schema.object(
    "Scales the server pods by CPU use.",
    [
      .optional("minimum", .integer("Fewest pods.", minimum: 1, maximum: 1000, default: 2)),
      .optional("maximum", .integer("Most pods.", minimum: 1, maximum: 1000, default: 10)),
      .optional("targetCPU", .integer("Percent of the requested CPU.", minimum: 1, maximum: 1000, default: 70)),
    ],
    rules: [.init("self.minimum <= self.maximum", "minimum is above maximum: swap them", fieldPath: ".minimum")])
}
