/// The one output of a worker that the operator reads: compact JSON, at most 4096 bytes, in the termination message.
public struct RunResult: Codable, Sendable, Equatable {
  /// `apus.dev/worker/v1`
  public var contract: String
  public var run: String
  /// Exactly one of the five.
  public var trained: TrainingResult?
  /// A training that ended early, because there was nothing to learn.
  public var unchanged: UnchangedData?
  public var checked: CheckResult?
  public var removed: RemovalResult?
  public var failed: RunFailure?

  /// The most bytes Kubernetes keeps of a termination message.
  public static let maximumBytes = 4096

  public init(
    run: String, trained: TrainingResult? = nil, unchanged: UnchangedData? = nil, checked: CheckResult? = nil,
    removed: RemovalResult? = nil, failed: RunFailure? = nil,
    contract: String = RunSpecification.currentContract
  ) {
    self.contract = contract
    self.run = run
    self.trained = trained
    self.unchanged = unchanged
    self.checked = checked
    self.removed = removed
    self.failed = failed
  }
}

/// Why a run ended without a result.
public struct RunFailure: Codable, Sendable, Equatable {
  /// CamelCase, becomes the reason of a condition: `SourceUnreadable`, `TargetColumnMissing`, `SingleClass`, `NoRows` …
  public var reason: String
  /// A sentence for a person that names the field and the mend.
  public var message: String
  /// False where trying again with the same input cannot help.
  public var retryable: Bool
  /// The step that failed: ingest, validate, features, split, train, evaluate, register; or read, compare, report; or
  /// remove.
  public var step: String

  public init(reason: String, message: String, retryable: Bool, step: String) {
    self.reason = reason
    self.message = message
    self.retryable = retryable
    self.step = step
  }
}

/// Why a training made no version: the data is that of an earlier one (`TrainingRun.unless`).
public struct UnchangedData: Codable, Sendable, Equatable {
  /// The version that was trained on the same data.
  public var version: String
  public var dataDigest: String
  /// Of the run's `retired` the versions whose files are gone. nil: none.
  public var removed: [String]?

  public init(version: String, dataDigest: String, removed: [String]? = nil) {
    self.version = version
    self.dataDigest = dataDigest
    self.removed = removed
  }
}

/// What training made.
public struct TrainingResult: Codable, Sendable, Equatable {
  public var artifact: ArtifactReference
  public var rows: RowCounts
  /// On the test rows.
  public var metrics: ModelMetrics
  /// The class that precision, recall and F1 are about; nil for more than two classes.
  public var positive: String?
  public var comparison: Comparison?
  /// Why there is no comparison, though there is a champion whose schema allows one. A sentence.
  public var notCompared: String?
  /// How the schema differs from the champion's, where that matters.
  public var schemaChange: SchemaChange?
  /// Worst level of each guarded segment.
  public var segments: [SegmentResult]
  /// Expected calibration error on the test rows.
  public var calibrationError: Double
  /// Soft validation findings, each a short sentence.
  public var warnings: [String]
  /// Seconds by step.
  public var seconds: [String: Double]
  /// SHA-256 of the rows as the model sees them, of all parts: `sha256:<hex>`.
  public var dataDigest: String
  /// Of the run's `retired` the versions whose files are gone. nil: none.
  public var removed: [String]?

  public init(
    artifact: ArtifactReference, rows: RowCounts, metrics: ModelMetrics, positive: String? = nil,
    comparison: Comparison? = nil, notCompared: String? = nil, schemaChange: SchemaChange? = nil,
    segments: [SegmentResult] = [], calibrationError: Double = 0, warnings: [String] = [],
    seconds: [String: Double] = [:], dataDigest: String = "", removed: [String]? = nil
  ) {
    self.artifact = artifact
    self.rows = rows
    self.metrics = metrics
    self.positive = positive
    self.comparison = comparison
    self.notCompared = notCompared
    self.schemaChange = schemaChange
    self.segments = segments
    self.calibrationError = calibrationError
    self.warnings = warnings
    self.seconds = seconds
    self.dataDigest = dataDigest
    self.removed = removed
  }

  public struct RowCounts: Codable, Sendable, Equatable {
    public var train: Int
    public var validation: Int
    public var test: Int

    public init(train: Int, validation: Int, test: Int) {
      self.train = train
      self.validation = validation
      self.test = test
    }
  }

  public struct SegmentResult: Codable, Sendable, Equatable {
    public var feature: String
    public var level: String
    public var metric: MetricName
    public var challenger: Double
    public var champion: Double
    public var rows: Int

    public init(feature: String, level: String, metric: MetricName, challenger: Double, champion: Double, rows: Int) {
      self.feature = feature
      self.level = level
      self.metric = metric
      self.challenger = challenger
      self.champion = champion
      self.rows = rows
    }
  }
}

/// What a removal took away.
public struct RemovalResult: Codable, Sendable, Equatable {
  /// Of the telemetry store: predictions, labels, profiles, checks, alerts, versions.
  public var rows: Int
  /// Reports of checks.
  public var reports: Int
  /// Versions whose files are gone.
  public var versions: Int

  public init(rows: Int, reports: Int, versions: Int) {
    self.rows = rows
    self.reports = reports
    self.versions = versions
  }
}

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

/// How a version's schema differs from the champion's, each difference a sentence; at most a few of each kind.
public struct SchemaChange: Codable, Sendable, Equatable {
  public var champion: ArtifactReference
  /// Why the two models cannot be compared. Empty: they can.
  public var incomparable: [String]
  /// Requests that the champion answers and this version refuses. Empty: there are none.
  public var refused: [String]

  public init(champion: ArtifactReference, incomparable: [String] = [], refused: [String] = []) {
    self.champion = champion
    self.incomparable = incomparable
    self.refused = refused
  }
}

/// Challenger against champion on the same test rows.
public struct Comparison: Codable, Sendable, Equatable {
  public var champion: ArtifactReference
  public var championMetrics: ModelMetrics
  /// On the rows compared, where these are not all test rows: those that did not train the champion.
  public var challengerMetrics: ModelMetrics?
  public var metric: MetricName
  /// Challenger minus champion.
  public var difference: Double
  /// Bounds of the confidence interval of the difference.
  public var lower: Double
  public var upper: Double
  /// Two-sided, of no difference: DeLong for the area under the curve, McNemar for accuracy, paired bootstrap else.
  public var pValue: Double
  public var rows: Int
  /// Of the interval. nil: the result is from a release that did not say.
  public var confidence: Double?
  /// What keeps the comparison from saying all that it seems to say, such as training rows that are not known. A sentence.
  public var caveat: String?

  public init(
    champion: ArtifactReference, championMetrics: ModelMetrics, challengerMetrics: ModelMetrics? = nil,
    metric: MetricName, difference: Double, lower: Double, upper: Double, pValue: Double, rows: Int,
    confidence: Double? = nil, caveat: String? = nil
  ) {
    self.champion = champion
    self.championMetrics = championMetrics
    self.challengerMetrics = challengerMetrics
    self.metric = metric
    self.difference = difference
    self.lower = lower
    self.upper = upper
    self.pValue = pValue
    self.rows = rows
    self.confidence = confidence
    self.caveat = caveat
  }
}

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

public struct QualitySummary: Codable, Sendable, Equatable {
  public var severity: Severity
  /// Checks that did not pass, at most ten.
  public var failed: [FailedCheck]

  public init(severity: Severity = .none, failed: [FailedCheck] = []) {
    self.severity = severity
    self.failed = failed
  }

  public struct FailedCheck: Codable, Sendable, Equatable {
    public var check: QualityCheckKind
    public var feature: String?
    public var severity: Severity
    public var value: Double
    public var limit: Double

    public init(
      check: QualityCheckKind, feature: String? = nil, severity: Severity, value: Double, limit: Double
    ) {
      self.check = check
      self.feature = feature
      self.severity = severity
      self.value = value
      self.limit = limit
    }
  }
}

public struct PerformanceSummary: Codable, Sendable, Equatable {
  /// Share of the predictions whose label is due that have one, 0…1; nil where none is due.
  public var coverage: Double?
  public var labelled: Int
  /// Predictions whose label is due; nil: by a worker of release 0.1.0.
  public var expected: Int?
  /// When the predictions were made whose labels were looked at; nil: by a worker of release 0.1.0.
  public var span: ObservedSpan?
  /// Nil while too few labels are there.
  public var metrics: ModelMetrics?
  /// Seconds.
  public var p95Latency: Double?
  public var positiveRate: Double?
  public var meanConfidence: Double?

  public init(
    coverage: Double? = nil, labelled: Int = 0, expected: Int? = nil, span: ObservedSpan? = nil,
    metrics: ModelMetrics? = nil, p95Latency: Double? = nil, positiveRate: Double? = nil, meanConfidence: Double? = nil
  ) {
    self.coverage = coverage
    self.labelled = labelled
    self.expected = expected
    self.span = span
    self.metrics = metrics
    self.p95Latency = p95Latency
    self.positiveRate = positiveRate
    self.meanConfidence = meanConfidence
  }

  private enum CodingKeys: String, CodingKey {
    case coverage, labelled, expected, span, metrics, p95Latency, positiveRate, meanConfidence
  }

  /// A coverage beside an `expected` of 0 is none. Release 0.1.0 wrote 1 where no label was due.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    expected = try container.decodeIfPresent(Int.self, forKey: .expected)
    labelled = try container.decode(Int.self, forKey: .labelled)
    let known = try container.decodeIfPresent(Double.self, forKey: .coverage)
    let isOfNothing = expected == 0 || expected == nil && labelled == 0 && known == 1
    coverage = isOfNothing ? nil : known
    span = try container.decodeIfPresent(ObservedSpan.self, forKey: .span)
    metrics = try container.decodeIfPresent(ModelMetrics.self, forKey: .metrics)
    p95Latency = try container.decodeIfPresent(Double.self, forKey: .p95Latency)
    positiveRate = try container.decodeIfPresent(Double.self, forKey: .positiveRate)
    meanConfidence = try container.decodeIfPresent(Double.self, forKey: .meanConfidence)
  }

  /// An operator of release 0.1.0 reads no result without a coverage.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encodeIfPresent(expected == 0 ? 0 : coverage, forKey: .coverage)
    try container.encode(labelled, forKey: .labelled)
    try container.encodeIfPresent(expected, forKey: .expected)
    try container.encodeIfPresent(span, forKey: .span)
    try container.encodeIfPresent(metrics, forKey: .metrics)
    try container.encodeIfPresent(p95Latency, forKey: .p95Latency)
    try container.encodeIfPresent(positiveRate, forKey: .positiveRate)
    try container.encodeIfPresent(meanConfidence, forKey: .meanConfidence)
  }
}
