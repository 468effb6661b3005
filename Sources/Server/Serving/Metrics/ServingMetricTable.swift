package import Exposition

/// One metric of the server: the only place that names it. `docs/metrics.md` is generated from this table.
package struct MetricDefinition: Sendable, Equatable {
  package let name: String
  package let kind: MetricKind
  /// Base unit of the value.
  package let unit: String
  package let labels: [String]
  package let help: String

  init(_ name: String, _ kind: MetricKind, _ unit: String, _ labels: [String] = [], _ help: String) {
    self.name = name
    self.kind = kind
    self.unit = unit
    self.labels = labels
    self.help = help
  }
}

/// All metrics of the server.
package enum ServingMetricTable {
  static let requests = MetricDefinition(
    "apus_requests_total", .counter, "requests", ["endpoint", "code"],
    "Requests answered, by endpoint and status code; those that never came whole (400, 408, 431) as endpoint none.")
  static let requestSeconds = MetricDefinition(
    "apus_request_seconds", .histogram, "seconds", ["endpoint"],
    "From the complete request to its answer, by endpoint.")
  static let predictions = MetricDefinition(
    "apus_predictions_total", .counter, "rows", ["version", "role", "class"],
    "Rows predicted, by version, role and predicted class; shadows count too.")
  static let predictionSeconds = MetricDefinition(
    "apus_prediction_seconds", .histogram, "seconds", ["version"],
    "Reading and predicting one row, by version.")
  static let predictionErrors = MetricDefinition(
    "apus_prediction_errors_total", .counter, "rows", ["version"],
    "Rows that a version could not predict because their features did not fit its schema.")
  static let confidence = MetricDefinition(
    "apus_prediction_confidence_ratio", .histogram, "ratio", ["version"],
    "Probability of the predicted class, by version.")
  static let positiveRatio = MetricDefinition(
    "apus_positive_predictions_ratio", .gauge, "ratio", ["version"],
    "Share of the rows of the last 15 minutes that were predicted to be of the positive class.")
  static let batchRows = MetricDefinition(
    "apus_batch_rows", .histogram, "rows", [], "Rows in one batch request.")
  static let validationFailures = MetricDefinition(
    "apus_validation_failures_total", .counter, "fields", ["reason"],
    "Fields of prediction requests that were refused, by reason.")
  static let featureMissing = MetricDefinition(
    "apus_feature_missing_total", .counter, "values", ["feature"], "Missing values, by feature.")
  static let featureUnseen = MetricDefinition(
    "apus_feature_unseen_total", .counter, "values", ["feature"],
    "Categories that training did not see and that were predicted with all the same, by feature.")
  static let featureOutOfRange = MetricDefinition(
    "apus_feature_out_of_range_total", .counter, "values", ["feature"],
    "Numbers outside of the schema's bounds that were predicted with all the same, by feature.")
  static let featureMean = MetricDefinition(
    "apus_feature_mean", .gauge, "the feature's own", ["feature"],
    "Mean of a numeric feature over the last 15 minutes.")
  static let featureDeviation = MetricDefinition(
    "apus_feature_standard_deviation", .gauge, "the feature's own", ["feature"],
    "Standard deviation of a numeric feature over the last 15 minutes.")
  static let featureMinimum = MetricDefinition(
    "apus_feature_minimum", .gauge, "the feature's own", ["feature"],
    "Least value of a numeric feature over the last 15 minutes.")
  static let featureMaximum = MetricDefinition(
    "apus_feature_maximum", .gauge, "the feature's own", ["feature"],
    "Greatest value of a numeric feature over the last 15 minutes.")
  static let logBuffered = MetricDefinition(
    "apus_log_buffered_rows", .gauge, "rows", [], "Predictions and labels in memory that are not stored yet.")
  static let logBufferedBytes = MetricDefinition(
    "apus_log_buffered_bytes", .gauge, "bytes", [], "What these rows take in memory, about.")
  static let heldBytes = MetricDefinition(
    "apus_held_bytes", .gauge, "bytes", [],
    "Bytes of requests and answers that are held for clients; at --maximum-held more are refused with 503.")
  static let logStored = MetricDefinition(
    "apus_log_stored_rows_total", .counter, "rows", [], "Predictions and labels handed to the telemetry store.")
  static let logSpilled = MetricDefinition(
    "apus_log_spilled_rows_total", .counter, "rows", [],
    "Predictions and labels left to the disk because the telemetry store was away.")
  static let logReplayed = MetricDefinition(
    "apus_log_replayed_rows_total", .counter, "rows", [], "Rows stored in the telemetry store from disk.")
  static let logDropped = MetricDefinition(
    "apus_log_dropped_rows_total", .counter, "rows", ["reason"],
    "Predictions and labels lost: buffer_full, spill_full, spill_failed, refused (by the store), damaged (on disk), or shutdown."
  )
  static let logSpillBytes = MetricDefinition(
    "apus_log_spill_bytes", .gauge, "bytes", [],
    "Size of the files with rows that wait on disk for the telemetry store and are no longer in memory.")
  static let logFlushSeconds = MetricDefinition(
    "apus_log_flush_seconds", .histogram, "seconds", [], "Time to store one batch of the prediction log.")
  static let logStoreUp = MetricDefinition(
    "apus_log_store_up", .gauge, "0 or 1", [],
    "Whether the telemetry store accepted the last batch, or answered the last probe.")
  static let logDiskUp = MetricDefinition(
    "apus_log_disk_up", .gauge, "0 or 1", [],
    "Whether the disk took the last rows; while it does not, those that are not stored are in memory only.")
  static let profilesDropped = MetricDefinition(
    "apus_profiles_dropped_total", .counter, "profiles", ["reason"],
    "Counts of a feature, or of the predictions, over a minute that were lost: expired while the store was away, or refused by it."
  )
  static let labels = MetricDefinition(
    "apus_labels_received_total", .counter, "labels", ["result"],
    "Labels received by /feedback: accepted or rejected.")
  static let labelConflicts = MetricDefinition(
    "apus_label_conflicts_total", .counter, "labels", [],
    "Labels that contradict an earlier one for the same request among the latest 65,536 of this server; the later one counts."
  )
  static let accuracy = MetricDefinition(
    "apus_accuracy_ratio", .gauge, "ratio", ["version"],
    "Share of right predictions among the labelled ones of the rolling window.")
  static let precision = MetricDefinition(
    "apus_precision_ratio", .gauge, "ratio", ["version"],
    "Precision of the positive class over the rolling window; macro average with more than two classes.")
  static let recall = MetricDefinition(
    "apus_recall_ratio", .gauge, "ratio", ["version"],
    "Recall of the positive class over the rolling window; macro average with more than two classes.")
  static let f1 = MetricDefinition(
    "apus_f1_ratio", .gauge, "ratio", ["version"],
    "Harmonic mean of precision and recall over the rolling window; macro average with more than two classes.")
  static let coverage = MetricDefinition(
    "apus_label_coverage_ratio", .gauge, "ratio", ["version"],
    "Share of the rolling window's predictions that have a label, due or not; of a sample where they are more than 20,000."
  )
  static let labelled = MetricDefinition(
    "apus_labelled_predictions", .gauge, "rows", ["version"], "Predictions of the rolling window that have a label.")
  static let modelLoaded = MetricDefinition(
    "apus_model_loaded", .gauge, "0 or 1", [], "Whether a production version is loaded.")
  static let modelInfo = MetricDefinition(
    "apus_model_info", .gauge, "1", ["namespace", "model", "version", "role", "digest"], "Versions that are loaded.")
  static let modelWeight = MetricDefinition(
    "apus_model_weight_ratio", .gauge, "ratio", ["version"], "Share of requests that a version answers.")
  static let routingRevision = MetricDefinition(
    "apus_routing_revision", .gauge, "revision", [], "Revision of the routing table that is served; 0 for none.")
  static let reloads = MetricDefinition(
    "apus_reloads_total", .counter, "tables", ["result"],
    "Routing tables offered: ok, unchanged, older, invalid, unreadable, version_failed.")
  static let ready = MetricDefinition("apus_ready", .gauge, "0 or 1", [], "What /ready says.")
  static let cpuSeconds = MetricDefinition(
    "process_cpu_seconds_total", .counter, "seconds", [], "Processor time spent by the process.")
  static let residentBytes = MetricDefinition(
    "process_resident_memory_bytes", .gauge, "bytes", [], "Memory of the process that is in RAM.")
  static let openDescriptors = MetricDefinition(
    "process_open_fds", .gauge, "descriptors", [], "Open file descriptors of the process.")
  static let startTime = MetricDefinition(
    "process_start_time_seconds", .gauge, "seconds", [], "When the process started, since 1970.")

  /// In the order of the documentation.
  package static let all: [MetricDefinition] = [
    requests, requestSeconds, predictions, predictionSeconds, predictionErrors, confidence, positiveRatio, batchRows,
    validationFailures, featureMissing, featureUnseen, featureOutOfRange, featureMean, featureDeviation, featureMinimum,
    featureMaximum, heldBytes, logBuffered, logBufferedBytes, logStored, logSpilled, logReplayed, logDropped,
    logSpillBytes, logFlushSeconds, logStoreUp, logDiskUp, profilesDropped, labels, labelConflicts, accuracy, precision,
    recall, f1, coverage, labelled, modelLoaded,
    modelInfo, modelWeight,
    routingRevision, reloads, ready, cpuSeconds, residentBytes, openDescriptors, startTime,
  ]

  /// The table of `docs/metrics.md`.
  package static var markdown: String {
    let rows = all.map { metric in
      let labels = metric.labels.isEmpty ? "–" : metric.labels.map { "`\($0)`" }.joined(separator: ", ")
      return "| `\(metric.name)` | \(metric.kind.rawValue) | \(metric.unit) | \(labels) | \(metric.help) |"
    }
    return (["| name | type | unit | labels | what it says |", "|---|---|---|---|---|"] + rows).joined(separator: "\n")
  }
}
