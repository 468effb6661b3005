import KubernetesModel

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

  private static let conditionStatus = Schema.choice(of: ["True", "False", "Unknown"], "True, False or Unknown.")

  static let observedGeneration = Schema.integer(
    "Generation of the spec that this status speaks about.", minimum: 0)

  static let podTemplate = Schema.anyObject(
    "A partial pod template (metadata, spec), merged into the generated one: resources, nodeSelector, volumes ….")
}
