import ApusAPI
import KubernetesModel
import WorkerContract

/// What a check's result means under a policy.
enum CheckJudgement {
  typealias Record = MonitoringPolicyStatus.CheckRecord
  typealias Trigger = MonitoringPolicySpec.Retraining.Trigger

  /// - Parameter said: what was said before about why the check did not get on.
  static func record(
    _ job: WorkerJob, _ spec: MonitoringPolicySpec, _ readings: [QueryReading], said: String? = nil
  ) -> Record {
    let time = time(of: job)
    func failed(_ failure: RunFailure) -> Record { Self.failed(job, failure) }
    switch job.outcome {
    case .running: return failed(.init(.checkRunning, "has not ended", retryable: true))
    case .failed(let failure): return failed(failure.explained(by: said, job))
    case .ended(let result):
      guard let check = result.checked else {
        return failed(
          .init(.resultUnreadable, "\(job.name) wrote a result that is not that of a check", retryable: false))
      }
      let triggers = check.conclusive ? triggers(of: check, spec, readings) : []
      return Record(
        job: job.name, time: time, version: check.version, rows: check.rows, outcome: outcome(check, triggers),
        triggers: triggers, result: check, message: message(check, spec, readings))
    }
  }

  static func failed(_ job: WorkerJob, _ failure: RunFailure) -> Record {
    Record(
      job: job.name, time: time(of: job), version: job.annotations[RunAnnotation.version] ?? "", rows: 0,
      outcome: .failed, triggers: [], result: nil, message: "\(failure.reason): \(failure.message)")
  }

  private static func time(of job: WorkerJob) -> Timestamp {
    (job.finishedAt ?? job.ends.last?.finishedAt ?? job.createdAt).wholeSeconds
  }

  static func triggers(of check: CheckResult, _ spec: MonitoringPolicySpec, _ readings: [QueryReading]) -> [Trigger] {
    var triggers: [Trigger] = []
    if driftSeverity(check) == .critical { triggers.append(.criticalDrift) }
    if check.quality.severity == .critical { triggers.append(.qualityFailure) }
    if !performanceProblems(check, spec, readings).isEmpty { triggers.append(.performanceLoss) }
    return triggers
  }

  static func driftSeverity(_ check: CheckResult) -> Severity {
    max(check.drift.severity, check.predictionDrift?.severity ?? .none)
  }

  private static func outcome(_ check: CheckResult, _ triggers: [Trigger]) -> Record.Outcome {
    guard check.conclusive else { return .inconclusive }
    if !triggers.isEmpty { return .critical }
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
    var problems: [String] = []
    let limits = spec.performance
    if hasEnoughLabels(check, spec), let accuracy = check.performance.metrics?.accuracy,
      accuracy < limits.minimumAccuracy
    {
      problems.append(
        "accuracy \(Figures.metric(accuracy)) is below \(Figures.metric(limits.minimumAccuracy)) "
          + "(\(Figures.count(check.performance.labelled, "label")))")
    }
    if let latency = check.performance.p95Latency, latency > limits.maximumP95Latency.seconds {
      problems.append(
        "p95 latency of \(TimeSpan(seconds: latency)) is above \(limits.maximumP95Latency)")
    }
    for reading in readings where reading.fires {
      let bound =
        reading.query.below.map { "below \($0)" } ?? reading.query.above.map { "above \($0)" } ?? "out of bounds"
      problems.append("query \(reading.query.name) gives \(reading.value ?? 0), \(bound)")
    }
    return problems
  }

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
      return "\(failed.check)\(place) is \(Figures.metric(failed.value)), limit \(Figures.metric(failed.limit))"
    }.joined(separator: ", ")
  }

  private static func message(_ check: CheckResult, _ spec: MonitoringPolicySpec, _ readings: [QueryReading]) -> String
  {
    guard check.conclusive else {
      return "\(Figures.count(check.rows, "row")) in the window, \(spec.minimumSamples) are needed"
    }
    let performance = performanceProblems(check, spec, readings)
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
