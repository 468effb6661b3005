/// How drift is judged.
public struct DriftRules: Codable, Sendable, Equatable {
  public var numeric: Numeric
  public var categorical: Categorical
  public var psi: PSI
  public var correction: Correction
  public var minimumEffect: MinimumEffect
  public var source: Source

  public init(
    numeric: Numeric = .init(), categorical: Categorical = .init(), psi: PSI = .init(),
    correction: Correction = .benjaminiHochberg, minimumEffect: MinimumEffect = .init(), source: Source = .auto
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
    source = try container.decodeIfPresent(Source.self, forKey: .source) ?? .auto
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

    public init(test: DriftTestName = .kolmogorovSmirnov, significance: Double = 0.05) {
      self.test = test
      self.significance = significance
    }
  }

  public struct Categorical: Codable, Sendable, Equatable {
    public var test: DriftTestName
    public var significance: Double

    public init(test: DriftTestName = .chiSquare, significance: Double = 0.05) {
      self.test = test
      self.significance = significance
    }
  }

  public struct PSI: Codable, Sendable, Equatable {
    public var bins: Int
    public var warning: Double
    public var critical: Double

    public init(bins: Int = 10, warning: Double = 0.1, critical: Double = 0.2) {
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

    public init(numeric: Double = 0.1, categorical: Double = 0.1) {
      self.numeric = numeric
      self.categorical = categorical
    }
  }
}

/// The limits of the data quality checks; all are shares of rows but `meanConfidence`.
public struct QualityRules: Codable, Sendable, Equatable {
  public var missing: Missing
  public var outOfRange: OutOfRange
  public var unknownCategory: UnknownCategory
  public var meanConfidence: MeanConfidence
  public var duplicateRequestIDs: DuplicateRequestIDs

  public init(
    missing: Missing = .init(), outOfRange: OutOfRange = .init(), unknownCategory: UnknownCategory = .init(),
    meanConfidence: MeanConfidence = .init(), duplicateRequestIDs: DuplicateRequestIDs = .init()
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
      try container.decodeIfPresent(DuplicateRequestIDs.self, forKey: .duplicateRequestIDs) ?? .init()
  }

  public struct Missing: Codable, Sendable, Equatable {
    public var warning: Double
    public var critical: Double

    public init(warning: Double = 0.05, critical: Double = 0.15) {
      self.warning = warning
      self.critical = critical
    }
  }

  public struct OutOfRange: Codable, Sendable, Equatable {
    public var critical: Double

    public init(critical: Double = 0.10) { self.critical = critical }
  }

  public struct UnknownCategory: Codable, Sendable, Equatable {
    public var warning: Double

    public init(warning: Double = 0.05) { self.warning = warning }
  }

  public struct MeanConfidence: Codable, Sendable, Equatable {
    public var warning: Double

    public init(warning: Double = 0.55) { self.warning = warning }
  }

  /// Requests that repeat an id, as share of all. Clients that send again after a time-out make a few.
  public struct DuplicateRequestIDs: Codable, Sendable, Equatable {
    public var warning: Double

    public init(warning: Double = 0.01) { self.warning = warning }
  }
}

/// When performance counts as lost.
public struct PerformanceRules: Codable, Sendable, Equatable {
  public var minimumAccuracy: Double
  public var maximumP95Latency: TimeSpan
  /// How long labels take: accuracy is that of predictions at least so old.
  public var labelDelay: TimeSpan
  /// Accuracy is that of predictions over this long, up to `labelDelay` ago; nil: the policy's window.
  public var window: TimeSpan?
  public var queries: [Query]

  public init(
    minimumAccuracy: Double = 0.90, maximumP95Latency: TimeSpan = TimeSpan(seconds: 0.3),
    labelDelay: TimeSpan = TimeSpan(seconds: 86400), window: TimeSpan? = nil, queries: [Query] = []
  ) {
    self.minimumAccuracy = minimumAccuracy
    self.maximumP95Latency = maximumP95Latency
    self.labelDelay = labelDelay
    self.window = window
    self.queries = queries
  }

  /// A trigger read from a Prometheus server; the operator evaluates it, not the worker.
  public struct Query: Codable, Sendable, Equatable {
    public var name: String
    public var server: String
    public var promql: String
    /// The trigger fires when the value is below this.
    public var below: Double?
    /// The trigger fires when the value is above this.
    public var above: Double?

    public init(name: String, server: String, promql: String, below: Double? = nil, above: Double? = nil) {
      self.name = name
      self.server = server
      self.promql = promql
      self.below = below
      self.above = above
    }
  }
}
