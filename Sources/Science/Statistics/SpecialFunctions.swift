import Foundation

/// ln Γ(x) for x > 0 by C. Lanczos' series (1964) with g = 7; relative error below 1e-13. `scipy.special.gammaln`.
func logGamma(_ x: Double) -> Double {
  guard x >= 0.5 else { return log(.pi / sin(.pi * x)) - logGamma(1 - x) }
  let shifted = x - 1
  var sum = 0.99999999999980993
  for (position, coefficient) in lanczos.enumerated() { sum += coefficient / (shifted + Double(position + 1)) }
  let base = shifted + 7.5
  return 0.5 * log(2 * .pi) + (shifted + 0.5) * log(base) - base + log(sum)
}

private let lanczos = [
  676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905,
  -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
]

/// ln of the binomial coefficient.
func logBinomial(_ n: Int, _ k: Int) -> Double {
  logGamma(Double(n) + 1) - logGamma(Double(k) + 1) - logGamma(Double(n - k) + 1)
}

/// Upper regularised incomplete gamma function Q(a, x): its series below a + 1, its continued fraction (modified Lentz)
/// above. `scipy.special.gammaincc`.
func regularizedGammaQ(_ a: Double, _ x: Double) -> Double {
  guard x > 0 else { return 1 }
  guard x.isFinite else { return 0 }
  let front = exp(a * log(x) - x - logGamma(a))
  if x < a + 1 {
    var term = 1 / a
    var sum = term
    var denominator = a
    for _ in 0..<100_000 {
      denominator += 1
      term *= x / denominator
      sum += term
      if term < sum * 1e-17 { break }
    }
    return max(0, 1 - front * sum)
  }
  var b = x + 1 - a
  var c = 1 / tiny
  var d = 1 / b
  var fraction = d
  for step in 1..<100_000 {
    let numerator = -Double(step) * (Double(step) - a)
    b += 2
    d = 1 / awayFromZero(numerator * d + b)
    c = awayFromZero(b + numerator / c)
    let factor = d * c
    fraction *= factor
    if abs(factor - 1) < 1e-16 { break }
  }
  return front * fraction
}

/// Regularised incomplete beta function I(x; a, b) by its continued fraction (modified Lentz). `scipy.special.betainc`.
func regularizedBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
  guard x > 0 else { return 0 }
  guard x < 1 else { return 1 }
  guard x <= (a + 1) / (a + b + 2) else { return 1 - regularizedBeta(1 - x, b, a) }
  let front = exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * log(x) + b * log1p(-x)) / a
  var c = 1.0
  var d = 1 / awayFromZero(1 - (a + b) * x / (a + 1))
  var fraction = d
  for step in 1..<100_000 {
    let m = Double(step)
    let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / awayFromZero(1 + even * d)
    c = awayFromZero(1 + even / c)
    fraction *= d * c
    let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / awayFromZero(1 + odd * d)
    c = awayFromZero(1 + odd / c)
    let factor = d * c
    fraction *= factor
    if abs(factor - 1) < 1e-16 { break }
  }
  return front * fraction
}

private let tiny = 1e-300

private func awayFromZero(_ value: Double) -> Double { abs(value) < tiny ? tiny : value }
