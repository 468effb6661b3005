import Tabular
package import WorkerContract

/// Missing values, above what training had: a feature that was missing in 6 % of the training rows may be so in 6 % +
/// limit.
package struct MissingRateCheck: FeatureQualityCheck {
  package let kind = QualityCheckKind.missingRate

  package init() {}

  package func finding(of feature: ReferenceProfile.Feature, in subject: QualitySubject) -> QualityFinding? {
    guard let column = subject.window.features[feature.name] else { return nil }
    let limits = subject.rules.missing
    let rows = subject.reference.rows
    let usual = rows > 0 ? Double(feature.missing) / Double(rows) : 0
    let rate = Double(column.missingCount) / Double(subject.window.rowCount)
    let severity: Severity =
      rate > usual + limits.critical ? .critical : rate > usual + limits.warning ? .warning : .none
    return QualityFinding(
      kind, feature: feature.name, severity: severity, value: rate,
      limit: min(1, usual + (severity == .critical ? limits.critical : limits.warning)),
      message: "missing in \(percentText(rate)), in training \(percentText(usual))")
  }
}
