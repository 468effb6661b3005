import ClusterState
import KubernetesModel

/// The benchmark's API server, without its sockets. Writes and single objects are answered by the local cluster's own
/// semantics (`ClusterState`: server-side apply, managed fields, status subresources); lists and watches by bytes that
/// were prepared before, so that what is measured is the operator and not the server.
actor BenchmarkCluster {
  private(set) var state: ClusterState
  private var shelves: [GroupResource: Shelf] = [:]
  private var watchers: [Int: Watcher] = [:]
  private var nextWatcher = 0
  private let world: SimulatedWorld
  private(set) var tally = Tally()
  /// Waits for the next write of an object, by `resource/namespace/name`.
  private var awaited: [String: CheckedContinuation<ContinuousClock.Instant, Never>] = [:]

  private struct Watcher {
    var resource: GroupResource
    var onlyManaged: Bool
    var inlet: AsyncStream<[UInt8]>.Continuation
  }

  init(_ state: ClusterState, world: SimulatedWorld = SimulatedWorld()) {
    self.state = state
    self.world = world
    for stored in state.storedObjects {
      shelves[stored.id.resource, default: Shelf()].prepare(stored.id.place, stored.object)
    }
    for resource in shelves.keys { shelves[resource]?.sort() }
  }

  /// A clock and a source of randomness, for the pure state.
  static func circumstances() -> Circumstances {
    Circumstances(now: Clock.now, seed: .random(in: .min ... .max))
  }

  // MARK: Requests

  /// A request from outside.
  func answer(_ request: ReceivedRequest, bytes: Int) -> (code: Int, body: [UInt8]) {
    let arrival = ContinuousClock.now
    let place = RequestPlace(request.path)
    tally.requests[request.method == .get ? (place?.name == nil ? "list" : "get") : "write", default: 0] += 1
    tally.bytesIn += bytes
    if request.method != .get, place?.resource.resource != "leases" {
      tally.writes += 1
      if let place, let waiting = awaited.removeValue(forKey: place.key) { waiting.resume(returning: arrival) }
    }
    let reply: (Int, [UInt8])
    if request.method == .get, let place, place.name == nil, let page = page(request, place) {
      reply = (200, page)
    } else {
      reply = perform(request)
    }
    tally.bytesOut += reply.1.count
    return reply
  }

  /// Something that happens in the cluster, not counted as the operator's.
  @discardableResult
  func happen(_ request: ReceivedRequest) -> (code: Int, body: [UInt8]) { perform(request) }

  private func perform(_ request: ReceivedRequest) -> (code: Int, body: [UInt8]) {
    let first = run(request)
    var reactions = first.changes.flatMap(world.reactions)
    while !reactions.isEmpty {
      let reaction = reactions.removeFirst()
      reactions += run(reaction).changes.flatMap(world.reactions)
    }
    return (first.code, first.body)
  }

  private func run(_ request: ReceivedRequest) -> (code: Int, body: [UInt8], changes: [ChangeEvent]) {
    let before = state.revision
    let answer = state.answer(request, Self.circumstances())
    if state.needsCollection { state.collectGarbage(Self.circumstances()) }
    let changes = Array(state.history[state.firstEvent(after: before)...])
    for change in changes { publish(change) }
    guard case .response(let response) = answer else { return (400, [], changes) }
    switch response.body {
    case .json(let value): return (response.code, value.bytes, changes)
    case .text(let text): return (response.code, Array(text.utf8), changes)
    }
  }

  /// When the next write to this object arrives.
  func nextWrite(_ key: String) async -> ContinuousClock.Instant {
    await withCheckedContinuation { awaited[key] = $0 }
  }

  // MARK: Lists and watches

  private func page(_ request: ReceivedRequest, _ place: RequestPlace) -> [UInt8]? {
    guard let onlyManaged = Self.onlyManaged(request), place.namespace == nil else { return nil }
    return (shelves[place.resource] ?? Shelf()).page(
      onlyManaged: onlyManaged, limit: request.query["limit"].flatMap { Int($0) } ?? .max,
      after: request.query["continue"].flatMap(Shelf.place), revision: state.revision)
  }

  /// nil: another selection than that of the operator.
  private static func onlyManaged(_ request: ReceivedRequest) -> Bool? {
    guard let selector = request.query["labelSelector"], !selector.isEmpty else { return false }
    return selector == Shelf.managedSelector ? true : nil
  }

  /// The lines of a watch, until the reader ends it; nil where it cannot be served.
  func watch(_ request: ReceivedRequest) -> (lines: AsyncStream<[UInt8]>, id: Int)? {
    guard let place = RequestPlace(request.path), let onlyManaged = Self.onlyManaged(request) else { return nil }
    tally.requests[request.query.isTrue("sendInitialEvents") ? "list" : "watch", default: 0] += 1
    let (lines, inlet) = AsyncStream.makeStream(of: [UInt8].self)
    nextWatcher += 1
    let id = nextWatcher
    func send(_ bytes: [UInt8]) {
      tally.bytesOut += bytes.count
      inlet.yield(bytes)
    }
    let version = request.query["resourceVersion"].flatMap { Int($0) }
    if request.query.isTrue("sendInitialEvents") {
      let shelf = shelves[place.resource] ?? Shelf()
      for line in shelf.initialEvents(onlyManaged: onlyManaged) { send(line) }
      send(Self.bookmark(state.revision, endsInitialEvents: true))
    } else if let version, version > 0 {
      guard version >= state.compactedRevision else {
        let status: JSONValue = [
          "kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 410, "reason": "Expired",
          "message": .string("too old resource version: \(version)"),
        ]
        send(Self.event("ERROR", status.bytes))
        inlet.finish()
        return (lines, id)
      }
      for change in state.history[state.firstEvent(after: version)...] where change.id.resource == place.resource {
        if !onlyManaged || Shelf.isManaged(change.object) {
          send(Self.event(change.kind.rawValue, change.object.bytes))
        }
      }
    }
    watchers[id] = Watcher(resource: place.resource, onlyManaged: onlyManaged, inlet: inlet)
    return (lines, id)
  }

  func endWatch(_ id: Int) { watchers.removeValue(forKey: id)?.inlet.finish() }

  /// As each minute.
  func bookmarkAll() {
    let line = Self.bookmark(state.revision, endsInitialEvents: false)
    for watcher in watchers.values {
      tally.bytesOut += line.count
      watcher.inlet.yield(line)
    }
  }

  /// Ends all watches and forgets the history, as a restart of the API server does: everybody has to list again.
  func restart() {
    state = ClusterState(restoring: state.storedObjects, revision: state.revision + 1)
    for watcher in watchers.values { watcher.inlet.finish() }
    watchers = [:]
  }

  private func publish(_ change: ChangeEvent) {
    let bytes = change.object.bytes
    if change.kind == .deleted {
      shelves[change.id.resource]?.remove(change.id.place)
    } else {
      shelves[change.id.resource, default: Shelf()].put(change.id.place, change.object, bytes)
    }
    let line = Self.event(change.kind.rawValue, bytes)
    let isManaged = Shelf.isManaged(change.object)
    for watcher in watchers.values
    where watcher.resource == change.id.resource && (isManaged || !watcher.onlyManaged) {
      tally.bytesOut += line.count
      watcher.inlet.yield(line)
    }
  }

  private static func event(_ type: String, _ object: [UInt8]) -> [UInt8] {
    Array("{\"type\":\"\(type)\",\"object\":".utf8) + object + Array("}\n".utf8)
  }

  private static func bookmark(_ revision: Int, endsInitialEvents: Bool) -> [UInt8] {
    var metadata: JSONValue = ["resourceVersion": .string("\(revision)")]
    if endsInitialEvents { metadata["annotations"] = ["k8s.io/initial-events-end": "true"] }
    return event("BOOKMARK", (["metadata": metadata] as JSONValue).bytes)
  }
}

/// What went over the wire.
struct Tally: Sendable {
  var requests: [String: Int] = [:]
  /// Of the operator, the Lease aside.
  var writes = 0
  var bytesIn = 0
  var bytesOut = 0
}

/// What a path is about: `/apis/apps/v1/namespaces/NS/deployments/NAME/status`.
struct RequestPlace {
  var resource: GroupResource
  var namespace: String?
  var name: String?

  init?(_ path: [String]) {
    var rest = path[...]
    let group: String
    switch rest.popFirst() {
    case "api": group = ""
    case "apis":
      guard let name = rest.popFirst() else { return nil }
      group = name
    default: return nil
    }
    guard rest.popFirst() != nil, let first = rest.popFirst() else { return nil }
    var resource = first
    if first == "namespaces", rest.count >= 2, let inner = rest.popFirst(), let next = rest.popFirst() {
      namespace = inner
      resource = next
    }
    self.resource = GroupResource(group: group, resource: resource)
    name = rest.popFirst()
  }

  var key: String { "\(resource.resource)/\(namespace ?? "")/\(name ?? "")" }
}
