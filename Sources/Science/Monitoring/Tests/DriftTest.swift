package import Statistics
package import WorkerContract

/// A test of whether a feature of a window is distributed as in the reference. Each is one file of this folder and one
/// line of `DriftTests.all`; the CRD's values and the rules' meaning follow from there.
///
/// Every test gives a p-value: an alarm is a decision with a stated risk, which a distance alone does not have in a
/// window of any size. A test says nothing, with p = 1 and an effect of 0, where a sample is empty.
package protocol DriftTest: Sendable {
  /// As in the spec, in stored rows and in reports. It stays as it is once it is released.
  var name: DriftTestName { get }
  /// `Kolmogorov–Smirnov D`
  var statisticName: String { get }
  /// `Cramér's V`; nil: the statistic is the effect.
  var effectName: String? { get }
  /// Stands for the effect in a sentence: `D`.
  var effectSymbol: String { get }
}

/// Of a feature that is a number.
package protocol NumericDriftTest: DriftTest {
  /// What is to be known of a figure that was computed from counts: `D is a lower bound`.
  var noteOnCounts: String { get }

  /// - Parameters: Values of both sides, ascending and finite.
  func measure(_ reference: [Double], _ window: [Double]) -> DriftMeasure

  /// Of a window that is known by its counts in bins only. The effect is that of the values, give or take 2 √3 times
  /// the heaviest bin's mean share of both sides.
  /// - Parameter reference: Ascending and finite.
  func measure(_ reference: [Double], _ bins: QuantileBins, _ counts: [Int]) -> DriftMeasure
}

/// Of a feature that is a category.
package protocol CategoricalDriftTest: DriftTest {
  /// - Parameters: Counts of both sides in the same categories, missing and unseen ones among them.
  func measure(_ reference: [Int], _ window: [Int]) -> DriftMeasure
}

/// What a test says of two samples, before anything is corrected for the number of features.
package struct DriftMeasure: Sendable, Equatable {
  package var statistic: Double
  /// What the statistic is at most where `statistic` is a lower bound; nil where it is exact.
  package var statisticBound: Double?
  /// 0…1
  package var pValue: Double
  /// How large the difference is whatever the samples' sizes: 0 (none) … 1 (nothing in common). The same when the
  /// samples are swapped.
  package var effect: Double

  package init(statistic: Double, statisticBound: Double? = nil, pValue: Double, effect: Double) {
    self.statistic = statistic
    self.statisticBound = statisticBound
    self.pValue = pValue
    self.effect = effect
  }
}

extension DriftTest {
  /// `amount drifted critically: Kolmogorov–Smirnov D 0.5571, corrected p < 0.0001, PSI 2.667`
  package func sentence(about finding: DriftFinding) -> String {
    let verdict =
      switch (finding.drifted, finding.severity) {
      case (true, .critical): "drifted critically"
      case (true, _): "drifted slightly"
      case (false, .none): "did not drift"
      // The index warns by itself.
      case (false, _): "did not drift, but its PSI is high"
      }
    var figures = ["\(statisticName) \(shortText(finding.statistic))"]
    if let effectName { figures.append("\(effectName) \(shortText(finding.effect))") }
    figures.append(
      "corrected p \(finding.adjustedPValue < 0.0001 ? "" : "= ")\(pValueText(finding.adjustedPValue))")
    figures.append("PSI \(shortText(finding.psi))")
    return "\(finding.feature) \(verdict): \(figures.joined(separator: ", "))"
  }
}
