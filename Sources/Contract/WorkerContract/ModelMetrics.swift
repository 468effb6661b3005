import JSON
package import Schema

/// Measures on a held-out set, each in 0…1. A measure that the rows do not define is absent.
public struct ModelMetrics: Codable, Sendable, Equatable {
  public var accuracy: Double
  /// nil where no row was predicted to be positive.
  public var precision: Double?
  /// nil where no row is positive.
  public var recall: Double?
  /// nil where no row is positive or predicted to be.
  public var f1: Double?
  /// Multi-class: macro average, one against the rest. nil where all rows are of one class.
  public var rocAUC: Double?
  public var brier: Double

  public init(accuracy: Double, precision: Double?, recall: Double?, f1: Double?, rocAUC: Double?, brier: Double) {
    self.accuracy = accuracy
    self.precision = precision
    self.recall = recall
    self.f1 = f1
    self.rocAUC = rocAUC
    self.brier = brier
  }

  public subscript(name: MetricName) -> Double? {
    switch name {
    case .accuracy: accuracy
    case .precision: precision
    case .recall: recall
    case .f1: f1
    case .rocAUC: rocAUC
    case .brier: brier
    }
  }
}

extension ModelMetrics: SchemaDescribed {
  package static let schema = Schema.object(
    "Measures in 0…1. One that the rows do not define is absent.",
    [
      .required("accuracy", .number("accuracy; higher is better.")),
      .optional("precision", .number("precision; higher is better. Absent where no row was predicted to be positive.")),
      .optional("recall", .number("recall; higher is better. Absent where no row is positive.")),
      .optional("f1", .number("f1; higher is better. Absent where no row is positive or predicted to be.")),
      .optional("rocAUC", .number("rocAUC; higher is better. Absent where all rows are of one class.")),
      .required("brier", .number("Brier score; lower is better.")),
    ])
}

/// The measures a gate can ask for. All lie in 0…1; higher is better except for `brier`.
public enum MetricName: String, Codable, Sendable, CaseIterable {
  case accuracy
  case precision
  case recall
  case f1
  case rocAUC
  case brier
}
