import ApusAPI
import KubernetesModel
import WorkerContract

/// What a check's result means under a policy.
enum CheckJudgement {
  typealias Record = MonitoringPolicyStatus.CheckRecord
  typealias Trigger = MonitoringPolicySpec.Retraining.Trigger

  static func record(_ end: RunLedger.End, _ spec: MonitoringPolicySpec, _ readings: [QueryReading]) -> Record {
    let job = end.job
    let time = (end.time ?? job.createdAt).wholeSeconds
    func failed(_ failure: RunFailure) -> Record {
      Record(
        job: job.name, time: time, version: job.annotations[RunAnnotation.version] ?? "", rows: 0, outcome: .failed,
        triggers: [], result: nil, message: "\(failure.reason): \(failure.message)")
    }
    switch end.outcome {
    case .failed(let failure): return failed(failure)
    case .ended(let result):
      guard let check = result.checked else {
        return failed(
          .init(.resultUnreadable, "\(job.name) wrote a result that is not that of a check", retryable: false))
      }
      let findings = findings(of: check, spec, readings)
      return Record(
        job: job.name, time: time, version: check.version, rows: check.rows, outcome: outcome(check, findings),
        triggers: findings.filter { isMendable($0, check, spec, readings) }, findings: findings, result: check,
        message: message(check, spec, readings))
    }
  }

  /// What is critical, in the words of the policy's triggers, whether a training can mend it or not.
  private static func findings(
    of check: CheckResult, _ spec: MonitoringPolicySpec, _ readings: [QueryReading]
  ) -> [Trigger] {
    Trigger.allCases.filter { finding in
      switch finding {
      case .criticalDrift: check.conclusive && driftSeverity(check) == .critical
      case .qualityFailure: check.conclusive && check.quality.severity == .critical
      case .performanceLoss: !performanceProblems(check, spec, readings).isEmpty
      }
    }
  }

  /// Whether a training can mend what was found: no training makes answers faster, brings a feature back that callers do not
  /// send, or keeps them from sending a request twice. See decision 0020.
  private static func isMendable(
    _ finding: Trigger, _ check: CheckResult, _ spec: MonitoringPolicySpec, _ readings: [QueryReading]
  ) -> Bool {
    switch finding {
    case .criticalDrift: mendable(check).drift == .critical
    case .qualityFailure: mendable(check).quality == .critical
    case .performanceLoss:
      accuracyProblem(check, spec) != nil || check.conclusive && readings.contains(where: \.fires)
    }
  }

  private static func mendable(_ check: CheckResult) -> MendableFindings {
    if let mendable = check.mendable { return mendable }
    let quality = check.quality.failed.filter(\.check.isMendedByTraining)
    return MendableFindings(drift: driftSeverity(check), quality: quality.map(\.severity).max() ?? .none)
  }

  static func driftSeverity(_ check: CheckResult) -> Severity {
    max(check.drift.severity, check.predictionDrift?.severity ?? .none)
  }

  /// Drift and quality need enough rows in the window, accuracy enough labels, which are those of other rows.
  private static func outcome(_ check: CheckResult, _ findings: [Trigger]) -> Record.Outcome {
    if !findings.isEmpty { return .critical }
    guard check.conclusive else { return .inconclusive }
    return max(driftSeverity(check), check.quality.severity) == .none ? .healthy : .warning
  }

  /// Whether enough labels have come in to say something about accuracy.
  static func hasEnoughLabels(_ check: CheckResult, _ spec: MonitoringPolicySpec) -> Bool {
    check.performance.metrics != nil && check.performance.labelled >= spec.minimumSamples
  }

  /// Why performance counts as lost, each a sentence.
  static func performanceProblems(
    _ check: CheckResult, _ spec: MonitoringPolicySpec, _ readings: [QueryReading]
  ) -> [String] {
    var problems = accuracyProblem(check, spec).map { [$0] } ?? []
    guard check.conclusive else { return problems }
    let limit = spec.performance.maximumP95Latency
    if let latency = check.performance.p95Latency, latency > limit.seconds {
      problems.append("p95 latency of \(TimeSpan(seconds: latency)) is above \(limit)")
    }
    for reading in readings where reading.fires {
      let bound =
        reading.query.below.map { "below \($0)" } ?? reading.query.above.map { "above \($0)" } ?? "out of bounds"
      problems.append("query \(reading.query.name) gives \(reading.value ?? 0), \(bound)")
    }
    return problems
  }

  private static func accuracyProblem(_ check: CheckResult, _ spec: MonitoringPolicySpec) -> String? {
    let minimum = spec.performance.minimumAccuracy
    guard hasEnoughLabels(check, spec), let accuracy = check.performance.metrics?.accuracy, accuracy < minimum else {
      return nil
    }
    return "accuracy \(Figures.metric(accuracy)) is below \(Figures.metric(minimum)) (\(labelText(check)))"
  }

  /// How many labels there are, and which predictions they are about.
  static func labelText(_ check: CheckResult) -> String {
    let performance = check.performance
    let labels = Figures.count(performance.labelled, "label")
    guard let coverage = performance.coverage else { return labels }
    guard let span = performance.span else { return "\(labels), coverage \(Figures.percent(coverage))" }
    return "\(labels) for \(Figures.percent(coverage)) of the predictions from \(span)"
  }

  /// When the predictions were made that drift and quality are about.
  static func spanText(_ check: CheckResult) -> String { check.span.map { ", predictions from \($0)" } ?? "" }

  static func driftText(_ check: CheckResult) -> String {
    let drift = check.drift
    var text =
      drift.critical + drift.warning == 0
      ? "no drift in \(Figures.count(drift.features, "feature"))"
      : "\(drift.critical) of \(Figures.count(drift.features, "feature")) drifted critically, \(drift.warning) slightly"
    let worst = drift.worst.filter { $0.severity != .none }.prefix(3)
    if !worst.isEmpty {
      text += " (" + worst.map { "\($0.feature) PSI \(Figures.metric($0.psi))" }.joined(separator: ", ") + ")"
    }
    if let predictions = check.predictionDrift, predictions.severity != .none {
      text += ", predictions drifted (PSI \(Figures.metric(predictions.psi)))"
    }
    return text
  }

  static func qualityText(_ check: CheckResult) -> String {
    guard !check.quality.failed.isEmpty else { return "data quality is good" }
    return check.quality.failed.prefix(3).map { failed in
      let place = failed.feature.map { " of \($0)" } ?? ""
      return
        "\(failed.check.rawValue)\(place) is \(Figures.metric(failed.value)), limit \(Figures.metric(failed.limit))"
    }.joined(separator: ", ")
  }

  private static func message(_ check: CheckResult, _ spec: MonitoringPolicySpec, _ readings: [QueryReading]) -> String
  {
    let performance = performanceProblems(check, spec, readings)
    guard check.conclusive else {
      let few = "\(Figures.count(check.rows, "row")) in the window, \(spec.minimumSamples) are needed"
      return ([few] + performance).joined(separator: "; ")
    }
    let unread = readings.compactMap { reading in reading.problem.map { "query \(reading.query.name): \($0)" } }
    return ([Figures.count(check.rows, "row"), driftText(check), qualityText(check)] + performance + unread).joined(
      separator: "; ")
  }
}

extension Reason {
  init(trigger: MonitoringPolicySpec.Retraining.Trigger) {
    switch trigger {
    case .criticalDrift: self = .criticalDrift
    case .qualityFailure: self = .qualityFailure
    case .performanceLoss: self = .performanceLoss
    }
  }
}
