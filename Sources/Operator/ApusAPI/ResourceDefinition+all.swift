extension ResourceDefinition {
  package static let all: [ResourceDefinition] = [
    ModelDeployment.definition, MonitoringPolicy.definition, ModelVersion.definition,
  ]
}
