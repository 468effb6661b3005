import Foundation
import KubernetesModel
import Synchronization
import TestSupport

/// An API server for ConfigMaps of one namespace, with a history, pages, watches and streaming lists like the real one's,
/// that does at chosen moments what servers and networks do on bad days.
final class FaultyCluster: Sendable {
  enum Verb: Hashable, Sendable {
    case list
    /// A list's later page.
    case page
    case watch
    case streamingList
    case create, update, apply, delete, get
  }

  /// What happens to one request.
  enum Fault: Sendable {
    /// Nothing takes effect, and this is the answer.
    case instead([ScriptedStep])
    /// It takes effect, but this is the answer.
    case afterwards([ScriptedStep])
    /// A list's answer is as it was at this version.
    case stale(Int)
    /// The right answer, one byte a packet.
    case dribbled
  }

  /// What happens to every stream that is open.
  enum Interruption: Sendable {
    case bytes([UInt8])
    case end
    case cut
    /// Nothing comes any more, the connection stays.
    case silence
  }

  enum StreamingLists: Sendable {
    case supported
    /// The feature gate is off.
    case gated
    /// An old server takes them for a plain watch.
    case ignored
  }

  struct State {
    var objects: [String: JSONValue] = [:]
    var version = 100
    var history: [Change] = []
    /// Versions before this one are forgotten.
    var compacted = 0
    var snapshots: [Int: [String: JSONValue]] = [:]
    var uids = 0
    var faults: [Verb: [Fault]] = [:]
    var interruptions: [Interruption] = []
    /// Streams that hear of changes and interruptions.
    var listeners = 0
    /// How often a write took effect, by verb and name.
    var effects: [String: Int] = [:]
    var pages: [String: [JSONValue]] = [:]
  }

  struct Change: Sendable {
    var version: Int
    var type: String
    var object: JSONValue
  }

  private let state = Mutex(State())
  private let streaming: StreamingLists
  private let minor: String

  init(streaming: StreamingLists = .ignored, minor: String = "20") {
    self.streaming = streaming
    self.minor = minor
  }

  // MARK: What a test sees and does

  /// Name to uid, version and content.
  var content: [String: String] {
    state.withLock { $0.objects.mapValues { object in Self.summary(object) } }
  }

  static func summary(_ object: JSONValue) -> String {
    let metadata = object["metadata"]
    return [metadata?["uid"]?.string, metadata?["resourceVersion"]?.string, object[path: "data", "k"]?.string]
      .map { $0.map { $0.count > 80 ? "\($0.utf8.count) bytes" : $0 } ?? "none" }.joined(separator: " ")
  }

  var version: Int { state.withLock { $0.version } }
  func effects(_ what: String) -> Int { state.withLock { $0.effects[what] ?? 0 } }

  func inject(_ verb: Verb, _ faults: [Fault]) { state.withLock { $0.faults[verb, default: []] += faults } }
  /// Whether somebody watches, so that an interruption is heard.
  var isWatched: Bool { state.withLock { $0.listeners > 0 } }
  func forgetFaults() { state.withLock { $0.faults = [:] } }
  var pendingFaults: Int { state.withLock { $0.faults.values.reduce(0) { $0 + $1.count } } }
  func interrupt(_ interruption: Interruption) { state.withLock { $0.interruptions.append(interruption) } }
  func interrupt(line: String) { interrupt(.bytes(Array((line + "\n").utf8))) }

  func put(_ name: String, _ value: String) { state.withLock { Self.put(name, value, &$0) } }
  func remove(_ name: String) { state.withLock { Self.remove(name, &$0) } }

  /// Forgets the history so far: who then begins to watch from an older version gets 410. Streams that are open still get
  /// what is on its way to them.
  func compact() { state.withLock { $0.compacted = $0.version } }

  /// The state as it was at an earlier version; history goes on from there with the same numbers.
  func restore(to version: Int) {
    state.withLock { state in
      state.objects = state.snapshots[version] ?? [:]
      state.version = version
      state.history = []
      state.compacted = version
      state.snapshots = state.snapshots.filter { $0.key <= version }
    }
  }

  // MARK: Writes

  private static func put(_ name: String, _ value: String, _ state: inout State) {
    state.version += 1
    let old = state.objects[name]
    if old == nil { state.uids += 1 }
    let uid = old?[path: "metadata", "uid"] ?? .string("uid-\(state.uids)")
    let object: JSONValue = [
      "metadata": [
        "name": .string(name), "namespace": "a", "uid": uid, "resourceVersion": .string("\(state.version)"),
        "managedFields": [["manager": "x"]],
      ], "data": ["k": .string(value)],
    ]
    state.objects[name] = object
    state.history.append(Change(version: state.version, type: old == nil ? "ADDED" : "MODIFIED", object: object))
    state.snapshots[state.version] = state.objects
  }

  private static func remove(_ name: String, _ state: inout State) {
    guard var object = state.objects.removeValue(forKey: name) else { return }
    state.version += 1
    object.set(.string("\(state.version)"), at: ["metadata", "resourceVersion"])
    state.history.append(Change(version: state.version, type: "DELETED", object: object))
    state.snapshots[state.version] = state.objects
  }

  // MARK: Answers

  func answer(_ request: ScriptedRequest) -> [ScriptedStep] {
    if request.path == "/version" { return [.answer(200, body: #"{"major":"1","minor":"\#(minor)"}"#)] }
    let verb = Self.verb(request)
    let fault: Fault? = state.withLock { state in
      guard let faults = state.faults[verb], !faults.isEmpty else { return nil }
      return state.faults[verb]?.removeFirst()
    }
    switch fault {
    case .instead(let steps): return steps
    case .afterwards(let steps):
      _ = properAnswer(request, verb)
      return steps
    case .stale(let version):
      let items = state.withLock { $0.snapshots[version] ?? [:] }
      return [.answer(200, body: Self.list(Array(items.values), version: version, continuation: nil))]
    case .dribbled: return properAnswer(request, verb, isDribbled: true)
    case nil: return properAnswer(request, verb)
    }
  }

  private static func verb(_ request: ScriptedRequest) -> Verb {
    let query = request.query
    if query["watch"] == "1" { return query["sendInitialEvents"] == "true" ? .streamingList : .watch }
    switch request.method {
    case "POST": return .create
    case "PUT": return .update
    case "PATCH": return .apply
    case "DELETE": return .delete
    default: break
    }
    guard request.path.hasSuffix("/configmaps") else { return .get }
    return query["continue"] == nil ? .list : .page
  }

  private func properAnswer(_ request: ScriptedRequest, _ verb: Verb, isDribbled: Bool = false) -> [ScriptedStep] {
    switch verb {
    case .watch: return watch(request, isDribbled: isDribbled)
    case .streamingList: return streamingList(request, isDribbled: isDribbled)
    default:
      let (code, body) = state.withLock { Self.answer(request, verb, &$0) }
      guard isDribbled else { return [.answer(code, body: body)] }
      return [.beginChunked(code), .dribble(body), .endChunked]
    }
  }

  private static func answer(_ request: ScriptedRequest, _ verb: Verb, _ state: inout State) -> (Int, String) {
    let name = String(request.path.split(separator: "/").last ?? "")
    let body = (try? JSONValue(parsing: request.body)) ?? .null
    let value = body[path: "data", "k"]?.string ?? ""
    func done(_ name: String) -> (Int, String) { (200, state.objects[name]?.text ?? "{}") }
    switch verb {
    case .list: return (200, firstPage(request, &state))
    case .page: return laterPage(request, &state)
    case .get: return state.objects[name].map { (200, $0.text) } ?? (404, status(404, "NotFound"))
    case .create:
      let base = body[path: "metadata", "generateName"]?.string.map { "\($0)\(state.version)" }
      let name = body[path: "metadata", "name"]?.string ?? base ?? ""
      guard value != "bad" else { return (422, status(422, "Invalid", "data.k: must not be bad")) }
      guard state.objects[name] == nil else { return (409, status(409, "AlreadyExists")) }
      state.effects["create \(base == nil ? name : "generated")", default: 0] += 1
      put(name, value, &state)
      return done(name)
    case .update:
      guard let present = state.objects[name] else { return (404, status(404, "NotFound")) }
      let wanted = body[path: "metadata", "resourceVersion"]
      guard wanted == nil || wanted == present[path: "metadata", "resourceVersion"] else {
        return (409, status(409, "Conflict"))
      }
      state.effects["update \(name)", default: 0] += 1
      put(name, value, &state)
      return done(name)
    case .apply:
      // As the real one: an apply that changes nothing writes nothing.
      guard state.objects[name]?[path: "data", "k"]?.string != value else { return done(name) }
      state.effects["apply \(name)", default: 0] += 1
      put(name, value, &state)
      return done(name)
    case .delete:
      guard state.objects[name] != nil else { return (404, status(404, "NotFound")) }
      state.effects["delete \(name)", default: 0] += 1
      remove(name, &state)
      return (200, status(200, "Success"))
    case .watch, .streamingList: return (500, "")
    }
  }

  private static func list(_ items: [JSONValue], version: Int, continuation: String?) -> String {
    var metadata: JSONValue = ["resourceVersion": .string("\(version)")]
    if let continuation { metadata["continue"] = .string(continuation) }
    return JSONValue.object(["metadata": metadata, "items": items.isEmpty ? .null : .array(items)]).text
  }

  /// Pages are never larger than two, whatever is asked for, as a server may choose. All are of one moment.
  private static func firstPage(_ request: ScriptedRequest, _ state: inout State) -> String {
    let items = state.objects.sorted { $0.key < $1.key }.map(\.value)
    guard request.query["limit"] != nil, items.count > 2 else {
      return list(items, version: state.version, continuation: nil)
    }
    let token = "\(state.version).2"
    state.pages["\(state.version)"] = items
    return list(Array(items.prefix(2)), version: state.version, continuation: token)
  }

  private static func laterPage(_ request: ScriptedRequest, _ state: inout State) -> (Int, String) {
    let token = (request.query["continue"] ?? "").split(separator: ".")
    guard token.count == 2, let version = Int(token[0]), let start = Int(token[1]), version >= state.compacted,
      let items = state.pages[String(token[0])]
    else { return (410, status(410, "Expired")) }
    let rest = items.dropFirst(start)
    let next = rest.count > 2 ? "\(version).\(start + 2)" : nil
    return (200, list(Array(rest.prefix(2)), version: version, continuation: next))
  }

  // MARK: Streams

  private func watch(_ request: ScriptedRequest, isDribbled: Bool) -> [ScriptedStep] {
    let from = request.query["resourceVersion"].flatMap { Int($0) }
    let (now, oldest) = state.withLock { ($0.version, $0.compacted) }
    if let from, from < oldest { return [.answer(410, body: status(410, "Expired"))] }
    if let from, from > now {
      return [
        .answer(
          504, headers: ["Retry-After": "1"],
          body:
            #"{"kind":"Status","code":504,"reason":"Timeout","message":"Too large resource version: \#(from), current: \#(now)","details":{"retryAfterSeconds":1,"causes":[{"reason":"ResourceVersionTooLarge","message":"Too large resource version"}]}}"#
        )
      ]
    }
    return stream(from: from ?? now, beginning: from == nil ? initialEvents() : [], isDribbled: isDribbled)
  }

  private func streamingList(_ request: ScriptedRequest, isDribbled: Bool) -> [ScriptedStep] {
    switch streaming {
    case .gated: return [.answer(422, body: status(422, "Invalid", "sendInitialEvents is forbidden for watch"))]
    case .ignored:
      // A bookmark that ends nothing comes after a minute; here at once.
      let now = version
      let bookmark = event("BOOKMARK", #"{"metadata":{"resourceVersion":"\#(now)"}}"#)
      return stream(from: now, beginning: initialEvents() + [bookmark], isDribbled: isDribbled)
    case .supported:
      let (events, now) = state.withLock { state in
        // In no order.
        (state.objects.values.map { event("ADDED", $0.text) }, state.version)
      }
      let end =
        #"{"metadata":{"resourceVersion":"\#(now)","annotations":{"k8s.io/initial-events-end":"true"}}}"#
      return stream(from: now, beginning: events + [event("BOOKMARK", end)], isDribbled: isDribbled)
    }
  }

  private func initialEvents() -> [String] {
    state.withLock { state in state.objects.sorted { $0.key < $1.key }.map { event("ADDED", $0.value.text) } }
  }

  private func stream(from start: Int, beginning: [String], isDribbled: Bool) -> [ScriptedStep] {
    [
      .beginChunked(),
      .live { [self] connection in
        func write(_ bytes: [UInt8]) -> Bool {
          isDribbled
            ? bytes.allSatisfy { connection.writeChunk([$0]) }
            : connection.writeChunk(bytes)
        }
        guard beginning.allSatisfy({ write(Array($0.utf8)) }) else { return false }
        var at = start
        var seen = listen(1)
        var isListening = true
        defer { if isListening { _ = listen(-1) } }
        while !connection.isOver {
          let (changes, interruptions) = state.withLock { state in
            (state.history.filter { $0.version > at }, Array(state.interruptions.dropFirst(seen)))
          }
          for change in changes {
            guard write(Array(event(change.type, change.object.text).utf8)) else { return false }
            at = change.version
          }
          for interruption in interruptions {
            seen += 1
            switch interruption {
            case .bytes(let bytes): if !write(bytes) { return false }
            case .end:
              connection.write("0\r\n\r\n")
              return true
            case .cut: return false
            case .silence:
              _ = listen(-1)
              isListening = false
              while !connection.isOver { connection.pause() }
              return false
            }
          }
          connection.pause()
        }
        return false
      },
    ]
  }

  /// One listener more or less; gives how many interruptions there were so far, which are none of its business.
  private func listen(_ change: Int) -> Int {
    state.withLock { state in
      state.listeners += change
      return state.interruptions.count
    }
  }
}
