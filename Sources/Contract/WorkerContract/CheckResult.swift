import JSON
package import Schema

/// What a check found. Everything per feature is in the stored report; here is what decisions need.
public struct CheckResult: Codable, Sendable, Equatable {
  public var version: String
  public var rows: Int
  /// False: fewer rows than `minimumSamples`; verdicts are then `inconclusive`.
  public var conclusive: Bool
  public var drift: DriftSummary
  public var predictionDrift: PredictionDriftSummary?
  public var quality: QualitySummary
  public var performance: PerformanceSummary
  /// What drift and quality are about; nil: by a worker of release 0.1.0.
  public var span: ObservedSpan?
  /// What of the findings a training can mend; nil: by a worker of release 0.1.0.
  public var mendable: MendableFindings?
  /// Where the report for people lies, relative to the artifact store: `reports/<run>.html`.
  public var report: String?

  public init(
    version: String, rows: Int, conclusive: Bool, drift: DriftSummary, predictionDrift: PredictionDriftSummary? = nil,
    quality: QualitySummary, performance: PerformanceSummary, span: ObservedSpan? = nil,
    mendable: MendableFindings? = nil, report: String? = nil
  ) {
    self.version = version
    self.rows = rows
    self.conclusive = conclusive
    self.drift = drift
    self.predictionDrift = predictionDrift
    self.quality = quality
    self.performance = performance
    self.span = span
    self.mendable = mendable
    self.report = report
  }
}

extension CheckResult: SchemaDescribed {
  package static let schema = Schema.object(
    "What a check found.",
    [
      .required("version", .string("The version it looked at.", maximum: 12)),
      .required("rows", .integer("Predictions it looked at.", minimum: 0)),
      .required("conclusive", .boolean("Whether there were enough rows.")),
      .required("drift", DriftSummary.schema),
      .optional("predictionDrift", PredictionDriftSummary.schema),
      .required("quality", QualitySummary.schema),
      .required("performance", PerformanceSummary.schema),
      .optional(
        "span", ObservedSpan.schema.described("When the predictions were made that drift and quality are about.")),
      .optional(
        "mendable",
        .object(
          "The worst findings that a training can mend; a feature that does not arrive is none.",
          [
            .required("drift", .enumeration(Severity.self, "Of drift.")),
            .required("quality", .enumeration(Severity.self, "Of quality.")),
          ])),
      .optional("report", .string("Where the report for people lies in the artifact store.", maximum: 1024)),
    ])
}

/// The worst of each kind of finding that a training can mend: what a broken feed or a caller does wrong is none.
public struct MendableFindings: Codable, Sendable, Equatable {
  public var drift: Severity
  public var quality: Severity

  public init(drift: Severity = .none, quality: Severity = .none) {
    self.drift = drift
    self.quality = quality
  }
}

public enum Severity: String, Codable, Sendable, CaseIterable, Comparable {
  case none
  case warning
  case critical

  private var rank: Int {
    switch self {
    case .none: 0
    case .warning: 1
    case .critical: 2
    }
  }

  public static func < (left: Severity, right: Severity) -> Bool { left.rank < right.rank }
}
