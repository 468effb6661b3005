package import ApusAPI
package import KubernetesModel
package import WorkerContract

/// The versions of one model and how they stand: the ModelVersion objects, plus what this decision makes of them.
package struct Registry: Sendable {
  package struct Entry: Sendable, Equatable {
    package var name: String
    package var spec: ModelVersionSpec
    package var status: ModelVersionStatus
    /// nil: the object is still to be made.
    fileprivate var stored: ModelVersionStatus?
    fileprivate var isNew: Bool
    fileprivate var generation: Int?

    package var version: String { spec.version }
    package var stage: ModelVersionStatus.Stage { status.stage }
    package var isServable: Bool { spec.artifact != nil && spec.failure == nil && status.files == .kept }
    /// Given up, and written down as that: from now on nobody can choose it.
    var isSurelyRetired: Bool { stored?.files == .retired && status.files == .retired }
    /// When it last served or, where it never did, was trained.
    var lastUse: Timestamp { lastProduction ?? spec.trainedAt ?? .distantPast }
    package var metrics: ModelMetrics? { spec.result?.metrics }

    /// Rejected, and not by its first judgement.
    var wasRefusedAnew: Bool {
      guard stage == .rejected, let from = status.history.last?.from else { return false }
      return from != .candidate
    }

    /// When it last became the production version.
    var lastProduction: Timestamp? { status.history.last { $0.to == .production }?.at }
  }

  package private(set) var entries: [Entry]
  private let now: Timestamp

  package init(_ versions: [ModelVersion], now: Timestamp) {
    self.now = now
    entries = versions.map { version in
      Entry(
        name: version.metadata.name ?? "", spec: version.spec, status: version.status, stored: version.status,
        isNew: false, generation: version.metadata.generation)
    }
    .sorted { $0.spec.number < $1.spec.number }
  }

  package subscript(version: String) -> Entry? { entries.first { $0.version == version } }

  package var highestNumber: VersionNumber { VersionNumber(entries.last?.spec.number ?? 0) }

  /// The one in production. Two claim it only where an operator died between two writes: the later wins.
  package var production: Entry? { latest { $0.stage == .production } }

  /// The one in production before it, if it can still be served.
  package var previous: Entry? {
    latest { $0.stage != .production && $0.isServable && $0.stage != .quarantined }
  }

  private func latest(where matches: (Entry) -> Bool) -> Entry? {
    entries.filter { matches($0) && $0.lastProduction != nil }
      .max { ($0.lastProduction ?? .distantPast, $0.spec.number) < ($1.lastProduction ?? .distantPast, $1.spec.number) }
  }

  /// Waits for approval, or gets a share of the traffic.
  package var candidate: Entry? { entries.last { $0.stage == .canary || $0.stage == .awaitingApproval } }

  package var canary: Entry? { entries.last { $0.stage == .canary } }

  package var servable: [Entry] { entries.filter(\.isServable) }

  package mutating func add(_ name: String, _ spec: ModelVersionSpec) {
    let entry = Entry(
      name: name, spec: spec, status: ModelVersionStatus(), stored: nil, isNew: true, generation: 1)
    entries.append(entry)
    entries.sort { $0.spec.number < $1.spec.number }
  }

  /// Moves a version and writes it into its history. `summary`: the reason in a few words, for `kubectl get`.
  package mutating func move(
    _ version: String, to stage: ModelVersionStatus.Stage, by actor: ModelVersionStatus.Actor, reason: String,
    summary: String? = nil, step: Int? = nil
  ) {
    let time = stage == .production ? timeOfArrival : now
    change(version) { entry in
      let isFirst = entry.status.history.isEmpty
      entry.status.history.append(
        .init(from: isFirst ? nil : entry.status.stage, to: stage, at: time, by: actor, reason: reason, step: step))
      entry.status.stage = stage
      entry.status.reason = summary ?? reason
    }
  }

  /// Other words for why a version is where it is.
  mutating func explain(_ version: String, _ summary: String) { change(version) { $0.status.reason = summary } }

  /// Arrivals in production never share a second, which is all that the registry can tell apart: the order of two of
  /// them must be readable.
  private var timeOfArrival: Timestamp {
    guard let latest = entries.compactMap(\.lastProduction).max() else { return now }
    return max(now, latest.advanced(bySeconds: 1))
  }

  /// What the gates said, and the digest of their rules.
  package mutating func record(_ judgement: Judgement, of version: String, by rules: String) {
    let (status, reason, message): (Condition.Status, Reason, String)
    if !judgement.refusals.isEmpty {
      (status, reason, message) = (.no, .gatesFailed, judgement.refusals.joined(separator: "; "))
    } else if !judgement.holds.isEmpty {
      (status, reason, message) = (.unknown, .awaitingApproval, judgement.holds.joined(separator: "; "))
    } else {
      (status, reason, message) = (.yes, .gatesPassed, "all gates passed")
    }
    let now = now
    change(version) { entry in
      entry.status.gates = judgement.verdicts
      entry.status.judgedBy = rules
      entry.status.conditions.set(
        ConditionType.accepted.rawValue, status, reason: reason.rawValue, message: message,
        generation: entry.generation, at: now)
    }
  }

  /// `version` takes over; whoever claimed production before is archived, whoever waited is superseded.
  package mutating func promote(_ version: String, by actor: ModelVersionStatus.Actor, reason: String) {
    move(version, to: .production, by: actor, reason: reason)
    repair()
  }

  /// Makes room for the version in production. Also what an operator that died between two writes has left to do, in the
  /// same words.
  package mutating func repair() {
    for index in entries.indices { entries[index].status.observedGeneration = entries[index].generation }
    guard let production, let arrival = production.status.history.last(where: { $0.to == .production }) else { return }
    let isReturn = production.status.history.count { $0.to == .production } > 1
    let farewell = isReturn ? "rolled back to \(production.version)" : "replaced by \(production.version)"
    for other in entries where other.version != production.version {
      switch other.stage {
      case .production: move(other.version, to: .archived, by: arrival.mover, reason: farewell)
      case .awaitingApproval where other.spec.number < production.spec.number:
        move(other.version, to: .archived, by: arrival.mover, reason: "superseded by \(production.version)")
      default: break
      }
    }
  }

  /// Gives the version's files up.
  mutating func retire(_ version: String) { change(version) { $0.status.files = .retired } }

  /// A run has removed them.
  mutating func noteRemoved(_ version: String) {
    change(version) { if $0.status.files == .retired { $0.status.files = .removed } }
  }

  private mutating func change(_ version: String, _ body: (inout Entry) -> Void) {
    guard let index = entries.firstIndex(where: { $0.version == version }) else { return }
    body(&entries[index])
  }

  /// How the trainings ended whose versions are still to be made.
  var newEnds: [ModelDeploymentStatus.TrainingStatus.State] {
    entries.filter(\.isNew).map { $0.spec.failure == nil ? .succeeded : .failed }
  }

  /// Versions whose object is still to be made.
  func newObjects(
    owner: OwnerReference?, _ namespace: String, deletion: ModelDeploymentSpec.Deletion
  ) -> [DesiredObject] {
    entries.filter(\.isNew).map { entry in
      let version = ModelVersion(
        metadata: ObjectMeta(
          name: entry.name, namespace: namespace,
          labels: [
            ApusLabels.model: ObjectName.labelValue(entry.spec.modelRef.name), ApusLabels.version: entry.version,
            ApusLabels.managedBy: ApusLabels.manager,
          ],
          ownerReferences: owner.map { [$0] } ?? [], finalizers: deletion == .delete ? [ApusFinalizers.data] : []),
        spec: entry.spec)
      var object = DesiredObject(version)
      // It has a door of its own.
      object.manifest["status"] = nil
      return object
    }
  }

  /// In an order that never leaves a moment without a version in production: who comes is written before who goes.
  var changedStatuses: [ModelDecision.VersionStatus] {
    let changed = entries.filter { $0.stored != $0.status }
    return (changed.filter { $0.stage == .production } + changed.filter { $0.stage != .production })
      .map { .init(name: $0.name, status: $0.status) }
  }
}
