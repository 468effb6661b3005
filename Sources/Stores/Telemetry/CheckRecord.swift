package import WorkerContract

/// What one check of a policy found, with everything per feature and per rule.
package struct CheckRecord: Sendable, Equatable {
  /// Id of the run.
  package var run: String
  package var policy: String
  /// The version whose predictions were looked at.
  package var version: String
  /// The window by prediction time, in seconds since 1970: inclusive, exclusive.
  package var from: Double
  package var to: Double
  /// When the check ended, in seconds since 1970.
  package var time: Double
  package var rows: Int
  /// False: too few rows for a verdict.
  package var conclusive: Bool
  package var drift: DriftRecord
  package var quality: QualityRecord
  /// Its `span` is not stored: `labelled` is.
  package var performance: PerformanceSummary
  /// When the predictions were made whose labels were looked at; nil: those of the window.
  package var labelled: LabelledSpan?

  package init(
    run: String, policy: String, version: String, from: Double, to: Double, time: Double, rows: Int, conclusive: Bool,
    drift: DriftRecord, quality: QualityRecord, performance: PerformanceSummary, labelled: LabelledSpan? = nil
  ) {
    self.run = run
    self.policy = policy
    self.version = version
    self.from = from
    self.to = to
    self.time = time
    self.rows = rows
    self.conclusive = conclusive
    self.drift = drift
    self.quality = quality
    self.performance = performance
    self.labelled = labelled
  }

  /// In seconds since 1970: inclusive, exclusive.
  package struct LabelledSpan: Sendable, Equatable {
    package var from: Double
    package var to: Double

    package init(from: Double, to: Double) {
      self.from = from
      self.to = to
    }
  }

  /// The drift report: the verdict, and one row for each feature.
  package struct DriftRecord: Sendable, Equatable {
    package var severity: Severity
    /// Share of the features that drifted, 0…1.
    package var share: Double
    package var predictions: PredictionDriftSummary?
    package var features: [Feature]

    package init(
      severity: Severity, share: Double, predictions: PredictionDriftSummary? = nil, features: [Feature] = []
    ) {
      self.severity = severity
      self.share = share
      self.predictions = predictions
      self.features = features
    }

    package struct Feature: Sendable, Equatable {
      package var feature: String
      package var test: DriftTestName
      package var drifted: Bool
      package var severity: Severity
      package var statistic: Double
      package var pValue: Double
      /// After the correction for the number of features.
      package var adjustedPValue: Double
      package var psi: Double
      /// Of the test, 0…1: Kolmogorov–Smirnov distance or Cramér's V, for example.
      package var effect: Double
      /// JSON object of what people want to see besides: means, deviations, top values.
      package var detail: String

      package init(
        feature: String, test: DriftTestName, drifted: Bool, severity: Severity, statistic: Double, pValue: Double,
        adjustedPValue: Double, psi: Double, effect: Double, detail: String = "{}"
      ) {
        self.feature = feature
        self.test = test
        self.drifted = drifted
        self.severity = severity
        self.statistic = statistic
        self.pValue = pValue
        self.adjustedPValue = adjustedPValue
        self.psi = psi
        self.effect = effect
        self.detail = detail
      }
    }
  }

  /// The quality report: the verdict, and one row for each check, passed or not.
  package struct QualityRecord: Sendable, Equatable {
    package var severity: Severity
    package var checks: [Check]

    package init(severity: Severity, checks: [Check] = []) {
      self.severity = severity
      self.checks = checks
    }

    package struct Check: Sendable, Equatable {
      package var check: QualityCheckKind
      package var feature: String?
      package var severity: Severity
      package var passed: Bool
      package var value: Double
      package var limit: Double

      package init(
        check: QualityCheckKind, feature: String? = nil, severity: Severity, passed: Bool, value: Double, limit: Double
      ) {
        self.check = check
        self.feature = feature
        self.severity = severity
        self.passed = passed
        self.value = value
        self.limit = limit
      }
    }
  }
}
