import Exposition
import Foundation

/// The metrics for people: what `/metrics` says, with histograms told by their mean and quantiles.
struct MetricsSummary: Sendable {
  struct Line: Sendable, Equatable {
    var name: String
    /// As in the exposition: `endpoint="predict",code="200"`.
    var labels: String
    var value: Value
  }

  enum Value: Sendable, Equatable {
    case number(Double)
    /// Quantiles are interpolated within their bucket; nil where they lie beyond the last finite bound.
    case distribution(count: Int, mean: Double, p50: Double?, p95: Double?, p99: Double?)
  }

  /// Numbers first, then distributions, each in the order of their names.
  private(set) var lines: [Line] = []
  /// What each family is.
  private var help: [String: String] = [:]

  init(_ registry: MetricsRegistry) {
    var distributions: [Line] = []
    for family in registry.snapshot() {
      if !family.help.isEmpty { help[family.name] = family.help }
      for sample in family.samples {
        switch sample.value {
        case .number(let value):
          lines.append(Line(name: family.name, labels: sample.labels, value: .number(value)))
        case .histogram(let histogram, let bounds) where histogram.count > 0:
          distributions.append(
            Line(name: family.name, labels: sample.labels, value: Self.distribution(histogram, bounds)))
        case .histogram: break
        }
      }
    }
    lines += distributions
  }

  private static func distribution(_ histogram: Histogram.Snapshot, _ bounds: [Double]) -> Value {
    func quantile(_ share: Double) -> Double? { Self.quantile(share, of: histogram, bounds) }
    return .distribution(
      count: histogram.count, mean: histogram.sum / Double(histogram.count), p50: quantile(0.5), p95: quantile(0.95),
      p99: quantile(0.99))
  }

  /// As Prometheus' `histogram_quantile`: linear within the bucket, from 0 in the first one.
  private static func quantile(_ share: Double, of histogram: Histogram.Snapshot, _ bounds: [Double]) -> Double? {
    let rank = share * Double(histogram.count)
    var lower = (bound: 0.0, count: 0.0)
    for (bound, count) in zip(bounds, histogram.counts.map(Double.init)) {
      if count >= rank {
        guard count > lower.count else { return bound }
        return lower.bound + (bound - lower.bound) * (rank - lower.count) / (count - lower.count)
      }
      lower = (bound, count)
    }
    return nil
  }

  /// A page for people: each family with what it is, then its values, in columns.
  var text: String {
    var page = ""
    var rest = lines[...]
    while let name = rest.first?.name {
      let family = rest.prefix { $0.name == name }
      rest = rest.dropFirst(family.count)
      page += (page.isEmpty ? "" : "\n") + name + (help[name].map { ": \($0)" } ?? "") + "\n"
      page += Self.columns(family.map { [$0.readableLabels] + $0.value.cells })
    }
    return page
  }

  /// The first column to the left, numbers to the right.
  private static func columns(_ rows: [[String]]) -> String {
    let count = rows.map(\.count).max() ?? 0
    let widths = (0..<count).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
    return rows.map { row in
      let cells = row.enumerated().map { column, cell in
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        return column == 0 ? cell + padding : padding + cell
      }
      return "  " + cells.joined(separator: "  ") + "\n"
    }.joined()
  }

  fileprivate static func readable(_ value: Double) -> String {
    if let whole = Int(exactly: value) { return String(whole) }
    return String(format: abs(value) < 1e4 ? "%.4g" : "%.0f", value)
  }
}

extension MetricsSummary.Line {
  /// `endpoint=predict code=200`
  fileprivate var readableLabels: String { labels.replacing("\",", with: "\" ").replacing("\"", with: "") }
}

extension MetricsSummary.Value {
  fileprivate var cells: [String] {
    switch self {
    case .number(let value): [MetricsSummary.readable(value)]
    case .distribution(let count, let mean, let p50, let p95, let p99):
      [String(count) + " values", "mean " + MetricsSummary.readable(mean)]
        + [("p50", p50), ("p95", p95), ("p99", p99)].map { "\($0.0) \($0.1.map(MetricsSummary.readable) ?? "beyond")" }
    }
  }
}
