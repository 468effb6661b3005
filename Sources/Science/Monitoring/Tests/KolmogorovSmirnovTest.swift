package import Statistics
package import WorkerContract

/// The two-sample Kolmogorov–Smirnov test. It looks at the largest difference of the two distributions.
package struct KolmogorovSmirnovTest: NumericDriftTest {
  package let name = DriftTestName.kolmogorovSmirnov
  package let statisticName = "Kolmogorov–Smirnov D"
  package let effectName: String? = nil
  package let effectSymbol = "D"
  package let noteOnCounts = "D is a lower bound"

  package init() {}

  package func measure(_ reference: [Double], _ window: [Double]) -> DriftMeasure {
    let test = KolmogorovSmirnov(sorted: reference, window)
    return DriftMeasure(statistic: test.statistic, pValue: test.pValue, effect: test.statistic)
  }

  /// A lower bound, so that counts never claim more drift than rows; the upper one is `statisticBound`.
  package func measure(_ reference: [Double], _ bins: QuantileBins, _ counts: [Int]) -> DriftMeasure {
    let test = BinnedKolmogorovSmirnov(sorted: reference, bins: bins, counts: counts)
    return DriftMeasure(
      statistic: test.lower, statisticBound: test.upper, pValue: test.pValue, effect: test.lower)
  }
}

/// The two-sample Kolmogorov–Smirnov distance of a sample and of counts in bins, as far as counts can tell.
///
/// At the bins' edges both distribution functions are known, so the largest difference there is a lower bound of D.
/// Between two edges the counted one lies between its values at both, so the sample's values there give an upper bound.
/// The bounds are as far apart as a bin is heavy: with bins of a hundredth of the sample and no drift, about 0.01. The
/// same bounds hold for any summary that knows ranks at some points only (A. Lall, "Data streaming algorithms for the
/// Kolmogorov–Smirnov test", IEEE Big Data 2015).
private struct BinnedKolmogorovSmirnov {
  var lower: Double
  var upper: Double
  /// Of the lower bound: never below what the values themselves would give for it.
  var pValue: Double

  /// - Parameters:
  ///   - sorted: The reference's sample, ascending, without NaN.
  ///   - counts: By bin.
  init(sorted sample: [Double], bins: QuantileBins, counts: [Int]) {
    let total = counts.reduce(0, +)
    (lower, upper, pValue) = (0, 0, 1)
    guard !sample.isEmpty, total > 0, counts.count == bins.count else { return }
    let (m, n) = (Double(sample.count), Double(total))
    var counted = 0
    var start = 0
    for bin in counts.indices {
      let before = Double(counted) / n
      counted += counts[bin]
      let after = Double(counted) / n
      let end = bin < bins.edges.count ? countAtMost(bins.edges[bin], inSorted: sample) : sample.count
      if bin < bins.edges.count { lower = max(lower, abs(Double(end) / m - after)) }
      // The sample's function jumps at its values; before the first and after the last of them it is that of the edges.
      upper = max(upper, Double(end) / m - before, after - Double(start) / m)
      start = end
    }
    upper = min(1, max(upper, lower))
    pValue = KolmogorovSmirnov(distance: lower, sample.count, total).pValue
  }
}
