import ApusAPI
import KubernetesModel
import WorkerContract

/// The loop's rules, each with a question for a name.
struct RetrainingRules {
  typealias Record = MonitoringPolicyStatus.CheckRecord

  let spec: MonitoringPolicySpec.Retraining
  let status: MonitoringPolicyStatus.RetrainingStatus
  /// Of the version in production since it arrived there; newest first.
  let history: [Record]
  /// Start of the model's last training where a policy asked for it, this one or another of the same model.
  let lastMonitoringRun: Timestamp?
  let now: Timestamp

  /// When monitoring last had the model trained.
  var lastActed: Timestamp? {
    [status.request?.at, lastMonitoringRun].compactMap { $0 }.filter { $0 <= now }.max()
  }

  /// Conclusive checks since then: what was seen before has been acted on.
  var evidence: [Record] {
    let lastActed = lastActed ?? .distantPast
    return history.filter { $0.outcome != .inconclusive && $0.outcome != .failed && $0.time > lastActed }
  }

  var considered: ArraySlice<Record> { evidence.prefix(max(spec.debounce.of, 1)) }

  var triggering: [Record] { considered.filter(fires) }

  func fires(_ record: Record) -> Bool { record.triggers.contains(where: spec.on.contains) }

  /// The latest check is fine: whatever there was is over.
  var isQuiet: Bool { evidence.first.map { !fires($0) } ?? true }

  var isDebouncing: Bool { triggering.count < max(spec.debounce.failures, 1) }

  var coolingDownUntil: Timestamp? {
    guard let last = lastActed else { return nil }
    let end = last.advanced(bySeconds: spec.cooldown.seconds)
    return end > now ? end : nil
  }

  /// When the budget of the last 24 hours allows another request.
  var limitedUntil: Timestamp? {
    let dayAgo = now.advanced(bySeconds: -86400)
    let recent = status.recent.filter { $0 > dayAgo }.sorted()
    guard recent.count >= spec.dailyLimit else { return nil }
    guard spec.dailyLimit > 0 else { return .distantFuture }
    return recent[recent.count - spec.dailyLimit].advanced(bySeconds: 86400)
  }
}

extension Timestamp {
  static let distantFuture = Timestamp(secondsSince1970: 253_402_300_799)
}
