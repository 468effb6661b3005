/// p-values adjusted for many tests by the false discovery rate (Y. Benjamini, Y. Hochberg, 1995), in the given order.
/// Equals `scipy.stats.false_discovery_control(pValues)`.
package func benjaminiHochberg(_ pValues: [Double]) -> [Double] {
  let count = Double(pValues.count)
  let order = pValues.indices.sorted { pValues[$0] < pValues[$1] }
  var adjusted = pValues
  var least = 1.0
  for (rank, index) in order.enumerated().reversed() {
    least = min(least, pValues[index] * count / Double(rank + 1))
    adjusted[index] = least
  }
  return adjusted
}

/// p-values times their number, at most 1 (C. Bonferroni, 1936).
package func bonferroni(_ pValues: [Double]) -> [Double] {
  pValues.map { min(1, $0 * Double(pValues.count)) }
}
