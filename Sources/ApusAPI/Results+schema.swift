import KubernetesModel
package import WorkerContract

/// What workers report, as it stands in ModelVersions and in the status of MonitoringPolicies.
extension ModelVersionSpec: SchemaDescribed {
  package static let schema = Schema.object(
    "Written once by the operator when a run has ended.",
    [
      .required("modelRef", MonitoringPolicySpec.ModelReference.schema),
      .required("version", .version("Its short name.")),
      .required("number", .integer("Its number.", minimum: 1)),
      .required("job", .string("The Job that trained it.")),
      .required("trigger", .enumeration(ModelDeploymentStatus.Trigger.self, "Why it was trained.")),
      .optional("trainedAt", .timestamp("When the run ended.")),
      .required("trainingInput", .string("Digest of the spec it was trained from.", maximum: 128)),
      .optional("artifact", ArtifactReference.schema.described("Its files; absent when the run failed.")),
      .optional("result", TrainingResult.schema),
      .optional("failure", RunFailure.schema),
      .optional("accuracy", .share("On its test rows, rounded for people.")),
      .optional("rocAUC", .share("On its test rows, rounded for people.")),
    ],
    rules: [.init("self == oldSelf", "a version's spec cannot change: train a new version")])
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

extension Comparison: SchemaDescribed {
  package static let schema = Schema.object(
    "Against the version in production, on the same test rows.",
    [
      .required("champion", ArtifactReference.schema),
      .required("championMetrics", ModelMetrics.schema),
      .optional(
        "challengerMetrics",
        ModelMetrics.schema.described("On the rows compared, where these are not all test rows.")),
      .required("metric", .enumeration(MetricName.self, "What was compared.")),
      .required("difference", .number("This version minus production.")),
      .required("lower", .number("Lower bound of the confidence interval.")),
      .required("upper", .number("Upper bound of the confidence interval.")),
      .required("pValue", .number("Of no difference, two-sided.")),
      .required("rows", .integer("Rows compared on.", minimum: 0)),
      .optional("confidence", .number("Of the interval.")),
      .optional("caveat", .string("What limits the comparison.", maximum: 4096)),
    ])
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

extension RunFailure: SchemaDescribed {
  package static let schema = Schema.object(
    "Why the run ended without a result.",
    [
      .required("reason", .string("One CamelCase word.", maximum: 1024)),
      .required("message", .string("For people.", maximum: 32768)),
      .required("retryable", .boolean("Whether trying again with the same input can help.")),
      .required("step", .string("The step that failed.", maximum: 64)),
    ])
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

extension ObservedSpan: SchemaDescribed {
  package static let schema = Schema.object(
    "A span of time by when predictions were made.",
    [
      .required("from", .string("RFC 3339, inclusive.", maximum: 64)),
      .required("to", .string("RFC 3339, exclusive.", maximum: 64)),
    ])
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

extension QualitySummary: SchemaDescribed {
  package static let schema = Schema.object(
    "Data quality.",
    [
      .required("severity", .enumeration(Severity.self, "The worst.")),
      .optional(
        "failed",
        .list(
          "Checks that did not pass.",
          of: .object(
            "One check.",
            [
              .required("check", .string("Its name.", maximum: 64)),
              .optional("feature", .columnName("The feature.")),
              .required("severity", .enumeration(Severity.self, "How bad.")),
              .required("value", .number("What was measured.")),
              .required("limit", .number("What is allowed.")),
            ]), maximum: 10
        ).implying([])),
    ])
}

extension PerformanceSummary: SchemaDescribed {
  package static let schema = Schema.object(
    "Performance by labels.",
    [
      .optional("coverage", .share("Share of the predictions whose label is due that have one; 0 where none is due.")),
      .optional("labelled", .integer("Labelled predictions.", minimum: 0).implying(0)),
      .optional("expected", .integer("Predictions whose label is due.", minimum: 0)),
      .optional(
        "span", ObservedSpan.schema.described("When the predictions were made whose labels were looked at.")),
      .optional("metrics", ModelMetrics.schema.described("Absent while too few labels are there.")),
      .optional("p95Latency", .number("Seconds.")),
      .optional("positiveRate", .number("Share of positive predictions.")),
      .optional("meanConfidence", .number("Mean confidence.")),
    ])
}
