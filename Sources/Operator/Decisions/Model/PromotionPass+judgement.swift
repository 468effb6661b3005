import ApusAPI
import KubernetesModel
import WorkerContract

extension PromotionPass {
  /// Gates for every version that has not been judged; oldest first, so that each meets the production of its time. Then
  /// for those that other rules have judged.
  mutating func judgeVersions() {
    registry.repair()
    replaceVanishedProduction()
    for entry in registry.entries where entry.stage == .candidate {
      if let failure = entry.spec.failure {
        registry.move(
          entry.version, to: .failed, by: .operator, reason: "\(failure.reason): \(failure.message)",
          summary: failure.reason)
      } else if let result = entry.spec.result {
        judge(entry, result)
      }
    }
    judgeAnew()
  }

  /// Changed gates judge the versions that wait or were rejected once more, without a training. The newest one that passes
  /// takes over first; the others then meet it as production, as they do where an operator dies between the two.
  private mutating func judgeAnew() {
    if spec.serving.version == nil, spec.promotion.approval == .automatic,
      let best = registry.entries.last(where: { entry in
        guard awaitsJudgement(entry), let judgement = judgementAnew(entry) else { return false }
        return judgement.refusals.isEmpty && judgement.holds.isEmpty
      }), let result = best.spec.result
    {
      judge(best, result)
    }
    for entry in registry.entries.reversed() where awaitsJudgement(entry) {
      if let result = entry.spec.result { judge(entry, result) }
    }
  }

  /// What is older than production, or than its canary, has been superseded.
  private func awaitsJudgement(_ entry: Registry.Entry) -> Bool {
    guard [.rejected, .awaitingApproval].contains(entry.stage), let result = entry.spec.result, entry.isServable else {
      return false
    }
    let newest = max(registry.production?.spec.number ?? 0, registry.canary?.spec.number ?? 0)
    return entry.spec.number > newest && isJudgedByOtherRules(entry, result)
  }

  private func judgementAnew(_ entry: Registry.Entry) -> Judgement? {
    guard let result = entry.spec.result else { return nil }
    return Judgement(
      Gates.verdictsAnew(
        on: result, rules: spec.promotion, production: registry.production?.spec.artifact,
        recorded: entry.status.gates))
  }

  private func isJudgedByOtherRules(_ entry: Registry.Entry, _ result: TrainingResult) -> Bool {
    if let rules = entry.status.judgedBy { return rules != spec.gateRules }
    // A release that kept no digest: the limits tell whether they were others.
    let known = Dictionary(entry.status.gates.map { ($0.gate, $0.limit) }, uniquingKeysWith: { first, _ in first })
    return judgement(result).verdicts.contains { verdict in
      guard verdict.limit != nil, let limit = known[verdict.gate] else { return false }
      return limit != verdict.limit
    }
  }

  private func judgement(_ result: TrainingResult) -> Judgement {
    Judgement(Gates.verdicts(on: result, rules: spec.promotion, production: registry.production?.spec.artifact))
  }

  private mutating func judge(_ entry: Registry.Entry, _ result: TrainingResult) {
    let version = entry.version
    let isAnew = entry.stage != .candidate
    let judgement = (isAnew ? judgementAnew(entry) : nil) ?? judgement(result)
    registry.record(judgement, of: version, by: spec.gateRules)
    let anew = isAnew ? "judged anew after a change of spec.promotion: " : ""
    guard judgement.refusals.isEmpty else {
      let reason = anew + judgement.refusals.joined(separator: "; ")
      guard !entry.wasRefusedAnew || !judgement.refuses(as: entry.status.gates) else {
        return registry.explain(version, judgement.refusals[0])
      }
      registry.move(version, to: .rejected, by: .operator, reason: reason, summary: judgement.refusals[0])
      return announce(.warning, .gatesFailed, "\(version) is not promoted: \(reason)")
    }
    let why = anew + (judgement.verdicts.first { $0.gate == .againstProduction }?.message ?? "all gates passed")
    if let pin = spec.serving.version, pin != version {
      wait(entry, reason: "\(pin) is pinned; \(why)")
      announce(.normal, .pinned, "\(version) passed its gates but waits: spec.serving.version pins \(pin)")
    } else if !judgement.holds.isEmpty {
      let holds = anew + judgement.holds.joined(separator: "; ")
      wait(entry, reason: holds)
      announce(
        .warning, .schemaChanged,
        "\(version) waits for approval: \(holds); let it take over with the annotation "
          + "\(ApusAnnotations.approve): \(version)")
    } else if spec.promotion.approval == .manual {
      wait(entry, reason: why)
      announce(
        .normal, .awaitingApproval,
        "\(version) passed its gates (\(why)); approve it with the annotation \(ApusAnnotations.approve): \(version)")
    } else {
      announce(.normal, .gatesPassed, "\(version) passed its gates: \(why)")
      startRollout(version, by: .operator, reason: why)
    }
  }

  private mutating func wait(_ entry: Registry.Entry, reason: String) {
    guard entry.stage != .awaitingApproval else { return }
    registry.move(
      entry.version, to: .awaitingApproval, by: .operator, reason: reason, summary: String(reason.prefix(512)))
  }

  /// Why the gate against production no longer says anything: another version serves than it was compared with.
  func staleComparison(_ entry: Registry.Entry) -> String? {
    guard let result = entry.spec.result, registry.production != nil else { return nil }
    return judgement(result).verdicts
      .first { $0.gate == .againstProduction && $0.isRefusal }?.message
  }

  /// Why a person has to approve a version that waits, whatever the spec says.
  func holds(_ entry: Registry.Entry) -> [String] {
    entry.spec.result.map { judgement($0).holds } ?? []
  }
}
