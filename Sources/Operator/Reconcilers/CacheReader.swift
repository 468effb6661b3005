import ApusAPI
import ControllerRuntime
import KubernetesClient
package import KubernetesModel

/// The cache of one kind: it wakes controllers and takes in own writes ahead of the watch. What it holds only a `CacheReader`
/// reads: its informer is private to this file.
package struct ObjectCache<Object: Sendable>: Sendable {
  fileprivate let kind: CachedKind
  fileprivate let informer: Informer<Object>

  init(_ kind: CachedKind, _ informer: Informer<Object>) {
    self.kind = kind
    self.informer = informer
  }

  /// Own writes are seen at once.
  package func note(_ written: JSONValue) { informer.note(written) }

  /// Lists so far.
  var lists: Int { informer.statistics.lists }

  var index: CacheIndex<Object> { CacheIndex(store: informer.store) }
}

/// Finds the keys of the objects that a change wakes, and reads nothing else: informers keep what wakes a controller, so it
/// must not keep them.
struct CacheIndex<Object: Sendable>: Sendable {
  fileprivate let store: ObjectStore<Object>

  func keys(field: String, value: String, namespace: String) -> [ObjectKey] {
    store.keys(.field(field, value, namespace: namespace))
  }
}

extension Controller {
  func watch<Object>(_ cache: ObjectCache<Object>) { watch(cache.informer) }

  func watch<Object>(_ cache: ObjectCache<Object>, keys: @escaping @Sendable (StoreEvent<Object>) -> [ObjectKey]) {
    watch(cache.informer, keys: keys)
  }

  func owns<Object>(_ cache: ObjectCache<Object>, by owner: GroupVersionKind) { owns(cache.informer, by: owner) }
}

/// Reads the caches for one reconcile of one object, and records what it was asked: whether another reconcile would find
/// the same is asked of these queries later (`CacheMemo`).
///
/// Guarantees: there is no other way to what the caches hold. An answer and the states that are recorded of it are of the
/// same moment, or the states are older; so a change is never missed.
/// Whoever reads something that no cache holds says so with `readOutside`: what changes there wakes nobody.
final class CacheReader {
  let caches: ClusterCaches
  let key: ObjectKey
  private var records: [Record] = []
  /// Seconds from now for which the answers from outside the caches hold; 0: they are not to be relied on again.
  private(set) var believedFor = Double.infinity

  fileprivate struct Record {
    var kind: CachedKind
    var query: StoreQuery
    var states: ObjectStates
    /// Of an object that is read without what others note in it.
    var content: Content?
  }

  fileprivate struct Content {
    var object: JSONValue?
  }

  /// - Parameter key: the object that is reconciled.
  init(_ caches: ClusterCaches, of key: ObjectKey) {
    self.caches = caches
    self.key = key
  }

  var namespace: String { key.namespace }

  func objects<Object>(_ cache: ObjectCache<Object>, _ query: StoreQuery) -> [Object] {
    let (objects, states) = cache.informer.store.look(query)
    record(cache.kind, query, states)
    return objects
  }

  /// Reads no object.
  func keys<Object>(_ cache: ObjectCache<Object>, _ query: StoreQuery) -> [ObjectKey] {
    let (keys, states) = cache.informer.store.lookAtKeys(query)
    record(cache.kind, query, states)
    return keys
  }

  /// The object of this name in the namespace of what is reconciled.
  func object<Object>(_ cache: ObjectCache<Object>, _ name: String) -> Object? {
    objects(cache, .key(ObjectKey(namespace: namespace, name: name))).first
  }

  /// Reads the objects one by one: of many there is never more than one at once.
  func scan<Object, Value>(
    _ cache: ObjectCache<Object>, _ query: StoreQuery, where isWanted: (ObjectKey) -> Bool,
    _ value: (Object) -> Value?
  ) -> [Value] {
    keys(cache, query).compactMap { key in isWanted(key) ? cache.informer.store[key].flatMap(value) : nil }
  }

  /// The same as `object`, but others' notes in it count as no change: its resource version, and annotations of other groups.
  func ownObject(_ cache: ObjectCache<JSONValue>, _ name: String) -> JSONValue? {
    let query = StoreQuery.key(ObjectKey(namespace: namespace, name: name))
    let (objects, states) = cache.informer.store.look(query)
    record(cache.kind, query, states, Content(object: objects.first))
    return objects.first
  }

  /// Something was read that no cache holds.
  /// - Parameter seconds: how long the answer is believed; 0: it is asked for each time.
  func readOutside(believedFor seconds: Double = 0) { believedFor = min(believedFor, seconds) }

  /// The first states of a query stay: what was read first must not have changed either.
  private func record(
    _ kind: CachedKind, _ query: StoreQuery, _ states: ObjectStates, _ content: Content? = nil
  ) {
    let isKnown = records.contains { $0.kind == kind && $0.query == query && ($0.content == nil) == (content == nil) }
    if !isKnown { records.append(Record(kind: kind, query: query, states: states, content: content)) }
  }

  /// What was read, to be asked for again later. nil: it cannot be relied on then.
  func memo() -> CacheMemo? {
    believedFor > 0 ? CacheMemo(records, of: key) : nil
  }
}

/// The queries of a reconcile, and 64 bits for all of their states: 100 bytes as a rule, as thousands of objects have one each.
/// Means something within this process only. Two different states count as the same with a chance of 1 in 2⁶⁴.
struct CacheMemo: Sendable, Equatable {
  private let queries: PackedQueries
  private let states: UInt64
  /// Of the objects that are read without what others note in them.
  private var versions: UInt64
  private let content: UInt64

  /// nil: a query is about another namespace.
  fileprivate init?(_ records: [CacheReader.Record], of key: ObjectKey) {
    guard let queries = PackedQueries(records.map { ($0.kind, $0.query, $0.content != nil) }, of: key) else {
      return nil
    }
    self.queries = queries
    var (states, versions, content): (UInt64, UInt64, UInt64) = (0, 0, 0)
    for record in records {
      let hash = Self.hash(record.kind, record.query, record.states)
      if let read = record.content {
        versions &+= hash
        content &+= Self.hash(record.kind, record.query, read.object.map(Self.relevant))
      } else {
        states &+= hash
      }
    }
    (self.states, self.versions, self.content) = (states, versions, content)
  }

  /// Whether all queries would find the same again. Reads an object only where others have noted something in it; then the memo
  /// learns its version.
  /// - Parameter key: the object that was reconciled.
  mutating func holds(for key: ObjectKey, in caches: ClusterCaches) -> Bool {
    var (states, versions): (UInt64, UInt64) = (0, 0)
    queries.forEach(of: key) { kind, query, isContent in
      let hash = Self.hash(kind, query, caches.states(kind, query))
      if isContent { versions &+= hash } else { states &+= hash }
    }
    guard states == self.states else { return false }
    if versions == self.versions { return true }
    var content: UInt64 = 0
    queries.forEach(of: key) { kind, query, isContent in
      if isContent { content &+= Self.hash(kind, query, caches.document(kind, query).map(Self.relevant)) }
    }
    guard content == self.content else { return false }
    self.versions = versions
    return true
  }

  private static func hash(_ kind: CachedKind, _ query: StoreQuery, _ seen: some Hashable) -> UInt64 {
    var hasher = Hasher()
    hasher.combine(kind)
    hasher.combine(query)
    hasher.combine(seen)
    return UInt64(bitPattern: Int64(hasher.finalize()))
  }

  /// An object without what others note in it: its version, and annotations that are not of this group.
  private static func relevant(_ object: JSONValue) -> JSONValue {
    guard case .object(var metadata)? = object["metadata"] else { return object }
    metadata["resourceVersion"] = nil
    if let annotations = metadata["annotations"]?.object {
      let own = annotations.filter { $0.key.hasPrefix(ApusGroup.name + "/") }
      metadata["annotations"] = own.isEmpty ? nil : .object(own)
    }
    var object = object
    object["metadata"] = .object(metadata)
    return object
  }
}

extension ClusterCaches {
  fileprivate func states(_ kind: CachedKind, _ query: StoreQuery) -> ObjectStates {
    switch kind {
    case .models: models.informer.store.states(query)
    case .policies: policies.informer.store.states(query)
    case .versions: versions.informer.store.states(query)
    case .jobs: jobs.informer.store.states(query)
    case .pods: pods.informer.store.states(query)
    case .deployments: deployments.informer.store.states(query)
    case .services: services.informer.store.states(query)
    case .configMaps: configMaps.informer.store.states(query)
    }
  }

  fileprivate func document(_ kind: CachedKind, _ query: StoreQuery) -> JSONValue? {
    let cache: ObjectCache<JSONValue>? =
      switch kind {
      case .models: models
      case .policies: policies
      case .versions: versions
      case .deployments: deployments
      case .services: services
      case .configMaps: configMaps
      case .jobs, .pods: nil
      }
    return cache?.informer.store.objects(query).first
  }
}
