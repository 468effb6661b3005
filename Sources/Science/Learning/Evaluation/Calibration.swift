/// Whether probabilities mean what they say.
package struct Calibration: Codable, Sendable, Equatable {
  /// Bins that hold rows, by rising probability.
  package var bins: [Bin]
  /// Expected calibration error: the mean distance between the stated and the observed share, weighted by rows
  /// (Naeini, Cooper, Hauskrecht, 2015).
  package var error: Double
  package var verdict: Verdict

  package struct Bin: Codable, Sendable, Equatable {
    /// Mean stated probability.
    package var predicted: Double
    /// Observed share.
    package var observed: Double
    package var rows: Int
  }

  package enum Verdict: String, Codable, Sendable {
    case good
    case fair
    case poor

    /// good below 0.05, fair below 0.10, else poor.
    package init(error: Double) {
      self = error < 0.05 ? .good : error < 0.10 ? .fair : .poor
    }
  }

  /// `stated` in ten bins of equal width, as scikit-learn's `calibration_curve(n_bins=10, strategy='uniform')`.
  package init(stated: [Double], happened: [Bool], bins count: Int = 10) {
    var sums = Array(repeating: 0.0, count: count)
    var hits = Array(repeating: 0, count: count)
    var rows = Array(repeating: 0, count: count)
    for (probability, hit) in zip(stated, happened) {
      // Bins are open on the left but the first: a value on an edge belongs to the lower bin.
      let bin = min(max(Int((probability * Double(count)).rounded(.up)) - 1, 0), count - 1)
      sums[bin] += probability
      hits[bin] += hit ? 1 : 0
      rows[bin] += 1
    }
    bins = (0..<count).filter { rows[$0] > 0 }.map {
      Bin(
        predicted: sums[$0] / Double(rows[$0]), observed: Double(hits[$0]) / Double(rows[$0]), rows: rows[$0])
    }
    let total = Double(max(stated.count, 1))
    error = bins.reduce(0) { $0 + abs($1.predicted - $1.observed) * Double($1.rows) / total }
    verdict = Verdict(error: error)
  }
}
