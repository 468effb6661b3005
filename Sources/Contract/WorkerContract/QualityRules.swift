import JSON
package import Schema

/// The limits of the data quality checks; all are shares of rows but `meanConfidence`.
public struct QualityRules: Codable, Sendable, Equatable {
  public var missing: Missing
  public var outOfRange: OutOfRange
  public var unknownCategory: UnknownCategory
  public var meanConfidence: MeanConfidence
  public var duplicateRequestIDs: DuplicateRequestIDs

  /// Where nothing is stated.
  public static let standard: QualityRules = schema.standard()

  public init(
    missing: Missing = QualityRules.standard.missing, outOfRange: OutOfRange = QualityRules.standard.outOfRange,
    unknownCategory: UnknownCategory = QualityRules.standard.unknownCategory,
    meanConfidence: MeanConfidence = QualityRules.standard.meanConfidence,
    duplicateRequestIDs: DuplicateRequestIDs = QualityRules.standard.duplicateRequestIDs
  ) {
    self.missing = missing
    self.outOfRange = outOfRange
    self.unknownCategory = unknownCategory
    self.meanConfidence = meanConfidence
    self.duplicateRequestIDs = duplicateRequestIDs
  }

  /// Documents of release 0.1.0 have no limit of duplicates.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    missing = try container.decode(Missing.self, forKey: .missing)
    outOfRange = try container.decode(OutOfRange.self, forKey: .outOfRange)
    unknownCategory = try container.decode(UnknownCategory.self, forKey: .unknownCategory)
    meanConfidence = try container.decode(MeanConfidence.self, forKey: .meanConfidence)
    duplicateRequestIDs =
      try container.decodeIfPresent(DuplicateRequestIDs.self, forKey: .duplicateRequestIDs)
      ?? Self.standard.duplicateRequestIDs
  }

  public struct Missing: Codable, Sendable, Equatable {
    public var warning: Double
    public var critical: Double

    public init(
      warning: Double = QualityRules.standard.missing.warning, critical: Double = QualityRules.standard.missing.critical
    ) {
      self.warning = warning
      self.critical = critical
    }
  }

  public struct OutOfRange: Codable, Sendable, Equatable {
    public var critical: Double

    public init(critical: Double = QualityRules.standard.outOfRange.critical) { self.critical = critical }
  }

  public struct UnknownCategory: Codable, Sendable, Equatable {
    public var warning: Double

    public init(warning: Double = QualityRules.standard.unknownCategory.warning) { self.warning = warning }
  }

  public struct MeanConfidence: Codable, Sendable, Equatable {
    public var warning: Double

    public init(warning: Double = QualityRules.standard.meanConfidence.warning) { self.warning = warning }
  }

  /// Requests that repeat an id, as share of all. Clients that send again after a time-out make a few.
  public struct DuplicateRequestIDs: Codable, Sendable, Equatable {
    public var warning: Double

    public init(warning: Double = QualityRules.standard.duplicateRequestIDs.warning) { self.warning = warning }
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
