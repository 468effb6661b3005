import Values

/// The difference of a measure between two models on the same rows, by resampling rows (B. Efron, 1979): both models
/// see the same resamples. Percentile interval, as `scipy.stats.bootstrap(…, paired=True, method="percentile")`.
package struct PairedBootstrap: Sendable, Equatable {
  /// Of all rows, first minus second.
  package var difference: Double
  package var lower: Double
  package var upper: Double
  /// Two-sided: twice the smaller share of resamples on either side of 0, counted so that it is never 0.
  package var pValue: Double

  /// - Parameters:
  ///   - rows: How many rows there are.
  ///   - measure: First minus second on these rows, a row as often as it is named. NaN (say, no positive drawn) is left
  ///     out.
  package init(
    rows: Int, resamples: Int = 1000, confidence: Double = 0.95, seed: Int, measure: (_ rows: [Int]) -> Double
  ) {
    difference = measure(Array(0..<rows))
    var generator = SeededGenerator(seed: seed)
    var values: [Double] = []
    var drawn = [Int](repeating: 0, count: rows)
    for _ in 0..<(rows > 0 ? resamples : 0) {
      for position in 0..<rows { drawn[position] = generator.index(below: rows) }
      let value = measure(drawn)
      if !value.isNaN { values.append(value) }
    }
    values.sort()
    guard !values.isEmpty else {
      (lower, upper, pValue) = (difference, difference, 1)
      return
    }
    let tail = (1 - confidence) / 2
    lower = quantile(ofSorted: values, tail)
    upper = quantile(ofSorted: values, 1 - tail)
    let below = values.count { $0 <= 0 }
    let above = values.count { $0 >= 0 }
    pValue = min(1, 2 * Double(min(below, above) + 1) / Double(values.count + 1))
  }
}
