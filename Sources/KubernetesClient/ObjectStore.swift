public import KubernetesModel
import Synchronization

/// The objects of one kind as an informer knows them, with indexes by owner and by chosen labels. Readers get values; a
/// read never waits for the network.
///
/// Guarantee: an object never goes back to an older resource version, so that own writes put in with `note` stay until the
/// watch has caught up.
public final class ObjectStore<Object: Sendable>: Sendable {
  typealias Item = ObjectList<Object>.Item

  private struct State {
    var items: [ObjectKey: Item] = [:]
    var byOwner: [String: Set<ObjectKey>] = [:]
    var byLabel: [String: [String: Set<ObjectKey>]] = [:]
    /// Objects known to be gone, so that a late answer to an own write cannot bring them back; the oldest are forgotten.
    var gone: [String] = []
    var problems: [ObjectKey: String] = [:]
  }

  private let state: Mutex<State>
  private let labels: Set<String>

  /// - Parameter labels: the label keys that `objects(label:value:)` can be asked for.
  public init(indexing labels: Set<String> = []) {
    self.labels = labels
    state = Mutex(State())
  }

  public subscript(key: ObjectKey) -> Object? { state.withLock { $0.items[key]?.object } }

  public subscript(namespace: String, name: String) -> Object? { self[ObjectKey(namespace: namespace, name: name)] }

  public var count: Int { state.withLock { $0.items.count } }

  /// In the order of their keys.
  public var objects: [Object] {
    state.withLock { $0.items }.sorted { $0.key < $1.key }.map(\.value.object)
  }

  public var keys: [ObjectKey] { state.withLock { Array($0.items.keys) }.sorted() }

  /// Objects with an owner reference to this uid, in the order of their keys.
  public func objects(ownedBy uid: String) -> [Object] {
    state.withLock { state in Self.pick(state.byOwner[uid], state) }
  }

  /// Objects whose indexed label has this value, in the order of their keys; of one namespace, where it is given.
  public func objects(label: String, value: String, namespace: String? = nil) -> [Object] {
    state.withLock { state in
      let keys = state.byLabel[label]?[value].map { keys in
        namespace.map { namespace in keys.filter { $0.namespace == namespace } } ?? keys
      }
      return Self.pick(keys, state)
    }
  }

  /// Objects that are in the cluster, but cannot be read as this type, and why.
  public var problems: [ObjectKey: String] { state.withLock { $0.problems } }

  private static func pick(_ keys: Set<ObjectKey>?, _ state: State) -> [Object] {
    (keys ?? []).sorted().compactMap { state.items[$0]?.object }
  }

  // MARK: Changes

  /// Puts in the server's answer to an own write, until the watch has caught up. Older versions and objects that are known
  /// to be gone are ignored.
  @discardableResult
  public func note(_ identity: ObjectIdentity, _ object: Object) -> StoreEvent<Object>? {
    state.withLock { state in
      guard !state.gone.contains(identity.uid) else { return nil }
      return put(Item(identity: identity, object: object), .ownWrite, &state)
    }
  }

  /// An object with its identity, for replays.
  func item(_ key: ObjectKey) -> Item? { state.withLock { $0.items[key] } }

  /// Whether the store has this very version of the object, so that a list need not be read for it.
  func holds(_ identity: ObjectIdentity) -> Bool {
    guard !identity.resourceVersion.isEmpty else { return false }
    return state.withLock { state in
      let held = state.items[identity.key]?.identity
      return held?.uid == identity.uid && held?.resourceVersion == identity.resourceVersion
    }
  }

  func upsert(_ item: Item) -> StoreEvent<Object>? {
    state.withLock { state in
      state.problems[item.identity.key] = nil
      return put(item, .watch, &state)
    }
  }

  func remove(_ identity: ObjectIdentity) -> StoreEvent<Object>? {
    state.withLock { state in
      state.problems[identity.key] = nil
      Self.bury(identity.uid, &state)
      guard let present = state.items[identity.key], present.identity.uid == identity.uid else { return nil }
      return take(identity.key, .watch, &state)
    }
  }

  func noteProblem(_ problem: UndecodableObject) -> StoreEvent<Object>? {
    guard let key = problem.key else { return nil }
    return state.withLock { state in
      state.problems[key] = problem.reason
      // The last readable state is not the truth any more.
      return take(key, .watch, &state)
    }
  }

  /// Makes the store hold what the list holds, and gives the differences: a delete for all that vanished while nobody
  /// was watching. Own writes that are newer than the list stay.
  ///
  /// - Parameter isRestored: the cluster's history begins anew at an older resource version, as after a restored backup:
  ///   versions held here mean nothing any more, and the list is the truth.
  func replace(with list: ObjectList<Object>, _ cause: StoreCause, isRestored: Bool = false) -> [StoreEvent<Object>] {
    state.withLock { state in
      var events: [StoreEvent<Object>] = []
      if isRestored { state.gone = [] }
      state.problems = [:]
      for problem in list.undecodable {
        if let key = problem.key { state.problems[key] = problem.reason }
      }
      let listed = Dictionary(list.items.map { ($0.identity.key, $0.identity.uid) }, uniquingKeysWith: { $1 })
      for (key, item) in state.items where listed[key] != item.identity.uid && !list.unchanged.contains(key) {
        let isNewer =
          !isRestored && ResourceVersion.isOlder(list.resourceVersion, than: item.identity.resourceVersion)
        guard !isNewer || state.problems[key] != nil else { continue }
        Self.bury(item.identity.uid, &state)
        if let event = take(key, cause, &state) { events.append(event) }
      }
      for item in list.items {
        if let event = put(item, cause, isRestored: isRestored, &state) { events.append(event) }
      }
      return events
    }
  }

  private static func bury(_ uid: String, _ state: inout State) {
    guard !uid.isEmpty else { return }
    state.gone.append(uid)
    if state.gone.count > 512 { state.gone.removeFirst(256) }
  }

  /// nil where nothing changed.
  private func put(
    _ item: Item, _ cause: StoreCause, isRestored: Bool = false, _ state: inout State
  ) -> StoreEvent<Object>? {
    let key = item.identity.key
    let old = state.items[key]
    if let old {
      let isStale =
        old.identity.uid == item.identity.uid
        && (old.identity.resourceVersion == item.identity.resourceVersion && !item.identity.resourceVersion.isEmpty
          || !isRestored
            && ResourceVersion.isOlder(item.identity.resourceVersion, than: old.identity.resourceVersion))
      guard !isStale else { return nil }
      unindex(old.identity, &state)
    }
    state.items[key] = item
    index(item.identity, &state)
    let change: StoreChange<Object> = old.map { .updated(old: $0.object, new: item.object) } ?? .added(item.object)
    return StoreEvent(identity: item.identity, change: change, cause: cause)
  }

  private func take(_ key: ObjectKey, _ cause: StoreCause, _ state: inout State) -> StoreEvent<Object>? {
    guard let item = state.items.removeValue(forKey: key) else { return nil }
    unindex(item.identity, &state)
    return StoreEvent(identity: item.identity, change: .deleted(item.object), cause: cause)
  }

  private func index(_ identity: ObjectIdentity, _ state: inout State) {
    for owner in identity.owners { state.byOwner[owner.uid, default: []].insert(identity.key) }
    for label in labels {
      if let value = identity.labels[label] {
        state.byLabel[label, default: [:]][value, default: []].insert(identity.key)
      }
    }
  }

  private func unindex(_ identity: ObjectIdentity, _ state: inout State) {
    for owner in identity.owners {
      state.byOwner[owner.uid]?.remove(identity.key)
      if state.byOwner[owner.uid]?.isEmpty == true { state.byOwner[owner.uid] = nil }
    }
    for label in labels {
      guard let value = identity.labels[label] else { continue }
      state.byLabel[label]?[value]?.remove(identity.key)
      if state.byLabel[label]?[value]?.isEmpty == true { state.byLabel[label]?[value] = nil }
    }
  }
}
