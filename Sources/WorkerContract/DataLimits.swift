/// How many odd values a training takes: up to these shares of its rows they are warnings, above an error. Bounds and classes
/// that were read off older rows are no laws: a single value must not keep a model from being trained again.
public struct DataLimits: Codable, Sendable, Equatable {
  /// Rows without a value of a feature that is not nullable.
  public var missing: Double
  /// Rows with a text where a number or a time is expected.
  public var unreadable: Double
  /// Rows with a number outside of the feature's bounds.
  public var outOfRange: Double
  /// Rows of a class that the target does not list.
  public var unknownClass: Double

  public init(
    missing: Double = 0.05, unreadable: Double = 0.05, outOfRange: Double = 0.1, unknownClass: Double = 0.05
  ) {
    self.missing = missing
    self.unreadable = unreadable
    self.outOfRange = outOfRange
    self.unknownClass = unknownClass
  }
}
