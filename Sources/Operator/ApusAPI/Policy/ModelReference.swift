import KubernetesModel

extension MonitoringPolicySpec {
  /// A ModelDeployment of the same namespace.
  package struct ModelReference: Codable, Sendable, Hashable {
    package var name: String

    package init(name: String) {
      self.name = name
    }
  }
}

extension MonitoringPolicySpec.ModelReference: SchemaDescribed {
  package static let schema = Schema.object(
    "A ModelDeployment of the same namespace.", [.required("name", .objectName("Its name."))])
}
