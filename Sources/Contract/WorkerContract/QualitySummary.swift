import JSON
package import Schema

public struct QualitySummary: Codable, Sendable, Equatable {
  public var severity: Severity
  /// Checks that did not pass, at most ten.
  public var failed: [FailedCheck]

  public init(severity: Severity = .none, failed: [FailedCheck] = []) {
    self.severity = severity
    self.failed = failed
  }

  public struct FailedCheck: Codable, Sendable, Equatable {
    public var check: QualityCheckKind
    public var feature: String?
    public var severity: Severity
    public var value: Double
    public var limit: Double

    public init(
      check: QualityCheckKind, feature: String? = nil, severity: Severity, value: Double, limit: Double
    ) {
      self.check = check
      self.feature = feature
      self.severity = severity
      self.value = value
      self.limit = limit
    }
  }
}

extension QualitySummary: SchemaDescribed {
  package static let schema = Schema.object(
    "Data quality.",
    [
      .required("severity", .enumeration(Severity.self, "The worst.")),
      .optional(
        "failed",
        .list(
          "Checks that did not pass.",
          of: .object(
            "One check.",
            [
              .required("check", .string("Its name.", maximum: 64)),
              .optional("feature", .columnName("The feature.")),
              .required("severity", .enumeration(Severity.self, "How bad.")),
              .required("value", .number("What was measured.")),
              .required("limit", .number("What is allowed.")),
            ]), maximum: 10
        ).implying([])),
    ])
}
