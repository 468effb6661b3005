import ApusAPI
import Decisions
package import Exposition
package import KubernetesModel
import Synchronization
import WorkerContract

/// Keeps the metrics of `OperatorMetric` equal to what the resources say; children go when their object goes. Thousands of
/// models have hundreds of thousands of samples: each is kept in 16 bytes, and made into text when it is asked for.
package final class OperatorMetricsRecorder: Sendable {
  private struct Sample: Sendable {
    var value: Double
    /// The label values after those of the object, by their place in `State.rests`.
    var rest: Int32
    /// Its place in `OperatorMetric.all`.
    var metric: UInt8
  }

  /// The samples of an object.
  private struct Record: Sendable {
    /// The label values with which all of its samples begin.
    var labels: [String]
    var samples: [Sample] = []

    mutating func change(_ metric: UInt8, _ rest: Int32, _ body: (inout Double) -> Void) {
      if let index = samples.firstIndex(where: { $0.metric == metric && $0.rest == rest }) {
        body(&samples[index].value)
      } else {
        var sample = Sample(value: 0, rest: rest, metric: metric)
        body(&sample.value)
        // Not appended: an array that grows keeps room for twice as many.
        samples = samples + [sample]
      }
    }
  }

  private struct State: Sendable {
    var records: [String: Record] = [:]
    /// Lists of label values that samples share: severities, outcomes, versions, features. They are few, and stay.
    var rests: [[String]] = []
    var places: [[String]: Int32] = [:]
  }

  private let state = Mutex(State())
  private let metrics: [String: UInt8]

  package init(_ registry: MetricsRegistry) {
    metrics = Dictionary(
      OperatorMetric.all.enumerated().map { ($0.element.name, UInt8($0.offset)) }, uniquingKeysWith: { $1 })
    for (place, metric) in OperatorMetric.all.enumerated() {
      registry.collected(
        metric.name, help: metric.help, kind: metric.type == .gauge ? .gauge : .counter, labels: metric.labels
      ) { [weak self] in self?.samples(UInt8(place)) ?? [] }
    }
  }

  private func samples(_ metric: UInt8) -> [(values: [String], value: Double)] {
    state.withLock { state in
      var samples: [(values: [String], value: Double)] = []
      for record in state.records.values {
        for sample in record.samples where sample.metric == metric {
          samples.append((record.labels + state.rests[Int(sample.rest)], sample.value))
        }
      }
      return samples
    }
  }

  func count(_ owner: String, _ metric: OperatorMetric, _ labels: [String]) { add(1, owner, metric, labels) }

  /// The counter, from the first look at its object on: who reads metrics sees an increase only from a value seen before.
  private func begin(_ owner: String, _ metric: OperatorMetric, _ labels: [String]) { add(0, owner, metric, labels) }

  private func add(_ amount: Double, _ owner: String, _ metric: OperatorMetric, _ labels: [String]) {
    guard let place = metrics[metric.name] else { return }
    state.withLock { state in
      var record = Self.takeRecord(owner, labels, &state)
      record.change(place, Self.rest(of: labels, after: record.labels, &state)) { $0 += amount }
      state.records[owner] = record
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
      var record = Self.takeRecord(owner, labels, &state)
      let new = values.compactMap { metric, labels, value in
        metrics[metric.name].map {
          Sample(value: value, rest: Self.rest(of: labels, after: record.labels, &state), metric: $0)
        }
      }
      if !keepingOthers {
        record.samples.removeAll { old in
          OperatorMetric.all[Int(old.metric)].type == .gauge
            && !new.contains { $0.metric == old.metric && $0.rest == old.rest }
        }
      }
      for sample in new { record.change(sample.metric, sample.rest) { $0 = sample.value } }
      state.records[owner] = record
    }
  }

  /// An object whose own labels change, as a policy that is pointed at another model, begins anew.
  private static func takeRecord(_ owner: String, _ labels: [String], _ state: inout State) -> Record {
    // Namespace and name of a model; namespace, name and model of a policy.
    let own = Array(labels.prefix(owner.hasPrefix(modelPrefix) ? 2 : 3))
    guard let record = state.records.removeValue(forKey: owner), record.labels == own else {
      return Record(labels: own)
    }
    return record
  }

  private static func rest(of labels: [String], after own: [String], _ state: inout State) -> Int32 {
    let rest = Array(labels.dropFirst(own.count))
    if let place = state.places[rest] { return place }
    let place = Int32(state.rests.count)
    state.rests.append(rest)
    state.places[rest] = place
    return place
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
  func show(_ decision: ModelDecision, of key: ObjectKey) {
    let labels = [key.namespace, key.name]
    let status = decision.status
    var values: [(OperatorMetric, [String], Double)] = [
      (.modelReady, labels, status.conditions.isTrue(ConditionType.ready.rawValue) ? 1 : 0),
      (.modelHasProduction, labels, status.version == nil ? 0 : 1),
      (.failedTrainings, labels, Double(status.failedTrainings ?? 0)),
    ]
    if let version = status.version { values.append((.modelInfo, labels + [version], 1)) }
    for entry in status.traffic {
      values.append((.trafficWeight, labels + [entry.version, entry.role.rawValue], Double(entry.weight) / 100))
    }
    if let trained = status.lastTrained { values.append((.trainingTimestamp, labels, trained.secondsSince1970)) }
    replace("model \(key)", with: values)
    count(decision.facts, "model \(key)", labels)
  }

  private func count(_ facts: ModelDecision.Facts, _ owner: String, _ labels: [String]) {
    for outcome in [ModelDeploymentStatus.TrainingStatus.State.succeeded, .failed, .unchanged] {
      begin(owner, .trainings, labels + [outcome.rawValue])
    }
    begin(owner, .promotions, labels)
    for outcome in facts.trainings { count(owner, .trainings, labels + [outcome.rawValue]) }
    if facts.isPromotion { count(owner, .promotions, labels) }
  }
}

// What is shown of a policy.
extension OperatorMetricsRecorder {
  /// - Parameter model: the one that the policy watches.
  func show(_ decision: PolicyDecision, of key: ObjectKey, model: String) {
    let labels = [key.namespace, key.name, model]
    let status = decision.status
    var values: [(OperatorMetric, [String], Double)] = [
      (.retrainingNeeded, labels, status.conditions.isTrue(ConditionType.retrainingNeeded.rawValue) ? 1 : 0),
      (.checkInterval, labels, decision.facts.checkInterval),
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
    if let verdict = decision.facts.newVerdict {
      count(owner, .retrainingDecisions, labels + [verdict.action.rawValue, verdict.reason])
    }
  }

  /// Sets these and leaves what an earlier conclusive check has shown.
  private func keep(_ owner: String, adding values: [(OperatorMetric, [String], Double)]) {
    set(owner, values, keepingOthers: true)
  }

  private static func values(of check: CheckResult, _ labels: [String]) -> [(OperatorMetric, [String], Double)] {
    var values: [(OperatorMetric, [String], Double)] = [
      (.driftFeatures, labels + ["critical"], Double(check.drift.critical)),
      (.driftFeatures, labels + ["warning"], Double(check.drift.warning)),
      (.driftShare, labels, check.drift.share),
    ]
    if let coverage = check.performance.coverage { values.append((.labelCoverage, labels, coverage)) }
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
    for failed in check.quality.failed where failed.check == .missingRate {
      values.append((.featureMissing, labels + [failed.feature ?? ""], failed.value))
    }
    if let metrics = check.performance.metrics {
      values.append((.accuracy, labels, metrics.accuracy))
      let measures: [(OperatorMetric, Double?)] = [
        (.rocAUC, metrics.rocAUC), (.precision, metrics.precision), (.recall, metrics.recall), (.f1, metrics.f1),
      ]
      for (metric, value) in measures { if let value { values.append((metric, labels, value)) } }
    }
    return values
  }
}
