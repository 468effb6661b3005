package import Statistics
package import Tabular
import Values
package import WorkerContract

/// What a version's training data and predictions looked like: `reference.json`. Windows of production are compared
/// with it, so that the training data itself need not be kept.
package struct ReferenceProfile: Codable, Sendable, Equatable {
  package var format: String
  /// Training rows.
  package var rows: Int
  /// In the schema's order.
  package var features: [Feature]
  /// Nil where the model's predictions were not recorded.
  package var predictions: Predictions?

  package static let currentFormat = "apus.dev/reference/v1"
  /// At most this many values of a numeric feature are kept.
  package static let sampleLimit = 10_000
  package static let bins = 10

  package struct Feature: Codable, Sendable, Equatable {
    package var name: String
    package var type: FeatureType
    /// Training rows without a value.
    package var missing: Int
    /// Bounds of the schema.
    package var minimum: Double?
    package var maximum: Double?
    /// For a numeric feature that had a value.
    package var numeric: Numeric?
    /// For a categorical feature, the most frequent level first.
    package var levels: [Level]?
  }

  package typealias FeatureType = FeatureSchema.FeatureType

  package struct Numeric: Codable, Sendable, Equatable {
    package var moments: Moments
    /// Quantile bins of all training values.
    package var bins: QuantileBins
    package var counts: [Int]
    /// A random sample of the training values, ascending: all of them up to `sampleLimit`.
    package var sample: [Double]
  }

  package struct Level: Codable, Sendable, Equatable {
    package var name: String
    package var count: Int
  }

  /// The model's predictions on held-out rows.
  package struct Predictions: Codable, Sendable, Equatable {
    package var classes: [String]
    /// Held-out rows predicted as each class.
    package var counts: [Int]
    package var meanConfidence: Double

    package init(classes: [String], counts: [Int], meanConfidence: Double) {
      self.classes = classes
      self.counts = counts
      self.meanConfidence = meanConfidence
    }

    /// - Parameters:
    ///   - predicted: Position in `classes` of each held-out row's predicted class.
    ///   - confidences: The predicted class's probability, row by row.
    package init(classes: [String], predicted: [Int], confidences: [Double]) {
      var counts = [Int](repeating: 0, count: classes.count)
      for index in predicted where counts.indices.contains(index) { counts[index] += 1 }
      self.init(classes: classes, counts: counts, meanConfidence: Moments(confidences).mean)
    }

    package var rows: Int { counts.reduce(0, +) }
  }

  /// - Parameters:
  ///   - training: The rows that the model learned from.
  ///   - schema: The model's schema; features that the table does not have are left out.
  ///   - seed: Decides which values are kept where there are more than `sampleLimit`.
  package init(training: Table, schema: FeatureSchema, predictions: Predictions?, seed: Int = 42) {
    format = Self.currentFormat
    rows = training.rowCount
    self.predictions = predictions
    let generator = SeededGenerator(seed: seed)
    features = schema.features.compactMap { feature in
      guard let column = training[feature.name] else { return nil }
      var profile = Feature(
        name: feature.name, type: feature.type, missing: column.missingCount, minimum: feature.minimum,
        maximum: feature.maximum)
      switch column {
      case .numeric(let values):
        profile.type = .numeric
        var drawing = generator.forked(feature.name)
        profile.numeric = Numeric(values, generator: &drawing)
      case .categorical(let codes, let levels):
        profile.type = .categorical
        profile.levels = Level.counted(codes, levels)
      }
      return profile
    }
  }
}

extension ReferenceProfile {
  /// What makes a profile that was read from a file unusable, for a person; nil where it is sound. Custom trainers
  /// write theirs themselves.
  package var problem: String? {
    if format != Self.currentFormat { return "its format is '\(format)', not \(Self.currentFormat)" }
    if let predictions, predictions.counts.count != predictions.classes.count {
      return "predictions has \(predictions.counts.count) counts for \(predictions.classes.count) classes"
    }
    for feature in features {
      if let numeric = feature.numeric {
        if numeric.counts.count != numeric.bins.count {
          return "'\(feature.name)' has \(numeric.counts.count) counts for \(numeric.bins.count) bins"
        }
        if !Self.isAscending(numeric.sample) { return "the sample of '\(feature.name)' is not ascending" }
        if !Self.isAscending(numeric.bins.edges) { return "the bins of '\(feature.name)' are not ascending" }
      }
      let counts = [feature.missing] + (feature.numeric?.counts ?? []) + (feature.levels ?? []).map(\.count)
      if !Self.areCounts(counts) { return "'\(feature.name)' has a count that is none" }
    }
    return Self.areCounts([rows] + (predictions?.counts ?? [])) ? nil : "it has a count that is none"
  }

  private static func isAscending(_ values: [Double]) -> Bool {
    zip(values, values.dropFirst()).allSatisfy { $0 <= $1 }
  }

  /// Sums of many of them stay far from the end of 64 bits.
  private static func areCounts(_ counts: [Int]) -> Bool { counts.allSatisfy { (0...1 << 40).contains($0) } }
}

extension ReferenceProfile.Numeric {
  /// Nil where no value is there.
  init?(_ values: [Double], generator: inout SeededGenerator) {
    let sorted = values.filter { !$0.isNaN }.sorted()
    guard !sorted.isEmpty else { return nil }
    moments = Moments(sorted)
    bins = QuantileBins(sorted: sorted, count: ReferenceProfile.bins)
    counts = bins.counts(ofSorted: sorted)
    sample = generator.sample(ReferenceProfile.sampleLimit, of: sorted.count).map { sorted[$0] }
  }
}

extension ReferenceProfile.Level {
  static func counted(_ codes: [Int32], _ levels: [String]) -> [Self] {
    var counts = [Int](repeating: 0, count: levels.count)
    for code in codes where code >= 0 { counts[Int(code)] += 1 }
    return zip(levels, counts).filter { $0.1 > 0 }.map { Self(name: $0.0, count: $0.1) }
      .sorted { ($1.count, $0.name) < ($0.count, $1.name) }
  }
}
