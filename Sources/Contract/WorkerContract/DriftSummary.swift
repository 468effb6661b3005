import JSON
package import Schema

public struct DriftSummary: Codable, Sendable, Equatable {
  public var severity: Severity
  /// Features judged.
  public var features: Int
  public var critical: Int
  public var warning: Int
  /// Share of features that drifted, 0…1.
  public var share: Double
  /// The worst features, largest PSI first, at most ten.
  public var worst: [FeatureDrift]

  public init(
    severity: Severity = .none, features: Int = 0, critical: Int = 0, warning: Int = 0, share: Double = 0,
    worst: [FeatureDrift] = []
  ) {
    self.severity = severity
    self.features = features
    self.critical = critical
    self.warning = warning
    self.share = share
    self.worst = worst
  }

  public struct FeatureDrift: Codable, Sendable, Equatable {
    public var feature: String
    public var severity: Severity
    public var psi: Double
    /// After the correction.
    public var pValue: Double
    /// Of the drift test, 0…1: D of Kolmogorov–Smirnov or Cramér's V, for example.
    public var effect: Double

    public init(feature: String, severity: Severity, psi: Double, pValue: Double, effect: Double) {
      self.feature = feature
      self.severity = severity
      self.psi = psi
      self.pValue = pValue
      self.effect = effect
    }
  }
}

extension DriftSummary: SchemaDescribed {
  package static let schema = Schema.object(
    "Drift of the features.",
    [
      .required("severity", .enumeration(Severity.self, "The worst.")),
      .optional("features", .integer("Features judged.", minimum: 0).implying(0)),
      .optional("critical", .integer("Of them critical.", minimum: 0).implying(0)),
      .optional("warning", .integer("Of them with a warning.", minimum: 0).implying(0)),
      .optional("share", .share("Share that drifted.").implying(0)),
      .optional(
        "worst",
        .list(
          "The worst features.",
          of: .object(
            "One feature.",
            [
              .required("feature", .columnName("The feature.")),
              .required("severity", .enumeration(Severity.self, "How bad.")),
              .required("psi", .number("Population stability index.")),
              .required("pValue", .number("After the correction.")),
              .required(
                "effect", .number("Of the drift test, 0 to 1: D of Kolmogorov–Smirnov or Cramér's V, for example.")),
            ]), maximum: 10
        ).implying([])),
    ])
}

public struct PredictionDriftSummary: Codable, Sendable, Equatable {
  public var drifted: Bool
  public var severity: Severity
  public var psi: Double
  public var pValue: Double
  public var meanConfidence: Double
  public var referenceMeanConfidence: Double

  public init(
    drifted: Bool, severity: Severity, psi: Double, pValue: Double, meanConfidence: Double,
    referenceMeanConfidence: Double
  ) {
    self.drifted = drifted
    self.severity = severity
    self.psi = psi
    self.pValue = pValue
    self.meanConfidence = meanConfidence
    self.referenceMeanConfidence = referenceMeanConfidence
  }
}

extension PredictionDriftSummary: SchemaDescribed {
  package static let schema = Schema.object(
    "Drift of the predictions.",
    [
      .required("drifted", .boolean("Whether the predicted classes drifted.")),
      .required("severity", .enumeration(Severity.self, "How bad.")),
      .required("psi", .number("Population stability index of the classes.")),
      .required("pValue", .number("Of the test for categories.")),
      .required("meanConfidence", .number("In the window.")),
      .required("referenceMeanConfidence", .number("In the reference.")),
    ])
}
