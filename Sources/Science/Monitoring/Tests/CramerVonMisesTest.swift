package import Statistics
package import WorkerContract

/// The two-sample Cramér–von Mises test. It adds up the differences of the two distributions over all values, so that a
/// small shift of everything is found in smaller windows than by Kolmogorov and Smirnov's.
package struct CramerVonMisesTest: NumericDriftTest {
  package let name = DriftTestName(rawValue: "CramerVonMises")
  package let statisticName = "Cramér–von Mises T"
  /// Relative to the largest possible one, 1/√3.
  package let effectName: String? = "relative root mean square difference"
  package let effectSymbol = "relative root mean square difference"
  package let noteOnCounts = "the values of a bin count as equal"

  package init() {}

  package func measure(_ reference: [Double], _ window: [Double]) -> DriftMeasure {
    DriftMeasure(CramerVonMises(sorted: reference, window))
  }

  /// Counts of other bins say nothing.
  package func measure(_ reference: [Double], _ bins: QuantileBins, _ counts: [Int]) -> DriftMeasure {
    guard counts.count == bins.count else { return DriftMeasure(statistic: 0, pValue: 1, effect: 0) }
    return DriftMeasure(CramerVonMises(bins.counts(ofSorted: reference), counts))
  }
}

extension DriftMeasure {
  fileprivate init(_ test: CramerVonMises) {
    self.init(statistic: test.statistic, pValue: test.pValue, effect: test.effect)
  }
}
