package import KubernetesModel
package import WorkerContract

extension ModelDeploymentSpec {
  package struct Serving: Codable, Sendable, Equatable {
    /// Pins a version (`v7`), which is also how to roll back; nil: the registry decides.
    package var version: String?
    package var replicas: Int
    package var autoscaling: Autoscaling?
    package var logging: LoggingRules
    /// Nil: whoever reaches the Service may ask, in plain HTTP.
    package var security: Security?
    /// Of the container `server`.
    package var resources: ContainerResources?
    /// A partial pod template, merged into the Deployment's pod; the container is `server`.
    package var template: JSONValue?
  }
}

extension ModelDeploymentSpec.Serving: SchemaDescribed {
  package static let schema = Schema.object(
    "How predictions are served.",
    [
      .optional(
        "version",
        Schema.version("Pins a version, which is also how to roll back; null: the registry decides.").nullable),
      .optional(
        "replicas", .integer("Server pods; ignored under autoscaling.", minimum: 0, maximum: 1000, default: 2)),
      .optional("autoscaling", ModelDeploymentSpec.Autoscaling.schema.nullable),
      .optional("logging", LoggingRules.schema.with(default: [:])),
      .optional("security", ModelDeploymentSpec.Security.schema.nullable),
      .optional(
        "resources",
        ContainerResources.schema.described(
          "CPU, memory and more for the container server; autoscaling needs requests.cpu."
        ).nullable),
      .optional(
        "template",
        Schema.podTemplate.described(
          "A partial pod template, merged into the Deployment's pod (container server): nodeSelector, volumes, sidecars …."
        ).nullable),
    ])
}

extension ModelDeploymentSpec.Serving {
  func problems(with schema: FeatureSchema) -> [Problem] {
    let path = "spec.serving"
    var found = logging.retention.problems(at: "\(path).logging.retention")
    for (index, name) in logging.redact.enumerated() where !schema.features.contains(where: { $0.name == name }) {
      found.append(unknownFeature(name, at: "\(path).logging.redact[\(index)]", schema))
    }
    if !(0...1).contains(logging.sample) {
      found.append(Problem("\(path).logging.sample", "\(logging.sample) is no share", mend: "write 0 to 1"))
    }
    if let autoscaling, autoscaling.minimum > autoscaling.maximum {
      found.append(
        Problem(
          "\(path).autoscaling.minimum", "\(autoscaling.minimum) is above maximum \(autoscaling.maximum)",
          mend: "swap them"))
    }
    if let resources { found += resources.problems(at: "\(path).resources") }
    if autoscaling != nil, let missing = containersWithoutCPU.first {
      found.append(
        Problem(
          missing.path, "is not set, and autoscaling is by percent of it: \(missing.container) would never be scaled",
          mend: "set it, for example to 500m, unless a LimitRange of the namespace does", weight: .warning))
    }
    if let version, VersionNumber(version) == nil {
      found.append(Problem("\(path).version", "'\(version)' is not a version", mend: "write for example v7"))
    }
    if replicas < 0 { found.append(Problem("\(path).replicas", "is negative", mend: "write 0 or more")) }
    return found
  }
}

private func unknownFeature(_ name: String, at path: String, _ schema: FeatureSchema) -> Problem {
  let names = schema.features.map(\.name)
  let close = names.min { name.editDistance(to: $0) < name.editDistance(to: $1) }
  let guess = close.flatMap { name.editDistance(to: $0) <= 2 ? "did you mean \($0)?" : nil }
  return Problem(path, "'\(name)' is not a feature of the schema", mend: guess ?? "add it to spec.schema.features")
}

extension ModelDeploymentSpec.Serving {
  /// The containers of a server's pod that ask for no CPU, with the field that would. An autoscaler that goes by percent of
  /// the request does nothing while there is one; a limit stands for a request.
  package var containersWithoutCPU: [(container: String, path: String)] {
    let pod = template?["spec"] ?? template
    let place = template?["spec"] == nil ? "spec.serving.template" : "spec.serving.template.spec"
    let overlays = (pod?["containers"]?.array ?? []).map {
      (name: $0["name"]?.string ?? "", resources: $0["resources"])
    }
    func asks(_ resources: JSONValue?) -> Bool {
      ["requests", "limits"].contains { resources?[path: $0, "cpu"].map { !$0.isNull } ?? false }
    }
    let server = "server"
    var found: [(container: String, path: String)] = []
    let isSet = resources?.requests["cpu"] != nil || resources?.limits["cpu"] != nil
    if !isSet, !overlays.contains(where: { $0.name == server && asks($0.resources) }) {
      found.append((server, "spec.serving.resources.requests.cpu"))
    }
    for overlay in overlays where overlay.name != server && !asks(overlay.resources) {
      found.append((overlay.name, "\(place).containers[name=\(overlay.name)].resources.requests.cpu"))
    }
    return found
  }
}
