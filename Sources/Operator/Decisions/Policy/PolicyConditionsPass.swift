import ApusAPI
import KubernetesModel
import WorkerContract

/// The status as people and programs read it. The last pass: what it says decides nothing.
struct PolicyConditionsPass: PolicyPass {
  @Shared var observed: PolicyObservation
  var effects = Effects()
  private(set) var status: MonitoringPolicyStatus
  private let subject: SubjectPass
  private let blocker: Blocker?

  init(
    _ observed: PolicyObservation, _ subject: SubjectPass, _ ends: CheckEndsPass, _ retraining: RetrainingPass,
    _ start: CheckStartPass
  ) {
    _observed = Shared(wrappedValue: observed)
    self.subject = subject
    status = subject.status
    status.conditions.clear(ConditionType.stalled.rawValue)
    status.schedule = ends.schedule
    status.lastCheck = ends.lastCheck
    status.lastCheckTime = ends.lastCheckTime
    status.history = retraining.history
    status.retraining = retraining.retraining
    status.alerting = retraining.alerting.status
    status.handled = start.handled
    status.outbox = start.outbox
    status.nextCheck = start.nextCheck
    status.runningCheck = start.checks.current?.job
    blocker = start.checks.current.flatMap { _ in start.checks.blocker }
    status.blocker = blocker
    judge(ends.recorded.last)
    let verdict = retraining.verdict
    set(.retrainingNeeded, Condition.Status(verdict.isNeeded), verdict.reason, verdict.message)
    summarise()
  }

  private var production: Registry.Entry? { subject.production }

  private mutating func set(_ type: ConditionType, _ value: Condition.Status, _ reason: String, _ message: String) {
    status.set(type, value, reason, message, of: observed)
  }

  private mutating func set(_ type: ConditionType, _ value: Condition.Status, _ reason: Reason, _ message: String) {
    set(type, value, reason.rawValue, message)
  }

  /// Conditions from the last conclusive check; an inconclusive one takes nothing back.
  private mutating func judge(_ latest: MonitoringPolicyStatus.CheckRecord?) {
    guard let latest else { return forgetOtherVersion() }
    if !(latest.result?.conclusive ?? false) {
      status.drift = "inconclusive"
      status.quality = "inconclusive"
      let reason: Reason = latest.outcome == .failed ? .checkFailed : .checkInconclusive
      let message = "\(latest.job) at \(latest.time): \(latest.message ?? latest.outcome.rawValue)"
      if latest.outcome == .critical {
        set(.healthy, .no, latest.critical.first.map(Reason.init(trigger:)) ?? reason, message)
      } else {
        set(.healthy, .unknown, reason, message)
      }
      // Labels are those of other predictions: accuracy may be known where the window is too thin.
      let labelled = latest.result.flatMap { CheckJudgement.hasEnoughLabels($0, spec) ? $0 : nil }
      if let labelled { judgePerformance(labelled) }
      for type in Self.findings where isOpen(type) { set(type, .unknown, reason, message) }
      return
    }
    guard let check = latest.result else { return }
    judge(check, latest)
  }

  private static let findings = [ConditionType.driftDetected, .qualityPassed, .performanceOK]

  /// Whether no check has said anything about it yet for the version in production. Accuracy may stay unknown after one that
  /// has looked: that check has filled its column.
  private func isOpen(_ type: ConditionType) -> Bool {
    switch status.conditions[type.rawValue]?.status {
    case .yes, .no: false
    case .unknown, nil: type != .performanceOK || status.performance == nil
    }
  }

  /// What was found about a version that is no longer in production says nothing about the one that is.
  private mutating func forgetOtherVersion() {
    guard let production else { return }
    let isKnown = status.history.first.map { subject.isAbout($0, production) } ?? false
    if isKnown, status.conditions[ConditionType.healthy.rawValue] != nil { return }
    let message = "\(production.version) has not been checked yet"
    for type in [.healthy] + Self.findings { set(type, .unknown, .notCheckedYet, message) }
    status.drift = nil
    status.quality = nil
    status.performance = nil
  }

  private mutating func judge(_ check: CheckResult, _ record: MonitoringPolicyStatus.CheckRecord) {
    judgeDrift(check)
    judgeQuality(check)
    judgePerformance(check)
    set(
      .healthy, Condition.Status(record.outcome != .critical),
      record.critical.first.map(Reason.init(trigger:)) ?? .checkPassed, record.message ?? "")
  }

  private mutating func judgeDrift(_ check: CheckResult) {
    let severity = CheckJudgement.driftSeverity(check)
    status.drift = severity.rawValue
    let isOnlyPredictions = check.drift.severity == .none && severity != .none
    let reason: Reason =
      severity == .none
      ? .noDrift : isOnlyPredictions ? .predictionDrift : severity == .critical ? .criticalDrift : .featureDrift
    set(
      .driftDetected, Condition.Status(severity != .none), reason,
      CheckJudgement.driftText(check) + CheckJudgement.spanText(check))
  }

  private mutating func judgeQuality(_ check: CheckResult) {
    let text = CheckJudgement.qualityText(check) + CheckJudgement.spanText(check)
    switch check.quality.severity {
    case .none:
      status.quality = "passed"
      set(.qualityPassed, .yes, .qualityPassed, text)
    case .warning:
      status.quality = "warning"
      set(.qualityPassed, .yes, .qualityWarning, text)
    case .critical:
      status.quality = "failed"
      set(.qualityPassed, .no, .qualityFailure, text)
    }
  }

  private mutating func judgePerformance(_ check: CheckResult) {
    let performance = check.performance
    let coverage = performance.coverage.map(Figures.percent)
    status.performance =
      performance.metrics.map { [Figures.metric($0.accuracy), coverage.map { "(\($0))" }].compactMap(\.self) }
      .map { $0.joined(separator: " ") } ?? coverage.map { "no labels (\($0))" } ?? "no labels due"
    let problems = CheckJudgement.performanceProblems(check, spec, observed.readings)
    if !problems.isEmpty {
      set(.performanceOK, .no, .performanceLoss, problems.joined(separator: "; "))
    } else if CheckJudgement.hasEnoughLabels(check, spec), let accuracy = performance.metrics?.accuracy {
      set(
        .performanceOK, .yes, .performanceGood,
        "accuracy \(Figures.metric(accuracy)) on \(CheckJudgement.labelText(check))")
    } else {
      set(.performanceOK, .unknown, .tooFewLabels, missingLabelsText(check))
    }
  }

  /// Why accuracy is not known.
  private func missingLabelsText(_ check: CheckResult) -> String {
    let rules = spec.performance
    var text = "\(CheckJudgement.labelText(check)), \(spec.minimumSamples) are needed"
    if check.performance.coverage == nil {
      let span = check.performance.span.map { " from \($0)" } ?? ""
      text = "no prediction\(span): labels are due \(rules.labelDelay) after it (spec.performance.labelDelay)"
    }
    let looksBack = TimeSpan(seconds: rules.labelDelay.seconds + (rules.window ?? spec.window).seconds)
    if let kept = observed.model?.spec.serving.logging.retention, kept < looksBack {
      text +=
        "; \(spec.modelRef.name) keeps predictions for \(kept) (spec.serving.logging.retention), and accuracy looks back "
        + "\(looksBack): raise the retention, or lower spec.performance.labelDelay"
    }
    return text
  }

  private mutating func summarise() {
    status.observedGeneration = observed.policy.metadata.generation
    summariseReconciling()
    summariseAlerting()
    guard observed.model != nil else {
      return set(
        .ready, .no, .modelNotFound,
        "spec.modelRef.name: there is no ModelDeployment \(spec.modelRef.name) in namespace \(namespace)")
    }
    if spec.suspend { return set(.ready, .yes, .suspended, "suspended: no checks and no retraining") }
    guard let production else {
      let orphan = subject.orphanNote.map { (Reason.versionDeleted, $0) }
      let (reason, message) = orphan ?? (.noVersion, "waits for a version of \(spec.modelRef.name) in production")
      return set(.ready, .no, reason, message)
    }
    let next = status.nextCheck.map { ", next check at \($0)" } ?? ""
    set(.ready, .yes, .asSpecified, "watches \(production.version)\(next)")
  }

  private mutating func summariseReconciling() {
    guard let running = status.runningCheck else { return status.conditions.clear(ConditionType.reconciling.rawValue) }
    // It says since when this check runs, also where one follows another in the same decision.
    if running != observed.policy.status.runningCheck { status.conditions.clear(ConditionType.reconciling.rawValue) }
    let previous = status.conditions[ConditionType.reconciling.rawValue]
    set(
      .reconciling, .yes, blocker?.reason ?? Reason.checkRunning.rawValue,
      "\(running) is running" + (blocker.map { "; \($0.message)" } ?? ""))
    if let blocker, blocker.reason != previous?.reason {
      announce(.warning, blocker.reason, "\(running): \(blocker.message)")
    }
  }

  /// Says which channels cannot be used: an alert that goes nowhere must not go unnoticed.
  private mutating func summariseAlerting() {
    let previous = status.conditions[ConditionType.alertsDeliverable.rawValue]
    guard spec.alerts != nil else { return status.conditions.clear(ConditionType.alertsDeliverable.rawValue) }
    guard !observed.unusableChannels.isEmpty else {
      return set(.alertsDeliverable, .yes, .channelsUsable, "all channels can be used")
    }
    let message = observed.unusableChannels.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
      .joined(separator: "; ")
    set(.alertsDeliverable, .no, .channelUnusable, message)
    if previous?.message != message { announce(.warning, .channelUnusable, message) }
  }
}
