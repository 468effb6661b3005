import Tabular
package import WorkerContract

/// Categories that training did not have.
package struct UnknownCategoryCheck: FeatureQualityCheck {
  package let kind = QualityCheckKind.unknownCategory

  package init() {}

  package func finding(of feature: ReferenceProfile.Feature, in subject: QualitySubject) -> QualityFinding? {
    guard case .categorical(let codes, let levels)? = subject.window.features[feature.name] else { return nil }
    let known = ValueIndex((feature.levels ?? []).map(\.name))
    let isUnknown = levels.map { known.code(of: $0) < 0 }
    let unknown = codes.filter { $0 >= 0 && isUnknown[Int($0)] }
    let share = Double(unknown.count) / Double(max(1, codes.count))
    let example = unknown.first.map { ", such as '\(levels[Int($0)].prefix(40))'" } ?? ""
    let limit = subject.rules.unknownCategory.warning
    return QualityFinding(
      kind, feature: feature.name, severity: share > limit ? .warning : .none, value: share, limit: limit,
      message: "\(percentText(share)) of the rows have a category that training did not\(example)")
  }
}
