import Exposition
import Tabular
package import Telemetry

/// How well a version predicts, from outcomes with labels.
package struct VersionPerformance: Sendable, Equatable {
  package var version: String
  package var predictions: Int
  package var labelled: Int
  /// Nil without a label.
  package var scores: Scores?

  package struct Scores: Sendable, Equatable {
    package var accuracy: Double
    package var precision: Double
    package var recall: Double
    package var f1: Double
  }

  /// Share of the predictions that have a label.
  package var coverage: Double { predictions > 0 ? Double(labelled) / Double(predictions) : 0 }

  /// The performance of each version in `counts`, by name.
  ///
  /// `positive` names the positive class where there are two classes; nil averages precision, recall and F1 over the
  /// classes that occur among labels and predictions (macro, as scikit-learn has it). A quotient 0 / 0 is 0.
  package static func of(_ counts: [OutcomeCount], positive: String?) -> [VersionPerformance] {
    Dictionary(grouping: counts, by: \.version).map { version, counts in
      let labelled = counts.filter { $0.label != nil }
      let total = labelled.reduce(0) { $0 + $1.count }
      return VersionPerformance(
        version: version, predictions: counts.reduce(0) { $0 + $1.count }, labelled: total,
        scores: total > 0 ? scores(labelled, total: total, positive: positive) : nil)
    }.sorted { $0.version < $1.version }
  }

  private static func scores(_ counts: [OutcomeCount], total: Int, positive: String?) -> Scores {
    let right = counts.filter { $0.predictedClass == $0.label }.reduce(0) { $0 + $1.count }
    let classes = positive.map { [$0] } ?? Set(counts.flatMap { [$0.predictedClass, $0.label ?? ""] }).sorted()
    var sum = Scores(accuracy: Double(right) / Double(total), precision: 0, recall: 0, f1: 0)
    for name in classes {
      let hits = count(counts) { $0.predictedClass == name && $0.label == name }
      let precision = ratio(hits, count(counts) { $0.predictedClass == name })
      let recall = ratio(hits, count(counts) { $0.label == name })
      let f1 = precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0
      sum.precision += precision / Double(classes.count)
      sum.recall += recall / Double(classes.count)
      sum.f1 += f1 / Double(classes.count)
    }
    return sum
  }

  private static func count(_ counts: [OutcomeCount], _ matches: (OutcomeCount) -> Bool) -> Int {
    counts.filter(matches).reduce(0) { $0 + $1.count }
  }

  private static func ratio(_ part: Int, _ whole: Int) -> Double { whole > 0 ? Double(part) / Double(whole) : 0 }
}

/// The gauges of performance by version.
struct PerformanceGauges: Sendable {
  private let accuracy: MetricFamily<Gauge>
  private let precision: MetricFamily<Gauge>
  private let recall: MetricFamily<Gauge>
  private let f1: MetricFamily<Gauge>
  private let coverage: MetricFamily<Gauge>
  private let labelled: MetricFamily<Gauge>

  init(registry: MetricsRegistry) {
    accuracy = registry.gauge(ServingMetricTable.accuracy)
    precision = registry.gauge(ServingMetricTable.precision)
    recall = registry.gauge(ServingMetricTable.recall)
    f1 = registry.gauge(ServingMetricTable.f1)
    coverage = registry.gauge(ServingMetricTable.coverage)
    labelled = registry.gauge(ServingMetricTable.labelled)
  }

  /// A version that left the window, or has no label there, shows nothing rather than something old.
  func show(_ performances: [VersionPerformance]) {
    for family in [accuracy, precision, recall, f1, coverage, labelled] { family.removeAll() }
    for performance in performances {
      coverage.with(performance.version).set(performance.coverage)
      labelled.with(performance.version).set(Double(performance.labelled))
      guard let scores = performance.scores else { continue }
      accuracy.with(performance.version).set(scores.accuracy)
      precision.with(performance.version).set(scores.precision)
      recall.with(performance.version).set(scores.recall)
      f1.with(performance.version).set(scores.f1)
    }
  }
}
