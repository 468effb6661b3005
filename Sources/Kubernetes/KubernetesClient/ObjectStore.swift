public import KubernetesModel
import Synchronization

/// The objects of one kind as an informer knows them, with indexes by owner, by chosen labels and by chosen fields.
/// Readers get values; a read never waits for the network.
///
/// Documents that an informer brings are kept packed (`DocumentPacker`) and are read anew each time they are asked for:
/// 10,000 objects are a few megabytes, and asking costs some microseconds. Who needs an object twice keeps it.
///
/// Guarantee: an object never goes back to an older resource version, so that own writes put in with `note` stay until the
/// watch has caught up.
public final class ObjectStore<Object: Sendable>: Sendable {
  typealias Item = ObjectList<Object>.Item
  /// Values under which an object is found.
  public typealias FieldIndex = @Sendable (Object) -> [String]

  struct State {
    var entries: [ObjectKey: StoredEntry<Object>] = [:]
    var index = StoreIndex()
    var packer = DocumentPacker()
    /// What a list has brought so far that is not complete yet.
    var staged: [(key: ObjectKey, entry: StoredEntry<Object>)] = []
    /// Objects known to be gone, so that a late answer to an own write cannot bring them back; the oldest are forgotten.
    var gone: [UInt64] = []
    var problems: [ObjectKey: String] = [:]
    var labels: Set<String>
    var fields: [String: FieldIndex]
    /// How often an entry was put in, replaced or taken out.
    var changes: UInt64 = 0

    /// In no order.
    func keys(_ query: StoreQuery) -> [ObjectKey] {
      switch query.form {
      case .key(let key): entries[key] == nil ? [] : [key]
      case .indexed(let value, let namespace?):
        index.keys(StoreHash(bits: value)).filter { $0.namespace == namespace }
      case .indexed(let value, nil): index.keys(StoreHash(bits: value))
      case .all: Array(entries.keys)
      }
    }

    func states(_ query: StoreQuery) -> ObjectStates {
      var states = ObjectStates()
      func insert(_ key: ObjectKey) {
        if let entry = entries[key] { states.insert(key, uid: entry.uid, version: entry.version) }
      }
      switch query.form {
      case .all: return ObjectStates(count: entries.count, changes: changes)
      case .key(let key): insert(key)
      case .indexed: for key in keys(query) { insert(key) }
      }
      return states
    }
  }

  private let state: Mutex<State>
  private let decode: @Sendable (JSONValue) -> Object?

  /// - Parameters:
  ///   - labels: the label keys that `StoreQuery.label` can ask for.
  ///   - fields: what `StoreQuery.field` can ask for, by a name.
  ///   - decode: reads packed documents. Without it nothing is packed.
  public init(
    indexing labels: Set<String> = [], fields: [String: FieldIndex] = [:],
    decode: @escaping @Sendable (JSONValue) -> Object? = { _ in nil }
  ) {
    self.decode = decode
    state = Mutex(State(labels: labels, fields: fields))
  }

  public subscript(key: ObjectKey) -> Object? {
    let (entry, table) = state.withLock { ($0.entries[key], $0.packer.shared) }
    return entry.flatMap { read($0, table) }
  }

  public subscript(namespace: String, name: String) -> Object? { self[ObjectKey(namespace: namespace, name: name)] }

  public var count: Int { state.withLock { $0.entries.count } }

  /// In the order of their keys. Reads every object: for many of them an index is the better way.
  public var objects: [Object] { objects(.all) }

  public var keys: [ObjectKey] { keys(.all) }

  /// The objects that the query means, in the order of their keys.
  public func objects(_ query: StoreQuery) -> [Object] { look(query).objects }

  /// Their keys, in order, without reading the objects.
  public func keys(_ query: StoreQuery) -> [ObjectKey] { state.withLock { $0.keys(query) }.sorted() }

  /// In which states they are, without reading them.
  public func states(_ query: StoreQuery) -> ObjectStates { state.withLock { $0.states(query) } }

  /// The objects and in which states these very objects are.
  public func look(_ query: StoreQuery) -> (objects: [Object], states: ObjectStates) {
    let (entries, states, table) = state.withLock { state in
      let keys = state.keys(query)
      let entries = (keys.count > 1 ? keys.sorted() : keys).compactMap { state.entries[$0] }
      return (entries, state.states(query), state.packer.shared)
    }
    return (entries.compactMap { read($0, table) }, states)
  }

  /// The keys of the objects, in order, and in which states these are.
  public func lookAtKeys(_ query: StoreQuery) -> (keys: [ObjectKey], states: ObjectStates) {
    let (keys, states) = state.withLock { ($0.keys(query), $0.states(query)) }
    return (keys.sorted(), states)
  }

  /// Objects that are in the cluster, but cannot be read as this type, and why.
  public var problems: [ObjectKey: String] { state.withLock { $0.problems } }

  /// The object alone.
  private func read(_ entry: StoredEntry<Object>, _ table: [JSONValue]) -> Object? {
    switch entry.body {
    case .value(let kept): kept.object
    case .packed(let bytes): DocumentPacker.unpack(bytes, sharing: table).flatMap(decode)
    }
  }

  private func open(_ entry: StoredEntry<Object>, _ table: [JSONValue]) -> (identity: ObjectIdentity, object: Object)? {
    switch entry.body {
    case .value(let kept): return (kept.identity, kept.object)
    case .packed(let bytes):
      guard let document = DocumentPacker.unpack(bytes, sharing: table), let identity = ObjectIdentity(document),
        let object = decode(document)
      else { return nil }
      return (identity, object)
    }
  }

  // MARK: Changes

  /// Puts in the server's answer to an own write, until the watch has caught up. Older versions and objects that are known
  /// to be gone are ignored.
  @discardableResult
  public func note(_ identity: ObjectIdentity, _ object: Object) -> StoreEvent<Object>? {
    note(Item(identity: identity, object: object))
  }

  /// An object with its identity, for replays.
  func item(_ key: ObjectKey) -> Item? {
    let (entry, table) = state.withLock { ($0.entries[key], $0.packer.shared) }
    return entry.flatMap { open($0, table) }.map { Item(identity: $0.identity, object: $0.object) }
  }

  /// Whether the store has this very version of the object, so that a list need not be read for it.
  func holds(_ identity: ObjectIdentity) -> Bool {
    guard !identity.resourceVersion.isEmpty else { return false }
    return state.withLock { state in
      let held = state.entries[identity.key]
      return held?.uid == StoreHash.uid(identity.uid) && held?.version == identity.resourceVersion
    }
  }

  func note(_ item: Item) -> StoreEvent<Object>? {
    state.withLock { state in
      guard !state.gone.contains(StoreHash.uid(item.identity.uid)) else { return nil }
      return put(item, .ownWrite, &state)
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
      let uid = StoreHash.uid(identity.uid)
      Self.bury(uid, &state)
      guard let present = state.entries[identity.key], present.uid == uid else { return nil }
      return take(identity.key, &state).flatMap { event(old: $0, new: nil, .watch, state.packer.shared) }
    }
  }

  func noteProblem(_ problem: UndecodableObject) -> StoreEvent<Object>? {
    guard let key = problem.key else { return nil }
    return state.withLock { state in
      state.problems[key] = problem.reason
      // The last readable state is not the truth any more.
      return take(key, &state).flatMap { event(old: $0, new: nil, .watch, state.packer.shared) }
    }
  }

  // MARK: Lists

  /// Takes in a page of a list that is not complete yet: readers see it when `replace` ends the list.
  func stage(_ items: [Item]) {
    state.withLock { state in
      for item in items { state.staged.append((item.identity.key, entry(item, &state))) }
    }
  }

  /// Takes one object out of what was staged.
  func unstage(_ key: ObjectKey) { state.withLock { $0.staged.removeAll { $0.key == key } } }

  /// Forgets what was staged: the list begins anew.
  func unstage() { state.withLock { $0.staged = [] } }

  /// Makes the store hold what was staged and what the list holds, and gives the differences: a delete for all that vanished
  /// while nobody was watching. Own writes that are newer than the list stay.
  ///
  /// - Parameter isRestored: the cluster's history begins anew at an older resource version, as after a restored backup:
  ///   versions held here mean nothing any more, and the list is the truth.
  func replace(
    with list: ObjectList<Object>, _ cause: StoreCause, isRestored: Bool = false
  ) -> StoreDifferences<Object> {
    stage(list.items)
    let (differences, table) = state.withLock { state in
      let listed = state.staged
      state.staged = []
      let uids = Dictionary(listed.map { ($0.key, $0.entry.uid) }, uniquingKeysWith: { $1 })
      var differences: [StoreDifferences<Object>.Difference] = []
      if isRestored { state.gone = [] }
      state.problems = [:]
      for problem in list.undecodable {
        if let key = problem.key { state.problems[key] = problem.reason }
      }
      for (key, present) in state.entries where uids[key] != present.uid && !list.unchanged.contains(key) {
        let isNewer = !isRestored && ResourceVersion.isOlder(list.resourceVersion, than: present.version)
        guard !isNewer || state.problems[key] != nil else { continue }
        Self.bury(present.uid, &state)
        if let old = take(key, &state) { differences.append(.init(old: old, new: nil)) }
      }
      if state.entries.isEmpty { state.entries.reserveCapacity(listed.count) }
      for (key, new) in listed {
        let old = state.entries[key]
        guard old.map({ $0.yields(to: new, isRestored: isRestored) }) ?? true else { continue }
        set(new, key, replacing: old, &state)
        differences.append(.init(old: old, new: new))
      }
      return (differences, state.packer.shared)
    }
    return StoreDifferences(differences: differences) { difference in
      self.event(old: difference.old, new: difference.new, cause, table)
    }
  }

  private static func bury(_ uid: UInt64, _ state: inout State) {
    guard uid != 0 else { return }
    state.gone.append(uid)
    if state.gone.count > 512 { state.gone.removeFirst(256) }
  }

  private func entry(_ item: Item, _ state: inout State) -> StoredEntry<Object> {
    let body: StoredEntry<Object>.Body =
      if let document = item.document {
        .packed(state.packer.pack(document))
      } else {
        .value(.init(identity: item.identity, object: item.object))
      }
    return StoredEntry(
      uid: StoreHash.uid(item.identity.uid), version: item.identity.resourceVersion, body: body)
  }

  /// nil where nothing changed.
  private func put(_ item: Item, _ cause: StoreCause, _ state: inout State) -> StoreEvent<Object>? {
    let key = item.identity.key
    let old = state.entries[key]
    let stub = StoredEntry(
      uid: StoreHash.uid(item.identity.uid), version: item.identity.resourceVersion,
      body: .value(.init(identity: item.identity, object: item.object)))
    if let old, !old.yields(to: stub) { return nil }
    let before = old.flatMap { open($0, state.packer.shared) }
    if let before { state.index.remove(key, Self.hashes(before.identity, before.object, state)) }
    state.entries[key] = entry(item, &state)
    state.changes += 1
    state.index.insert(key, Self.hashes(item.identity, item.object, state))
    return StoreEvent(
      identity: item.identity,
      change: before.map { .updated(old: $0.object, new: item.object) } ?? .added(item.object), cause: cause,
      former: before?.identity)
  }

  private func set(
    _ new: StoredEntry<Object>, _ key: ObjectKey, replacing old: StoredEntry<Object>?, _ state: inout State
  ) {
    let table = state.packer.shared
    if let old = old.flatMap({ open($0, table) }) {
      state.index.remove(key, Self.hashes(old.identity, old.object, state))
    }
    state.entries[key] = new
    state.changes += 1
    if let new = open(new, table) { state.index.insert(key, Self.hashes(new.identity, new.object, state)) }
  }

  private func take(_ key: ObjectKey, _ state: inout State) -> StoredEntry<Object>? {
    guard let entry = state.entries.removeValue(forKey: key) else { return nil }
    state.changes += 1
    if let old = open(entry, state.packer.shared) {
      state.index.remove(key, Self.hashes(old.identity, old.object, state))
    }
    return entry
  }

  private func event(
    old: StoredEntry<Object>?, new: StoredEntry<Object>?, _ cause: StoreCause, _ table: [JSONValue]
  ) -> StoreEvent<Object>? {
    let before = old.flatMap { open($0, table) }
    guard let after = new.flatMap({ open($0, table) }) else {
      return before.map { StoreEvent(identity: $0.identity, change: .deleted($0.object), cause: cause) }
    }
    return StoreEvent(
      identity: after.identity,
      change: before.map { .updated(old: $0.object, new: after.object) } ?? .added(after.object),
      cause: cause, former: before?.identity)
  }

  /// Indexes by more labels and fields, from now on and for all that is there.
  func addIndexes(labels: Set<String>, fields: [String: FieldIndex]) {
    state.withLock { state in
      let newLabels = labels.subtracting(state.labels)
      let newFields = fields.filter { state.fields[$0.key] == nil }
      guard !newLabels.isEmpty || !newFields.isEmpty else { return }
      for (key, entry) in state.entries {
        guard let known = open(entry, state.packer.shared) else { continue }
        state.index.insert(key, Self.hashes(known.identity, known.object, newLabels, newFields))
      }
      state.labels.formUnion(newLabels)
      state.fields.merge(newFields) { present, _ in present }
    }
  }

  private static func hashes(
    _ identity: ObjectIdentity, _ object: Object, _ state: State
  ) -> [StoreHash] {
    identity.owners.map { StoreHash("owner", $0.uid) } + hashes(identity, object, state.labels, state.fields)
  }

  private static func hashes(
    _ identity: ObjectIdentity, _ object: Object, _ labels: Set<String>, _ fields: [String: FieldIndex]
  ) -> [StoreHash] {
    var hashes: [StoreHash] = []
    for label in labels {
      if let value = identity.labels[label] { hashes.append(StoreHash("label " + label, value)) }
    }
    for (name, values) in fields {
      for value in values(object) { hashes.append(StoreHash("field " + name, value)) }
    }
    return hashes
  }
}
