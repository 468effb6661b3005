import Statistics
package import WorkerContract

/// Predictions that the model itself is unsure of.
package struct MeanConfidenceCheck: WindowQualityCheck {
  package let kind = QualityCheckKind.meanConfidence

  package init() {}

  package func finding(in subject: QualitySubject) -> QualityFinding? {
    let mean = Moments(subject.window.confidences).mean
    let limit = subject.rules.meanConfidence.warning
    return QualityFinding(
      kind, severity: mean < limit ? .warning : .none, value: mean, limit: limit,
      message: "mean confidence \(shortText(mean))")
  }
}
