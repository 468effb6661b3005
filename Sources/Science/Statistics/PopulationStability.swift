import Foundation

/// The population stability index of two samples' counts in the same bins: Σ (q − p) ln(q / p), the symmetrised
/// Kullback–Leibler divergence (H. Jeffreys, 1946). 0 is equality; 0.1 and 0.2 are the customary limits.
///
/// A bin empty in one sample counts as half a row there, so the index stays finite; a bin empty in both does not count.
/// Two samples of the same population give about (bins − 1)(1/m + 1/n): see `populationStabilityNoise`.
package func populationStability(_ reference: [Int], _ sample: [Int]) -> Double {
  let m = Double(reference.reduce(0, +))
  let n = Double(sample.reduce(0, +))
  guard m > 0, n > 0 else { return 0 }
  var sum = 0.0
  for (a, b) in zip(reference, sample) where a > 0 || b > 0 {
    let p = max(Double(a), 0.5) / m
    let q = max(Double(b), 0.5) / n
    sum += (q - p) * log(q / p)
  }
  return sum
}

/// What the index of two samples of one population exceeds with probability `significance` only: it behaves like
/// (1/m + 1/n) times a chi-square variable with bins − 1 degrees (B. Yurdakul, 2018).
package func populationStabilityNoise(bins: Int, reference: Int, sample: Int, significance: Double) -> Double {
  guard bins > 1, reference > 0, sample > 0 else { return 0 }
  return chiSquareUpperQuantile(significance, degrees: bins - 1) * (1 / Double(reference) + 1 / Double(sample))
}
