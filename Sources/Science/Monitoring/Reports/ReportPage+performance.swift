import WorkerContract

extension ReportPage {
  var performanceSection: String {
    let performance = report.performance
    let severity: Severity = performance.isAccuracyLost ? .critical : performance.isSlow ? .warning : .none
    let ofClass = performance.positive.map { " of '\($0)'" } ?? ""
    var facts: [(String, String)] = []
    if let metrics = performance.metrics {
      let interval = performance.accuracyInterval.map {
        " (95 %: \(percentText($0.lower)) to \(percentText($0.upper)); at least \(percentText(performance.rules.minimumAccuracy)))"
      }
      facts = [
        ("accuracy", percentText(metrics.accuracy) + (interval ?? "")),
        ("precision" + ofClass, shortText(metrics.precision)), ("recall" + ofClass, shortText(metrics.recall)),
        ("F1" + ofClass, shortText(metrics.f1)), ("ROC-AUC", shortText(metrics.rocAUC)),
        ("Brier", shortText(metrics.brier)),
      ]
    } else {
      facts.append(("accuracy", "unknown: \(performance.labelled) labels are too few"))
    }
    facts.append(("labels", labels))
    if let p50 = performance.p50Latency, let p95 = performance.p95Latency, let p99 = performance.p99Latency {
      let times = [p50, p95, p99].map(Self.milliseconds).joined(separator: ", ")
      facts.append(("latency p50, p95, p99", times))
    }
    if let rate = performance.positiveRate { facts.append(("positive rate", percentText(rate))) }
    if let confidence = performance.meanConfidence { facts.append(("mean confidence", shortText(confidence))) }
    return """
      <section><h2>Performance \(Self.badge(severity))</h2>
      <div class="split"><dl>\(Self.facts(facts))</dl>\(confusion)</div></section>
      """
  }

  /// How many labels there are, and which predictions they are about.
  private var labels: String {
    let performance = report.performance
    let delay = performance.rules.labelDelay
    guard let coverage = performance.coverage else {
      return performance.span.map { "no prediction from \(escaped($0.from)) to \(escaped($0.to))" }
        ?? "no prediction is older than \(delay)"
    }
    let whose =
      performance.span.map { "from \(escaped($0.from)) to \(escaped($0.to)), whose labels are due" }
      ?? "older than \(delay)"
    return "\(performance.labelled); \(percentText(coverage)) of the \(performance.expected) predictions \(whose)"
  }

  private var confusion: String {
    let performance = report.performance
    guard performance.metrics != nil, performance.classes.count <= 12 else { return "" }
    let head = performance.classes.map { "<th class=\"n\">\(escaped($0))</th>" }.joined()
    let rows = zip(performance.classes, performance.confusion).map { name, counts in
      "<tr><th>\(escaped(name))</th>" + counts.map { "<td class=\"n\">\($0)</td>" }.joined() + "</tr>"
    }
    return """
      <div class="scroll"><table class="confusion"><caption>true class (rows) by predicted class</caption>
      <thead><tr><th></th>\(head)</tr></thead><tbody>\(rows.joined())</tbody></table></div>
      """
  }

  var charts: String {
    let cards = drift.features.map { finding in
      """
      <article id="\(Self.anchor(finding, in: drift))"><h3>\(escaped(finding.feature)) \(Self.badge(finding.severity))</h3>
      \(finding.type == .numeric ? ReportChart.histogram(finding.chart) : ReportChart.levels(finding.chart))
      <dl>\(Self.facts(details(of: finding)))</dl></article>
      """
    }
    return "<section><h2>Feature by feature</h2><div class=\"cards\">\(cards.joined(separator: "\n"))</div></section>"
  }

  private func details(of finding: DriftFinding) -> [(String, String)] {
    let test = DriftTests.named(finding.test)
    var facts: [(String, String)] = [
      (test?.statisticName ?? finding.test.rawValue, shortText(finding.statistic)),
      ("p, corrected", "\(pValueText(finding.pValue)), \(pValueText(finding.adjustedPValue))"),
      (
        "PSI",
        shortText(finding.psi) + (finding.psiNoise > 0 ? ", by chance up to \(shortText(finding.psiNoise))" : "")
      ), ("Jensen–Shannon", shortText(finding.jensenShannon)),
    ]
    if let effect = test?.effectName { facts.append((effect, shortText(finding.effect))) }
    if let wasserstein = finding.wasserstein { facts.append(("Wasserstein", "\(shortText(wasserstein)) deviations")) }
    if let low = finding.reference.minimum, let high = finding.reference.maximum {
      facts.append(("training range", "\(shortText(low)) to \(shortText(high))"))
    }
    if let low = finding.window.minimum, let high = finding.window.maximum {
      facts.append(("window range", "\(shortText(low)) to \(shortText(high))"))
    }
    return facts
  }

  var rules: String {
    let rules = drift.rules
    let correction =
      switch rules.correction {
      case .none: "no correction for the number of features"
      case .bonferroni: "Bonferroni's correction"
      case .benjaminiHochberg: "Benjamini and Hochberg's correction"
      }
    let numeric = DriftTests.numeric.first { $0.name == rules.numeric.test }
    let note = numeric?.noteOnCounts ?? rules.numeric.test.rawValue
    let effects = (
      numeric?.effectSymbol ?? "effect", DriftTests.named(rules.categorical.test)?.effectSymbol ?? "effect"
    )
    let source =
      drift.source == .profiles
      ? "Drift is that of the servers' counts by minute: \(note). " : ""
    return """
      <footer><p>\(source)A feature drifted when its corrected p-value is below \(shortText(rules.numeric.significance)) (numeric) or \
      \(shortText(rules.categorical.significance)) (categorical) and its effect is at least \
      \(shortText(rules.minimumEffect.numeric)) (\(effects.0)) or \(shortText(rules.minimumEffect.categorical)) (\(effects.1)), with \(correction). \
      Critical: drifted and PSI at least \(shortText(rules.psi.critical)). Warning: drifted, or PSI at least \
      \(shortText(rules.psi.warning)) and beyond what chance gives in a window this small.</p></footer>
      """
  }
}
