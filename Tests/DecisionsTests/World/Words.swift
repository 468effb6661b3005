import ApusAPI
import Decisions
import KubernetesModel
import WorkerContract

/// What a world does with texts for people.
enum Words {
  case ofNoInterest
  /// Observed as they are written; decisions are recorded.
  case kept
  /// Every text for people is observed as "x"; decisions are recorded.
  case crossedOut

  @TaskLocal static var current = Words.ofNoInterest
}

/// A decision without its texts for people.
struct WordlessDecision: Equatable {
  let model: ModelDecision?
  let policy: PolicyDecision?
  /// Type, reason and subject of what is announced.
  let announcements: Set<Announcement>

  init(_ decision: ModelDecision) {
    var copy = decision
    copy.status.crossOut()
    copy.status.outbox = []
    for index in copy.versionStatuses.indices { copy.versionStatuses[index].status.crossOut() }
    for index in copy.apply.indices { copy.apply[index].crossOut() }
    announcements = Set(decision.announcements.map(\.wordless))
    copy.announcements = []
    model = copy
    policy = nil
  }

  init(_ decision: PolicyDecision) {
    var copy = decision
    copy.status.crossOut()
    copy.status.outbox = []
    for index in copy.apply.indices { copy.apply[index].crossOut() }
    for index in copy.recorded.indices { copy.recorded[index].message = "x" }
    for index in copy.alerts.indices { copy.alerts[index].message = "x" }
    copy.facts.newVerdict?.message = "x"
    announcements = Set(decision.announcements.map(\.wordless))
    copy.announcements = []
    model = nil
    policy = copy
  }
}

extension World {
  /// Whether nothing has happened in between. Where words do not matter, other words are nothing.
  func isLike(_ other: World) -> Bool {
    Words.current == .ofNoInterest ? self == other : wordless == other.wordless
  }

  private var wordless: World {
    var copy = self
    copy.model?.status.crossOut()
    copy.policy?.status.crossOut()
    for name in copy.versions.keys {
      copy.versions[name]?.spec.crossOut()
      copy.versions[name]?.status.crossOut()
    }
    for name in copy.objects.keys { copy.objects[name]?.crossOut() }
    return copy
  }
}

extension Announcement {
  fileprivate var wordless: Announcement { Announcement(kind, reason, "x", regarding: regarding) }
}

extension DesiredObject {
  /// Of all that is made only a ModelVersion holds sentences.
  fileprivate mutating func crossOut() {
    guard resource == ApusGroup.modelVersions, let spec = manifest["spec"],
      var typed = try? spec.decode(as: ModelVersionSpec.self)
    else { return }
    typed.crossOut()
    manifest["spec"] = .document(typed)
  }
}

extension String? {
  fileprivate mutating func crossOut() { self = map { _ in "x" } }
}

extension [String] {
  fileprivate mutating func crossOut() { self = map { _ in "x" } }
}

extension [Condition] {
  fileprivate mutating func crossOut() { for index in indices { self[index].message = "x" } }
}

extension [PendingEvent] {
  fileprivate mutating func crossOut() { for index in indices { self[index].message = "x" } }
}

extension Blocker? {
  fileprivate mutating func crossOut() {
    self?.message = "x"
    self?.detail.crossOut()
  }
}

extension ModelDeploymentStatus {
  mutating func crossOut() {
    conditions.crossOut()
    outbox.crossOut()
    trafficSummary.crossOut()
    training?.message.crossOut()
    training?.blocker.crossOut()
    serving?.blocker.crossOut()
  }
}

extension MonitoringPolicyStatus {
  mutating func crossOut() {
    conditions.crossOut()
    outbox.crossOut()
    drift.crossOut()
    quality.crossOut()
    performance.crossOut()
    blocker.crossOut()
    lastCheck?.message.crossOut()
    for index in history.indices { history[index].message.crossOut() }
    retraining.request?.reason = "x"
    retraining.decision?.message = "x"
    for index in alerting.pending.indices { alerting.pending[index].message = "x" }
  }
}

extension ModelVersionStatus {
  mutating func crossOut() {
    conditions.crossOut()
    reason.crossOut()
    for index in gates.indices { gates[index].message = "x" }
    for index in history.indices {
      history[index].reason = "x"
      history[index].by = "x"
    }
  }
}

extension ModelVersionSpec {
  mutating func crossOut() {
    failure?.message = "x"
    result?.crossOut()
  }
}

extension TrainingResult {
  fileprivate mutating func crossOut() {
    warnings.crossOut()
    notCompared.crossOut()
    comparison?.caveat.crossOut()
    schemaChange?.incomparable.crossOut()
    schemaChange?.refused.crossOut()
  }
}

extension WorkerJob {
  /// A result stays what it is; a text that is none is a person's or the cluster's.
  fileprivate mutating func crossOut() {
    trouble?.message = "x"
    refusal.crossOut()
    for index in ends.indices {
      guard let text = ends[index].message, !text.isEmpty else { continue }
      var result = JSONValue.value(RunResult.self, in: text)
      result?.failed?.message = "x"
      result?.trained?.crossOut()
      ends[index].message = result.map { JSONValue.document($0).text } ?? "x"
    }
  }
}

extension ModelObservation {
  mutating func crossOut() {
    model.status.crossOut()
    for index in versions.indices {
      versions[index].spec.crossOut()
      versions[index].status.crossOut()
    }
    for index in jobs.indices { jobs[index].crossOut() }
    for index in pods.indices { pods[index].trouble?.message = "x" }
    deployment?.podRefusal.crossOut()
    refusals = refusals.mapValues { _ in "x" }
    retrainingRequests = retrainingRequests.mapValues { .init(id: $0.id, at: $0.at, reason: "x") }
    foreign.crossOut()
    secretProblems.crossOut()
    secretsRefusal.crossOut()
    labelsRefusal.crossOut()
  }
}

extension PolicyObservation {
  mutating func crossOut() {
    policy.status.crossOut()
    model?.status.crossOut()
    for index in versions.indices {
      versions[index].spec.crossOut()
      versions[index].status.crossOut()
    }
    for index in jobs.indices { jobs[index].crossOut() }
    for index in readings.indices { readings[index].problem.crossOut() }
    unusableChannels = unusableChannels.mapValues { _ in "x" }
    labelsRefusal.crossOut()
  }
}
