import Tabular
package import WorkerContract

/// A feature that no request has, though training had it: the caller's schema has changed.
package struct ColumnPresenceCheck: FeatureQualityCheck {
  package let kind = QualityCheckKind.columnPresence
  package let judgesFewRows = true

  package init() {}

  package func finding(of feature: ReferenceProfile.Feature, in subject: QualitySubject) -> QualityFinding? {
    let isThere = subject.window.features[feature.name] != nil || feature.missing == subject.reference.rows
    return QualityFinding(
      kind, feature: feature.name, severity: isThere ? .none : .critical, value: isThere ? 1 : 0, limit: 1,
      message: isThere ? "there" : "no request has the feature: the caller's schema has changed")
  }
}
