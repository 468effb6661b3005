import Foundation

/// The two-sample Cramér–von Mises test (T. Anderson, 1962). It adds up the squared difference of the two distribution
/// functions over all values, where Kolmogorov and Smirnov's takes the largest one only.
package struct CramerVonMises: Sendable, Equatable {
  /// T. Under no difference its mean is about 1/6, however large the samples are.
  package var statistic: Double
  package var pValue: Double
  /// The root mean square of F − G over H, the mean of both, of equally large samples, relative to the largest possible
  /// one, which is 1/√3: √(3 ∫ (F − G)² dH), 0 (same distribution) … 1 (nothing in common). Along ties F − G counts as
  /// linear, so that it is the difference of the shares where there are two values only.
  package var effect: Double

  /// Equals `scipy.stats.cramervonmises_2samp(first, second, method="asymptotic")` where no value occurs twice. Ties
  /// count as the mean over all their orders. SciPy takes mid-ranks there, whose T grows with the samples when these
  /// differ in size: two samples of 400 and 90 coin tosses get p = 1e-8 from it.
  /// - Parameters: Both ascending and finite. An empty one gives p = 1 and effect 0, as do samples of one and the same
  ///   value.
  package init(sorted first: [Double], _ second: [Double]) {
    var groups: [(Int, Int)] = []
    groups.reserveCapacity(first.count + second.count)
    var (i, j) = (0, 0)
    while i < first.count || j < second.count {
      let value = j == second.count || (i < first.count && first[i] <= second[j]) ? first[i] : second[j]
      let (startOfFirst, startOfSecond) = (i, j)
      while i < first.count, first[i] == value { i += 1 }
      while j < second.count, second[j] == value { j += 1 }
      groups.append((i - startOfFirst, j - startOfSecond))
    }
    self.init(groups, first.count, second.count)
  }

  /// Of counts in the same ascending bins; the values of a bin count as ties.
  ///
  /// The effect differs from that of the values by at most 2 √(3 Σ h³), where h is a bin's mean share of both samples:
  /// in every bin F − G lies between bounds that are twice that share apart.
  package init(_ first: [Int], _ second: [Int]) {
    self.init(Array(zip(first, second)), first.reduce(0, +), second.reduce(0, +))
  }

  private init(_ groups: [(Int, Int)], _ firstCount: Int, _ secondCount: Int) {
    (statistic, pValue, effect) = (0, 1, 0)
    guard firstCount > 0, secondCount > 0, groups.count(where: { $0.0 + $0.1 > 0 }) > 1 else { return }
    let (m, n) = (Double(firstCount), Double(secondCount))
    let total = m + n
    var squares = 0.0
    var area = 0.0
    var (atMostFirst, atMostSecond) = (0, 0)
    for (a, b) in groups where a + b > 0 {
      let before = Double(atMostFirst) / m - Double(atMostSecond) / n
      atMostFirst += a
      atMostSecond += b
      let after = Double(atMostFirst) / m - Double(atMostSecond) / n
      area += (Double(a) / m + Double(b) / n) / 2 * (before * before + before * after + after * after)
      let (c, step) = (Double(a + b), after - before)
      squares += c * before * before + before * step * (c + 1) + step * step * (c + 1) * (2 * c + 1) / (6 * c)
      // What the order of the ties adds: the variance of a walk that is held at both ends.
      let scale = total / (m * n)
      squares += scale * scale * Double(a) * Double(b) * (c + 1) / (6 * c)
    }
    effect = min(1, area.squareRoot())
    let product = m * n
    statistic = product / (total * total) * squares
    let mean = (1 + 1 / total) / 6
    let variance =
      (total + 1) * (4 * product * total - 3 * (m * m + n * n) - 2 * product) / (180 * total * total * product)
    guard variance > 0 else { return }
    pValue = cramerVonMisesSurvival(1 / 6 + (statistic - mean) / (45 * variance).squareRoot())
  }
}

/// P(W² > x) of the limiting distribution, by N. Smirnov's formula (1937), which keeps its digits in the tail. Each of
/// its integrals is taken by the midpoint rule over an angle, in which it is smooth. `1 −
/// scipy.stats._hypotests._cdf_cvm_inf(x)`.
func cramerVonMisesSurvival(_ x: Double) -> Double {
  // Below, it differs from 1 by less than 1e-17.
  guard x > 0.003 else { return 1 }
  let nodes = 256
  var sum = 0.0
  for term in 1...100 {
    let start = Double(2 * term - 1) * .pi
    if term > 1, exp(-x * start * start / 2) < 1e-18 { break }
    var integral = 0.0
    for node in 0..<nodes {
      let angle = (Double(node) + 0.5) * .pi / Double(nodes)
      let t = start + .pi / 2 * (1 - cos(angle))
      integral += exp(-x * t * t / 2) * sin(angle) / (t * abs(sin(t))).squareRoot()
    }
    integral *= .pi / 2 * .pi / Double(nodes)
    sum += term.isMultiple(of: 2) ? -integral : integral
  }
  return min(1, max(0, 2 / .pi * sum))
}
