package import WorkerContract

/// How a window differs from the reference, feature by feature and in the predictions.
package struct DriftReport: Codable, Sendable, Equatable {
  package var rules: DriftRules
  package var rows: Int
  package var referenceRows: Int
  /// False: too few rows for a verdict; every severity is then none.
  package var conclusive: Bool
  /// What was compared: the logged rows, or the profiles that servers keep.
  package var source: DriftRules.Source
  /// In the reference's order.
  package var features: [FeatureDrift]
  package var predictions: PredictionDrift?

  package var severity: Severity { features.map(\.severity).max() ?? .none }

  /// Share of the features that drifted, 0…1.
  package var share: Double {
    features.isEmpty ? 0 : Double(features.count { $0.drifted }) / Double(features.count)
  }
}

/// One feature in the window against the reference.
package struct FeatureDrift: Codable, Sendable, Equatable {
  package var name: String
  package var type: FeatureSchema.FeatureType
  /// `KolmogorovSmirnov` or `ChiSquare`.
  package var test: String
  /// D, or the chi-square statistic.
  package var statistic: Double
  /// What D is at most where `statistic` is a lower bound, as it is of counts in bins; nil where it is exact.
  package var statisticBound: Double? = nil
  package var pValue: Double
  /// After the correction for the number of features.
  package var adjustedPValue: Double
  /// D, or Cramér's V of equally large samples; 0…1.
  package var effect: Double
  /// With missing and unseen values as bins of their own.
  package var psi: Double
  /// What the index would exceed by chance alone in windows this small with 5 % probability over all features; a
  /// smaller index is no warning. 0 where the rules ask for no correction.
  package var psiNoise: Double
  package var jensenShannon: Double
  /// Wasserstein distance in deviations of the reference; numeric features only.
  package var wasserstein: Double?
  package var drifted: Bool
  package var severity: Severity
  package var reference: Side
  package var window: Side
  package var chart: Chart

  /// What one side looks like.
  package struct Side: Codable, Sendable, Equatable {
    /// Share of the rows without a value.
    package var missingRate: Double
    package var mean: Double?
    package var deviation: Double?
    package var minimum: Double?
    package var maximum: Double?
    /// The most frequent values with their shares, at most five; categorical features only.
    package var top: [Share]
    /// Share of the rows with a category that training did not have.
    package var unseenRate: Double

    package init(
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

  package struct Share: Codable, Sendable, Equatable {
    package var name: String
    package var share: Double
  }

  /// Shares of both sides in the same bars.
  package struct Chart: Codable, Sendable, Equatable {
    package var labels: [String]
    package var reference: [Double]
    package var window: [Double]
  }
}

/// The distribution of predicted classes against that on held-out rows.
package struct PredictionDrift: Codable, Sendable, Equatable {
  package var statistic: Double
  package var pValue: Double
  package var effect: Double
  package var psi: Double
  package var psiNoise: Double
  package var drifted: Bool
  package var severity: Severity
  package var meanConfidence: Double
  package var referenceMeanConfidence: Double
  package var chart: FeatureDrift.Chart
}

/// How p-value, effect and stability index become a verdict.
struct DriftVerdict {
  var rules: DriftRules
  var conclusive: Bool

  /// Whether the index is a finding: at least `limit` and, where a correction is asked for, beyond what chance gives.
  func exceeds(_ psi: Double, _ limit: Double, noise: Double) -> Bool { psi >= limit && psi >= noise }

  func judge(
    pValue: Double, significance: Double, effect: Double, floor: Double, psi: Double, noise: Double
  ) -> (drifted: Bool, severity: Severity) {
    guard conclusive else { return (false, .none) }
    let drifted = pValue < significance && effect >= floor
    if drifted, exceeds(psi, rules.psi.critical, noise: noise) { return (true, .critical) }
    return (drifted, drifted || exceeds(psi, rules.psi.warning, noise: noise) ? .warning : .none)
  }
}
