import Learning
import Monitoring
import WorkerContract

/// `report.html`: what a person wants to know of a new version, on one page that needs nothing else.
struct TrainingReport {
  private let document: EvaluationDocument

  init(_ document: EvaluationDocument) {
    self.document = document
  }

  private var evaluation: Evaluation { document.evaluation }

  var html: String {
    let title = "\(document.model) \(document.version)"
    let body = [
      "<h1>\(escaped(title))</h1>", introduction, cards, comparison, segments, warnings, charts, confusion, classes,
      thresholds, importances,
    ]
    return HTML.page(title: title + " – training report", body: body.filter { !$0.isEmpty }.joined(separator: "\n"))
  }

  private var introduction: String {
    let rows = document.rows
    let subject =
      evaluation.positive.map { "predicts <b>\(escaped($0))</b>" } ?? "\(evaluation.classes.count) classes"
    return """
      <p class="soft">\(escaped(algorithm)); \(subject); trained on \(rows.train + rows.validation) rows, \
      tested on \(rows.test).</p>
      """
  }

  private var algorithm: String {
    if let boosting = document.algorithm.gradientBoosting {
      return "Gradient boosting, \(document.rounds) of at most \(boosting.rounds) rounds, depth \(boosting.maxDepth), "
        + "rate \(boosting.learningRate), subsample \(boosting.subsample)"
    }
    if let forest = document.algorithm.randomForest {
      return "Random forest, \(forest.trees) trees for each class, depth \(forest.maxDepth)"
    }
    if let regression = document.algorithm.logisticRegression { return "Logistic regression, L2 \(regression.l2)" }
    return "Custom algorithm"
  }

  private var cards: String {
    let metrics = evaluation.metrics
    let ofClass = evaluation.positive.map { " of '\($0)'" } ?? ""
    let values: [(String, Double?)] = [
      ("Accuracy", metrics.accuracy), ("Precision" + ofClass, metrics.precision), ("Recall" + ofClass, metrics.recall),
      ("F1" + ofClass, metrics.f1), ("ROC AUC", metrics.rocAUC), ("Brier", metrics.brier),
    ]
    let cards = values.map { "<div class=\"card\"><b>\(HTML.decimal($1, 4))</b><span>\(escaped($0))</span></div>" }
    let verdict = evaluation.calibration.verdict.rawValue
    let calibration = """
      <div class="card"><b class="\(verdict)">\(HTML.decimal(evaluation.calibration.error, 4))</b>\
      <span>Calibration error, \(verdict)</span></div>
      """
    return "<div class=\"cards\">\(cards.joined())\(calibration)</div>"
  }

  private var comparison: String {
    guard let comparison = document.comparison else { return obstacle }
    let own = comparison.challengerMetrics ?? evaluation.metrics
    let rows = MetricName.allCases.map { name in
      let (new, old) = (own[name], comparison.championMetrics[name])
      let difference = new.flatMap { new in old.map { new - $0 } }
      return [name.rawValue, HTML.decimal(new, 4), HTML.decimal(old, 4), HTML.decimal(difference, 4)]
    }
    let caveat = comparison.caveat.map { "<p>\(escaped($0)).</p>" } ?? ""
    return """
      <h2>Against \(escaped(comparison.champion.version)) on the same \(comparison.rows) rows</h2>
      <p>Difference in \(comparison.metric.rawValue): <b>\(HTML.decimal(comparison.difference, 4))</b>, \
      between \(HTML.decimal(comparison.lower, 4)) and \(HTML.decimal(comparison.upper, 4)); \
      p = \(HTML.decimal(comparison.pValue, 4)).</p>\(caveat)
      \(HTML.table(["Metric", document.version, comparison.champion.version, "Difference"], rows))
      """
  }

  /// Why the version was not compared, or cannot be.
  private var obstacle: String {
    let reasons = (document.schemaChange?.incomparable ?? []) + [document.notCompared].compactMap { $0 }
    guard !reasons.isEmpty else { return "" }
    return "<h2>Not compared with the version in production</h2><ul>"
      + reasons.map { "<li>\(escaped($0))</li>" }.joined() + "</ul>"
  }

  private var segments: String {
    guard !document.segments.isEmpty else { return "" }
    let rows = document.segments.map { segment in
      [
        "\(segment.feature) = \(segment.level)", segment.metric.rawValue, HTML.decimal(segment.challenger, 4),
        HTML.decimal(segment.champion, 4), String(segment.rows),
      ]
    }
    return "<h2>Worst level of each guarded feature</h2>"
      + HTML.table(["Segment", "Metric", document.version, "Champion", "Rows"], rows)
  }

  private var warnings: String {
    guard !document.warnings.isEmpty else { return "" }
    let items = document.warnings.map { "<li>\(escaped($0))</li>" }.joined()
    return "<h2>Warnings</h2><ul>\(items)</ul>"
  }

  private var charts: String {
    let guide = Chart.Line(name: "", style: "guide", points: [(0, 0), (1, 1)])
    var charts: [Chart] = []
    if !evaluation.roc.isEmpty {
      let points = evaluation.roc.map { (x: $0.falsePositiveRate, y: $0.truePositiveRate) }
      charts.append(
        Chart(
          title: "ROC curve", xTitle: "false positive rate", yTitle: "true positive rate",
          lines: [guide, Chart.Line(name: "ROC", style: "c0", points: points)]))
    }
    let calibration = evaluation.calibration.bins.map { (x: $0.predicted, y: $0.observed) }
    charts.append(
      Chart(
        title: "Calibration", xTitle: "stated probability", yTitle: "observed share",
        lines: [guide, Chart.Line(name: "model", style: "c2", points: calibration, showsDots: true)]))
    if !evaluation.thresholds.isEmpty { charts.append(thresholdChart) }
    if let chart = lossChart { charts.append(chart) }
    return "<h2>Curves</h2><div class=\"row\">\(charts.map(\.svg).joined())</div>"
  }

  private var thresholdChart: Chart {
    func line(_ name: String, _ style: String, _ value: (ThresholdReport) -> Double?) -> Chart.Line {
      Chart.Line(
        name: name, style: style,
        points: evaluation.thresholds.compactMap { report in value(report).map { (report.threshold, $0) } })
    }
    return Chart(
      title: "Over the threshold", xTitle: "threshold", yTitle: "share",
      lines: [
        line("precision", "c0", \.precision), line("recall", "c1", \.recall), line("F1", "c2", \.f1),
      ])
  }

  private var lossChart: Chart? {
    let losses = document.validationLoss
    guard losses.count > 1, losses.allSatisfy(\.isFinite), let most = losses.max(), most > 0 else { return nil }
    let points = losses.enumerated().map { (x: Double($0.offset + 1), y: $0.element) }
    return Chart(
      title: "Log loss on validation rows", xTitle: "round", yTitle: "log loss",
      lines: [Chart.Line(name: "loss", style: "c3", points: points)], xRange: 1...Double(losses.count), yRange: 0...most
    )
  }

  private var confusion: String {
    let matrix = evaluation.confusion
    let counts = zip(matrix.classes, matrix.counts).map { [$0] + $1.map(String.init) }
    let shares = zip(matrix.classes, matrix.normalised).map { [$0] + $1.map(HTML.percent) }
    let header = ["true / predicted"] + matrix.classes
    return """
      <h2>Confusion matrix</h2><div class="row"><div><h3>Rows</h3>\(HTML.table(header, counts))</div>\
      <div><h3>Share of the true class</h3>\(HTML.table(header, shares))</div></div>
      """
  }

  private var classes: String {
    let rows = evaluation.perClass.map {
      [
        $0.name, HTML.decimal($0.precision, 4), HTML.decimal($0.recall, 4), HTML.decimal($0.f1, 4), String($0.support),
      ]
    }
    return "<h2>By class</h2>" + HTML.table(["Class", "Precision", "Recall", "F1", "Rows"], rows)
  }

  private var thresholds: String {
    guard !evaluation.thresholds.isEmpty else { return "" }
    let rows = evaluation.thresholds.map {
      [
        HTML.decimal($0.threshold, 1), HTML.decimal($0.precision, 4), HTML.decimal($0.recall, 4),
        HTML.decimal($0.f1, 4),
      ]
    }
    return "<h2>By threshold</h2>" + HTML.table(["Threshold", "Precision", "Recall", "F1"], rows)
  }

  private var importances: String {
    guard let most = evaluation.importances.first?.share, most > 0 else { return "" }
    let bars = evaluation.importances.map { importance in
      """
      <div class="bar"><span>\(escaped(importance.column))</span>\
      <i style="width:\(HTML.decimal(importance.share / most * 100, 1))%"></i>\
      <span>\(HTML.percent(importance.share))</span></div>
      """
    }
    return "<h2>What matters most</h2>\(bars.joined(separator: "\n"))"
  }
}
