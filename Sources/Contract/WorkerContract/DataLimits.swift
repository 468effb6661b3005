import JSON
package import Schema

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

  /// Where nothing is stated.
  public static let standard: DataLimits = schema.standard()

  public init(
    missing: Double = DataLimits.standard.missing, unreadable: Double = DataLimits.standard.unreadable,
    outOfRange: Double = DataLimits.standard.outOfRange, unknownClass: Double = DataLimits.standard.unknownClass
  ) {
    self.missing = missing
    self.unreadable = unreadable
    self.outOfRange = outOfRange
    self.unknownClass = unknownClass
  }
}

extension DataLimits: SchemaDescribed {
  package static let schema = Schema.object(
    "How many odd values a training takes: up to these shares of the rows they are warnings, above an error.",
    [
      .optional("missing", .share("Rows without a value of a feature that is not nullable.", default: 0.05)),
      .optional("unreadable", .share("Rows with a text where a number or a time is expected.", default: 0.05)),
      .optional(
        "outOfRange",
        .share(
          "Rows with a number outside of the feature's bounds; such a number is treated by onUnknown as in serving.",
          default: 0.1)),
      .optional(
        "unknownClass", .share("Rows of a class that the target does not list; they are left out.", default: 0.05)),
    ])
}
