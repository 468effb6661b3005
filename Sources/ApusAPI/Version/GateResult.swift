import KubernetesModel

extension ModelVersionStatus {
  package struct GateResult: Codable, Sendable, Equatable {
    package var gate: GateName
    package var passed: Bool
    package var value: Double?
    package var limit: Double?
    /// True: not passed, and not refused either; the version waits for a person.
    package var held: Bool?
    package var message: String

    package init(
      gate: GateName, passed: Bool, value: Double? = nil, limit: Double? = nil, held: Bool? = nil, message: String
    ) {
      self.held = held
      self.gate = gate
      self.passed = passed
      self.value = value
      self.limit = limit
      self.message = message
    }
  }
}

extension ModelVersionStatus.GateResult: SchemaDescribed {
  package static let schema = Schema.object(
    "What one gate said.",
    [
      .required("gate", .string("Its name.", maximum: 320)),
      .required("passed", .boolean("Whether the version passed.")),
      .optional("value", .number("What was measured.")),
      .optional("limit", .number("What was asked for.")),
      .optional("held", .boolean("True: not refused either; the version waits for a person.")),
      .required("message", .string("For people.", maximum: 4096)),
    ])
}

/// By what a gate is recognised in `status.gates`. A gate states its own name, and nothing is read out of one.
package struct GateName: RawRepresentable, Codable, Hashable, Sendable {
  package let rawValue: String

  package init(rawValue: String) { self.rawValue = rawValue }

  package init(_ text: String) { rawValue = text }
}
