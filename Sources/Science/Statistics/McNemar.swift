/// The paired comparison of two classifiers' accuracies on the same rows (Q. McNemar, 1947). Only rows that one of
/// them has right and the other wrong say anything.
package struct McNemar: Sendable, Equatable {
  package var rows: Int
  /// Rows that only the first has right.
  package var firstOnly: Int
  /// Rows that only the second has right.
  package var secondOnly: Int

  package init(rows: Int, firstOnly: Int, secondOnly: Int) {
    self.rows = rows
    self.firstOnly = firstOnly
    self.secondOnly = secondOnly
  }

  /// - Parameters: Whether each row was right, in the same order.
  package init(firstCorrect: [Bool], secondCorrect: [Bool]) {
    var (firstOnly, secondOnly) = (0, 0)
    for (one, two) in zip(firstCorrect, secondCorrect) where one != two {
      if one { firstOnly += 1 } else { secondOnly += 1 }
    }
    self.init(rows: min(firstCorrect.count, secondCorrect.count), firstOnly: firstOnly, secondOnly: secondOnly)
  }

  private var discordant: Int { firstOnly + secondOnly }

  /// First accuracy minus second.
  package var difference: Double { rows > 0 ? Double(firstOnly - secondOnly) / Double(rows) : 0 }

  /// Two-sided, mid-p: keeps its level and has more power than the exact one (M. Fagerland, S. Lydersen, P. Laake,
  /// 2013).
  package var midPValue: Double {
    guard discordant > 0, firstOnly != secondOnly else { return 1 }
    let less = min(firstOnly, secondOnly)
    return min(
      1, 2 * binomialCDF(less, trials: discordant, probability: 0.5) - fairBinomialMass(less, trials: discordant))
  }

  /// Of the difference of accuracies: Wald's, with the variance of paired shares.
  package func interval(confidence: Double = 0.95) -> ConfidenceInterval {
    guard rows > 0 else { return ConfidenceInterval(lower: -1, upper: 1) }
    let n = Double(rows)
    let excess = Double(firstOnly - secondOnly)
    let deviation = (Double(discordant) - excess * excess / n).squareRoot() / n
    let half = normalQuantile(1 - (1 - confidence) / 2) * deviation
    return ConfidenceInterval(lower: max(-1, difference - half), upper: min(1, difference + half))
  }
}
