/// The metrics that the operator derives from resources and check results: name, type, labels, help. The one list that
/// the operator registers, the documentation shows, and the rules' and dashboards' tests check expressions against.
package struct OperatorMetric: Sendable, Equatable {
  package var name: String
  package var type: MetricType
  package var help: String
  package var labels: [String]

  /// The types of the Prometheus exposition that the operator uses.
  package enum MetricType: String, Sendable, CaseIterable {
    case gauge
    case counter
  }

  package init(_ name: String, _ type: MetricType, _ help: String, _ labels: [String]) {
    self.name = name
    self.type = type
    self.help = help
    self.labels = labels
  }
}

extension OperatorMetric {
  private static let model = ["namespace", "model"]
  private static let policy = ["namespace", "policy", "model"]

  // MonitoringPolicy: of the last conclusive check, unless the help says otherwise.
  package static let driftFeatures = OperatorMetric(
    "apus_drift_features", .gauge,
    "Features with drift of this severity (warning, critical) in the last conclusive check.",
    policy + ["severity"])
  package static let driftShare = OperatorMetric(
    "apus_drift_features_ratio", .gauge, "Share of the judged features that drifted.", policy)
  package static let driftPSI = OperatorMetric(
    "apus_drift_psi", .gauge, "Population stability index of the worst features.", policy + ["feature"])
  package static let driftEffect = OperatorMetric(
    "apus_drift_effect", .gauge,
    "Effect size of the worst features by their drift test (Kolmogorov-Smirnov distance or Cramer's V, for example).",
    policy + ["feature"])
  package static let predictionDrift = OperatorMetric(
    "apus_prediction_drift", .gauge, "1 while the distribution of predictions has drifted, else 0.", policy)
  package static let predictionPSI = OperatorMetric(
    "apus_prediction_psi", .gauge, "Population stability index of the predicted classes.", policy)
  package static let qualityFailures = OperatorMetric(
    "apus_quality_failures", .gauge, "Data quality checks that did not pass, by severity (warning, critical).",
    policy + ["severity"])
  package static let featureMissing = OperatorMetric(
    "apus_feature_missing_ratio", .gauge, "Share of rows without the feature, of features above their limit.",
    policy + ["feature"])
  package static let accuracy = OperatorMetric(
    "apus_model_accuracy_ratio", .gauge, "Accuracy on the labelled predictions of the check's window.", policy)
  package static let rocAUC = OperatorMetric(
    "apus_model_roc_auc_ratio", .gauge, "Area under the ROC curve on the labelled predictions.", policy)
  package static let precision = OperatorMetric(
    "apus_model_precision_ratio", .gauge, "Precision on the labelled predictions.", policy)
  package static let recall = OperatorMetric(
    "apus_model_recall_ratio", .gauge, "Recall on the labelled predictions.", policy)
  package static let f1 = OperatorMetric("apus_model_f1_ratio", .gauge, "F1 on the labelled predictions.", policy)
  package static let labelCoverage = OperatorMetric(
    "apus_check_label_coverage_ratio", .gauge,
    "Share of the predictions whose label is due that have one; absent where none is due.",
    policy)
  package static let meanConfidence = OperatorMetric(
    "apus_check_mean_confidence_ratio", .gauge, "Mean confidence of the predictions of the check's window.", policy)
  package static let checkRows = OperatorMetric(
    "apus_check_rows", .gauge, "Predictions that the last check looked at, conclusive or not.", policy)
  package static let checkTimestamp = OperatorMetric(
    "apus_check_timestamp_seconds", .gauge, "When the last conclusive check ended, in seconds since 1970.", policy)
  package static let checkInterval = OperatorMetric(
    "apus_check_interval_seconds", .gauge, "Time between two scheduled checks; 0 while suspended.", policy)
  package static let checks = OperatorMetric(
    "apus_checks_total", .counter, "Ended checks by outcome (Healthy, Warning, Critical, Inconclusive, Failed).",
    policy + ["outcome"])
  package static let retrainingNeeded = OperatorMetric(
    "apus_retraining_needed", .gauge, "1 while triggers have fired often enough to retrain, else 0.", policy)
  package static let retrainingDecisions = OperatorMetric(
    "apus_retraining_decisions_total", .counter, "Decisions of the retraining loop, also those not to act.",
    policy + ["action", "reason"])

  // ModelDeployment.
  package static let modelReady = OperatorMetric(
    "apus_model_ready", .gauge, "1 while the ModelDeployment is ready, else 0.", model)
  package static let modelInfo = OperatorMetric(
    "apus_model_production_info", .gauge, "1 for the version in production.", model + ["version"])
  package static let modelHasProduction = OperatorMetric(
    "apus_model_has_production", .gauge, "1 while a version is in production, else 0.", model)
  package static let trafficWeight = OperatorMetric(
    "apus_model_traffic_ratio", .gauge, "Share of requests that the routing table gives to the version.",
    model + ["version", "role"])
  package static let trainings = OperatorMetric(
    "apus_trainings_total", .counter, "Ended training runs by outcome (Succeeded, Failed, Unchanged).",
    model + ["outcome"])
  package static let trainingTimestamp = OperatorMetric(
    "apus_training_timestamp_seconds", .gauge, "When the last successful training ended, in seconds since 1970.", model)
  package static let failedTrainings = OperatorMetric(
    "apus_model_failed_trainings", .gauge, "Trainings that failed since the last one that did not; 0 after a success.",
    model)
  package static let promotions = OperatorMetric(
    "apus_promotions_total", .counter, "Versions promoted to production, rollbacks included.", model)

  /// All of them, in the order of the documentation.
  package static let all: [OperatorMetric] = [
    driftFeatures, driftShare, driftPSI, driftEffect, predictionDrift, predictionPSI, qualityFailures, featureMissing,
    accuracy, rocAUC, precision, recall, f1, labelCoverage, meanConfidence, checkRows, checkTimestamp, checkInterval,
    checks, retrainingNeeded, retrainingDecisions, modelReady, modelInfo, modelHasProduction, trafficWeight, trainings,
    trainingTimestamp, failedTrainings, promotions,
  ]

  /// The table of `docs/metrics.md`.
  package static var markdown: String {
    let rows = all.map { metric in
      let labels = metric.labels.map { "`\($0)`" }.joined(separator: ", ")
      return "| `\(metric.name)` | \(metric.type.rawValue) | \(labels) | \(metric.help) |"
    }
    return (["| name | type | labels | what it says |", "|---|---|---|---|"] + rows).joined(separator: "\n")
  }
}
