import Statistics

/// The population stability index, which stands beside every test, and how large chance makes it.
struct StabilityIndex: Equatable {
  var value: Double
  /// 0: not asked for.
  var noise: Double

  init(value: Double, noise: Double) {
    self.value = value
    self.noise = noise
  }

  /// - Parameter noiseLevel: How seldom chance may exceed the noise; nil for no limit.
  init(_ reference: [Int], _ window: [Int], noiseLevel: Double?) {
    value = populationStability(reference, window)
    noise =
      noiseLevel.map { level in
        populationStabilityNoise(
          bins: zip(reference, window).count { $0 + $1 > 0 }, reference: reference.reduce(0, +),
          sample: window.reduce(0, +), significance: level)
      } ?? 0
  }

  /// Whether the index is a finding: at least `limit` and, where a correction is asked for, beyond what chance gives.
  func exceeds(_ limit: Double) -> Bool { value >= limit && value >= noise }
}
