internal import ClusterState
internal import Foundation
package import KubernetesModel
package import Logging

/// The one place of the cluster's objects: runs requests on the state one after the other, keeps each change in the
/// journal before it is answered, tells the watchers, and collects garbage.
package actor ClusterStore {
  private var state: ClusterState
  private var journal: Journal?
  private var watchers: [Int: Watcher] = [:]
  private var nextWatcher = 0
  private let audit: AuditLog?
  private let log: Logger

  private struct Watcher {
    var resources: Set<GroupResource>
    var send: @Sendable (ChangeEvent) -> Bool
  }

  /// What a watch stream carries.
  enum Signal: Sendable {
    case change(ChangeEvent)
    case bookmark(revision: Int)
    case end
  }

  enum Answer: Sendable {
    case response(APIResponse)
    /// Signals come through the inlet that was given.
    case watch(WatchPlan, watcher: Int)
    case podLog(namespace: String, name: String, query: APIQuery)
  }

  /// Opens the state in a folder; without one it lives in memory only. `audit` is the file that gets a line for each
  /// request.
  ///
  /// Errors: another process has the folder, or its files or the audit log cannot be read or written.
  package init(folder: String?, audit: String? = nil, log: Logger) throws(StoreError) {
    self.log = log
    if let audit { self.audit = try AuditLog(file: audit) } else { self.audit = nil }
    guard let folder else {
      state = ClusterState(Self.circumstances())
      return
    }
    var journal = try Journal(folder: folder)
    if let restored = try journal.restore() {
      state = ClusterState(restoring: restored.objects, revision: restored.revision)
    } else {
      state = ClusterState(Self.circumstances())
    }
    state.collectGarbage(Self.circumstances())
    try journal.compact(state.storedObjects, revision: state.revision)
    self.journal = journal
  }

  static var now: ClusterTime { ClusterTime(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000)) }

  private static func circumstances() -> Circumstances {
    Circumstances(now: now, seed: .random(in: .min ... .max))
  }

  /// Runs a request. For a watch the inlet is connected in the same step, so no change is lost in between.
  func answer(_ request: ReceivedRequest, inlet: AsyncStream<Signal>.Continuation? = nil) -> Answer {
    let received = Self.now
    let answer = perform(request, inlet)
    keep(request, answer, received: received)
    return answer
  }

  /// Into the audit log. A request is answered even where that cannot be written.
  private func keep(_ request: ReceivedRequest, _ answer: Answer, received: ClusterTime) {
    guard let audit else { return }
    let outcome =
      switch answer {
      case .response(let response):
        AuditedOutcome(.complete, code: response.code, received: received, answered: Self.now)
      case .watch, .podLog: AuditedOutcome(.started, code: 200, received: received, answered: Self.now)
      }
    do {
      try audit.append(state.auditEvent(of: request, outcome, id: UUID().uuidString.lowercased()))
    } catch {
      log.error("a request is missing in the audit log", metadata: ["error": "\(error)"])
    }
  }

  private func perform(_ request: ReceivedRequest, _ inlet: AsyncStream<Signal>.Continuation?) -> Answer {
    let circumstances = Self.circumstances()
    let before = state
    let answer = state.answer(request, circumstances)
    if state.needsCollection { state.collectGarbage(circumstances) }
    if state.revision != before.revision {
      do {
        try publish(after: before.revision)
      } catch {
        state = before
        log.error("a change could not be kept", metadata: ["error": "\(error)"])
        let refusal = StatusError(code: 500, reason: "InternalError", message: error.description)
        return .response(APIResponse(code: 500, .json(refusal.object)))
      }
    }
    switch answer {
    case .response(let response): return .response(response)
    case .podLog(let namespace, let name, let query): return .podLog(namespace: namespace, name: name, query: query)
    case .watch(let plan):
      guard let inlet, !plan.isOver else { return .watch(plan, watcher: -1) }
      let watcher = connect([plan.resource]) { change in
        if case .dropped = inlet.yield(.change(change)) { return false }
        return true
      }
      inlet.onTermination = { [weak self] _ in
        Task { await self?.disconnect(watcher) }
      }
      return .watch(plan, watcher: watcher)
    }
  }

  /// Whether the pod of a token, and the account it was made for, are still there. This is no request: the audit log does
  /// not have it.
  func stillHolds(_ token: PodToken) -> Bool {
    func uid(_ resource: String, _ name: String) -> String? {
      state.uid(of: GroupResource(group: "", resource: resource), namespace: token.namespace, name: name)
    }
    return uid("pods", token.pod) == token.podUID
      && (token.accountUID.isEmpty || uid("serviceaccounts", token.account) == token.accountUID)
  }

  /// Tells a watch how far it is; ordered with the changes it gets.
  func bookmark(into inlet: AsyncStream<Signal>.Continuation) {
    inlet.yield(.bookmark(revision: state.revision))
  }

  private func connect(_ resources: Set<GroupResource>, _ send: @escaping @Sendable (ChangeEvent) -> Bool) -> Int {
    nextWatcher += 1
    watchers[nextWatcher] = Watcher(resources: resources, send: send)
    return nextWatcher
  }

  private func disconnect(_ watcher: Int) { watchers[watcher] = nil }

  /// Writes the changes since a version, then hands them to the watchers.
  private func publish(after revision: Int) throws(StoreError) {
    let changes = state.history[state.firstEvent(after: revision)...]
    try journal?.append(changes)
    for (id, watcher) in watchers {
      for change in changes where watcher.resources.contains(change.id.resource) {
        guard watcher.send(change) else {
          watchers[id] = nil
          break
        }
      }
    }
    if journal?.isLong == true {
      do {
        try journal?.compact(state.storedObjects, revision: state.revision)
      } catch {
        log.error("the log of changes could not be replaced by a snapshot", metadata: ["error": "\(error)"])
      }
    }
  }
}

extension ClusterStore: ClusterAccess {
  /// Who writes, in `managedFields`.
  private static let manager = "apus-local-cluster"

  private static func path(_ resource: GroupVersionResource, _ namespace: String?, _ rest: String...) -> [String] {
    var path = resource.group.isEmpty ? ["api", resource.version] : ["apis", resource.group, resource.version]
    if let namespace, !namespace.isEmpty { path += ["namespaces", namespace] }
    return path + [resource.resource] + rest
  }

  /// The JSON of an answer; a Status is thrown.
  private func value(_ request: ReceivedRequest) throws(APIFailure) -> JSONValue {
    guard case .response(let response) = answer(request), case .json(let json) = response.body else {
      throw APIFailure(code: 500, reason: "InternalError", message: "the request has no answer in JSON")
    }
    guard response.code < 400 else {
      throw APIFailure(
        code: response.code, reason: json["reason"]?.string ?? "", message: json["message"]?.string ?? "")
    }
    return json
  }

  package func get(_ resource: GroupVersionResource, namespace: String, name: String) -> JSONValue? {
    try? value(ReceivedRequest(.get, path: Self.path(resource, namespace, name)))
  }

  package func list(_ resource: GroupVersionResource, namespace: String?, labels: [String: String]) -> [JSONValue] {
    let selector = labels.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
    let query = APIQuery(selector.isEmpty ? [] : [("labelSelector", selector)])
    let list = try? value(ReceivedRequest(.get, path: Self.path(resource, namespace), query: query))
    return list?["items"]?.array ?? []
  }

  package func create(
    _ resource: GroupVersionResource, namespace: String, _ object: JSONValue
  ) throws(APIFailure) -> JSONValue {
    try value(
      ReceivedRequest(
        .post, path: Self.path(resource, namespace), query: APIQuery([("fieldManager", Self.manager)]), body: object))
  }

  package func update(
    _ resource: GroupVersionResource, subresource: String?, _ object: JSONValue
  ) throws(APIFailure) -> JSONValue {
    var path = Self.path(
      resource, object[path: "metadata", "namespace"]?.string, object[path: "metadata", "name"]?.string ?? "")
    if let subresource { path.append(subresource) }
    return try value(
      ReceivedRequest(.put, path: path, query: APIQuery([("fieldManager", Self.manager)]), body: object))
  }

  package func delete(
    _ resource: GroupVersionResource, namespace: String, name: String, uid: String?, gracePeriod: Int?,
    propagation: LocalPropagation
  ) throws(APIFailure) {
    var options: JSONValue = ["propagationPolicy": .string(propagation.rawValue)]
    if let uid { options["preconditions"] = ["uid": .string(uid)] }
    if let gracePeriod { options["gracePeriodSeconds"] = .integer(Int64(gracePeriod)) }
    _ = try value(ReceivedRequest(.delete, path: Self.path(resource, namespace, name), body: options))
  }

  package func changes(of resources: [GroupVersionResource]) -> AsyncStream<ClusterChange> {
    let byStorage = Dictionary(
      resources.compactMap { resource in state.storage(of: resource).map { ($0, resource) } },
      uniquingKeysWith: { first, _ in first })
    let (stream, inlet) = AsyncStream.makeStream(of: ClusterChange.self)
    for resource in resources {
      for object in list(resource, namespace: nil, labels: [:]) {
        inlet.yield(ClusterChange(kind: .added, resource: resource, object: object))
      }
    }
    let watcher = connect(Set(byStorage.keys)) { change in
      guard let resource = byStorage[change.id.resource], let kind = ClusterChange.Kind(rawValue: change.kind.rawValue)
      else { return true }
      inlet.yield(ClusterChange(kind: kind, resource: resource, object: change.object))
      return true
    }
    inlet.onTermination = { [weak self] _ in
      Task { await self?.disconnect(watcher) }
    }
    return stream
  }
}
