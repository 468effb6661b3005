/// Bounds of a confidence interval.
package struct ConfidenceInterval: Codable, Sendable, Equatable {
  package var lower: Double
  package var upper: Double

  package init(lower: Double, upper: Double) {
    self.lower = lower
    self.upper = upper
  }
}

/// The score interval of a share (E. Wilson, 1927). Equals
/// `scipy.stats.binomtest(successes, trials).proportion_ci(confidence, method="wilson")`. No trials give 0…1.
package func wilsonInterval(_ successes: Int, of trials: Int, confidence: Double = 0.95) -> ConfidenceInterval {
  guard trials > 0 else { return ConfidenceInterval(lower: 0, upper: 1) }
  let z = normalQuantile(1 - (1 - confidence) / 2)
  let n = Double(trials)
  let share = Double(successes) / n
  let scale = 1 / (1 + z * z / n)
  let center = (share + z * z / (2 * n)) * scale
  let half = z * scale * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot()
  return ConfidenceInterval(
    lower: successes == 0 ? 0 : max(0, center - half), upper: successes == trials ? 1 : min(1, center + half))
}
