import Foundation
package import WorkerContract

// The views of findings that are stored, a row each.

extension CheckRecord.DriftRecord.Feature {
  /// - Throws: where a figure cannot be written as JSON.
  package init(_ finding: DriftFinding) throws {
    self.init(
      feature: finding.feature, test: finding.test, drifted: finding.drifted, severity: finding.severity,
      statistic: finding.statistic, pValue: finding.pValue, adjustedPValue: finding.adjustedPValue, psi: finding.psi,
      effect: finding.effect, detail: try Detail(finding).json)
  }

  /// What people want to see besides the verdict.
  private struct Detail: Encodable {
    var reference: DriftFinding.Side
    var window: DriftFinding.Side
    var jensenShannon: Double
    var wasserstein: Double?
    /// The upper bound of a distance that is known within bounds.
    var statisticBound: Double?

    init(_ finding: DriftFinding) {
      reference = finding.reference
      window = finding.window
      jensenShannon = finding.jensenShannon
      wasserstein = finding.wasserstein
      statisticBound = finding.statisticBound
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

extension CheckRecord.QualityRecord.Check {
  package init(_ finding: QualityFinding) {
    self.init(
      check: finding.kind, feature: finding.feature, severity: finding.severity, passed: finding.passed,
      value: finding.value, limit: finding.limit)
  }
}
