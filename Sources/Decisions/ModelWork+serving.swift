import ApusAPI
import KubernetesModel
import WorkerContract

/// How soon pods that have not confirmed the routing table are asked again.
private let confirmationInterval = 2.0
/// A server that is still not ready after this long may have a table that it cannot serve; it is asked why.
private let startPatience = 20.0

extension ModelWork {
  /// What serves: traffic from the registry, the table for the pods, the servers themselves, pushes to those that do not
  /// know the table yet.
  mutating func serve() {
    let storage = observed.settings.storage
    if storage.needsClaim, storage.claim.create, !observed.claimExists {
      effects.apply.append(dataClaim(storage.claim, namespace: namespace))
    }
    let entries = traffic
    guard !entries.isEmpty, let owner = observed.model.ownerReference else {
      // Nothing has ever been in production.
      status.serving = nil
      return
    }
    let table = RoutingTable(
      namespace: namespace, model: name, identity: observed.model.identity, revision: revision(of: entries),
      entries: entries, logging: spec.serving.logging)
    status.traffic = entries
    status.routingRevision = table.revision
    // Those of a new Deployment are drawn, and those that were before.
    let servers = ServerSet(
      model: name, namespace: namespace, owner: owner, serving: spec.serving, routing: table,
      canAutoscale: observed.canAutoscale, isDrawnToClaim: observed.deployment?.isDrawnToClaim ?? true)
    effects.apply += servers.objects(observed.settings)
    confirm(table, servers)
  }

  private var traffic: [RoutingTable.Entry] {
    guard var production = orphan ?? productionEntry else { return [] }
    let weight = canaryWeight
    production.weight = 100 - weight
    var entries = [production]
    if let canary = registry.canary, let digest = canary.spec.artifact?.digest {
      entries.append(.init(version: canary.version, digest: digest, weight: weight, role: .canary))
    }
    if let previous = registry.previous, previous.stage == .archived, let digest = previous.spec.artifact?.digest {
      entries.append(.init(version: previous.version, digest: digest, weight: 0, role: .warm))
    }
    return entries
  }

  private var productionEntry: RoutingTable.Entry? {
    guard let production = registry.production, let artifact = production.spec.artifact else { return nil }
    return .init(version: production.version, digest: artifact.digest, weight: 100, role: .production)
  }

  /// What is served as production although the registry has nothing in production: its ModelVersion was deleted, and there
  /// is none before it. Its files are still there, and clients depend on it, so it is served on.
  var orphan: RoutingTable.Entry? {
    guard registry.production == nil else { return nil }
    return status.traffic.first { $0.role == .production }
  }

  /// That what is served has no object, and what to do; nil where all is well.
  var orphanNote: String? {
    guard let orphan else { return nil }
    let object = ResourceName.version(model: name, number: orphan.number?.value ?? 0)
    let fate = registry[orphan.version].map { "is \($0.stage.rawValue)" } ?? "was deleted"
    let others = registry.servable.map(\.version)
    let other =
      others.isEmpty
      ? "" : ", or serve \(others.joined(separator: " or ")) with the annotation \(ApusAnnotations.forcePromote)"
    return
      "\(orphan.version) is served, but its ModelVersion \(object) \(fate), so nothing can be checked, compared or rolled "
      + "back to; train a new version with the annotation \(ApusAnnotations.retrainRequestedAt)\(other)"
  }

  /// Grows with every change of what the pods are told; stays where the ConfigMap says the same already, so that an
  /// operator that died after writing it does not count twice.
  private func revision(of entries: [RoutingTable.Entry]) -> Int {
    let isRecorded = status.traffic == entries && status.routingRevision > 0
    guard let routing = observed.routing else {
      return isRecorded ? status.routingRevision : status.routingRevision + 1
    }
    if routing.entries == entries, routing.logging == spec.serving.logging,
      routing.identity == observed.model.identity
    {
      return max(routing.revision, isRecorded ? status.routingRevision : 0)
    }
    // A cache that is behind the status has nothing to say.
    if isRecorded, routing.revision < status.routingRevision { return status.routingRevision }
    return max(status.routingRevision, routing.revision) + 1
  }

  private mutating func confirm(_ table: RoutingTable, _ servers: ServerSet) {
    let text = servers.routingText
    let ready = observed.pods.filter(\.isReady)
    let unconfirmed = ready.filter { (observed.confirmations[$0.uid] ?? 0) < table.revision }
    let silent = ready.isEmpty ? observed.pods.filter { $0.trouble == nil && $0.runningSince != nil } : []
    let asked = silent.filter { now.seconds(since: $0.runningSince ?? now) >= startPatience }
    pushes = (unconfirmed + asked).compactMap { pod in
      guard let address = pod.address else { return nil }
      return RoutingPush(
        pod: pod.uid, podName: pod.name, address: address, isEncrypted: pod.isEncrypted, revision: table.revision,
        digests: table.entries.map(\.digest), table: text)
    }
    if !unconfirmed.isEmpty { lookAgain(in: confirmationInterval) }
    if !silent.isEmpty { lookAgain(in: startPatience) }
    status.serving = .init(
      replicas: observed.deployment?.replicas ?? 0, readyReplicas: ready.count,
      confirmedReplicas: ready.count - unconfirmed.count, selector: servers.selectorText)
  }
}
