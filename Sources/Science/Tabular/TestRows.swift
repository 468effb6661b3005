import Values

/// The rows that test a model, and whether they can tell it from a guess.
package struct TestRows: Sendable {
  /// By class.
  private let counts: [Int]
  private let target: TargetEncoding

  package init(counts: [Int], target: TargetEncoding) {
    self.counts = counts
    self.target = target
  }

  /// A result that chance brings about more often than this proves nothing.
  private static let chance = 0.05
  /// With fewer rows the accuracy is known to ±15 points at best.
  package static let sound = 40

  private var total: Int { counts.reduce(0, +) }

  /// In how many ways the classes can be dealt out to the rows (the multinomial coefficient): a guess that knows how many rows
  /// each class has is right about all of them once in so many times. Counted up to a million.
  private var arrangements: Double {
    var (ways, rows) = (1.0, 0)
    for count in counts where count > 0 {
      for place in 1...count {
        rows += 1
        ways *= Double(rows) / Double(place)
        // The product only grows.
        if ways > 1e6 { return ways }
      }
    }
    return ways
  }

  package var findings: [Finding] {
    let ways = arrangements
    guard ways * Self.chance > 1 else {
      let parts = zip(target.classes, counts).filter { $0.1 > 0 }.map { "\($0.1) of '\(excerpt($0.0))'" }
      return [
        Finding(
          .tooFewTestRows, count: total,
          message:
            "\(Figures.count(total, "test row")) (\(parts.prefix(8).joined(separator: ", "))) cannot judge a model: a guess "
            + "is right about all of them once in \(Int(ways.rounded())) times; bring more rows, at least 200, or "
            + "give test a larger share")
      ]
    }
    if total < Self.sound {
      let points = Int((98 / Double(total).squareRoot()).rounded())
      return [
        Finding(
          .fewTestRows, count: total,
          message:
            "there are only \(Figures.count(total, "test row")): the measured accuracy can be off by \(points) points, so that "
            + "gates say little; bring at least 200 rows or give test a larger share")
      ]
    }
    guard target.isBinary, counts.indices.contains(target.positive), counts[target.positive] < 5 else { return [] }
    let positives = counts[target.positive]
    return [
      Finding(
        .fewTestRows, count: positives,
        message: "only \(positives) of \(total) test rows \(positives == 1 ? "is" : "are") of the positive class "
          + "'\(excerpt(target.positiveClass))': recall and F1 say little; bring more rows of it or give test a larger share"
      )
    ]
  }
}
