import ApusAPI
import Decisions
package import Exposition
package import KubernetesModel
import Synchronization
import WorkerContract

/// Keeps the metrics of `OperatorMetric` equal to what the resources say; children go when their object goes.
package final class OperatorMetricsRecorder: Sendable {
  /// A child: its metric's name and label values.
  struct Child: Hashable {
    var metric: String
    var labels: [String]
  }

  private let gauges: [String: MetricFamily<Gauge>]
  private let counters: [String: MetricFamily<Counter>]
  /// The gauges that each object has set, by kind and key.
  private let shown = Mutex<[String: Set<Child>]>([:])
  /// The counters of each object.
  private let counted = Mutex<[String: Set<Child>]>([:])

  package init(_ registry: MetricsRegistry) {
    var gauges: [String: MetricFamily<Gauge>] = [:]
    var counters: [String: MetricFamily<Counter>] = [:]
    for metric in OperatorMetric.all {
      switch metric.type {
      case .gauge: gauges[metric.name] = registry.gauge(metric.name, help: metric.help, labels: metric.labels)
      case .counter: counters[metric.name] = registry.counter(metric.name, help: metric.help, labels: metric.labels)
      }
    }
    self.gauges = gauges
    self.counters = counters
  }

  func count(_ owner: String, _ metric: OperatorMetric, _ labels: [String]) {
    begin(owner, metric, labels).increment()
  }

  /// The counter, from the first look at its object on: who reads metrics sees an increase only from a value seen before.
  @discardableResult
  private func begin(_ owner: String, _ metric: OperatorMetric, _ labels: [String]) -> Counter {
    _ = counted.withLock { $0[owner, default: []].insert(Child(metric: metric.name, labels: labels)) }
    return counters[metric.name]?.child(labels) ?? Counter()
  }

  /// Makes these gauges all that `owner` has: those that it had and that are not among them are taken away.
  func replace(_ owner: String, with values: [(OperatorMetric, [String], Double)]) {
    var now: Set<Child> = []
    for (metric, labels, value) in values {
      gauges[metric.name]?.child(labels).set(value)
      now.insert(Child(metric: metric.name, labels: labels))
    }
    let gone = shown.withLock { shown in
      let before = shown[owner] ?? []
      shown[owner] = now.isEmpty ? nil : now
      return before.subtracting(now)
    }
    for child in gone { gauges[child.metric]?.remove(child.labels) }
  }

  package func forgetModel(_ key: ObjectKey) { forget("model \(key)") }
  package func forgetPolicy(_ key: ObjectKey) { forget("policy \(key)") }

  private func forget(_ owner: String) {
    replace(owner, with: [])
    let gone = counted.withLock { $0.removeValue(forKey: owner) } ?? []
    for child in gone { counters[child.metric]?.remove(child.labels) }
  }
}

extension MetricFamily {
  /// `remove` for labels in a list; metrics here have at most five.
  fileprivate func remove(_ labels: [String]) {
    switch labels.count {
    case 0: remove()
    case 1: remove(labels[0])
    case 2: remove(labels[0], labels[1])
    case 3: remove(labels[0], labels[1], labels[2])
    case 4: remove(labels[0], labels[1], labels[2], labels[3])
    default: remove(labels[0], labels[1], labels[2], labels[3], labels[4])
    }
  }
}

// What is shown of a model.
extension OperatorMetricsRecorder {
  func show(_ observed: ModelObservation, _ decision: ModelDecision) {
    let key = observed.model.key
    let labels = [key.namespace, key.name]
    let status = decision.status
    var values: [(OperatorMetric, [String], Double)] = [
      (.modelReady, labels, status.conditions.isTrue(ConditionType.ready.rawValue) ? 1 : 0),
      (.modelHasProduction, labels, status.version == nil ? 0 : 1),
    ]
    if let version = status.version { values.append((.modelInfo, labels + [version], 1)) }
    for entry in status.traffic {
      values.append((.trafficWeight, labels + [entry.version, entry.role.rawValue], Double(entry.weight) / 100))
    }
    if let trained = status.lastTrained { values.append((.trainingTimestamp, labels, trained.secondsSince1970)) }
    replace("model \(key)", with: values)
    countEnds("model \(key)", observed, decision, labels)
  }

  private func countEnds(
    _ owner: String, _ observed: ModelObservation, _ decision: ModelDecision, _ labels: [String]
  ) {
    for outcome in [ModelDeploymentStatus.TrainingStatus.State.succeeded, .failed] {
      begin(owner, .trainings, labels + [outcome.rawValue])
    }
    begin(owner, .promotions, labels)
    for object in decision.apply where object.resource == ApusGroup.modelVersions {
      let isFailure = object.manifest[path: "spec", "failure"] != nil
      let outcome: ModelDeploymentStatus.TrainingStatus.State = isFailure ? .failed : .succeeded
      count(owner, .trainings, labels + [outcome.rawValue])
    }
    if let version = decision.status.version, version != observed.model.status.version {
      count(owner, .promotions, labels)
    }
  }
}

// What is shown of a policy.
extension OperatorMetricsRecorder {
  func show(_ observed: PolicyObservation, _ decision: PolicyDecision) {
    let key = observed.policy.key
    let labels = [key.namespace, key.name, observed.policy.spec.modelRef.name]
    let status = decision.status
    var values: [(OperatorMetric, [String], Double)] = [
      (.retrainingNeeded, labels, status.conditions.isTrue(ConditionType.retrainingNeeded.rawValue) ? 1 : 0),
      (.checkInterval, labels, interval(observed)),
    ]
    if let record = status.lastCheck {
      values.append((.checkRows, labels, Double(record.rows)))
    }
    let conclusive = status.history.first { $0.outcome != .inconclusive && $0.outcome != .failed }
    if let conclusive { values.append((.checkTimestamp, labels, conclusive.time.secondsSince1970)) }
    if let check = status.lastCheck?.result, check.conclusive {
      values += Self.values(of: check, labels)
      replace("policy \(key)", with: values)
    } else {
      keep("policy \(key)", adding: values)
    }
    let owner = "policy \(key)"
    for outcome in MonitoringPolicyStatus.CheckRecord.Outcome.allCases {
      begin(owner, .checks, labels + [outcome.rawValue])
    }
    for record in decision.recorded { count(owner, .checks, labels + [record.outcome.rawValue]) }
    countDecision(owner, observed, decision, labels)
  }

  /// Sets these and leaves what an earlier conclusive check has shown.
  private func keep(_ owner: String, adding values: [(OperatorMetric, [String], Double)]) {
    for (metric, labels, value) in values { gauges[metric.name]?.child(labels).set(value) }
    shown.withLock { shown in
      shown[owner, default: []].formUnion(values.map { Child(metric: $0.0.name, labels: $0.1) })
    }
  }

  private func interval(_ observed: PolicyObservation) -> Double {
    let spec = observed.policy.spec
    guard !spec.suspend, let next = spec.schedule.next(after: observed.now),
      let afterNext = spec.schedule.next(after: next)
    else { return 0 }
    return afterNext.seconds(since: next)
  }

  private func countDecision(
    _ owner: String, _ observed: PolicyObservation, _ decision: PolicyDecision, _ labels: [String]
  ) {
    let before = observed.policy.status.retraining.decision
    guard let now = decision.status.retraining.decision, now.action != before?.action || now.reason != before?.reason
    else { return }
    count(owner, .retrainingDecisions, labels + [now.action.rawValue, now.reason])
  }

  private static func values(of check: CheckResult, _ labels: [String]) -> [(OperatorMetric, [String], Double)] {
    var values: [(OperatorMetric, [String], Double)] = [
      (.driftFeatures, labels + ["critical"], Double(check.drift.critical)),
      (.driftFeatures, labels + ["warning"], Double(check.drift.warning)),
      (.driftShare, labels, check.drift.share), (.labelCoverage, labels, check.performance.coverage),
    ]
    for feature in check.drift.worst {
      values.append((.driftPSI, labels + [feature.feature], feature.psi))
      values.append((.driftEffect, labels + [feature.feature], feature.effect))
    }
    if let predictions = check.predictionDrift {
      values.append((.predictionDrift, labels, predictions.drifted ? 1 : 0))
      values.append((.predictionPSI, labels, predictions.psi))
      values.append((.meanConfidence, labels, predictions.meanConfidence))
    }
    for severity in [Severity.warning, .critical] {
      let count = check.quality.failed.count { $0.severity == severity }
      values.append((.qualityFailures, labels + [severity.rawValue], Double(count)))
    }
    for failed in check.quality.failed where failed.check == "missingRate" {
      values.append((.featureMissing, labels + [failed.feature ?? ""], failed.value))
    }
    if let metrics = check.performance.metrics {
      values += [
        (.accuracy, labels, metrics.accuracy), (.rocAUC, labels, metrics.rocAUC),
        (.precision, labels, metrics.precision), (.recall, labels, metrics.recall), (.f1, labels, metrics.f1),
      ]
    }
    return values
  }
}
