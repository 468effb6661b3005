import Foundation

/// The chi-square test of homogeneity of two samples of categories (K. Pearson, 1900), or the likelihood ratio test of
/// the same (S. Wilks, 1938): both samples are taken as samples, so neither's shares count as exact and a category that
/// one of them lacks is no special case.
package struct ChiSquare: Sendable, Equatable {
  package var statistic: Double
  package var degrees: Int
  package var pValue: Double
  /// Cramér's V (H. Cramér, 1946) that two equally large samples with these shares would have, √(½ Σ (p − q)² / (p +
  /// q)): 0 (same shares) … 1 (nothing in common). Unlike V of the counts it does not shrink when one sample is much
  /// the larger.
  package var effect: Double
  /// Categories that were judged together because their expected counts were too small.
  package var pooled: Int

  /// How observed counts are held against expected ones.
  package enum Divergence: Sendable {
    /// Σ (O − E)² / E.
    case pearson
    /// G = 2 Σ O ln(O / E): twice the rows times the Jensen–Shannon divergence of the shares, weighted by the samples'
    /// sizes.
    case logLikelihood
  }

  /// Equals `scipy.stats.chi2_contingency([first, second], correction=False)`, with `lambda_="log-likelihood"` for G,
  /// where every category is expected at least `minimumExpected` times in both samples (W. Cochran, 1954); `effect`
  /// equals `scipy.stats.contingency.association(method="cramer")` of equally large samples.
  ///
  /// Rarer categories are judged together as one. Where even that one is expected too seldom, it is judged by the exact
  /// hypergeometric probability of its count (R. Fisher, 1935), beside the chi-square test of the others, and the
  /// smaller p-value of the two counts twice. So one odd row is no alarm, and many rows of an unseen category are.
  /// Categories that occur nowhere are left out. A single category, or an empty sample, gives p = 1 and effect 0.
  /// - Parameters: Counts of the same categories in the same order.
  package init(
    _ first: [Int], _ second: [Int], divergence: Divergence = .pearson, minimumExpected: Double = 5
  ) {
    let pairs = zip(first, second).map { Pair(first: $0, second: $1) }.filter { $0.total > 0 }
    let all = pairs.reduce(Pair(first: 0, second: 0)) { $0.adding($1) }
    guard all.first > 0, all.second > 0, pairs.count > 1 else {
      (statistic, degrees, pValue, effect, pooled) = (0, 0, 1, 0, 0)
      return
    }
    effect = Self.effect(pairs, all)
    let smallerShare = Double(min(all.first, all.second)) / Double(all.total)
    let isRare = { (pair: Pair) in Double(pair.total) * smallerShare < minimumExpected }
    let rest = pairs.filter(isRare).reduce(Pair(first: 0, second: 0)) { $0.adding($1) }
    pooled = pairs.count(where: isRare)
    var judged = pairs.filter { !isRare($0) }
    let restIsRare = isRare(rest)
    if pooled > 0, !restIsRare { judged.append(rest) }

    (statistic, degrees) = (0, 0)
    var pValues: [Double] = []
    if judged.count > 1 {
      let sums = judged.reduce(Pair(first: 0, second: 0)) { $0.adding($1) }
      if sums.first > 0, sums.second > 0 {
        statistic = Self.statistic(judged, sums, divergence)
        degrees = judged.count - 1
        pValues.append(chiSquareSurvival(statistic, degrees: degrees))
      }
    }
    if pooled > 0, restIsRare, !judged.isEmpty { pValues.append(Self.exactPValue(rest, all)) }
    pValue = min(1, (pValues.min() ?? 1) * Double(max(1, pValues.count)))
  }

  private struct Pair {
    var first: Int
    var second: Int

    var total: Int { first + second }

    func adding(_ other: Pair) -> Pair { Pair(first: first + other.first, second: second + other.second) }
  }

  private static func statistic(_ pairs: [Pair], _ all: Pair, _ divergence: Divergence) -> Double {
    var sum = 0.0
    for pair in pairs {
      for (count, size) in [(pair.first, all.first), (pair.second, all.second)] {
        let observed = Double(count)
        let expected = Double(pair.total) * Double(size) / Double(all.total)
        switch divergence {
        case .pearson: sum += (observed - expected) * (observed - expected) / expected
        case .logLikelihood: sum += count > 0 ? 2 * observed * log(observed / expected) : 0
        }
      }
    }
    return max(0, sum)
  }

  private static func effect(_ pairs: [Pair], _ all: Pair) -> Double {
    var sum = 0.0
    for pair in pairs {
      let p = Double(pair.first) / Double(all.first)
      let q = Double(pair.second) / Double(all.second)
      sum += (p - q) * (p - q) / (p + q)
    }
    return (sum / 2).squareRoot()
  }

  /// Twice the smaller tail of the hypergeometric distribution of the second sample's count.
  private static func exactPValue(_ pair: Pair, _ all: Pair) -> Double {
    let logAll = logBinomial(all.total, all.second)
    func tail(_ counts: ClosedRange<Int>) -> Double {
      counts.reduce(0) { sum, count in
        sum + exp(logBinomial(pair.total, count) + logBinomial(all.total - pair.total, all.second - count) - logAll)
      }
    }
    let least = max(0, pair.total - all.first)
    let most = min(pair.total, all.second)
    guard least <= pair.second, pair.second <= most else { return 1 }
    return min(1, 2 * min(tail(least...pair.second), tail(pair.second...most)))
  }
}
