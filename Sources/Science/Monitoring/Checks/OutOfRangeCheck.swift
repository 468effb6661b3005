import Statistics
import Tabular
package import WorkerContract

/// Numbers outside of the schema's bounds, or where it has none outside of what training saw.
package struct OutOfRangeCheck: FeatureQualityCheck {
  package let kind = QualityCheckKind.outOfRange

  package init() {}

  package func finding(of feature: ReferenceProfile.Feature, in subject: QualitySubject) -> QualityFinding? {
    guard case .numeric(let values)? = subject.window.features[feature.name], let seen = feature.numeric?.moments else {
      return nil
    }
    let low = feature.minimum ?? (feature.maximum == nil ? seen.minimum : -.infinity)
    let high = feature.maximum ?? (feature.minimum == nil ? seen.maximum : .infinity)
    let outside = values.count { $0 < low || $0 > high }
    let share = Double(outside) / Double(max(1, values.count))
    let range = "\(low.isFinite ? shortText(low) : "−∞")…\(high.isFinite ? shortText(high) : "∞")"
    let limit = subject.rules.outOfRange.critical
    return QualityFinding(
      kind, feature: feature.name, severity: share > limit ? .critical : .none, value: share, limit: limit,
      message: "\(percentText(share)) of the rows outside of \(range)",
      isDeclared: feature.minimum != nil || feature.maximum != nil)
  }
}
