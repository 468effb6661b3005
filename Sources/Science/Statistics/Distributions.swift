import Foundation

/// P(X > x) of the chi-square distribution. `scipy.stats.chi2.sf`.
package func chiSquareSurvival(_ x: Double, degrees: Int) -> Double {
  degrees > 0 ? regularizedGammaQ(Double(degrees) / 2, x / 2) : 1
}

/// The x that a chi-square variable exceeds with this probability, by bisection. `scipy.stats.chi2.isf`.
package func chiSquareUpperQuantile(_ probability: Double, degrees: Int) -> Double {
  guard degrees > 0, probability < 1 else { return 0 }
  guard probability > 0 else { return .infinity }
  var high = Double(degrees) + 1
  while chiSquareSurvival(high, degrees: degrees) > probability { high *= 2 }
  var low = 0.0
  for _ in 0..<200 {
    let middle = (low + high) / 2
    if middle == low || middle == high { break }
    if chiSquareSurvival(middle, degrees: degrees) > probability { low = middle } else { high = middle }
  }
  return (low + high) / 2
}

/// P(Z ≤ z) of the standard normal. `scipy.stats.norm.cdf`.
package func normalCDF(_ z: Double) -> Double { 0.5 * erfc(-z / 2.0.squareRoot()) }

/// Two-sided p-value of a standard normal statistic.
package func normalTwoSided(_ z: Double) -> Double { z.isNaN ? 1 : erfc(abs(z) / 2.0.squareRoot()) }

/// The z below which a standard normal lies with this probability: P. Acklam's rational approximation (2003), then two
/// steps of Halley's method. `scipy.stats.norm.ppf`.
package func normalQuantile(_ probability: Double) -> Double {
  guard probability > 0 else { return -.infinity }
  guard probability < 1 else { return .infinity }
  var z = acklam(probability)
  for _ in 0..<2 {
    let density = exp(-z * z / 2) / (2 * .pi).squareRoot()
    let step = (normalCDF(z) - probability) / density
    z -= step / (1 + z * step / 2)
  }
  return z
}

private func acklam(_ p: Double) -> Double {
  let a = [
    -3.969683028665376e+01, 2.209460984245205e+02, -2.759285104469687e+02, 1.383577518672690e+02,
    -3.066479806614716e+01, 2.506628277459239e+00,
  ]
  let b = [
    -5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02, 6.680131188771972e+01,
    -1.328068155288572e+01, 1,
  ]
  let c = [
    -7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00, -2.549732539343734e+00,
    4.374664141464968e+00, 2.938163982698783e+00,
  ]
  let d = [7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00, 3.754408661907416e+00, 1]
  func polynomial(_ coefficients: [Double], _ x: Double) -> Double {
    coefficients.reduce(0) { $0 * x + $1 }
  }
  if p < 0.02425 {
    let q = (-2 * log(p)).squareRoot()
    return polynomial(c, q) / polynomial(d, q)
  }
  if p > 1 - 0.02425 {
    let q = (-2 * log1p(-p)).squareRoot()
    return -polynomial(c, q) / polynomial(d, q)
  }
  let q = p - 0.5
  return polynomial(a, q * q) * q / polynomial(b, q * q)
}

/// P(X ≤ k) of the binomial distribution. `scipy.stats.binom.cdf`.
package func binomialCDF(_ k: Int, trials: Int, probability: Double) -> Double {
  if k < 0 { return 0 }
  if k >= trials { return 1 }
  return regularizedBeta(1 - probability, Double(trials - k), Double(k + 1))
}

/// P(X = k) of the binomial distribution with probability 1/2. `scipy.stats.binom.pmf`.
func fairBinomialMass(_ k: Int, trials: Int) -> Double {
  exp(logBinomial(trials, k) - Double(trials) * log(2))
}
