import Exposition

/// A counter of an operator's own, with its labels.
public struct OperatorCounter: Sendable {
  fileprivate let family: MetricFamily<Counter>

  /// Label values in the order of the labels' names. An amount of 0 shows the child at 0.
  public func increment(by amount: Double = 1, _ labels: String...) { family.child(labels).increment(by: amount) }
}

/// A gauge of an operator's own, with its labels.
public struct OperatorGauge: Sendable {
  fileprivate let family: MetricFamily<Gauge>

  /// Label values in the order of the labels' names.
  public func set(_ value: Double, _ labels: String...) { family.child(labels).set(value) }

  /// Takes a child out, for things that no longer exist.
  public func remove(_ labels: String...) { family.removeChild(labels) }
}

extension RuntimeMetrics {
  /// - Parameter name: ends in `_total`, as all counters do.
  public func counter(_ name: String, help: String, labels: [String] = []) -> OperatorCounter {
    OperatorCounter(family: registry.counter(name, help: help, labels: labels))
  }

  public func gauge(_ name: String, help: String, labels: [String] = []) -> OperatorGauge {
    OperatorGauge(family: registry.gauge(name, help: help, labels: labels))
  }

  /// What is wrong with the names and labels of metrics; empty when all is well.
  public var problems: [String] { registry.problems }
}
