import Synchronization

/// The metrics of a program. Asking for a family that is there gives that family; asking with another kind or other
/// labels gives one that is not exposed, and `problems` says so.
package final class MetricsRegistry: Sendable {
  enum Family: Sendable {
    case counter(MetricFamily<Counter>)
    case gauge(MetricFamily<Gauge>)
    case histogram(MetricFamily<Histogram>)
    case collected(CollectedFamily)
  }

  private struct State {
    var families: [String: Family] = [:]
    var beforeScrape: [@Sendable () -> Void] = []
    var problems: [String] = []
  }

  private let state = Mutex(State())

  package init() {}

  package func counter(_ name: String, help: String, labels: [String] = []) -> MetricFamily<Counter> {
    let family = MetricFamily(name: name, help: help, labels: labels) { Counter() }
    return register(name, labels, .counter(family), family) { family in
      if case .counter(let family) = family { family } else { nil }
    }
  }

  package func gauge(_ name: String, help: String, labels: [String] = []) -> MetricFamily<Gauge> {
    let family = MetricFamily(name: name, help: help, labels: labels) { Gauge() }
    return register(name, labels, .gauge(family), family) { family in
      if case .gauge(let family) = family { family } else { nil }
    }
  }

  package func histogram(
    _ name: String, help: String, labels: [String] = [], bounds: [Double] = Histogram.latency
  ) -> MetricFamily<Histogram> {
    let family = MetricFamily(name: name, help: help, labels: labels) { Histogram(bounds: bounds) }
    return register(name, labels, .histogram(family), family) { family in
      if case .histogram(let family) = family { family } else { nil }
    }
  }

  /// A family whose children are kept elsewhere, in fewer bytes than a `Counter` or `Gauge` each takes: they are asked for
  /// at each `text(_:)`. For families with children by the thousand.
  ///
  /// - Parameter samples: label values, as many as `labels`, and the value; in any order.
  package func collected(
    _ name: String, help: String, kind: MetricKind, labels: [String],
    samples: @escaping @Sendable () -> [(values: [String], value: Double)]
  ) {
    let family = CollectedFamily(name: name, help: help, kind: kind, labels: labels, samples: samples)
    state.withLock { state in
      guard state.families[name] == nil else {
        state.problems.append("\(name): registered twice")
        return
      }
      state.families[name] = .collected(family)
      state.problems += MetricName.problems(name, kind: kind, labels: labels)
    }
  }

  /// Runs at the beginning of each `text(_:)` and `snapshot()`, to set gauges that are cheaper to ask for than to keep.
  package func beforeScrape(_ body: @escaping @Sendable () -> Void) {
    state.withLock { $0.beforeScrape.append(body) }
  }

  /// What is wrong with the metrics' names and registrations; empty when all is well.
  package var problems: [String] { state.withLock { $0.problems } }

  private func register<Child>(
    _ name: String, _ labels: [String], _ new: Family, _ family: MetricFamily<Child>,
    _ same: (Family) -> MetricFamily<Child>?
  ) -> MetricFamily<Child> {
    // A family without labels has its only child from the start, at 0.
    if labels.isEmpty { _ = family.child([]) }
    return state.withLock { state in
      guard let present = state.families[name] else {
        state.families[name] = new
        state.problems += MetricName.problems(name, kind: new.kind, labels: labels)
        return family
      }
      guard let present = same(present), present.labels == labels else {
        state.problems.append("\(name): registered twice, with different kinds or labels")
        return family
      }
      return present
    }
  }

  /// The exposition of all metrics, families and children in a stable order.
  package func text(_ format: ExpositionFormat = .prometheus) -> String {
    parts(format).reduce(into: "") { $0 += $1 }
  }

  /// The same in parts, each made when it is asked for: with thousands of objects the whole is tens of megabytes.
  package func parts(_ format: ExpositionFormat = .prometheus) -> ExpositionParts {
    ExpositionParts(families(), format)
  }

  /// All families in the order of their names, as a scrape finds them.
  func families() -> [Family] {
    let beforeScrape = state.withLock { $0.beforeScrape }
    for body in beforeScrape { body() }
    return state.withLock { $0.families }.sorted { $0.key < $1.key }.map(\.value)
  }
}

extension MetricsRegistry.Family {
  var kind: MetricKind {
    switch self {
    case .counter: .counter
    case .gauge: .gauge
    case .histogram: .histogram
    case .collected(let family): family.kind
    }
  }
}

/// Conventions of Prometheus' naming guide, as `promtool check metrics` has them.
package enum MetricName {
  package static func problems(_ name: String, kind: MetricKind, labels: [String]) -> [String] {
    var problems: [String] = []
    if !isValid(name, allowsColon: true) { problems.append("\(name): not a metric name") }
    if kind == .counter, !name.hasSuffix("_total") { problems.append("\(name): a counter's name ends in _total") }
    if kind != .counter, name.hasSuffix("_total") { problems.append("\(name): only counters end in _total") }
    for suffix in ["_count", "_sum", "_bucket"] where name.hasSuffix(suffix) {
      problems.append("\(name): \(suffix) is for histograms' own series")
    }
    let words = Set(name.split(separator: "_"))
    for (unit, base) in [
      ("milliseconds", "seconds"), ("ms", "seconds"), ("microseconds", "seconds"), ("minutes", "seconds"),
      ("hours", "seconds"), ("days", "seconds"), ("percent", "ratio"), ("kilobytes", "bytes"), ("megabytes", "bytes"),
    ] where words.contains(Substring(unit)) {
      problems.append("\(name): use the base unit \(base)")
    }
    for label in labels where !isValid(label, allowsColon: false) || label.hasPrefix("__") || label == "le" {
      problems.append("\(name): '\(label)' is not a label's name")
    }
    return problems
  }

  private static func isValid(_ name: String, allowsColon: Bool) -> Bool {
    guard let first = name.utf8.first, !(0x30...0x39).contains(first) else { return false }
    return name.utf8.allSatisfy { byte in
      (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte) || byte == 0x5F
        || (allowsColon && byte == 0x3A)
    }
  }
}
