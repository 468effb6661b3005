import ApusAPI
import Decisions
package import Exposition
package import KubernetesModel
import Synchronization
import WorkerContract

/// Keeps the metrics of `OperatorMetric` equal to what the resources say; children go when their object goes. Thousands of
/// models have hundreds of thousands of samples: each is kept in 24 bytes, and made into text when it is asked for.
package final class OperatorMetricsRecorder: Sendable {
  private struct Sample: Sendable {
    /// Its place in `OperatorMetric.all`.
    var metric: Int
    /// Label values after those of the object.
    var more: [String]
    var value: Double
  }

  /// The samples of an object.
  private struct Record: Sendable {
    /// The label values with which all of its samples begin.
    var labels: [String]
    var gauges: [Sample] = []
    var counters: [Sample] = []
  }

  private struct State: Sendable {
    var records: [String: Record] = [:]
    /// Lists of label values that many samples share.
    var common: [[String]: [String]] = [:]
  }

  private let state = Mutex(State())
  private let places: [String: Int]

  package init(_ registry: MetricsRegistry) {
    places = Dictionary(
      OperatorMetric.all.enumerated().map { ($0.element.name, $0.offset) }, uniquingKeysWith: { $1 })
    for (place, metric) in OperatorMetric.all.enumerated() {
      registry.collected(
        metric.name, help: metric.help, kind: metric.type == .gauge ? .gauge : .counter, labels: metric.labels
      ) { [weak self] in self?.samples(place, isGauge: metric.type == .gauge) ?? [] }
    }
  }

  private func samples(_ place: Int, isGauge: Bool) -> [(values: [String], value: Double)] {
    state.withLock { state in
      state.records.values.flatMap { record in
        (isGauge ? record.gauges : record.counters).lazy.filter { $0.metric == place }
          .map { (values: record.labels + $0.more, value: $0.value) }
      }
    }
  }

  func count(_ owner: String, _ metric: OperatorMetric, _ labels: [String]) { add(1, owner, metric, labels) }

  /// The counter, from the first look at its object on: who reads metrics sees an increase only from a value seen before.
  private func begin(_ owner: String, _ metric: OperatorMetric, _ labels: [String]) { add(0, owner, metric, labels) }

  private func add(_ amount: Double, _ owner: String, _ metric: OperatorMetric, _ labels: [String]) {
    guard let place = places[metric.name] else { return }
    state.withLock { state in
      change(owner, labels, &state) { record, state in
        let more = Self.rest(of: labels, after: record.labels, &state)
        if let index = record.counters.firstIndex(where: { $0.metric == place && $0.more == more }) {
          record.counters[index].value += amount
        } else {
          record.counters.append(Sample(metric: place, more: more, value: amount))
        }
      }
    }
  }

  /// Makes these gauges all that `owner` has: those that it had and that are not among them are taken away.
  func replace(_ owner: String, with values: [(OperatorMetric, [String], Double)]) {
    set(owner, values, keepingOthers: false)
  }

  /// - Parameter keepingOthers: whether gauges that are not among the values stay as they are.
  private func set(_ owner: String, _ values: [(OperatorMetric, [String], Double)], keepingOthers: Bool) {
    guard let labels = values.first?.1 else { return }
    state.withLock { state in
      change(owner, labels, &state) { record, state in
        var gauges: [Sample] = keepingOthers ? record.gauges : []
        gauges.reserveCapacity(values.count)
        for (metric, labels, value) in values {
          guard let place = places[metric.name] else { continue }
          let more = Self.rest(of: labels, after: record.labels, &state)
          if let index = gauges.firstIndex(where: { $0.metric == place && $0.more == more }) {
            gauges[index].value = value
          } else {
            gauges.append(Sample(metric: place, more: more, value: value))
          }
        }
        record.gauges = gauges
      }
    }
  }

  /// An object whose own labels change, as a policy that is pointed at another model, begins anew.
  private func change(
    _ owner: String, _ labels: [String], _ state: inout State, _ body: (inout Record, inout State) -> Void
  ) {
    // Namespace and name of a model; namespace, name and model of a policy.
    let own = Array(labels.prefix(owner.hasPrefix(Self.modelPrefix) ? 2 : 3))
    var record = state.records.removeValue(forKey: owner) ?? Record(labels: own)
    if record.labels != own { record = Record(labels: own) }
    body(&record, &state)
    state.records[owner] = record
  }

  private static func rest(of labels: [String], after own: [String], _ state: inout State) -> [String] {
    guard labels.count > own.count else { return [] }
    let more = Array(labels.dropFirst(own.count))
    if let common = state.common[more] { return common }
    if state.common.count >= 4096 { state.common = [:] }
    state.common[more] = more
    return more
  }

  private static let modelPrefix = "model "

  package func forgetModel(_ key: ObjectKey) { forget(Self.modelPrefix + "\(key)") }
  package func forgetPolicy(_ key: ObjectKey) { forget("policy \(key)") }

  private func forget(_ owner: String) {
    state.withLock { _ = $0.records.removeValue(forKey: owner) }
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
    set(owner, values, keepingOthers: true)
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
