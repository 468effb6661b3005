import WorkerContract

extension MonitoringReport {
  /// One page for people: the verdict on top, then drift, quality and performance.
  package var html: String {
    let page = ReportPage(report: self)
    let parts = [
      page.head, page.tiles, page.driftTable, page.predictionSection, page.qualityTable, page.performanceSection,
      page.charts, page.rules,
    ]
    return Page.html(
      title: "\(subject.model) \(subject.version) · monitoring", style: ReportStyle.css,
      body: parts.joined(separator: "\n"))
  }
}

/// The parts of the page.
struct ReportPage {
  let report: MonitoringReport

  var drift: DriftReport { report.drift }

  static func badge(_ severity: Severity) -> String {
    let text =
      switch severity {
      case .none: "ok"
      case .warning: "warning"
      case .critical: "critical"
      }
    return "<span class=\"badge \(text)\">\(text)</span>"
  }

  var head: String {
    let subject = report.subject
    let verdict: String
    let tone: String
    if !drift.conclusive {
      tone = "unknown"
      verdict = "Inconclusive: \(drift.rows) predictions are too few for a verdict"
    } else {
      tone = report.severity == .none ? "ok" : report.severity.rawValue
      verdict = report.severity == .none ? "Healthy: nothing found" : findings.joined(separator: " · ")
    }
    return """
      <header>
      <h1>\(escaped(subject.model)) <small>\(escaped(subject.version))</small></h1>
      <p class="when">\(escaped(subject.from)) to \(escaped(subject.to)) · policy \(escaped(subject.policy)) · namespace \
      \(escaped(subject.namespace)) · run \(escaped(subject.run))</p>
      <p class="verdict \(tone)">\(escaped(verdict))</p>
      </header>
      """
  }

  /// What the verdict rests on, a phrase each.
  private var findings: [String] {
    var findings: [String] = []
    for severity in [Severity.critical, .warning] {
      let names = drift.features.filter { $0.severity == severity }.map(\.feature)
      if names.isEmpty { continue }
      let shown = names.prefix(3).joined(separator: ", ") + (names.count > 3 ? " and \(names.count - 3) more" : "")
      findings.append("\(severity.rawValue) drift of \(shown)")
    }
    if let predictions = drift.predictions, predictions.severity != .none { findings.append("predictions drifted") }
    let failed = report.quality.failures.count
    if failed > 0 { findings.append("\(failed) quality \(failed == 1 ? "check" : "checks") failed") }
    if report.performance.isAccuracyLost, let metrics = report.performance.metrics {
      findings.append("accuracy \(percentText(metrics.accuracy))")
    }
    if report.performance.isSlow, let latency = report.performance.p95Latency {
      findings.append("p95 latency \(Self.milliseconds(latency))")
    }
    return findings
  }

  static func milliseconds(_ seconds: Double) -> String { "\(shortText(seconds * 1000)) ms" }

  var tiles: String {
    let performance = report.performance
    let drifted = drift.features.count { $0.drifted }
    let failed = report.quality.failures.count
    let tiles = [
      tile("predictions", "\(drift.rows)", "against \(drift.referenceRows) training rows", .none),
      tile("features drifted", "\(drifted) of \(drift.features.count)", percentText(drift.share), drift.severity),
      tile(
        "quality", failed == 0 ? "passed" : "\(failed) failed", "of \(report.quality.checks.count) checks",
        report.quality.severity),
      tile(
        "accuracy", performance.metrics.map { percentText($0.accuracy) } ?? "unknown",
        performance.coverage.map { "\(performance.labelled) labels, coverage \(percentText($0))" } ?? "no label is due",
        performance.isAccuracyLost ? .critical : .none),
      tile(
        "p95 latency", performance.p95Latency.map(Self.milliseconds) ?? "unknown",
        "limit \(Self.milliseconds(performance.rules.maximumP95Latency.seconds))",
        performance.isSlow ? .warning : .none),
    ]
    return "<section class=\"tiles\">\(tiles.joined(separator: "\n"))</section>"
  }

  private func tile(_ name: String, _ value: String, _ note: String, _ severity: Severity) -> String {
    "<div class=\"tile \(severity.rawValue)\"><b>\(escaped(value))</b><span>\(escaped(name))</span>"
      + "<small>\(escaped(note))</small></div>"
  }

  /// Worst first, then as in the schema.
  private var sortedFeatures: [DriftFinding] {
    drift.features.enumerated()
      .sorted { ($1.element.severity, $1.element.psi, $0.offset) < ($0.element.severity, $0.element.psi, $1.offset) }
      .map(\.element)
  }

  var driftTable: String {
    let rows = sortedFeatures.map { finding in
      """
      <tr><td><a href="#\(Self.anchor(finding, in: drift))">\(escaped(finding.feature))</a></td><td>\(Self.badge(finding.severity))</td>
      <td>\(ReportChart.small(finding.chart))</td>
      <td class="n">\(shortText(finding.psi))</td><td class="n">\(shortText(finding.effect))</td>
      <td class="n">\(escaped(pValueText(finding.adjustedPValue)))</td><td class="n">\(shortText(finding.statistic))</td>
      <td class="side">\(Self.sideText(finding.reference))</td><td class="side">\(Self.sideText(finding.window))</td></tr>
      """
    }
    return """
      <section><h2>Features</h2>
      <div class="scroll"><table>
      <thead><tr><th>feature</th><th>verdict</th><th>shape</th><th class="n">PSI</th><th class="n">effect</th>
      <th class="n">p</th><th class="n">statistic</th><th>training</th><th>this window</th></tr></thead>
      <tbody>\(rows.joined(separator: "\n"))</tbody></table></div>
      <p class="legend"><i class="ref"></i> training <i class="win"></i> this window</p></section>
      """
  }

  static func anchor(_ finding: DriftFinding, in drift: DriftReport) -> String {
    "f\(drift.features.firstIndex { $0.feature == finding.feature } ?? 0)"
  }

  static func sideText(_ side: DriftFinding.Side) -> String {
    var parts: [String] = []
    if let mean = side.mean, let deviation = side.deviation {
      parts.append("\(shortText(mean)) ± \(shortText(deviation))")
    }
    parts += side.top.prefix(3).map { "\(escaped(String($0.name.prefix(24)))) \(percentText($0.share))" }
    if side.unseenRate > 0 { parts.append("unseen \(percentText(side.unseenRate))") }
    if side.missingRate > 0 { parts.append("missing \(percentText(side.missingRate))") }
    return parts.isEmpty ? "–" : parts.joined(separator: ", ")
  }

  var predictionSection: String {
    guard let predictions = drift.predictions else { return "" }
    return """
      <section><h2>Predictions \(Self.badge(predictions.severity))</h2>
      <div class="split">\(ReportChart.levels(predictions.chart))
      <dl>\(Self.facts([
        ("PSI", shortText(predictions.psi)), ("effect", shortText(predictions.effect)),
        ("p", pValueText(predictions.pValue)),
        ("mean confidence", "\(shortText(predictions.meanConfidence)), held-out rows "
          + shortText(predictions.referenceMeanConfidence)),
      ]))</dl></div></section>
      """
  }

  static func facts(_ facts: [(String, String)]) -> String {
    facts.map { "<dt>\(escaped($0.0))</dt><dd>\(escaped($0.1))</dd>" }.joined()
  }

  var qualityTable: String {
    let failed = report.quality.failures
    let passed = QualityCheckKind.allCases.compactMap { kind -> String? in
      let checks = report.quality.checks.filter { $0.kind == kind && $0.passed }
      guard !checks.isEmpty else { return nil }
      let of = checks.count > 1 ? " (\(checks.count) features)" : ""
      return kind.rawValue + of
    }
    let rows = failed.map { check in
      """
      <tr><td>\(check.kind.rawValue)</td><td>\(escaped(check.feature ?? ""))</td><td>\(Self.badge(check.severity))</td>
      <td class="n">\(shortText(check.value))</td><td class="n">\(shortText(check.limit))</td><td>\(escaped(check.message))</td></tr>
      """
    }
    let table =
      failed.isEmpty
      ? ""
      : """
      <div class="scroll"><table><thead><tr><th>check</th><th>feature</th><th>verdict</th><th class="n">value</th>
      <th class="n">limit</th><th>what</th></tr></thead><tbody>\(rows.joined(separator: "\n"))</tbody></table></div>
      """
    return """
      <section><h2>Data quality \(Self.badge(report.quality.severity))</h2>\(table)
      <p class="note">Passed: \(passed.isEmpty ? "none" : passed.joined(separator: ", "))</p>\(redactedNote)</section>
      """
  }

  private var redactedNote: String {
    guard !report.redacted.isEmpty else { return "" }
    let names = escaped(report.redacted.joined(separator: ", "))
    return
      "\n<p class=\"note\">Neither compared nor checked, as they are redacted from the prediction log: \(names)</p>"
  }
}
