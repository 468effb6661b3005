import KubernetesModel

extension ModelVersionStatus {
  package struct GateResult: Codable, Sendable, Equatable {
    package var gate: GateName
    package var passed: Bool
    package var value: Double?
    package var limit: Double?
    /// True: not passed, and not refused either; the version waits for a person.
    package var held: Bool?
    /// Why it was not passed; nil: by its value, or written by release 0.1.0.
    package var cause: Cause?
    package var message: String

    package init(
      gate: GateName, passed: Bool, value: Double? = nil, limit: Double? = nil, held: Bool? = nil, cause: Cause? = nil,
      message: String
    ) {
      self.held = held
      self.cause = cause
      self.gate = gate
      self.passed = passed
      self.value = value
      self.limit = limit
      self.message = message
    }

    /// Why a gate has no value to judge by.
    package enum Cause: String, Codable, Sendable, CaseIterable {
      case metricUndefined = "MetricUndefined"
      /// Another version is in production than it was compared with.
      case otherChampion = "OtherChampion"
      /// The schemas are too different.
      case incomparable = "Incomparable"
      case notCompared = "NotCompared"
      /// The rules ask for another metric than it was compared by.
      case otherMetric = "OtherMetric"
      case otherConfidence = "OtherConfidence"
      /// The segments were not measured in its training.
      case notMeasured = "NotMeasured"
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
      .optional("cause", .enumeration(Cause.self, "Why it was not passed; absent: by its value.")),
      .required("message", .string("For people.", maximum: 4096)),
    ])
}

/// By what a gate is recognised in `status.gates`. A gate states its own name, and nothing is read out of one.
package struct GateName: RawRepresentable, Codable, Hashable, Sendable {
  package let rawValue: String

  package init(rawValue: String) { self.rawValue = rawValue }

  package init(_ text: String) { rawValue = text }
}
