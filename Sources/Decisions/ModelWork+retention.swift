import ApusAPI
import KubernetesModel
import WorkerContract

/// So long a version must have been out of use: by then no server, check or training that began with it is left.
private let restBeforeRetirement = 3600.0

/// A run removes the files of at most this many versions; its result has to fit a termination message.
private let removalsInOneRun = 20

extension ModelWork {
  /// Files are given up in two steps, so that nobody can choose a version whose files are about to go: it is written down as
  /// retired, which takes it out of what can be served, and only a training that starts after that is told to remove them.
  mutating func retire() {
    let spare = registry.spare(pinned: spec.serving.version)
    guard spare.count > spec.promotion.keep else { return }
    // What runs may have begun with any of them.
    guard trainings.running == nil, status.training?.state != .running, registry.canary == nil,
      pushes.isEmpty
    else { return }
    let surplus = spare.sorted { ($0.lastUse, $0.spec.number) > ($1.lastUse, $1.spec.number) }
      .dropFirst(spec.promotion.keep)
    var retired: [String] = []
    for entry in surplus where !isNeeded(entry) {
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

  /// Whether a version of this or another model has the same files, or serves from them: they are addressed by their content.
  private func isNeeded(_ entry: Registry.Entry) -> Bool {
    guard let digest = entry.spec.artifact?.digest else { return true }
    return observed.foreignDigests.contains(digest) || status.traffic.contains { $0.digest == digest }
      || registry.entries.contains {
        $0.version != entry.version && $0.status.files == .kept && $0.spec.artifact?.digest == digest
      }
  }

  /// What the run that starts now is to remove.
  var retiredFiles: [ArtifactReference]? {
    let retired = registry.entries.filter { $0.isSurelyRetired && !isNeeded($0) }.compactMap(\.spec.artifact)
    return retired.isEmpty ? nil : Array(retired.prefix(removalsInOneRun))
  }
}

extension Registry {
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
