import Exposition
import Foundation
import Telemetry
import Testing
import WorkerContract

@testable import Engine
@testable import Serving

struct ServingMetricsTests {
  @Test func `every name keeps the conventions and is registered as the table says`() {
    let metrics = someMetrics()
    #expect(metrics.registry.problems.isEmpty, "\(metrics.registry.problems)")
    let text = metrics.registry.text()
    for definition in ServingMetricTable.all {
      #expect(text.contains("# TYPE \(definition.name) \(definition.kind.rawValue)\n"), "\(definition.name)")
    }
    #expect(text.components(separatedBy: "# TYPE ").count - 1 == ServingMetricTable.all.count)
  }

  @Test func `the documentation shows the table of the code`() throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../../docs/metrics.md")
    let text = try String(contentsOf: file.standardizedFileURL, encoding: .utf8)
    #expect(
      text.contains(ServingMetricTable.markdown), "docs/metrics.md needs this table:\n\(ServingMetricTable.markdown)")
  }

  @Test func `what is counted without a search is counted where it belongs`() throws {
    #expect(FieldProblem.Reason.allCases.map(\.position) == Array(FieldProblem.Reason.allCases.indices))
    let metrics = someMetrics()
    let version = LoadedVersion(version: "v1", digest: "sha256:0", predictor: try Sample.predictor())
    let instruments = metrics.instruments(for: version, role: .production)
    for (count, reason) in FieldProblem.Reason.allCases.enumerated() {
      var problems = FieldProblems()
      for _ in 0..<count { problems.append(FieldProblem("a", reason, "")) }
      metrics.refused(problems)
    }
    for warnings: [FeatureReader.InputWarning] in [
      [.init(feature: 1, kind: .missing), .init(feature: 1, kind: .missing)],
      [.init(feature: 3, kind: .unseenCategory), .init(feature: 0, kind: .outOfRange)],
    ] {
      warnings.withUnsafeBufferPointer { instruments.count($0) }
    }
    let predict = RouteTable.route("/predict", on: .public).position
    for code in [200, 422, 200, 422, 422] { metrics.answered(predict, code: code, seconds: 0.001, share: 0) }
    let text = metrics.registry.text()
    for (count, reason) in FieldProblem.Reason.allCases.enumerated() {
      #expect(text.contains("apus_validation_failures_total{reason=\"\(reason.rawValue)\"} \(count)\n"), "\(reason)")
    }
    #expect(text.contains("apus_feature_missing_total{feature=\"hours\"} 2\n"))
    #expect(text.contains("apus_feature_unseen_total{feature=\"work\"} 1\n"))
    #expect(text.contains("apus_feature_out_of_range_total{feature=\"age\"} 1\n"))
    #expect(text.contains("apus_requests_total{endpoint=\"predict\",code=\"200\"} 2\n"))
    #expect(text.contains("apus_requests_total{endpoint=\"predict\",code=\"422\"} 3\n"))
    #expect(metrics.registry.text().contains("apus_requests_total{endpoint=\"predict\",code=\"422\"} 3\n"))
  }

  @Test func `a window holds the last quarter of an hour`() throws {
    let window = RollingWindow()
    #expect(window.moments(at: 0) == nil)
    // NumPy: std([1, 3, 4, 8], ddof=1); the sum of squares alone would lose all of it at this height.
    for (index, value) in [1.0, 3, 4, 8].enumerated() { window.add(1e9 + value, at: 1_000_000 + Double(index) * 61) }
    let moments = try #require(window.moments(at: 1_000_200))
    #expect(moments.count == 4)
    #expect(abs(moments.mean - (1e9 + 4)) < 1e-6)
    #expect(abs(moments.deviation - 2.943920288775949) < 1e-6)
    #expect(moments.minimum == 1e9 + 1)
    #expect(moments.maximum == 1e9 + 8)
    #expect(window.moments(at: 1_000_000 + 17 * 60)?.count == 1, "three of the four values have left")
    #expect(window.moments(at: 1_000_000 + 60 * 60) == nil)
  }

  @Test func `performance is what scikit-learn says of the same outcomes`() throws {
    func count(_ predicted: String, _ label: String?, _ count: Int) -> OutcomeCount {
      OutcomeCount(version: "v1", predictedClass: predicted, label: label, count: count)
    }
    let binary = [
      count("1", "1", 30), count("1", "0", 10), count("0", "1", 20), count("0", "0", 140), count("0", nil, 50),
    ]
    let performance = try #require(
      VersionPerformance.of(labelled: binary.filter { $0.label != nil }, sample: binary, positive: "1").first)
    #expect(performance.labelled == 200)
    #expect(performance.coverage == 0.8)
    let scores = try #require(performance.scores)
    #expect(abs(scores.accuracy - 0.85) < 1e-12)
    #expect(abs((scores.precision ?? .nan) - 0.75) < 1e-12)
    #expect(abs((scores.recall ?? .nan) - 0.6) < 1e-12)
    #expect(abs((scores.f1 ?? .nan) - 2.0 / 3) < 1e-12)
    // No label and no prediction is positive: scikit-learn warns and says 0, a gauge would lie.
    let negative = try #require(
      VersionPerformance.of(labelled: [count("0", "0", 9)], sample: [], positive: "1").first?.scores)
    #expect(negative.accuracy == 1 && negative.precision == nil && negative.recall == nil && negative.f1 == nil)
    let macro = try #require(
      VersionPerformance.of(
        labelled: [count("a", "a", 2), count("b", "a", 1), count("c", "b", 1)], sample: [], positive: nil
      ).first?.scores)
    #expect(abs(macro.accuracy - 0.5) < 1e-12)
    #expect(abs((macro.precision ?? .nan) - 1.0 / 3) < 1e-12)
    #expect(abs((macro.recall ?? .nan) - 2.0 / 9) < 1e-12)
    #expect(abs((macro.f1 ?? .nan) - 0.8 / 3) < 1e-12)
  }

  @Test func `the summary tells histograms by mean and quantiles`() throws {
    let registry = MetricsRegistry()
    registry.counter("a_total", help: "", labels: ["code"]).with("200").increment(by: 3)
    let histogram = registry.histogram("b_seconds", help: "B", labels: ["endpoint"], bounds: [1, 2, 4]).with("x")
    for value in [0.5, 1.5, 1.5, 3] { histogram.observe(value) }
    let summary = MetricsSummary(registry)
    #expect(summary.lines.map(\.name) == ["a_total", "b_seconds"])
    #expect(summary.lines.map(\.labels) == [#"code="200""#, #"endpoint="x""#])
    #expect(summary.lines.first?.value == .number(3))
    guard case .distribution(4, 1.625, let p50?, let p95?, let p99?) = summary.lines.last?.value else {
      Issue.record("no distribution: \(summary.lines)")
      return
    }
    #expect(abs(p50 - 1.5) < 1e-12 && abs(p95 - 3.6) < 1e-12 && abs(p99 - 3.92) < 1e-12)
    #expect(summary.text.contains("b_seconds: B\n  endpoint=x  4 values  mean 1.625  p50 1.5"), "\(summary.text)")
  }
}
