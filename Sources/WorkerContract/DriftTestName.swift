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
