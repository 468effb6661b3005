import JSON
import Learning
import Tabular
import WorkerContract

/// What one row can take at most: known when a version is loaded, so that answers are bounded before they are begun.
package struct RowBounds: Sendable, Equatable {
  /// Bytes of a prediction in JSON, its request id not counted.
  package private(set) var prediction = 0
  /// Of a prediction as most are, with few warnings.
  package private(set) var typical = 0
  /// Bytes that an explanation adds.
  package private(set) var explanation = 0
  /// What explaining costs, as `Model.explanationSteps` tells.
  package private(set) var steps = 0
  /// Bytes of memory that explaining takes for as long as it lasts.
  package private(set) var scratch = 0
  /// What predicting costs, as `Model.predictionSteps` tells.
  package private(set) var work = 0

  /// Bytes of the longest name of a class as a JSON string.
  package private(set) var longestClass = 0

  /// Characters of the longest number, -2.2250738585072014e-308, and of a comma.
  package static let number = 25
  /// Of the text around names and values.
  private static let frame = 160
  /// Warnings of a row that are told.
  package static let warnings = 20
  /// Those of most rows.
  private static let fewWarnings = 2

  init(_ model: Model, _ features: [FeatureSchema.Feature], quotedClasses: [String], quotedVersion: String) {
    let quotedNames = features.map { JSONString.quoted($0.name, .lineFeed).utf8.count }
    let names = quotedNames.reduce(0, +)
    let longest = quotedClasses.reduce(0) { Swift.max($0, $1.utf8.count) }
    longestClass = longest
    let classes = quotedClasses.reduce(0) { $0 + $1.utf8.count }
    let warning = (quotedNames.max() ?? 0) + 32
    // Probabilities are in single precision, of 15 characters at most.
    let plain = Self.frame + quotedVersion.utf8.count + longest + classes + (quotedClasses.count + 1) * 18
    prediction = plain + min(features.count, Self.warnings) * warning
    typical = plain + min(features.count, Self.fewWarnings) * warning
    work = model.predictionSteps
    guard model.isExplainable else {
      explanation = Self.frame
      return
    }
    explanation =
      Self.frame + model.marginCount * (Self.frame + longest + names + (features.count + 2) * (Self.number + 1))
    steps = model.explanationSteps
    scratch = model.explanationBytes
  }

  private init() {}

  /// Those of a row that any of the versions may answer.
  static func of(_ versions: [LoadedVersion]) -> RowBounds {
    versions.reduce(into: RowBounds()) { most, version in
      most.prediction = Swift.max(most.prediction, version.bounds.prediction)
      most.typical = Swift.max(most.typical, version.bounds.typical)
      most.explanation = Swift.max(most.explanation, version.bounds.explanation)
      most.scratch = Swift.max(most.scratch, version.bounds.scratch)
      most.work = Swift.max(most.work, version.bounds.work)
      most.longestClass = Swift.max(most.longestClass, version.bounds.longestClass)
      most.steps = Swift.max(most.steps, version.bounds.steps)
    }
  }
}
