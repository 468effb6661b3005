/// The name of a drift test, as in `spec.drift.numeric.test` and `spec.drift.categorical.test`. Which tests there are is the list
/// `DriftTests.all` of `Monitoring`, and the values that the CRD allows are made from it; a document may name another one, by an
/// operator that is newer than the worker.
public struct DriftTestName: RawRepresentable, Codable, Sendable, Hashable {
  public var rawValue: String

  public init(rawValue: String) { self.rawValue = rawValue }

  /// The default for numbers.
  public static let kolmogorovSmirnov = DriftTestName(rawValue: "KolmogorovSmirnov")
  /// The default for categories.
  public static let chiSquare = DriftTestName(rawValue: "ChiSquare")
}

/// A drift test as people choose it.
package struct DriftTestChoice: Sendable {
  package var name: DriftTestName
  /// What its effect size is: `Kolmogorov–Smirnov D`.
  package var effect: String

  package init(_ name: DriftTestName, effect: String) {
    self.name = name
    self.effect = effect
  }

  /// `KolmogorovSmirnov: Kolmogorov–Smirnov D. …`
  static func effects(of choices: [DriftTestChoice]) -> String {
    choices.map { "\($0.name.rawValue): \($0.effect)." }.joined(separator: " ")
  }
}
