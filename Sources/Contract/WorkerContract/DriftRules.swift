import JSON
package import Schema

/// How drift is judged.
public struct DriftRules: Codable, Sendable, Equatable {
  public var numeric: Numeric
  public var categorical: Categorical
  public var psi: PSI
  public var correction: Correction
  public var minimumEffect: MinimumEffect
  public var source: Source

  /// Where nothing is stated.
  public static let standard: DriftRules = schema(numeric: [], categorical: []).standard()

  public init(
    numeric: Numeric = DriftRules.standard.numeric, categorical: Categorical = DriftRules.standard.categorical,
    psi: PSI = DriftRules.standard.psi,
    correction: Correction = DriftRules.standard.correction,
    minimumEffect: MinimumEffect = DriftRules.standard.minimumEffect, source: Source = DriftRules.standard.source
  ) {
    self.source = source
    self.numeric = numeric
    self.categorical = categorical
    self.psi = psi
    self.correction = correction
    self.minimumEffect = minimumEffect
  }

  /// Documents from before there was a choice of the source have none.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    numeric = try container.decode(Numeric.self, forKey: .numeric)
    categorical = try container.decode(Categorical.self, forKey: .categorical)
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

  public struct Numeric: Codable, Sendable, Equatable {
    public var test: DriftTestName
    public var significance: Double

    public init(
      test: DriftTestName = DriftRules.standard.numeric.test,
      significance: Double = DriftRules.standard.numeric.significance
    ) {
      self.test = test
      self.significance = significance
    }
  }

  public struct Categorical: Codable, Sendable, Equatable {
    public var test: DriftTestName
    public var significance: Double

    public init(
      test: DriftTestName = DriftRules.standard.categorical.test,
      significance: Double = DriftRules.standard.categorical.significance
    ) {
      self.test = test
      self.significance = significance
    }
  }

  public struct PSI: Codable, Sendable, Equatable {
    public var bins: Int
    public var warning: Double
    public var critical: Double

    public init(
      bins: Int = DriftRules.standard.psi.bins, warning: Double = DriftRules.standard.psi.warning,
      critical: Double = DriftRules.standard.psi.critical
    ) {
      self.bins = bins
      self.warning = warning
      self.critical = critical
    }
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

    public init(
      numeric: Double = DriftRules.standard.minimumEffect.numeric,
      categorical: Double = DriftRules.standard.minimumEffect.categorical
    ) {
      self.numeric = numeric
      self.categorical = categorical
    }
  }
}

extension DriftRules {
  /// What people may choose where there are these tests.
  package static func schema(numeric: [DriftTestChoice], categorical: [DriftTestChoice]) -> Schema {
    .object(
      "How drift against the training data of the version in production is judged.",
      [
        .optional(
          "numeric",
          .object(
            "Numeric features.",
            [
              .optional("test", .driftTest(numeric, default: .kolmogorovSmirnov)),
              .optional("significance", .significance),
            ]
          ).with(default: [:])),
        .optional(
          "categorical",
          .object(
            "Categorical features.",
            [
              .optional("test", .driftTest(categorical, default: .chiSquare)),
              .optional("significance", .significance),
            ]
          ).with(default: [:])),
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
  fileprivate static func driftTest(_ choices: [DriftTestChoice], default name: DriftTestName) -> Schema {
    .choice(of: choices.map(\.name.rawValue), "The test.", default: name.rawValue)
  }

  fileprivate static let significance = Schema.number(
    "A p-value below this counts as drift.", above: 0, below: 1, default: 0.05)
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
    for (kind, test, known) in [
      ("numeric", numeric.test, numericTests),
      ("categorical", categorical.test, categoricalTests),
    ] where !known.contains(test) {
      found.append(
        Problem(
          "\(path).\(kind).test", "'\(test.rawValue)' is no test of \(kind) features",
          mend: "write one of \(known.map(\.rawValue).joined(separator: ", "))"))
    }
    for (kind, value) in [("numeric", numeric.significance), ("categorical", categorical.significance)]
    where !(value > 0 && value < 1) {
      found.append(
        Problem(
          "\(path).\(kind).significance", "\(value) is no p-value", mend: "write a number between 0 and 1, such as 0.05"
        ))
    }
    if psi.bins < 2 { found.append(Problem("\(path).psi.bins", "is below 2", mend: "write for example 10")) }
    if psi.warning > psi.critical {
      found.append(
        Problem("\(path).psi.warning", "\(psi.warning) is above critical \(psi.critical)", mend: "swap them"))
    }
    return found
  }
}
