import Foundation

/// The metrics for people: what `/metrics` says, with histograms told by their mean and quantiles.
package struct MetricsSummary: Sendable {
  package struct Line: Sendable, Equatable {
    package var name: String
    /// As in the exposition: `endpoint="predict",code="200"`.
    package var labels: String
    package var value: Value
  }

  package enum Value: Sendable, Equatable {
    case number(Double)
    /// Quantiles are interpolated within their bucket; nil where they lie beyond the last finite bound.
    case distribution(count: Int, mean: Double, p50: Double?, p95: Double?, p99: Double?)
  }

  package private(set) var lines: [Line] = []
  /// What each family is.
  private var help: [String: String] = [:]

  /// Reads an exposition in text format 0.0.4.
  package init(exposition: String) {
    var histograms: [String: Histogram] = [:]
    var order: [(name: String, labels: String)] = []
    var kinds: [String: Substring] = [:]
    for line in exposition.split(separator: "\n") {
      if line.hasPrefix("# TYPE ") {
        let words = line.split(separator: " ")
        if words.count == 4 { kinds[String(words[2])] = words[3] }
        continue
      }
      if line.hasPrefix("# HELP ") {
        let words = line.split(separator: " ", maxSplits: 3)
        if words.count == 4 { help[String(words[2])] = String(words[3]) }
        continue
      }
      guard !line.hasPrefix("#"), let sample = Sample(line) else { continue }
      guard let (family, part) = sample.histogramPart, kinds[family] == "histogram" else {
        lines.append(Line(name: sample.name, labels: sample.labels, value: .number(sample.value)))
        continue
      }
      let key = family + "{" + sample.labelsWithoutBound
      if histograms[key] == nil { order.append((family, sample.labelsWithoutBound)) }
      histograms[key, default: Histogram()].add(part, sample)
    }
    for (name, labels) in order {
      guard let histogram = histograms[name + "{" + labels], histogram.count > 0 else { continue }
      lines.append(Line(name: name, labels: labels, value: histogram.value))
    }
  }

  /// A page for people: each family with what it is, then its values, in columns.
  package var text: String {
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

  /// `{"metrics": [{"name", "labels", "value"} or {"name", "labels", "count", "mean", "p50", "p95", "p99"}]}`
  var json: JSONText {
    var text = JSONText(capacity: 4096)
    text.raw(#"{"metrics":"#)
    text.array(lines) { text, line in
      text.raw(#"{"name":"#)
      text.string(line.name)
      text.raw(#","labels":"#)
      text.string(line.labels)
      switch line.value {
      case .number(let value):
        text.raw(#","value":"#)
        text.number(value)
      case .distribution(let count, let mean, let p50, let p95, let p99):
        text.raw(#","count":"#)
        text.integer(count)
        text.raw(#","mean":"#)
        text.number(mean)
        text.raw(#","p50":"#)
        text.number(p50 ?? .nan)
        text.raw(#","p95":"#)
        text.number(p95 ?? .nan)
        text.raw(#","p99":"#)
        text.number(p99 ?? .nan)
      }
      text.raw("}")
    }
    text.raw("}")
    return text
  }

  fileprivate static func readable(_ value: Double) -> String {
    if let whole = Int(exactly: value) { return String(whole) }
    return String(format: abs(value) < 1e4 ? "%.4g" : "%.0f", value)
  }

  private struct Sample {
    let name: String
    let labels: String
    let value: Double

    init?(_ line: Substring) {
      guard let space = line.lastIndex(of: " "), let value = Double(line[line.index(after: space)...]) else {
        return nil
      }
      let head = line[..<space]
      self.value = value
      guard let brace = head.firstIndex(of: "{") else {
        name = String(head)
        labels = ""
        return
      }
      name = String(head[..<brace])
      labels = String(head[head.index(after: brace)...].dropLast())
    }

    enum Part {
      case bucket, sum, count
    }

    var histogramPart: (family: String, Part)? {
      for (suffix, part) in [("_bucket", Part.bucket), ("_sum", .sum), ("_count", .count)] where name.hasSuffix(suffix)
      {
        return (String(name.dropLast(suffix.count)), part)
      }
      return nil
    }

    /// The exposition writes `le` last.
    private var boundStart: String.Index? { labels.range(of: "le=\"", options: .backwards)?.lowerBound }

    var labelsWithoutBound: String {
      guard name.hasSuffix("_bucket"), let start = boundStart else { return labels }
      let rest = labels[..<start]
      return String(rest.hasSuffix(",") ? rest.dropLast() : rest)
    }

    var bound: Double {
      guard let start = boundStart else { return .infinity }
      return Double(labels[labels.index(start, offsetBy: 4)...].dropLast()) ?? .infinity
    }
  }

  private struct Histogram {
    var buckets: [(bound: Double, count: Double)] = []
    var sum = 0.0
    var count = 0.0

    mutating func add(_ part: Sample.Part, _ sample: Sample) {
      switch part {
      case .bucket: buckets.append((sample.bound, sample.value))
      case .sum: sum = sample.value
      case .count: count = sample.value
      }
    }

    var value: Value {
      .distribution(
        count: Int(count), mean: sum / count, p50: quantile(0.5), p95: quantile(0.95), p99: quantile(0.99))
    }

    /// As Prometheus' `histogram_quantile`: linear within the bucket, from 0 in the first one.
    private func quantile(_ share: Double) -> Double? {
      let rank = share * count
      var lower = (bound: 0.0, count: 0.0)
      for bucket in buckets.sorted(by: { $0.bound < $1.bound }) {
        if bucket.count >= rank {
          guard bucket.bound.isFinite else { return nil }
          guard bucket.count > lower.count else { return bucket.bound }
          return lower.bound + (bucket.bound - lower.bound) * (rank - lower.count) / (bucket.count - lower.count)
        }
        lower = bucket
      }
      return nil
    }
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
