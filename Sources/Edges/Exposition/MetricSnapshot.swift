/// A family of metrics as it is at one moment, for whoever shows it in another way than as an exposition.
package struct MetricSnapshot: Sendable {
  package enum Value: Sendable, Equatable {
    case number(Double)
    /// - Parameter bounds: Upper bounds, ascending, without infinity; `counts` has one more.
    case histogram(Histogram.Snapshot, bounds: [Double])
  }

  package struct Sample: Sendable, Equatable {
    /// As an exposition has them: `endpoint="predict",code="200"`.
    package var labels: String
    package var value: Value
  }

  package var name: String
  package var help: String
  /// In a stable order.
  package var samples: [Sample]
}

extension MetricsRegistry {
  /// All families, in the order of their names.
  package func snapshot() -> [MetricSnapshot] { families().map(MetricSnapshot.init) }
}

extension MetricSnapshot {
  fileprivate init(_ family: MetricsRegistry.Family) {
    func samples(_ labels: [String], _ values: [(values: [String], value: Value)]) -> [Sample] {
      values.map { Sample(labels: ExpositionWriter.labels(labels, $0.values), value: $0.value) }
    }
    switch family {
    case .counter(let family):
      (name, help) = (family.name, family.help)
      self.samples = samples(family.labels, family.sorted.map { ($0.values, .number($0.child.value)) })
    case .gauge(let family):
      (name, help) = (family.name, family.help)
      self.samples = samples(family.labels, family.sorted.map { ($0.values, .number($0.child.value)) })
    case .histogram(let family):
      (name, help) = (family.name, family.help)
      self.samples = samples(
        family.labels,
        family.sorted.map { ($0.values, .histogram($0.child.snapshot, bounds: $0.child.bounds)) })
    case .collected(let family):
      (name, help) = (family.name, family.help)
      self.samples = samples(family.labels, family.sorted.map { ($0.values, .number($0.value)) })
    }
  }
}
