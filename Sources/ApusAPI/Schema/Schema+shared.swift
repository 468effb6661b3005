import KubernetesModel
package import WorkerContract

extension Schema {
  static let conditions = Schema.list(
    "Conditions, by type.",
    of: .object(
      "One aspect of the state.",
      [
        .required("type", .string("Name of the aspect.", minimum: 1, maximum: 316)),
        .required("status", .conditionStatus),
        .optional("observedGeneration", .integer("Generation of the spec it speaks about.", minimum: 0)),
        .required("lastTransitionTime", .timestamp("Since when the status is what it is.")),
        .required("reason", .string("For programs: one CamelCase word.", maximum: 1024)),
        .required("message", .string("For people.", maximum: 32768)),
      ]),
    maximum: 32, type: .map(keys: ["type"])
  ).implying([])

  private static let conditionStatus = Schema(
    .string(StringBounds(maximum: 0, values: ["True", "False", "Unknown"])), "True, False or Unknown.")

  static let observedGeneration = Schema.integer(
    "Generation of the spec that this status speaks about.", minimum: 0)

  static let podTemplate = Schema.anyObject(
    "A partial pod template (metadata, spec), merged into the generated one: resources, nodeSelector, volumes ….")

  static let secretKey = Schema.object(
    "One key of a Secret in the resource's namespace.",
    [
      .required("name", .objectName("The Secret.")),
      .required("key", .string("Its key.", minimum: 1, pattern: "^[-._a-zA-Z0-9]+$", form: "a key of a Secret")),
    ])

  static let secret = Schema.object(
    "A Secret in the resource's namespace.", [.required("name", .objectName("The Secret."))])

  static func columnName(_ description: String) -> Schema {
    .string(description, minimum: 1, maximum: 256)
  }

  /// `v7`
  static func version(_ description: String) -> Schema {
    .string(description, minimum: 2, maximum: 12, pattern: "^v[1-9][0-9]*$", form: "a version such as v7")
  }
}

extension ArtifactReference: SchemaDescribed {
  package static let schema = Schema.object(
    "The files of a version, by their digest.",
    [
      .required("version", .version("The version.")),
      .required("digest", .string("SHA-256 of the manifest: sha256:<hex>.", maximum: 128)),
    ])
}
