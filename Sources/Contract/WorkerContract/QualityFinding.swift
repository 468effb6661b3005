/// What one data quality check says of a window, passed or not: of one feature, or of all rows. The summary in a run's result, the
/// row in the telemetry store and the page for people are views of it.
public struct QualityFinding: Codable, Sendable, Equatable {
  public var kind: QualityCheckKind
  /// nil: the check is about the window's rows.
  public var feature: String?
  public var passed: Bool
  /// Of a check that did not pass.
  public var severity: Severity
  /// A share of rows 0…1, but: `columnPresence` 0 or 1, `meanConfidence` the mean.
  public var value: Double
  public var limit: Double
  /// For a person.
  public var message: String
  /// The limit was declared in the schema and not learned from the training rows: no training moves it.
  public var isDeclared: Bool

  /// A severity of none means that the check passed.
  public init(
    _ kind: QualityCheckKind, feature: String? = nil, severity: Severity, value: Double, limit: Double,
    message: String, isDeclared: Bool = false
  ) {
    self.kind = kind
    self.feature = feature
    passed = severity == .none
    self.severity = severity
    self.value = value
    self.limit = limit
    self.message = message
    self.isDeclared = isDeclared
  }

  /// Whether a new training on newer rows can make the check pass.
  public var isMendedByTraining: Bool { kind.isMendedByTraining && !isDeclared }
}
