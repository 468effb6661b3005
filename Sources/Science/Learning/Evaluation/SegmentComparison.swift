import Statistics
package import Tabular
package import WorkerContract

/// The part of the rows that one level of a feature has.
package struct Segment: Sendable {
  package var level: String
  package var rows: Set<Int>

  /// Levels of a categorical column, or quarters of a numeric one; missing values are a level of their own.
  package static func all(of column: Column) -> [Segment] {
    var rows: [String: Set<Int>] = [:]
    switch column {
    case .categorical(let codes, let levels):
      for (row, code) in codes.enumerated() { rows[code < 0 ? missing : levels[Int(code)], default: []].insert(row) }
    case .numeric(let values):
      let sorted = values.filter { !$0.isNaN }.sorted()
      let edges = sorted.isEmpty ? [] : [0.25, 0.5, 0.75].map { quantile(ofSorted: sorted, $0) }
      let names = quarterNames(edges)
      for (row, value) in values.enumerated() {
        let quarter = edges.count { value >= $0 }
        rows[value.isNaN ? missing : names[quarter], default: []].insert(row)
      }
    }
    return rows.map { Segment(level: $0.key, rows: $0.value) }.sorted { $0.level < $1.level }
  }

  private static let missing = "(missing)"

  private static func quarterNames(_ edges: [Double]) -> [String] {
    guard let first = edges.first, let last = edges.last else { return [""] }
    return ["below \(numberText(first))"]
      + zip(edges, edges.dropFirst()).map { "\(numberText($0)) to below \(numberText($1))" }
      + ["from \(numberText(last))"]
  }
}

extension SegmentGuard {
  /// Levels with fewer rows say too little to be judged.
  package static let minimumRows = 30

  /// The level on which the challenger lost most against the champion; nil where no level has enough rows, or the
  /// measure exists on none (an area under the curve needs two classes).
  package func worst(
    among segments: [Segment], challenger: Predictions, champion: Predictions
  ) -> TrainingResult.SegmentResult? {
    let own = ResampledMeasure(challenger, metric: metric)
    let other = ResampledMeasure(champion, metric: metric)
    let results = segments.compactMap { segment -> TrainingResult.SegmentResult? in
      guard segment.rows.count >= Self.minimumRows else { return nil }
      let rows = segment.rows.sorted()
      let (reached, before) = (own.value(rows), other.value(rows))
      guard !reached.isNaN, !before.isNaN else { return nil }
      return TrainingResult.SegmentResult(
        feature: feature, level: segment.level, metric: metric, challenger: reached, champion: before, rows: rows.count)
    }
    return results.max { loss($0) < loss($1) }
  }

  private func loss(_ result: TrainingResult.SegmentResult) -> Double {
    metric == .brier ? result.challenger - result.champion : result.champion - result.challenger
  }
}
