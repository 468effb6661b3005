import Foundation
package import WorkerContract

// The view of a report that the operator reads.

extension MonitoringReport {
  /// What decisions need of it; who writes it trims what does not fit.
  /// - Parameter report: Where the report for people lies.
  package func result(report: String?) -> CheckResult {
    CheckResult(
      version: subject.version, rows: drift.rows, conclusive: drift.conclusive, drift: drift.summary,
      predictionDrift: drift.predictions?.summary, quality: quality.summary, performance: performance.summary,
      span: ObservedSpan(from: subject.from, to: subject.to), mendable: mendable, report: report)
  }
}

extension DriftReport {
  /// The features that drifted or moved, the worst first.
  package var worst: [DriftFinding] {
    features.filter { $0.severity != .none }.sorted { ($1.severity, $1.psi) < ($0.severity, $0.psi) }
  }

  package var summary: DriftSummary {
    DriftSummary(
      severity: severity, features: features.count, critical: features.count { $0.severity == .critical },
      warning: features.count { $0.severity == .warning }, share: compact(share),
      worst: worst.prefix(10).map(DriftSummary.FeatureDrift.init))
  }
}

extension DriftSummary.FeatureDrift {
  /// The view of a finding that decisions need.
  init(_ finding: DriftFinding) {
    self.init(
      feature: finding.feature, severity: finding.severity, psi: compact(finding.psi),
      pValue: compact(finding.adjustedPValue), effect: compact(finding.effect))
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
    QualitySummary(severity: severity, failed: failures.prefix(10).map(QualitySummary.FailedCheck.init))
  }
}

extension QualitySummary.FailedCheck {
  /// The view of a finding that decisions need.
  init(_ finding: QualityFinding) {
    self.init(
      check: finding.kind, feature: finding.feature, severity: finding.severity, value: compact(finding.value),
      limit: compact(finding.limit))
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
