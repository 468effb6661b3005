import Exposition
import Statistics
import Synchronization
import Tabular
import Telemetry

/// How well a version predicts, from outcomes with labels.
struct VersionPerformance: Sendable, Equatable {
  var version: String
  var labelled: Int
  /// Share of the predictions that have a label; nil where no prediction was looked at.
  var coverage: Double?
  /// Nil without a label.
  var scores: Scores?

  struct Scores: Sendable, Equatable {
    var accuracy: Double
    /// nil where the measure is not defined; see `ClassScores`.
    var precision: Double?
    var recall: Double?
    var f1: Double?
  }

  /// The performance of each version, by name.
  ///
  /// `positive` names the positive class where there are two classes; nil averages precision, recall and F1 over the
  /// classes that occur among labels and predictions.
  /// - Parameters:
  ///   - labelled: Outcomes of predictions that have a label.
  ///   - sample: Outcomes of predictions, whether they have one or not.
  static func of(
    labelled: [OutcomeCount], sample: [OutcomeCount], positive: String?
  ) -> [VersionPerformance] {
    let (labelled, sample) = (
      Dictionary(grouping: labelled, by: \.version), Dictionary(grouping: sample, by: \.version)
    )
    return Set(labelled.keys).union(sample.keys).sorted().map { version in
      let counts = labelled[version] ?? []
      let total = self.total(counts) { $0.label != nil }
      return VersionPerformance(
        version: version, labelled: total, coverage: sample[version].map(coverage),
        scores: total > 0 ? scores(counts.filter { $0.label != nil }, total: total, positive: positive) : nil)
    }
  }

  private static func coverage(_ sample: [OutcomeCount]) -> Double {
    ratio(total(sample) { $0.label != nil }, total(sample) { _ in true })
  }

  private static func scores(_ counts: [OutcomeCount], total: Int, positive: String?) -> Scores {
    let right = self.total(counts) { $0.predictedClass == $0.label }
    let classes = positive.map { [$0] } ?? Set(counts.flatMap { [$0.predictedClass, $0.label ?? ""] }).sorted()
    let byClass = classes.map { name in
      ClassCounts(
        hits: self.total(counts) { $0.predictedClass == name && $0.label == name },
        predicted: self.total(counts) { $0.predictedClass == name }, occurring: self.total(counts) { $0.label == name })
    }
    let scores = ClassScores(byClass, positive: positive == nil ? nil : 0)
    return Scores(
      accuracy: Double(right) / Double(total), precision: scores.precision, recall: scores.recall, f1: scores.f1)
  }

  private static func total(_ counts: [OutcomeCount], _ matches: (OutcomeCount) -> Bool) -> Int {
    counts.filter(matches).reduce(0) { $0 + $1.count }
  }

  private static func ratio(_ part: Int, _ whole: Int) -> Double { whole > 0 ? Double(part) / Double(whole) : 0 }
}

/// The gauges of performance by version.
final class PerformanceGauges: Sendable {
  private let accuracy: MetricFamily<Gauge>
  private let precision: MetricFamily<Gauge>
  private let recall: MetricFamily<Gauge>
  private let f1: MetricFamily<Gauge>
  private let coverage: MetricFamily<Gauge>
  private let labelled: MetricFamily<Gauge>
  /// Those that are served; nil before any is.
  private let versions = Mutex<Set<String>?>(nil)

  init(registry: MetricsRegistry) {
    accuracy = registry.gauge(ServingMetricTable.accuracy)
    precision = registry.gauge(ServingMetricTable.precision)
    recall = registry.gauge(ServingMetricTable.recall)
    f1 = registry.gauge(ServingMetricTable.f1)
    coverage = registry.gauge(ServingMetricTable.coverage)
    labelled = registry.gauge(ServingMetricTable.labelled)
  }

  private var families: [MetricFamily<Gauge>] { [accuracy, precision, recall, f1, coverage, labelled] }

  /// Shows no others from now on.
  func keep(_ served: Set<String>) {
    versions.withLock { versions in
      versions = served
      for family in families { family.removeAll { !served.contains($0[0]) } }
    }
  }

  /// A version that left the window, or has no label there, shows nothing rather than something old.
  func show(_ performances: [VersionPerformance]) {
    versions.withLock { served in
      for family in families { family.removeAll() }
      for performance in performances where served?.contains(performance.version) ?? true { show(performance) }
    }
  }

  private func show(_ performance: VersionPerformance) {
    if let share = performance.coverage { coverage.with(performance.version).set(share) }
    labelled.with(performance.version).set(Double(performance.labelled))
    guard let scores = performance.scores else { return }
    accuracy.with(performance.version).set(scores.accuracy)
    for (family, value) in [(precision, scores.precision), (recall, scores.recall), (f1, scores.f1)] {
      if let value { family.with(performance.version).set(value) }
    }
  }
}
