import Foundation

/// The Jensen–Shannon distance of two samples' shares (J. Lin, 1991): the root of the divergence, natural logarithm,
/// 0 … √ln 2. Equals `scipy.spatial.distance.jensenshannon(first, second)`. An empty sample gives 0.
package func jensenShannonDistance(_ first: [Int], _ second: [Int]) -> Double {
  let m = Double(first.reduce(0, +))
  let n = Double(second.reduce(0, +))
  guard m > 0, n > 0 else { return 0 }
  var divergence = 0.0
  for (a, b) in zip(first, second) {
    let (p, q) = (Double(a) / m, Double(b) / n)
    let middle = (p + q) / 2
    if p > 0 { divergence += p * log(p / middle) / 2 }
    if q > 0 { divergence += q * log(q / middle) / 2 }
  }
  return max(0, divergence).squareRoot()
}
