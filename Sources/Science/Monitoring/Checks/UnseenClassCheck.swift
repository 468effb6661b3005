package import WorkerContract

/// Predictions of a class that training did not have.
package struct UnseenClassCheck: WindowQualityCheck {
  package let kind = QualityCheckKind.unseenClass

  package init() {}

  package func finding(in subject: QualitySubject) -> QualityFinding? {
    guard let known = subject.reference.predictions?.classes else { return nil }
    let classes = Set(known)
    let unseen = subject.window.predicted.filter { !classes.contains($0) }
    let share = Double(unseen.count) / Double(subject.window.rowCount)
    return QualityFinding(
      kind, severity: unseen.isEmpty ? .none : .warning, value: share, limit: 0,
      message: unseen.first.map {
        "\(percentText(share)) of the predictions are of a class that training did not have, such as '\($0)'"
      } ?? "every predicted class is one of training's")
  }
}
