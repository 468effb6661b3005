import ControllerRuntime
import KubernetesClient
import KubernetesModel
import Logging
import OperatorProgram

/// Keeps the copies that one ConfigCopy asks for, and takes them away with it.
struct Copier: Sendable {
  private static let mark = "examples.apus.dev/copy-of"
  private static let finalizer = "examples.apus.dev/copies"

  private let api: any KubernetesAPI
  private let events: EventRecorder
  private let applier: Applier
  private let written: OperatorCounter
  private let wishes: Informer<ConfigCopy>
  private let configMaps: Informer<ConfigMap>
  private let namespaces: Informer<ObjectMeta>

  init(_ context: OperatorProgram.Context) {
    api = context.api
    events = context.events
    applier = Applier(context.api, annotation: "examples.apus.dev/applied")
    written = context.metrics.counter("config_copier_copies_written_total", help: "Copies made or changed.")
    let informers = InformerSet(context.api, logger: context.logger)
    wishes = informers.informer(.typed)
    configMaps = informers.informer(.typed, indexing: [Self.mark])
    let kind = GroupVersionKind(group: "", version: "v1", kind: "Namespace")
    namespaces = informers.informer(
      .metadataOnly(kind, GroupVersionResource(group: "", version: "v1", resource: "namespaces")))
  }

  /// A changed ConfigMap, be it a source, a copy or in the way of one, concerns those who copy its name; a changed
  /// namespace concerns all.
  func controller(_ context: OperatorProgram.Context) -> Controller {
    let controller = Controller(
      name: "configcopy", workers: context.workers, metrics: context.metrics, logger: context.logger
    ) { key, logger in try await reconcile(key, logger) }
    controller.watch(wishes)
    controller.watch(configMaps) { event in
      wishes.store.objects.filter { $0.spec.configMap == event.identity.key.name }.map(\.key)
    }
    controller.watch(namespaces) { _ in wishes.store.keys }
    return controller
  }

  private func reconcile(_ key: ObjectKey, _ logger: Logger) async throws -> ReconcileResult {
    guard var wish = wishes.store[key] else { return .done }
    let present = configMaps.store.objects(.label(Self.mark, Self.owner(wish)))
    guard !wish.metadata.isBeingDeleted else {
      try await remove(present)
      try await api.removeFinalizer(Self.finalizer, from: wish)
      return .done
    }
    // Before the first copy: nothing is left behind, whenever the object is deleted.
    if let marked = try await api.addFinalizer(Self.finalizer, to: wish) {
      wish = marked
      wishes.note(try marked.manifest)
    }
    guard let source = configMaps.store[key.namespace, wish.spec.configMap] else {
      try await report(wish, copies: present.count, "SourceMissing", "there is no ConfigMap \(wish.spec.configMap)")
      return .done
    }
    let targets = namespaces.store.objects.filter { isTarget($0, of: wish) }.compactMap(\.name)
    try await remove(
      present.filter { !targets.contains($0.metadata.namespace ?? "") || $0.metadata.name != source.metadata.name })
    let refused = try await copy(source, for: wish, to: targets)
    guard refused.isEmpty else {
      let names = refused.joined(separator: ", ")
      try await report(
        wish, copies: targets.count - refused.count, "NotOurs",
        "ConfigMaps of the same name stand in the way in \(names)")
      return .requeue(after: .seconds(60))
    }
    try await report(wish, copies: targets.count, nil, "\(targets.count) namespaces have a copy")
    return .done
  }

  private static func owner(_ wish: ConfigCopy) -> String {
    ObjectName.bounded("\(wish.key.namespace).\(wish.key.name)", limit: 63)
  }

  private func isTarget(_ namespace: ObjectMeta, of wish: ConfigCopy) -> Bool {
    namespace.labels[wish.spec.namespaceLabel] != nil && !namespace.isBeingDeleted
      && namespace.name != wish.key.namespace
  }

  /// Gives the namespaces in which somebody else's ConfigMap has the name: those are left alone.
  private func copy(_ source: ConfigMap, for wish: ConfigCopy, to namespaces: [String]) async throws -> [String] {
    var refused: [String] = []
    for namespace in namespaces {
      let name = source.metadata.name ?? ""
      // A cache may be late: what it does not have yet may be there all the same, and somebody else's.
      var live = configMaps.store[namespace, name]
      if live == nil { live = try await api.find(namespace: namespace, name: name) }
      if let live, live.metadata.labels[Self.mark] != Self.owner(wish) {
        refused.append(namespace)
        continue
      }
      let labels = [Self.mark: Self.owner(wish)]
      var desired = ConfigMap(metadata: ObjectMeta(name: name, namespace: namespace, labels: labels), data: source.data)
      desired.binaryData = source.binaryData
      desired.immutable = source.immutable
      let applied = try await applier.apply(
        try desired.manifest, ConfigMap.gvr, namespace: namespace, live: try live?.manifest, owner: nil,
        immutable: .replace)
      guard case .unchanged = applied else {
        written.increment()
        configMaps.note(applied.object)
        continue
      }
    }
    return refused
  }

  private func remove(_ copies: [ConfigMap]) async throws {
    for copy in copies {
      try await api.delete(
        ConfigMap.self, namespace: copy.metadata.namespace, name: copy.metadata.name ?? "", uid: copy.metadata.uid)
    }
  }

  /// Status and Event, where there is news. Without a problem all is well.
  private func report(_ wish: ConfigCopy, copies: Int, _ problem: String?, _ message: String) async throws {
    var conditions = wish.status?.conditions ?? []
    let before = conditions["Ready"]
    conditions.set(
      "Ready", problem == nil ? .yes : .no, reason: problem ?? "Copied", message: message,
      generation: wish.metadata.generation, at: TimeSource.system.wall())
    let status = ConfigCopy.Status(
      observedGeneration: wish.metadata.generation, copies: copies, conditions: conditions)
    if let answer = try await api.writeStatus(JSONValue(encoding: status), of: wish) { wishes.note(answer) }
    guard conditions["Ready"]?.reason != before?.reason || conditions["Ready"]?.message != before?.message else {
      return
    }
    events.record(
      Announcement(
        wish.reference, problem == nil ? .normal : .warning, reason: problem ?? "Copied", action: "Copy", note: message)
    )
  }
}
