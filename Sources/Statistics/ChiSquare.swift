/// The chi-square test of homogeneity of two samples of categories (K. Pearson, 1900): both samples are taken as
/// samples, so neither's shares count as exact and a category that one of them lacks is no special case.
package struct ChiSquare: Sendable, Equatable {
  package var statistic: Double
  package var degrees: Int
  package var pValue: Double
  /// Cramér's V (H. Cramér, 1946) of the 2 × k table, 0 (same shares) … 1 (nothing in common), before pooling.
  package var effect: Double
  /// Categories that were put together because their expected counts were too small.
  package var pooled: Int

  /// Equals `scipy.stats.chi2_contingency([first, second], correction=False)`; V as `scipy.stats.contingency.association` with
  /// method "cramer". Categories expected fewer than `minimumExpected` times in one of the samples (W. Cochran, 1954)
  /// are put together first, rarest overall first, which looks at totals only and so does not bend the test.
  /// Categories that occur nowhere are left out. A single category, or an empty sample, gives p = 1 and V = 0.
  /// - Parameters: Counts of the same categories in the same order.
  package init(_ first: [Int], _ second: [Int], minimumExpected: Double = 5) {
    let pairs = zip(first, second).map { (Double($0), Double($1)) }.filter { $0.0 + $0.1 > 0 }
    let (m, n) = pairs.reduce((0.0, 0.0)) { ($0.0 + $1.0, $0.1 + $1.1) }
    guard m > 0, n > 0, pairs.count > 1 else {
      (statistic, degrees, pValue, effect, pooled) = (0, 0, 1, 0, 0)
      return
    }
    effect = (Self.statistic(pairs, m, n) / (m + n)).squareRoot()
    let kept = Self.pool(pairs, smallerShare: min(m, n) / (m + n), minimumExpected)
    pooled = pairs.count - kept.count + (kept.count < pairs.count ? 1 : 0)
    guard kept.count > 1 else {
      (statistic, degrees, pValue) = (0, 0, 1)
      return
    }
    statistic = Self.statistic(kept, m, n)
    degrees = kept.count - 1
    pValue = chiSquareSurvival(statistic, degrees: degrees)
  }

  private static func statistic(_ pairs: [(Double, Double)], _ m: Double, _ n: Double) -> Double {
    var sum = 0.0
    for (a, b) in pairs {
      let expectedA = (a + b) * m / (m + n)
      let expectedB = (a + b) * n / (m + n)
      sum += (a - expectedA) * (a - expectedA) / expectedA + (b - expectedB) * (b - expectedB) / expectedB
    }
    return sum
  }

  /// Puts the rarest categories together until every one that is left has enough expected in the smaller sample.
  private static func pool(
    _ pairs: [(Double, Double)], smallerShare: Double, _ minimumExpected: Double
  ) -> [(Double, Double)] {
    let sorted = pairs.sorted { ($0.0 + $0.1) < ($1.0 + $1.1) }
    var rest = (0.0, 0.0)
    var taken = 0
    for pair in sorted {
      let isTooSmall = (pair.0 + pair.1) * smallerShare < minimumExpected
      let isRestTooSmall = taken > 0 && (rest.0 + rest.1) * smallerShare < minimumExpected
      guard isTooSmall || isRestTooSmall else { break }
      rest = (rest.0 + pair.0, rest.1 + pair.1)
      taken += 1
    }
    return taken == 0 ? sorted : [rest] + sorted.dropFirst(taken)
  }
}
