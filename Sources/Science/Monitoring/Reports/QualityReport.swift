package import WorkerContract

/// What the quality checks say of a window's data.
package struct QualityReport: Codable, Sendable, Equatable {
  /// False: too few rows for a verdict; every check then counts as passed, but for those that judge few rows.
  package var conclusive: Bool
  package var checks: [QualityFinding]

  package var severity: Severity { checks.filter { !$0.passed }.map(\.severity).max() ?? .none }

  /// The worst failure that a training can mend.
  package var mendableSeverity: Severity {
    checks.filter { !$0.passed && $0.isMendedByTraining }.map(\.severity).max() ?? .none
  }

  /// Features that do not arrive as they did, so that their drift is the feed's.
  package var brokenFeeds: Set<String> {
    Set(checks.filter { !$0.passed && $0.severity == .critical && $0.kind.isOfTheFeed }.compactMap(\.feature))
  }

  /// The worst first.
  package var failures: [QualityFinding] {
    checks.filter { !$0.passed }.enumerated()
      .sorted { ($1.element.severity, $0.offset) < ($0.element.severity, $1.offset) }.map(\.element)
  }

  /// All checks of `window`; none where it has no row.
  package init(
    _ window: PredictionWindow, reference: ReferenceProfile, rules: QualityRules = .init(), minimumSamples: Int = 30
  ) {
    conclusive = window.rowCount >= max(1, minimumSamples)
    checks = []
    guard window.rowCount > 0 else { return }
    let subject = QualitySubject(window: window, reference: reference, rules: rules)
    for feature in reference.features {
      checks += QualityChecks.ofFeatures.compactMap { $0.finding(of: feature, in: subject) }
    }
    checks += QualityChecks.ofRows.compactMap { $0.finding(in: subject) }
    guard !conclusive else { return }
    let judged = Set(QualityChecks.all.filter(\.judgesFewRows).map(\.kind))
    for index in checks.indices where !judged.contains(checks[index].kind) {
      checks[index].passed = true
      checks[index].severity = .none
    }
  }
}
