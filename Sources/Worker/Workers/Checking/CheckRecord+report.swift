import Foundation
import Monitoring
import Tabular
import Telemetry
import WorkerContract

extension CheckRecord {
  /// The rows of the telemetry store that hold `report`.
  /// - Parameters:
  ///   - from: Seconds since 1970, like `to`, the bounds of the window, and `time`, when the check ended.
  init(_ report: MonitoringReport, run: String, from: Double, to: Double, time: Double) throws {
    self.init(
      run: run, policy: report.subject.policy, version: report.subject.version, from: from, to: to, time: time,
      rows: report.drift.rows, conclusive: report.drift.conclusive,
      drift: DriftRecord(
        severity: report.drift.severity, share: report.drift.share, predictions: report.drift.predictions?.summary,
        features: try report.drift.features.map(DriftRecord.Feature.init)),
      quality: QualityRecord(
        severity: report.quality.severity, checks: report.quality.checks.map(QualityRecord.Check.init)),
      performance: report.performance.summary)
    if let span = report.performance.span, let from = timestamp(in: span.from), let to = timestamp(in: span.to) {
      labelled = LabelledSpan(from: from, to: to)
    }
    performance.span = nil
  }
}
