import ApusAPI
import KubernetesModel
import WorkerContract

/// How soon pods that have not confirmed the routing table are asked again.
private let confirmationInterval = 2.0
/// The same where the operator may not read what it needs for asking: until an administrator has allowed it.
private let refusalInterval = 30.0
/// A server that is still not ready after this long may have a table that it cannot serve; it is asked why.
private let startPatience = 20.0

/// The servers with their table, and pushes to those that do not know the table yet.
struct ServersPass: ModelPass {
  @Shared var observed: ModelObservation
  var effects = Effects()
  private(set) var pushes: [RoutingPush] = []
  /// For the ready pods that have confirmed the table.
  private(set) var reminders: [RoutingPush] = []
  /// nil: nothing has ever been in production.
  private(set) var serving: ModelDeploymentStatus.ServingStatus?

  init(_ observed: ModelObservation, _ traffic: TrafficPass) {
    _observed = Shared(wrappedValue: observed)
    let storage = observed.settings.storage
    if storage.needsClaim, storage.claim.create, !observed.claimExists {
      effects.apply.append(dataClaim(storage.claim, namespace: namespace))
    }
    guard let table = traffic.table, let owner = observed.model.ownerReference else { return }
    // Those of a new Deployment are drawn, and those that were before.
    var servers = ServerSet(
      model: name, namespace: namespace, owner: owner, serving: spec.serving, routing: table,
      canAutoscale: observed.canAutoscale, isDrawnToClaim: observed.deployment?.isDrawnToClaim ?? true,
      operatorKeys: observed.operatorKeys, canRestrictNetwork: observed.canRestrictNetwork)
    servers.recipe = PodRecipe.next(observed.deployment) { servers.deploymentAsFirst(observed.settings, replicas: $0) }
    effects.apply += servers.objects(observed.settings)
    confirm(table, servers)
  }

  private mutating func confirm(_ table: RoutingTable, _ servers: ServerSet) {
    let text = servers.routingText
    let ready = observed.pods.filter(\.isReady)
    let unconfirmed = ready.filter { (observed.confirmations[$0.uid] ?? 0) < table.revision }
    let silent = ready.isEmpty ? observed.pods.filter { $0.trouble == nil && $0.runningSince != nil } : []
    let asked = silent.filter { now.seconds(since: $0.runningSince ?? now) >= startPatience }
    func told(_ pods: [ServerPod]) -> [RoutingPush] {
      pods.compactMap { pod in
        guard let address = pod.address else { return nil }
        return RoutingPush(
          pod: pod.uid, podName: pod.name, address: address, isEncrypted: pod.isEncrypted, revision: table.revision,
          digests: table.entries.map(\.digest), table: text)
      }
    }
    pushes = told(unconfirmed + asked)
    let pushed = Set(pushes.map(\.pod))
    reminders = told(ready.filter { !pushed.contains($0.uid) })
    if observed.secretsRefusal != nil { lookAgain(in: refusalInterval) }
    if !unconfirmed.isEmpty, observed.pushRefusal == nil { lookAgain(in: confirmationInterval) }
    if !silent.isEmpty { lookAgain(in: startPatience) }
    serving = .init(
      replicas: observed.deployment?.replicas ?? 0, readyReplicas: ready.count,
      confirmedReplicas: ready.count - unconfirmed.count, selector: servers.selectorText, blocker: blocker)
  }

  /// What keeps servers from starting, as a pod or the Deployment says it.
  private var blocker: Blocker? {
    let pods = observed.pods.filter { $0.trouble != nil }.sorted { $0.name < $1.name }
    if let trouble = pods.first?.trouble {
      return trouble.blocker(.serving, after: observed.model.status.serving?.blocker)
    }
    return observed.deployment?.podRefusal.map(PodRefusal.init).map {
      Blocker(
        reason: Reason.podsRefused.rawValue, message: $0.sentence(of: "the servers' pods", .serving), detail: $0.words)
    }
  }
}
