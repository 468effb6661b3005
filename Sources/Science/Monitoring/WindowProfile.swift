package import Statistics

/// How often the values of one feature fell into each of its bins. Two of the same bins add up.
package struct FeatureCounts: Sendable, Equatable {
  /// By bin of `ProfileBins`.
  package var counts: [Int]
  /// Of numeric values, or of the predictions' confidences; empty for categories.
  package var moments: Moments

  package init(counts: [Int], moments: Moments = Moments()) {
    self.counts = counts
    self.moments = moments
  }

  package var rows: Int { counts.reduce(0, +) }

  /// False where the bins differ: nothing is added then.
  @discardableResult
  package mutating func merge(_ other: FeatureCounts) -> Bool {
    guard counts.count == other.counts.count else { return false }
    for (bin, count) in other.counts.enumerated() { counts[bin] += count }
    moments.merge(other.moments)
    return true
  }
}

/// What a version saw and said in a span of time, counted in the bins of its reference.
package struct WindowProfile: Sendable, Equatable {
  /// By feature; one that is redacted is not there.
  package var features: [String: FeatureCounts]
  /// Predicted classes, with the moments of the confidence.
  package var predictions: FeatureCounts

  package init(features: [String: FeatureCounts] = [:], predictions: FeatureCounts = FeatureCounts(counts: [])) {
    self.features = features
    self.predictions = predictions
  }

  package var rowCount: Int { predictions.rows }

  /// Adds the counts of a feature over some time.
  package mutating func add(_ counts: FeatureCounts, toFeature name: String) {
    if features[name]?.merge(counts) == nil { features[name] = counts }
  }

  package mutating func addPredictions(_ counts: FeatureCounts) {
    if predictions.counts.isEmpty { predictions = counts } else { predictions.merge(counts) }
  }
}
