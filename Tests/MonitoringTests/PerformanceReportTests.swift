import Monitoring
import Testing
import WorkerContract

@Suite struct PerformanceReportTests {
  @Test func `measures are those of the labelled rows`() throws {
    let window = World.window(World.table(rows: 100, seed: 1), labelledEvery: 1, errorsEvery: 10)
    let report = PerformanceReport(window, positive: "1", now: 1e9)
    let metrics = try #require(report.metrics)
    // Of each ten rows the first is a false positive, the second a true one, the others true negatives.
    #expect(metrics.accuracy == 0.9 && metrics.precision == 0.5 && metrics.recall == 1)
    #expect(abs((metrics.f1 ?? .nan) - 2.0 / 3) < 1e-12 && abs((metrics.rocAUC ?? .nan) - (80 + 5) / 90) < 1e-12)
    #expect(abs(metrics.brier - (0.1 * 0.81 + 0.9 * 0.01)) < 1e-12)
    #expect(report.confusion == [[80, 10], [0, 10]])
    #expect(report.positiveRate == 0.2 && report.coverage == 1 && report.labelled == 100)
    #expect(!report.isAccuracyLost && !report.isSlow)
    let interval = try #require(report.accuracyInterval)
    #expect(interval.lower < 0.9 && 0.9 < interval.upper)
  }

  @Test func `labels are only missed where they are late`() {
    let window = World.window(World.table(rows: 100, seed: 1), labelledEvery: 4)
    var rules = PerformanceRules()
    rules.labelDelay = TimeSpan(seconds: 50)
    let report = PerformanceReport(window, positive: nil, rules: rules, now: 99, minimumLabels: 30)
    #expect(report.expected == 50 && report.coverage == 0.26 && report.labelled == 25)
    #expect(report.metrics == nil && !report.isAccuracyLost)
    #expect(PerformanceReport(window, positive: nil, rules: rules, now: -1).coverage == nil)
  }

  @Test func `accuracy is that of the predictions whose labels are due, latency that of the window`() throws {
    let recent = World.window(World.table(rows: 40, seed: 1), latency: 0.5)
    let due = World.window(World.table(rows: 100, seed: 2), labelledEvery: 2, errorsEvery: 10)
    let span = ObservedSpan(from: "2026-01-01T00:00:00Z", to: "2026-01-01T06:00:00Z")
    let report = PerformanceReport(recent, due: (due, span), positive: "1", now: 0)
    #expect(report.rows == 40 && report.expected == 100 && report.labelled == 50 && report.coverage == 0.5)
    #expect(report.span == span && report.p95Latency == 0.5 && report.metrics != nil)
    #expect(report.metrics == PerformanceReport(due, positive: "1", now: 1e9).metrics)
    let none = World.window(World.table(rows: 0, seed: 1))
    let nothing = PerformanceReport(recent, due: (none, span), positive: "1", now: 1e9)
    #expect(nothing.coverage == nil && nothing.expected == 0 && nothing.metrics == nil && nothing.p95Latency == 0.5)
    let quiet = PerformanceReport(none, due: (due, span), positive: "1", now: 0)
    #expect(quiet.metrics != nil && quiet.p95Latency == nil && quiet.positiveRate == nil)
  }

  @Test func `slow answers and lost accuracy are told`() {
    let window = World.window(World.table(rows: 100, seed: 1), errorsEvery: 4, latency: 0.5)
    let report = PerformanceReport(window, positive: "1", now: 1e9)
    #expect(report.isSlow && report.isAccuracyLost && report.p95Latency == 0.5)
  }

  @Test func `an empty window has nothing to tell`() {
    let report = PerformanceReport(World.window(World.table(rows: 0, seed: 1)), positive: "1", now: 0)
    #expect(report.metrics == nil && report.p95Latency == nil && report.positiveRate == nil && report.coverage == nil)
  }

  @Test func `more than two classes are means over the classes`() throws {
    var window = World.window(World.table(rows: 90, seed: 1))
    window.classes = ["a", "b", "c"]
    window.predicted = (0..<90).map { ["a", "b", "c"][$0 % 3] }
    window.labels = (0..<90).map { ["a", "b", $0 < 45 ? "c" : "a"][$0 % 3] }
    window.probabilities = (0..<90).flatMap { row in (0..<3).map { $0 == row % 3 ? 0.8 : 0.1 } }
    let metrics = try #require(PerformanceReport(window, positive: nil, now: 1e9).metrics)
    #expect(abs(metrics.accuracy - 75.0 / 90) < 1e-12)
    let (recall, precision) = (try #require(metrics.recall), try #require(metrics.precision))
    #expect(abs(recall - (30.0 / 45 + 1 + 1) / 3) < 1e-12)
    #expect(abs(precision - (1 + 1 + 0.5) / 3) < 1e-12)
    #expect(metrics.rocAUC ?? 0 > 0.8 && metrics.brier < 0.2)
    // A class that the model knows, and that neither occurs nor is predicted, changes nothing.
    window.classes.append("d")
    window.probabilities = (0..<90).flatMap { row in (0..<4).map { $0 == row % 3 ? 0.8 : $0 == 3 ? 0 : 0.1 } }
    let wider = try #require(PerformanceReport(window, positive: nil, now: 1e9).metrics)
    #expect(wider == metrics)
  }

  @Test func `measures that the labels do not define are absent and shown as a dash`() throws {
    var window = World.window(World.table(rows: 100, seed: 1))
    window.labels = window.labels.map { _ in "0" }
    window.predicted = window.predicted.map { _ in "0" }
    let report = PerformanceReport(window, positive: "1", now: 1e9)
    let metrics = try #require(report.metrics)
    #expect(metrics.rocAUC == nil && metrics.recall == nil && metrics.precision == nil && metrics.f1 == nil)
    #expect(metrics.accuracy == 1 && report.positive == "1")
    #expect(report.summary.metrics?.rocAUC == nil && report.summary.metrics?.accuracy == 1)
  }
}
