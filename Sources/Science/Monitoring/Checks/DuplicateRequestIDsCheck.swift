package import WorkerContract

/// Requests that repeat an id, whether the log holds them or not.
package struct DuplicateRequestIDsCheck: WindowQualityCheck {
  package let kind = QualityCheckKind.duplicateRequestIDs

  package init() {}

  package func finding(in subject: QualitySubject) -> QualityFinding? {
    let window = subject.window
    let repeats = window.requestIDs.count - Set(window.requestIDs).count + window.repeats
    let share = Double(repeats) / Double(window.rowCount + window.repeats)
    let limit = subject.rules.duplicateRequestIDs.warning
    return QualityFinding(
      kind, severity: share > limit ? .warning : .none, value: share, limit: limit,
      message: repeats == 0
        ? "every request id came once"
        : "\(repeats) requests (\(percentText(share))) repeat an id: only one of them is logged, and a label finds only that"
    )
  }
}
