import ApusAPI
import KubernetesModel
import WorkerContract

/// How long a version must have been out of use: by then no server, check or training that began with it is left.
private let restBeforeRetirement = 3600.0

/// A run removes the files of at most this many versions; its result has to fit a termination message.
private let removalsInOneRun = 20

/// The last so many Jobs that are over stay, for `kubectl logs`.
private let keptJobs = 5

/// What is kept no longer: files of versions, Jobs, configurations, an autoscaler.
///
/// Files are given up in two steps, so that nobody can choose a version whose files are about to go: it is written down as
/// retired, which takes it out of what can be served, and only a training that starts after that is told to remove them.
struct RetentionPass: ModelPass {
  @Shared var observed: ModelObservation
  var effects = Effects()
  private(set) var registry: Registry

  init(
    _ observed: ModelObservation, _ promotion: PromotionPass, _ traffic: TrafficPass, _ servers: ServersPass,
    _ runs: RunsPass
  ) {
    _observed = Shared(wrappedValue: observed)
    registry = promotion.registry
    // What a run may have begun with any of the files, and what servers may still be reading.
    let isQuiet = runs.trainings.running == nil && runs.training?.state != .running && servers.pushes.isEmpty
    if isQuiet, registry.canary == nil { retire(FilesInUse(observed, traffic)) }
    effects.remove += runs.trainings.tidying(.latest(keptJobs), configurations(runs.loading?.job))
    // Left alone it would go on to change the replicas that the spec fixes now.
    if spec.serving.autoscaling == nil, let uid = observed.autoscalerUID {
      effects.remove.append(Removal(Resource.autoscalers("v1"), namespace: namespace, name: name, uid: uid))
    }
  }

  /// All but the one that the version which is being loaded needs.
  private func configurations(_ loading: WorkerJob?) -> [RunConfiguration] {
    let load = loading?.number.map { ResourceName.loadJob(model: name, number: $0.value) }
    return observed.runConfigurations.filter { $0.job != load }
  }

  private mutating func retire(_ inUse: FilesInUse) {
    let spare = registry.spare(pinned: spec.serving.version)
    guard spare.count > spec.promotion.keep else { return }
    let surplus = spare.sorted { ($0.lastUse, $0.spec.number) > ($1.lastUse, $1.spec.number) }
      .dropFirst(spec.promotion.keep)
    var retired: [String] = []
    for entry in surplus where !registry.needs(entry, inUse) {
      let rest = now.seconds(since: entry.status.history.last?.at.corrected(at: now) ?? .distantPast)
      guard rest >= restBeforeRetirement else {
        lookAgain(in: restBeforeRetirement - rest)
        continue
      }
      registry.retire(entry.version)
      retired.append(entry.version)
    }
    guard !retired.isEmpty else { return }
    announce(
      .normal, .filesRetired,
      "the files of \(retired.joined(separator: ", ")) are no longer kept (spec.promotion.keep is "
        + "\(spec.promotion.keep)) and the next training removes them")
  }
}

/// Digests of files that serve, or that other models have: files are addressed by their content.
struct FilesInUse: Sendable {
  let digests: Set<String>

  init(_ observed: ModelObservation, _ traffic: TrafficPass) {
    digests = observed.foreignDigests.union(traffic.traffic.map(\.digest))
  }
}

extension Registry {
  /// Whether a version of this or another model has the same files, or serves from them.
  func needs(_ entry: Entry, _ inUse: FilesInUse) -> Bool {
    guard let digest = entry.spec.artifact?.digest else { return true }
    return inUse.digests.contains(digest)
      || entries.contains {
        $0.version != entry.version && $0.status.files == .kept && $0.spec.artifact?.digest == digest
      }
  }

  /// What a run that starts now is to remove.
  func retiredFiles(_ inUse: FilesInUse) -> [ArtifactReference]? {
    let retired = entries.filter { $0.isSurelyRetired && !needs($0, inUse) }.compactMap(\.spec.artifact)
    return retired.isEmpty ? nil : Array(retired.prefix(removalsInOneRun))
  }

  /// Versions with files that nothing points to: neither production nor the one before it, nobody's candidate, not pinned.
  package func spare(pinned: String?) -> [Entry] {
    let kept = [production?.version, previous?.version, pinned]
    return entries.filter { entry in
      let isOut: Bool =
        switch entry.stage {
        case .archived, .rejected, .quarantined: true
        case .candidate, .awaitingApproval, .canary, .production, .failed: false
        }
      return isOut && entry.isServable && !kept.contains(entry.version)
    }
  }

  /// Whether anything is given up already or could be: the moment to ask who else has the same files.
  package func mayRetire(keeping count: Int) -> Bool {
    entries.contains { $0.status.files == .retired } || entries.count { $0.isServable } > count
  }
}
