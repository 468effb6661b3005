/// One feature in a window against the reference: everything that the comparison found. The summary in a run's result, the row in
/// the telemetry store and the page for people are views of it.
public struct DriftFinding: Codable, Sendable, Equatable {
  public var feature: String
  public var type: FeatureSchema.FeatureType
  public var test: DriftTestName
  /// The test's own, such as D or chi-square.
  public var statistic: Double
  /// What the statistic is at most where `statistic` is a lower bound, as D of counts in bins is; nil where it is exact.
  public var statisticBound: Double?
  public var pValue: Double
  /// After the correction for the number of features.
  public var adjustedPValue: Double
  /// How large the difference is whatever the samples' sizes, 0…1: D of Kolmogorov and Smirnov, or Cramér's V.
  public var effect: Double
  /// Population stability index, with missing and unseen values as bins of their own.
  public var psi: Double
  /// What the index would exceed by chance alone in windows this small with 5 % probability over all features; a
  /// smaller index is no warning. 0 where the rules ask for no correction.
  public var psiNoise: Double
  public var jensenShannon: Double
  /// Wasserstein distance in deviations of the reference; numeric features only.
  public var wasserstein: Double?
  /// The adjusted p-value is below the significance, and the effect is at least its floor.
  public var drifted: Bool
  public var severity: Severity
  public var reference: Side
  public var window: Side
  public var chart: Chart

  public init(
    feature: String, type: FeatureSchema.FeatureType, test: DriftTestName, statistic: Double,
    statisticBound: Double? = nil, pValue: Double, adjustedPValue: Double, effect: Double, psi: Double,
    psiNoise: Double = 0, jensenShannon: Double, wasserstein: Double? = nil, drifted: Bool = false,
    severity: Severity = .none, reference: Side, window: Side, chart: Chart
  ) {
    self.feature = feature
    self.type = type
    self.test = test
    self.statistic = statistic
    self.statisticBound = statisticBound
    self.pValue = pValue
    self.adjustedPValue = adjustedPValue
    self.effect = effect
    self.psi = psi
    self.psiNoise = psiNoise
    self.jensenShannon = jensenShannon
    self.wasserstein = wasserstein
    self.drifted = drifted
    self.severity = severity
    self.reference = reference
    self.window = window
    self.chart = chart
  }

  /// What one side looks like.
  public struct Side: Codable, Sendable, Equatable {
    /// Share of the rows without a value.
    public var missingRate: Double
    public var mean: Double?
    public var deviation: Double?
    public var minimum: Double?
    public var maximum: Double?
    /// The most frequent values with their shares, at most five; categorical features only.
    public var top: [Share]
    /// Share of the rows with a category that training did not have.
    public var unseenRate: Double

    public init(
      missingRate: Double, mean: Double? = nil, deviation: Double? = nil, minimum: Double? = nil,
      maximum: Double? = nil, top: [Share] = [], unseenRate: Double = 0
    ) {
      self.missingRate = missingRate
      self.mean = mean
      self.deviation = deviation
      self.minimum = minimum
      self.maximum = maximum
      self.top = top
      self.unseenRate = unseenRate
    }
  }

  public struct Share: Codable, Sendable, Equatable {
    public var name: String
    public var share: Double

    public init(name: String, share: Double) {
      self.name = name
      self.share = share
    }
  }

  /// Shares of both sides in the same bars.
  public struct Chart: Codable, Sendable, Equatable {
    public var labels: [String]
    public var reference: [Double]
    public var window: [Double]

    public init(labels: [String], reference: [Double], window: [Double]) {
      self.labels = labels
      self.reference = reference
      self.window = window
    }
  }
}
