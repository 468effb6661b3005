import HTTPTransport
import KubernetesClient
import KubernetesModel
import Synchronization

/// A cluster with its API, its clock, its kubelets and its people; operators live and die in it. Everything of it that
/// outlives an operator is in `Facts`, a value: a copy of it is a world that goes on from there.
final class World: Sendable {
  /// What an operator's write meets.
  enum Fate: Sendable, Equatable {
    /// The operator is gone before the write has taken effect.
    case deathBefore
    /// The write takes effect; the operator is gone before it learns that.
    case deathAfter
    /// The API server refuses with this code; nothing happens.
    case refusal(Int)
    /// The write takes effect, but its answer never comes.
    case lostAnswer
  }

  struct Facts: Sendable {
    var server = StateServer.furnished
    /// Seconds since 1970.
    var now = World.beginning
    var surroundings = Surroundings()
    /// Of people and surroundings, not told to the watches yet.
    var changes: [StateServer.Change] = []
    /// The next chapter of the story.
    var chapter = 0
    var lastChange = World.beginning
    /// Everything that was ever made, by `resource/name`.
    var made: [String] = []
    /// Every message that reached a channel.
    var delivered: [Delivery] = []
    /// States at the end of each chapter.
    var pages: [String: JSONValue] = [:]
    var writes: [String] = []
  }

  struct Delivery: Sendable, Hashable {
    var url: String
    var id: String
    var text: String
  }

  private struct Machinery {
    var facts: Facts
    var watchers: [Int: WatchFeed] = [:]
    var sleepers: [Int: Sleeper] = [:]
    var tickets = 0
    /// Writes of operators since this world began.
    var count = 0
    var fates: [Int: Fate] = [:]
    /// Worlds as they are right before and right after each write has taken effect.
    var forks: [Fork] = []
    var keepsForks = false
    var hasDied = false
    /// The world as it was when each chapter began.
    var marks: [Int: Facts] = [:]
  }

  struct Fork: Sendable {
    var write: String
    var before: Facts
    var after: Facts
  }

  private struct Sleeper {
    var due: Double
    var continuation: CheckedContinuation<Void, any Error>
  }

  /// 2026-10-28, five seconds after noon: no schedule is due at the same moment.
  static let beginning = 1_793_188_805.0

  let executor = WorldExecutor()
  private let machinery: Mutex<Machinery>

  init(_ facts: Facts = Facts(), keepsForks: Bool = false, fates: [Int: Fate] = [:]) {
    machinery = Mutex(Machinery(facts: facts, fates: fates, keepsForks: keepsForks))
  }

  var facts: Facts { machinery.withLock { $0.facts } }
  var forks: [Fork] { machinery.withLock { $0.forks } }
  var marks: [Int: Facts] { machinery.withLock { $0.marks } }
  /// Writes of operators since this world began.
  var writes: Int { machinery.withLock { $0.count } }
  var now: Double { machinery.withLock { $0.facts.now } }
  /// Whether a write's fate was the operator's death; asking takes note of it.
  func buryOperator() -> Bool {
    machinery.withLock { machinery in
      defer { machinery.hasDied = false }
      return machinery.hasDied
    }
  }

  func mark() { machinery.withLock { $0.marks[$0.facts.chapter] = $0.facts } }

  /// Changes facts as people and the rest of the cluster do; operators' watches are told.
  @discardableResult
  func change<Result>(_ body: (inout Facts) -> Result) -> Result {
    let (result, woken) = machinery.withLock { machinery in
      let result = body(&machinery.facts)
      let changes = machinery.facts.changes
      machinery.facts.changes = []
      return (result, Self.publish(changes, &machinery))
    }
    executor.within { for feed in woken { feed.wake() } }
    return result
  }

  // MARK: The API

  /// What an operator asks for; nil: it does not live to see the answer.
  func answer(_ request: APIRequest) -> Result<StateServer.Answer, KubernetesError>? {
    let (result, woken) = machinery.withLock {
      machinery -> (Result<StateServer.Answer, KubernetesError>?, [WatchFeed]) in
      guard request.isWrite else { return (Self.perform(request, &machinery).0, []) }
      machinery.count += 1
      let fate = machinery.fates[machinery.count]
      if fate == .deathBefore {
        machinery.hasDied = true
        return (nil, [])
      }
      if case .refusal(let code)? = fate {
        return (.failure(Self.refusal(request, code, "scripted refusal", "")), [])
      }
      let before = machinery.keepsForks ? machinery.facts : nil
      let (answer, changes) = Self.perform(request, &machinery)
      let woken = Self.publish(changes, &machinery)
      machinery.facts.writes.append(Self.name(request))
      if let before {
        machinery.forks.append(Fork(write: Self.name(request), before: before, after: machinery.facts))
      }
      switch fate {
      case .deathAfter:
        machinery.hasDied = true
        return (nil, woken)
      case .lostAnswer:
        let lost = TransportError.timedOut(origin: "https://world", reason: "no answer")
        return (.failure(.unreachable(verb: request.verb, target: request.target, lost)), woken)
      default: return (answer, woken)
      }
    }
    executor.within { for feed in woken { feed.wake() } }
    return result
  }

  /// `apply jobs/income-train-1`
  private static func name(_ request: APIRequest) -> String {
    let target = request.target
    let name = target.name.map { "/\($0)" } ?? ""
    return "\(request.verb.rawValue) \(target.resource.resource)\(name)" + (target.subresource.map { "/\($0)" } ?? "")
  }

  private static func perform(
    _ request: APIRequest, _ machinery: inout Machinery
  ) -> (Result<StateServer.Answer, KubernetesError>, [StateServer.Change]) {
    let method: String =
      switch request.verb {
      case .get, .list, .watch: "GET"
      case .create: "POST"
      case .update: "PUT"
      case .patch, .apply: "PATCH"
      case .delete: "DELETE"
      }
    let (answer, changes) = machinery.facts.server.answer(
      method, request.path, query: request.query.map { ($0.name, $0.value) },
      contentType: request.contentType ?? "application/json",
      body: request.body.isEmpty ? nil : try? JSONValue(parsing: request.body), at: machinery.facts.now)
    if case .object(let code, let document) = answer, code >= 400 {
      let refusal = Self.refusal(
        request, code, document["message"]?.string ?? "", document["reason"]?.string ?? "")
      return (.failure(refusal), changes)
    }
    return (.success(answer), changes)
  }

  private static func refusal(
    _ request: APIRequest, _ code: Int, _ message: String, _ reason: String
  ) -> KubernetesError {
    .refused(
      APIRefusal(
        verb: request.verb, target: request.target, code: code,
        reason: reason.isEmpty && code == 409 ? "Conflict" : reason, message: message))
  }

  private static func publish(_ changes: [StateServer.Change], _ machinery: inout Machinery) -> [WatchFeed] {
    guard !changes.isEmpty else { return [] }
    machinery.facts.lastChange = machinery.facts.now
    machinery.facts.made += changes.filter(\.isNew).map(\.name)
    var woken: [WatchFeed] = []
    for (_, feed) in machinery.watchers.sorted(by: { $0.key < $1.key }) {
      let lines = changes.compactMap { feed.watching.line(for: $0, at: machinery.facts.now) }
      guard !lines.isEmpty else { continue }
      feed.put(lines.flatMap(\.self))
      woken.append(feed)
    }
    return woken
  }

  func connect(_ watching: StateServer.Watching) -> WatchFeed {
    machinery.withLock { machinery in
      machinery.tickets += 1
      let feed = WatchFeed(watching)
      machinery.watchers[machinery.tickets] = feed
      return feed
    }
  }

  // MARK: Time

  func sleep(_ duration: Duration) async throws {
    let ticket = machinery.withLock { machinery in
      machinery.tickets += 1
      return machinery.tickets
    }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
        let mayWait = machinery.withLock { machinery in
          guard !Task.isCancelled else { return false }
          // Up to a whole microsecond, which is what the clock counts: who wakes finds that its time has come.
          let due = ((machinery.facts.now + duration.inSeconds) * 1_000_000).rounded(.up) / 1_000_000
          machinery.sleepers[ticket] = Sleeper(due: due, continuation: continuation)
          return true
        }
        if !mayWait { continuation.resume(throwing: CancellationError()) }
      }
    } onCancel: {
      machinery.withLock { $0.sleepers.removeValue(forKey: ticket) }?.continuation
        .resume(throwing: CancellationError())
    }
  }

  /// When somebody wants to wake up next; nil: nobody sleeps.
  var nextAlarm: Double? { machinery.withLock { $0.sleepers.values.map(\.due).min() } }

  /// Lets time pass up to then, and wakes whose time has come, in order.
  func advance(to time: Double) {
    let due = machinery.withLock { machinery in
      machinery.facts.now = max(machinery.facts.now, time)
      let due = machinery.sleepers.filter { $0.value.due <= machinery.facts.now }
      for ticket in due.keys { machinery.sleepers[ticket] = nil }
      return due.sorted { ($0.value.due, $0.key) < ($1.value.due, $1.key) }
    }
    executor.within { for sleeper in due { sleeper.value.continuation.resume() } }
  }

  /// Nothing is left of an operator's connections.
  func disconnect() {
    let feeds = machinery.withLock { machinery in
      defer { machinery.watchers = [:] }
      return Array(machinery.watchers.values)
    }
    executor.within { for feed in feeds { feed.end() } }
  }

  // MARK: What operators talk to over HTTP

  func deliver(_ request: HTTPRequest) throws(TransportError) -> HTTPResponse {
    let facts = facts
    if request.url.hasSuffix("/model/reload") {
      let address = request.url.split(separator: "/")[1].prefix { $0 != ":" }
      guard facts.isServing(String(address)), request.url.hasPrefix("http:") || request.pinnedCertificate != nil else {
        throw .connectionFailed(origin: request.url, reason: "connection refused")
      }
      return ScriptedTransport.confirming(request)
    }
    if request.url.hasPrefix("http://prometheus/") {
      let answer: JSONValue = ["status": "success", "data": ["resultType": "scalar", "result": [0, "1"]]]
      return HTTPResponse(status: 200, body: answer.bytes)
    }
    let id = request.headers["Idempotency-Key"] ?? ""
    change {
      $0.delivered.append(Delivery(url: request.url, id: id, text: String(decoding: request.body, as: UTF8.self)))
    }
    return HTTPResponse(status: 200)
  }
}

/// The lines of one watch on their way to its reader.
final class WatchFeed: HTTPBodySource {
  private struct State {
    var bytes: [UInt8]
    var reader: CheckedContinuation<Void, Never>?
    var hasEnded = false
  }

  let watching: StateServer.Watching
  private let state: Mutex<State>

  init(_ watching: StateServer.Watching) {
    self.watching = watching
    state = Mutex(State(bytes: watching.opening))
  }

  func put(_ bytes: [UInt8]) { state.withLock { $0.bytes += bytes } }

  func wake() {
    state.withLock { state in
      defer { state.reader = nil }
      return state.reader
    }?.resume()
  }

  func end() {
    state.withLock { $0.hasEnded = true }
    wake()
  }

  func next() async throws(TransportError) -> [UInt8]? {
    while true {
      let ready: [UInt8]?? = state.withLock { state in
        if state.hasEnded { return .some(nil) }
        guard !state.bytes.isEmpty else { return nil }
        defer { state.bytes = [] }
        return state.bytes
      }
      if let ready { return ready }
      guard !Task.isCancelled else { throw .cancelled }
      await withTaskCancellationHandler {
        await withCheckedContinuation { reader in
          let mayWait = state.withLock { state in
            guard state.bytes.isEmpty, !state.hasEnded, !Task.isCancelled else { return false }
            state.reader = reader
            return true
          }
          if !mayWait { reader.resume() }
        }
      } onCancel: {
        wake()
      }
    }
  }
}
