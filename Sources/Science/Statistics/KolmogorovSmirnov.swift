import Foundation

/// The two-sample, two-sided Kolmogorov–Smirnov test (N. Smirnov, 1939).
package struct KolmogorovSmirnov: Sendable, Equatable {
  /// D: the largest distance between the two empirical distribution functions, 0…1.
  package var statistic: Double
  package var pValue: Double

  /// Samples up to this size are judged exactly.
  static let exactLimit = 10_000

  /// Equals `scipy.stats.ks_2samp(first, second)` with method "auto": exact where no sample has more than 10,000
  /// values, else by the one-sample distribution at the effective size. Two constant and equal samples give p = 1. The
  /// one difference: p-values below 1e-30 of large samples are never computed exactly.
  /// - Parameters: Both samples ascending, without NaN. An empty one gives D = 0 and p = 1.
  package init(sorted first: [Double], _ second: [Double]) {
    let isEmpty = first.isEmpty || second.isEmpty
    self.init(distance: isEmpty ? 0 : Self.distance(sorted: first, second), first.count, second.count)
  }

  /// The same for a distance that is known, of samples of these sizes.
  package init(distance: Double, _ firstCount: Int, _ secondCount: Int) {
    statistic = distance
    guard firstCount > 0, secondCount > 0 else {
      pValue = 1
      return
    }
    let (larger, smaller) = (max(firstCount, secondCount), min(firstCount, secondCount))
    let (m, n) = (Double(larger), Double(smaller))
    // Counting paths costs m · n · D steps: not worth it for large samples that are beyond any doubt.
    let isBeyondDoubt = m * n > 1e6 && distance * distance * m * n / (m + n) > 40
    if larger <= Self.exactLimit, !isBeyondDoubt,
      let exact = Self.exactSurvival(larger, smaller, distance: distance)
    {
      pValue = min(max(exact, 0), 1)
      return
    }
    pValue = min(max(kolmogorovSurvival(n: Int((m * n / (m + n)).rounded(.toNearestOrEven)), distance), 0), 1)
  }

  static func distance(sorted first: [Double], _ second: [Double]) -> Double {
    let (m, n) = (first.count, second.count)
    var (i, j) = (0, 0)
    var most = 0.0
    first.withUnsafeBufferPointer { first in
      second.withUnsafeBufferPointer { second in
        while i < m, j < n {
          let value = min(first[i], second[j])
          while i < m, first[i] <= value { i += 1 }
          while j < n, second[j] <= value { j += 1 }
          most = max(most, abs(Double(i) / Double(m) - Double(j) / Double(n)))
        }
      }
    }
    return most
  }

  /// P(D ≥ distance) under no difference, by counting lattice paths (J. Hodges, 1958); nil where the sizes' least
  /// common multiple is beyond exact arithmetic.
  static func exactSurvival(_ m: Int, _ n: Int, distance: Double) -> Double? {
    let divisor = greatestCommonDivisor(m, n)
    let multiple = m / divisor * n
    guard multiple < 1 << 52 else { return nil }
    let height = Int((distance * Double(multiple)).rounded(.toNearestOrEven))
    if height == 0 { return 1 }
    return m == n
      ? pathsOutsideSquare(n, height: height) : pathsOutside(m, n, divisor: divisor, height: height)
  }

  /// Share of the paths through an n × n square that touch a diagonal at distance `height`.
  private static func pathsOutsideSquare(_ n: Int, height: Int) -> Double {
    var outside = 0.0
    for k in stride(from: n / height, through: 0, by: -1) {
      var product = 1.0
      for step in 0..<height {
        product = Double(n - k * height - step) * product / Double(n + k * height + step + 1)
      }
      outside = product * (1 - outside)
    }
    return 2 * outside
  }

  /// Share of the paths through an m × n rectangle, m > n, that do not stay strictly inside of two diagonals; one
  /// column at a time, of which only the window between the diagonals is kept.
  private static func pathsOutside(_ m: Int, _ n: Int, divisor: Int, height: Int) -> Double {
    let (mg, ng) = (m / divisor, n / divisor)
    var low = 0
    var high = min(dividedUp(height, mg), n + 1)
    var length = high - low
    var outside = [Double](repeating: 1, count: max(min(2 * high + 2, n + 1), length))
    for j in low..<high { outside[j] = 0 }
    return outside.withUnsafeMutableBufferPointer { outside in
      for i in 1...m {
        let (lastLow, lastLength) = (low, length)
        low = min(max(dividedDown(ng * i - height, mg) + 1, 0), n)
        high = min(dividedUp(ng * i + height, mg), n + 1)
        if high <= low { return 1 }
        var value = low == 0 ? 0.0 : 1.0
        let shift = low - lastLow
        let column = Double(i)
        for j in low..<high {
          let from = j - low + shift
          let left = from < outside.count ? outside[from] : 1
          value = (left * column + value * Double(j)) / (column + Double(j))
          outside[j - low] = value
        }
        length = high - low
        if lastLength > length {
          for j in length..<min(lastLength, outside.count) { outside[j] = 1 }
        }
      }
      return outside[high - low - 1]
    }
  }

  private static func dividedDown(_ value: Int, _ divisor: Int) -> Int {
    value >= 0 ? value / divisor : -((-value + divisor - 1) / divisor)
  }

  private static func dividedUp(_ value: Int, _ divisor: Int) -> Int { -dividedDown(-value, divisor) }

  private static func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {
    var (a, b) = (a, b)
    while b != 0 { (a, b) = (b, a % b) }
    return a
  }
}
