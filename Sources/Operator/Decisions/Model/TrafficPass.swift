import ApusAPI
import KubernetesModel
import WorkerContract

/// Which versions serve, and with what share of the requests.
struct TrafficPass: ModelPass {
  @Shared var observed: ModelObservation
  var effects = Effects()
  let registry: Registry
  /// nil: nothing has ever been in production.
  private(set) var table: RoutingTable?
  /// What serves; what has served where nothing does.
  private(set) var traffic: [RoutingTable.Entry]
  private(set) var revision: Int

  init(_ observed: ModelObservation, _ promotion: PromotionPass) {
    _observed = Shared(wrappedValue: observed)
    registry = promotion.registry
    traffic = observed.model.status.traffic
    revision = observed.model.status.routingRevision
    let entries = self.entries(promotion.canaryWeight)
    guard !entries.isEmpty, observed.model.ownerReference != nil else { return }
    traffic = entries
    revision = nextRevision(of: entries)
    table = RoutingTable(
      namespace: namespace, model: name, identity: observed.model.identity, revision: revision, entries: entries,
      logging: spec.serving.logging)
  }

  /// What was served before.
  private var known: ModelDeploymentStatus { observed.model.status }

  private func entries(_ canaryWeight: Int) -> [RoutingTable.Entry] {
    guard var production = orphan ?? productionEntry else { return [] }
    production.weight = 100 - canaryWeight
    var entries = [production]
    if let canary = registry.canary, let digest = canary.spec.artifact?.digest {
      entries.append(.init(version: canary.version, digest: digest, weight: canaryWeight, role: .canary))
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
    return known.traffic.first { $0.role == .production }
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
  private func nextRevision(of entries: [RoutingTable.Entry]) -> Int {
    let isRecorded = known.traffic == entries && known.routingRevision > 0
    guard let routing = observed.routing, (0...Self.highestBelieved).contains(routing.revision) else {
      return isRecorded ? known.routingRevision : Self.following(known.routingRevision)
    }
    if routing.entries == entries, routing.logging == spec.serving.logging,
      routing.identity == observed.model.identity
    {
      return max(routing.revision, isRecorded ? known.routingRevision : 0)
    }
    // A cache that is behind the status has nothing to say.
    if isRecorded, routing.revision < known.routingRevision { return known.routingRevision }
    return Self.following(max(known.routingRevision, routing.revision))
  }

  /// People can write into the ConfigMap: a revision that leaves no room for those to come is none of the operator's.
  private static let highestBelieved = 1 << 52

  private static func following(_ revision: Int) -> Int { revision < .max ? revision + 1 : revision }
}
