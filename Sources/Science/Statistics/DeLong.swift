/// The paired comparison of two scores' areas under the ROC curve on the same rows (E. DeLong, D. DeLong, D.
/// Clarke-Pearson, 1988), by mid-ranks in O(n log n) (X. Sun, W. Xu, 2014).
package struct DeLong: Sendable, Equatable {
  package var first: Double
  package var second: Double
  /// Variances of the two areas, and their covariance.
  package var firstVariance: Double
  package var secondVariance: Double
  package var covariance: Double

  /// Nil where a class has fewer than two rows, or the arrays differ in length.
  package init?(first: [Double], second: [Double], positives: [Bool]) {
    guard first.count == positives.count, second.count == positives.count,
      let one = Placements(first, positives), let two = Placements(second, positives)
    else { return nil }
    self.first = one.area
    self.second = two.area
    firstVariance = Self.covariance(one, one)
    secondVariance = Self.covariance(two, two)
    covariance = Self.covariance(one, two)
  }

  /// First minus second.
  package var difference: Double { first - second }

  /// Of the difference.
  package var variance: Double { max(0, firstVariance + secondVariance - 2 * covariance) }

  /// Standard normal under equal areas; 0 where the scores order the rows alike.
  package var z: Double {
    guard variance > 0 else { return difference == 0 ? 0 : (difference > 0 ? .infinity : -.infinity) }
    return difference / variance.squareRoot()
  }

  /// Two-sided, of equal areas.
  package var pValue: Double { normalTwoSided(z) }

  /// Of the difference.
  package func interval(confidence: Double = 0.95) -> ConfidenceInterval {
    let half = normalQuantile(1 - (1 - confidence) / 2) * variance.squareRoot()
    return ConfidenceInterval(lower: difference - half, upper: difference + half)
  }

  private static func covariance(_ one: Placements, _ two: Placements) -> Double {
    sampleCovariance(one.positives, two.positives) / Double(one.positives.count)
      + sampleCovariance(one.negatives, two.negatives) / Double(one.negatives.count)
  }

  private static func sampleCovariance(_ one: [Double], _ two: [Double]) -> Double {
    let count = Double(one.count)
    let meanOne = one.reduce(0, +) / count
    let meanTwo = two.reduce(0, +) / count
    var sum = 0.0
    for (a, b) in zip(one, two) { sum += (a - meanOne) * (b - meanTwo) }
    return sum / (count - 1)
  }

  /// For each row the share of the other class's rows that it stands on the right side of.
  private struct Placements {
    var positives: [Double]
    var negatives: [Double]
    var area: Double

    init?(_ scores: [Double], _ isPositive: [Bool]) {
      let positiveRows = isPositive.indices.filter { isPositive[$0] }
      let negativeRows = isPositive.indices.filter { !isPositive[$0] }
      guard positiveRows.count > 1, negativeRows.count > 1 else { return nil }
      let (m, n) = (Double(positiveRows.count), Double(negativeRows.count))
      let all = midRanks(scores)
      let amongPositives = midRanks(positiveRows.map { scores[$0] })
      let amongNegatives = midRanks(negativeRows.map { scores[$0] })
      positives = zip(positiveRows, amongPositives).map { (all[$0] - $1) / n }
      negatives = zip(negativeRows, amongNegatives).map { 1 - (all[$0] - $1) / m }
      area = positives.reduce(0, +) / m
    }
  }
}
