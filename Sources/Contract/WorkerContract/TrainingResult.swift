import JSON
package import Schema

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

extension TrainingResult: SchemaDescribed {
  package static let schema = Schema.object(
    "What training made.",
    [
      .required("artifact", ArtifactReference.schema),
      .required(
        "rows",
        .object(
          "Rows in each part.",
          [
            .required("train", .integer("Trained on.", minimum: 0)),
            .required("validation", .integer("For early stopping and calibration.", minimum: 0)),
            .required("test", .integer("Evaluated on.", minimum: 0)),
          ])),
      .required("metrics", ModelMetrics.schema.described("On the test rows.")),
      .optional(
        "positive",
        .string("The class that precision, recall and F1 are about; absent for more than two.", maximum: 1024)),
      .optional("comparison", Comparison.schema),
      .optional("notCompared", .string("Why there is no comparison.", maximum: 4096)),
      .optional("schemaChange", SchemaChange.schema),
      .optional(
        "segments", .list("Worst level of each guarded segment.", of: SegmentResult.schema, maximum: 64).implying([])),
      .optional("calibrationError", .number("Expected calibration error on the test rows.").implying(0)),
      .optional(
        "removed",
        .list("Versions whose files the run has removed.", of: .string("A version.", maximum: 12), maximum: 64)),
      .optional(
        "warnings", .list("Soft findings.", of: .string("A finding.", maximum: 4096), maximum: 256).implying([])),
      .optional("seconds", .map("Seconds by step.", of: .number("Seconds."), maximum: 64).implying([:])),
      .optional("dataDigest", .string("SHA-256 of the rows as the model sees them.", maximum: 128).implying("")),
    ])
}

extension TrainingResult.SegmentResult: SchemaDescribed {
  package static let schema = Schema.object(
    "The worst level of a segment.",
    [
      .required("feature", .columnName("The feature.")),
      .required("level", .string("The level.", maximum: 1024)),
      .required("metric", .enumeration(MetricName.self, "What was compared.")),
      .required("challenger", .number("Of this version.")),
      .required("champion", .number("Of the version in production.")),
      .required("rows", .integer("Test rows of the level.", minimum: 0)),
    ])
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

extension SchemaChange: SchemaDescribed {
  package static let schema = Schema.object(
    "How the schema differs from that of the version in production, where it matters.",
    [
      .required("champion", ArtifactReference.schema),
      .optional(
        "incomparable",
        .list("Why the two cannot be compared.", of: .string("A difference.", maximum: 1024), maximum: 16).implying([])),
      .optional(
        "refused",
        .list(
          "Requests that production answers and this version refuses.", of: .string("A difference.", maximum: 1024),
          maximum: 16
        ).implying([])),
    ])
}
