import Foundation
import Statistics
package import WorkerContract

/// All that one check found.
package struct MonitoringReport: Codable, Sendable, Equatable {
  package var subject: Subject
  package var drift: DriftReport
  package var quality: QualityReport
  package var performance: PerformanceReport
  /// Features that nothing is said of, as the log keeps no values of them.
  package var redacted: [String]

  /// What was looked at.
  package struct Subject: Codable, Sendable, Equatable {
    package var namespace: String
    package var model: String
    package var version: String
    package var policy: String
    package var run: String
    /// RFC 3339.
    package var from: String
    package var to: String

    package init(
      namespace: String, model: String, version: String, policy: String, run: String, from: String, to: String
    ) {
      self.namespace = namespace
      self.model = model
      self.version = version
      self.policy = policy
      self.run = run
      self.from = from
      self.to = to
    }
  }

  package init(
    subject: Subject, drift: DriftReport, quality: QualityReport, performance: PerformanceReport,
    redacted: [String] = []
  ) {
    self.subject = subject
    self.drift = drift
    self.quality = quality
    self.performance = performance
    self.redacted = redacted
  }

  /// Drift, quality and performance of `window` by the rules of `check`, but for the features that it calls redacted: their
  /// absence says nothing about the callers.
  /// - Parameters:
  ///   - due: Predictions of the span `check.labelled`.
  ///   - profile: Counts of the same span of time, from which drift is computed instead of from the rows of `window`.
  ///   - positive: The positive class of the target.
  ///   - now: Seconds since 1970, to tell which labels are late.
  package init(
    namespace: String, model: String, run: String, check: CheckRun, window: PredictionWindow,
    due: PredictionWindow? = nil, profile: (counts: WindowProfile, bins: ProfileBins)? = nil,
    reference: ReferenceProfile, positive: String?,
    now: Double
  ) {
    let redacted = reference.features.map(\.name).filter { check.redacted?.contains($0) ?? false }
    var reference = reference
    reference.features.removeAll { redacted.contains($0.name) }
    let drift =
      profile.map {
        DriftReport(
          $0.counts, bins: $0.bins, reference: reference, rules: check.drift, minimumSamples: check.minimumSamples)
      } ?? DriftReport(window, reference: reference, rules: check.drift, minimumSamples: check.minimumSamples)
    self.init(
      subject: Subject(
        namespace: namespace, model: model, version: check.reference.version, policy: check.policy, run: run,
        from: check.from, to: check.to),
      drift: drift,
      quality: QualityReport(
        window, reference: reference, rules: check.quality, minimumSamples: check.minimumSamples),
      performance: PerformanceReport(
        window, due: due.flatMap { due in check.labelled.map { (due, $0) } }, positive: positive,
        rules: check.performance, now: now, minimumLabels: check.minimumSamples),
      redacted: redacted)
  }

  /// The worst of all.
  package var severity: Severity {
    let performance: Severity = performance.isAccuracyLost ? .critical : performance.isSlow ? .warning : .none
    return [drift.severity, drift.predictions?.severity ?? .none, quality.severity, performance].max() ?? .none
  }

  /// A feature whose values do not arrive drifts, and the predictions with it, whatever a training does.
  private var mendable: MendableFindings {
    let broken = quality.brokenFeeds
    let features = drift.features.filter { !broken.contains($0.name) }.map(\.severity).max() ?? .none
    let predictions = broken.isEmpty ? drift.predictions?.severity ?? .none : .none
    return MendableFindings(drift: max(features, predictions), quality: quality.mendableSeverity)
  }

  /// What decisions need of it. Its JSON has at most `maximumBytes` bytes: the last of the worst features and failed
  /// checks are left out where it would have more.
  /// - Parameter report: Where the report for people lies.
  package func result(report: String?, maximumBytes: Int = 3400) -> CheckResult {
    var result = CheckResult(
      version: subject.version, rows: drift.rows, conclusive: drift.conclusive, drift: drift.summary,
      predictionDrift: drift.predictions?.summary, quality: quality.summary, performance: performance.summary,
      span: ObservedSpan(from: subject.from, to: subject.to), mendable: mendable, report: report)
    while Self.size(of: result) > maximumBytes, !(result.drift.worst.isEmpty && result.quality.failed.isEmpty) {
      if result.drift.worst.count >= result.quality.failed.count {
        result.drift.worst.removeLast()
      } else {
        result.quality.failed.removeLast()
      }
    }
    return result
  }

  private static func size(of result: CheckResult) -> Int {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    return (try? encoder.encode(result).count) ?? 0
  }
}

extension DriftReport {
  package var summary: DriftSummary {
    let worst = features.filter { $0.severity != .none }
      .sorted { ($1.severity, $1.psi) < ($0.severity, $0.psi) }.prefix(10)
    return DriftSummary(
      severity: severity, features: features.count, critical: features.count { $0.severity == .critical },
      warning: features.count { $0.severity == .warning }, share: compact(share),
      worst: worst.map {
        DriftSummary.FeatureDrift(
          feature: $0.name, severity: $0.severity, psi: compact($0.psi), pValue: compact($0.adjustedPValue),
          effect: compact($0.effect))
      })
  }
}

extension PredictionDrift {
  package var summary: PredictionDriftSummary {
    PredictionDriftSummary(
      drifted: drifted, severity: severity, psi: compact(psi), pValue: compact(pValue),
      meanConfidence: compact(meanConfidence), referenceMeanConfidence: compact(referenceMeanConfidence))
  }
}

extension QualityReport {
  package var summary: QualitySummary {
    QualitySummary(
      severity: severity,
      failed: failures.prefix(10).map {
        QualitySummary.FailedCheck(
          check: $0.kind.rawValue, feature: $0.feature, severity: $0.severity, value: compact($0.value),
          limit: compact($0.limit))
      })
  }
}

extension PerformanceReport {
  package var summary: PerformanceSummary {
    PerformanceSummary(
      coverage: coverage.map(compact), labelled: labelled, expected: expected, span: span,
      metrics: metrics.map {
        ModelMetrics(
          accuracy: compact($0.accuracy), precision: $0.precision.map(compact), recall: $0.recall.map(compact),
          f1: $0.f1.map(compact), rocAUC: $0.rocAUC.map(compact), brier: compact($0.brier))
      },
      p95Latency: p95Latency.map(compact), positiveRate: positiveRate.map(compact),
      meanConfidence: meanConfidence.map(compact))
  }
}

/// Five significant digits: enough for people and rules, short as JSON.
private func compact(_ value: Double) -> Double { Double(String(format: "%.5g", value)) ?? value }
