import JSON
package import Schema

/// How drift is judged.
public struct DriftRules: Codable, Sendable, Equatable {
  public var numeric: FeatureTest
  public var categorical: FeatureTest
  public var psi: PSI
  public var correction: Correction
  public var minimumEffect: MinimumEffect
  public var source: Source

  /// Where nothing is stated.
  public static let standard: DriftRules = schema(numeric: [], categorical: []).standard()

  public init() { self = .standard }

  /// Documents from before there was a choice of the source have none.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    numeric = try container.decode(FeatureTest.self, forKey: .numeric)
    categorical = try container.decode(FeatureTest.self, forKey: .categorical)
    psi = try container.decode(PSI.self, forKey: .psi)
    correction = try container.decode(Correction.self, forKey: .correction)
    minimumEffect = try container.decode(MinimumEffect.self, forKey: .minimumEffect)
    source = try container.decodeIfPresent(Source.self, forKey: .source) ?? Self.standard.source
  }

  /// What is compared with the reference.
  public enum Source: String, Codable, Sendable, CaseIterable {
    /// The logged predictions.
    case rows = "Rows"
    /// The counts by feature and minute that servers keep of all predictions, logged or not.
    case profiles = "Profiles"
    /// The rows where all are logged, else the profiles.
    case auto = "Auto"
  }

  /// How features of one type are tested.
  public struct FeatureTest: Codable, Sendable, Equatable {
    public var test: DriftTestName
    public var significance: Double
  }

  public struct PSI: Codable, Sendable, Equatable {
    public var bins: Int
    public var warning: Double
    public var critical: Double
  }

  /// Across the features of one check.
  public enum Correction: String, Codable, Sendable, CaseIterable {
    case none = "None"
    case bonferroni = "Bonferroni"
    case benjaminiHochberg = "BenjaminiHochberg"
  }

  /// An effect below its floor is no drift, whatever its p-value. Effects are the tests' own, 0 (no difference) … 1 (nothing in
  /// common): the Kolmogorov–Smirnov distance D or Cramér's V, for example. 0 reproduces the plain rules.
  public struct MinimumEffect: Codable, Sendable, Equatable {
    public var numeric: Double
    public var categorical: Double
  }
}

extension DriftRules {
  /// What people may choose where there are these tests.
  package static func schema(numeric: [DriftTestChoice], categorical: [DriftTestChoice]) -> Schema {
    .object(
      "How drift against the training data of the version in production is judged.",
      [
        .optional("numeric", .featureTest("Numeric features.", numeric, default: .kolmogorovSmirnov)),
        .optional("categorical", .featureTest("Categorical features.", categorical, default: .chiSquare)),
        .optional("psi", PSI.schema.with(default: [:])),
        .optional(
          "correction",
          .enumeration(
            Correction.self,
            "For many features at once. None reproduces the plain rules, under which 30 quiet features raise an alarm in "
              + "most checks.", default: .benjaminiHochberg)),
        .optional(
          "minimumEffect",
          .object(
            "The smallest effects that count as drift, whatever their p-values. An effect of 0 is no difference, 1 is nothing in "
              + "common; a floor of 0 leaves the p-value alone to decide.",
            [
              .optional("numeric", .share(DriftTestChoice.effects(of: numeric), default: 0.1)),
              .optional("categorical", .share(DriftTestChoice.effects(of: categorical), default: 0.1)),
            ]
          ).with(default: [:])),
        .optional(
          "source",
          .enumeration(
            Source.self,
            "What is compared: the logged rows, the profiles that servers keep of all rows by minute, or the rows where all "
              + "are logged and else the profiles.", default: .auto)),
      ])
  }
}

extension Schema {
  fileprivate static func featureTest(
    _ description: String, _ choices: [DriftTestChoice], default name: DriftTestName
  ) -> Schema {
    .object(
      description,
      [
        .optional("test", .choice(of: choices.map(\.name.rawValue), "The test.", default: name.rawValue)),
        .optional(
          "significance", .number("A p-value below this counts as drift.", above: 0, below: 1, default: 0.05)),
      ]
    ).with(default: [:])
  }
}

extension DriftRules.PSI: SchemaDescribed {
  package static let schema = Schema.object(
    "Population stability index over quantile bins of the reference.",
    [
      .optional("bins", .integer("Number of bins.", minimum: 2, maximum: 100, default: 10)),
      .optional("warning", .number("From here on a warning.", maximum: 100, above: 0, default: 0.1)),
      .optional("critical", .number("From here on critical.", maximum: 100, above: 0, default: 0.2)),
    ],
    rules: [
      .init("self.warning <= self.critical", "warning is above critical: swap them", fieldPath: ".warning")
    ])
}

extension DriftRules {
  package func problems(
    at path: String, numeric numericTests: [DriftTestName], categorical categoricalTests: [DriftTestName]
  ) -> [Problem] {
    var found: [Problem] = []
    for (kind, rule, known) in [("numeric", numeric, numericTests), ("categorical", categorical, categoricalTests)] {
      if !known.contains(rule.test) {
        found.append(
          Problem(
            "\(path).\(kind).test", "'\(rule.test.rawValue)' is no test of \(kind) features",
            mend: "write one of \(known.map(\.rawValue).joined(separator: ", "))"))
      }
      if !(rule.significance > 0 && rule.significance < 1) {
        found.append(
          Problem(
            "\(path).\(kind).significance", "\(rule.significance) is no p-value",
            mend: "write a number between 0 and 1, such as 0.05"))
      }
    }
    if psi.bins < 2 { found.append(Problem("\(path).psi.bins", "is below 2", mend: "write for example 10")) }
    if psi.warning > psi.critical {
      found.append(
        Problem("\(path).psi.warning", "\(psi.warning) is above critical \(psi.critical)", mend: "swap them"))
    }
    return found
  }
}
