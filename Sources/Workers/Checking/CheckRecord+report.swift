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
      rows: report.drift.rows, conclusive: report.drift.conclusive, drift: try DriftRecord(report.drift),
      quality: QualityRecord(report.quality), performance: report.performance.summary)
    if let span = report.performance.span, let from = timestamp(in: span.from), let to = timestamp(in: span.to) {
      labelled = LabelledSpan(from: from, to: to)
    }
    performance.span = nil
  }
}

extension CheckRecord.DriftRecord {
  fileprivate init(_ report: DriftReport) throws {
    self.init(
      severity: report.severity, share: report.share, predictions: report.predictions?.summary,
      features: try report.features.map(Feature.init))
  }
}

extension CheckRecord.DriftRecord.Feature {
  fileprivate init(_ drift: FeatureDrift) throws {
    self.init(
      feature: drift.name, test: drift.test, drifted: drift.drifted, severity: drift.severity,
      statistic: drift.statistic, pValue: drift.pValue, adjustedPValue: drift.adjustedPValue, psi: drift.psi,
      effect: drift.effect, detail: try Detail(drift).json)
  }

  /// What people want to see besides the verdict.
  private struct Detail: Encodable {
    var reference: FeatureDrift.Side
    var window: FeatureDrift.Side
    var jensenShannon: Double
    var wasserstein: Double?
    /// The upper bound of a distance that is known within bounds.
    var statisticBound: Double?

    init(_ drift: FeatureDrift) {
      reference = drift.reference
      window = drift.window
      jensenShannon = drift.jensenShannon
      wasserstein = drift.wasserstein
      statisticBound = drift.statisticBound
    }

    var json: String {
      get throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
          positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return String(decoding: try encoder.encode(self), as: UTF8.self)
      }
    }
  }
}

extension CheckRecord.QualityRecord {
  fileprivate init(_ report: QualityReport) {
    self.init(
      severity: report.severity,
      checks: report.checks.map {
        Check(
          check: $0.kind.rawValue, feature: $0.feature, severity: $0.severity, passed: $0.passed, value: $0.value,
          limit: $0.limit)
      })
  }
}
