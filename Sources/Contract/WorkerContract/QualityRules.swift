import JSON
package import Schema

/// The limits of the data quality checks; all are shares of rows but `meanConfidence`.
public struct QualityRules: Codable, Sendable, Equatable {
  public var missing: Missing
  public var outOfRange: OutOfRange
  public var unknownCategory: WarningLimit
  public var meanConfidence: WarningLimit
  /// Requests that repeat an id, as share of all. Clients that send again after a time-out make a few.
  public var duplicateRequestIDs: WarningLimit

  /// Where nothing is stated.
  public static let standard: QualityRules = schema.standard()

  public init() { self = .standard }

  /// Documents of release 0.1.0 have no limit of duplicates.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    missing = try container.decode(Missing.self, forKey: .missing)
    outOfRange = try container.decode(OutOfRange.self, forKey: .outOfRange)
    unknownCategory = try container.decode(WarningLimit.self, forKey: .unknownCategory)
    meanConfidence = try container.decode(WarningLimit.self, forKey: .meanConfidence)
    duplicateRequestIDs =
      try container.decodeIfPresent(WarningLimit.self, forKey: .duplicateRequestIDs)
      ?? Self.standard.duplicateRequestIDs
  }

  public struct Missing: Codable, Sendable, Equatable {
    public var warning: Double
    public var critical: Double
  }

  public struct OutOfRange: Codable, Sendable, Equatable {
    public var critical: Double
  }

  /// The limit of a check that can only warn.
  public struct WarningLimit: Codable, Sendable, Equatable {
    public var warning: Double
  }
}

extension QualityRules: SchemaDescribed {
  package static let schema = Schema.object(
    "Limits of the data quality checks.",
    [
      .optional(
        "missing",
        .object(
          "Share of rows without a feature.",
          [
            .optional("warning", .share("Above this a warning.", default: 0.05)),
            .optional("critical", .share("Above this a failure.", default: 0.15)),
          ],
          rules: [
            .init("self.warning <= self.critical", "warning is above critical: swap them", fieldPath: ".warning")
          ]
        ).with(default: [:])),
      .optional(
        "outOfRange",
        .object(
          "Share of rows with a number outside of its bounds.",
          [.optional("critical", .share("Above this a failure.", default: 0.1))]
        ).with(default: [:])),
      .optional(
        "unknownCategory",
        .object(
          "Share of rows with a level that training has not seen.",
          [.optional("warning", .share("Above this a warning.", default: 0.05))]
        ).with(default: [:])),
      .optional(
        "meanConfidence",
        .object(
          "Mean confidence of predictions.", [.optional("warning", .share("Below this a warning.", default: 0.55))]
        ).with(default: [:])),
      .optional(
        "duplicateRequestIDs",
        .object(
          "Share of requests that repeat an id; of those only the first is logged.",
          [.optional("warning", .share("Above this a warning.", default: 0.01))]
        ).with(default: [:])),
    ])
}

extension QualityRules {
  package func problems(at path: String) -> [Problem] {
    guard missing.warning > missing.critical else { return [] }
    return [
      Problem(
        "\(path).missing.warning", "\(missing.warning) is above critical \(missing.critical)", mend: "swap them")
    ]
  }
}
