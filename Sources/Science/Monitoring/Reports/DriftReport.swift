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
  package var features: [DriftFinding]
  package var predictions: PredictionDrift?

  package var severity: Severity { features.map(\.severity).max() ?? .none }

  /// Share of the features that drifted, 0…1.
  package var share: Double {
    features.isEmpty ? 0 : Double(features.count { $0.drifted }) / Double(features.count)
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
  package var chart: DriftFinding.Chart
}

/// How p-value, effect and stability index become a verdict.
struct DriftVerdict {
  var rules: DriftRules
  var conclusive: Bool

  func judge(
    pValue: Double, significance: Double, effect: Double, floor: Double, index: StabilityIndex
  ) -> (drifted: Bool, severity: Severity) {
    guard conclusive else { return (false, .none) }
    let drifted = pValue < significance && effect >= floor
    if drifted, index.exceeds(rules.psi.critical) { return (true, .critical) }
    return (drifted, drifted || index.exceeds(rules.psi.warning) ? .warning : .none)
  }
}
