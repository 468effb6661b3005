import Decisions
package import HTTPTransport
import KubernetesModel
package import Logging
import Synchronization
import WorkerContract

/// Tells pods their routing table and remembers what each has said to it. The memory is the process's own: after a restart
/// every pod is asked again, which is harmless.
///
/// What is asked is signed for that pod, so that it cannot ask another one in the operator's name. Tokens of clients are never
/// sent: a server of an older release that asks for one takes the table from its file, and is asked what it serves.
package final class RoutingConfirmations: Sendable {
  private let transport: any HTTPTransport
  private let logger: Logger
  /// What is known of the pods of each model that was asked about.
  private let memories = Mutex<[ObjectKey: Memory]>([:])
  private let port: Int

  /// By pod.
  private struct Memory {
    /// Revisions that were confirmed.
    var revisions: [String: Int] = [:]
    /// Why they did not take the table that they were told last, in their own words.
    var refusals: [String: String] = [:]
    /// Revisions that they serve in place of the one that they were told.
    var others: [String: Int] = [:]
    /// When all of them were asked, on the monotonic clock.
    var askedAt: Duration?

    mutating func keep(_ pods: Set<String>) {
      revisions = revisions.filter { pods.contains($0.key) }
      refusals = refusals.filter { pods.contains($0.key) }
      others = others.filter { pods.contains($0.key) }
    }
  }

  package init(transport: any HTTPTransport, port: Int = ServerSet.adminPort, logger: Logger) {
    self.transport = transport
    self.port = port
    self.logger = logger
  }

  /// What the pods of a model have said.
  struct Statements: Sendable, Equatable {
    /// Confirmed revisions.
    var revisions: [String: Int] = [:]
    /// Why they did not take the table that they were told last.
    var refusals: [String: String] = [:]
    /// Revisions that they serve in place of the one that they were told.
    var others: [String: Int] = [:]
  }

  /// Pods that are no longer there are forgotten.
  func statements(of pods: [ServerPod], model: ObjectKey) -> Statements {
    memories.withLock { memories in
      guard var memory = memories[model] else { return Statements() }
      memory.keep(Set(pods.map(\.uid)))
      memories[model] = memory
      return Statements(revisions: memory.revisions, refusals: memory.refusals, others: memory.others)
    }
  }

  /// Whether this process has asked the model's pods yet; before, that it knows of no confirmation says nothing.
  func hasAsked(about model: ObjectKey) -> Bool { memories.withLock { $0[model] != nil } }

  func forget(_ model: ObjectKey) { memories.withLock { $0[model] = nil } }

  /// Seconds until the pods that have confirmed their table are to be asked again whether they serve it; 0: now.
  func reminderDue(of model: ObjectKey, at now: Duration) -> Double {
    guard let askedAt = memories.withLock({ $0[model]?.askedAt }) else { return 0 }
    // Models that were asked at once, at the operator's start, are not asked again at once.
    let share = Double(StableHash.value("\(model)".utf8) % 1000) / 1000
    let left = Self.reminderInterval * (0.9 + 0.2 * share) - (now - askedAt) / .seconds(1)
    return left > 0 ? max(left, 1) : 0
  }

  /// Seconds.
  private static let reminderInterval = 3600.0

  func hasReminder(of model: ObjectKey) -> Bool { memories.withLock { $0[model]?.askedAt != nil } }

  /// All pods of a model are asked now.
  func noteReminder(of model: ObjectKey, at now: Duration) {
    memories.withLock { $0[model, default: Memory()].askedAt = now }
  }

  /// What is new in the answers to a push.
  enum News: Int, Comparable {
    case none
    /// A pod says something else than before about why it does not serve the table.
    case refusal
    /// A pod serves the table since now.
    case confirmation

    static func < (one: News, other: News) -> Bool { one.rawValue < other.rawValue }
  }

  /// Pushes side by side; gives the greatest news of any pod.
  /// - Parameters:
  ///   - signer: What the operator proves itself with; nil: nothing.
  ///   - certificate: What pods that speak TLS prove themselves with; without it they are told nothing.
  func push(
    _ pushes: [RoutingPush], of model: ObjectKey, signer: RequestSigner? = nil, certificate: [UInt8]? = nil
  ) async -> News {
    memories.withLock { $0[model] = $0[model] ?? Memory() }
    return await withTaskGroup(of: (RoutingPush, Answer).self) { group in
      for push in pushes { group.addTask { (push, await self.answer(to: push, signer, certificate)) } }
      var news = News.none
      for await (push, answer) in group { news = max(news, note(answer, to: push, of: model)) }
      return news
    }
  }

  private func note(_ answer: Answer, to push: RoutingPush, of model: ObjectKey) -> News {
    memories.withLock { memories in
      var memory = memories[model] ?? Memory()
      defer { memories[model] = memory }
      let before = memory
      switch answer {
      case .confirmed:
        memory.revisions[push.pod] = push.revision
        memory.refusals[push.pod] = nil
        memory.others[push.pod] = nil
        return before.revisions[push.pod] != push.revision ? .confirmation : .none
      case .refused(let reason):
        memory.refusals[push.pod] = reason
        return before.refusals[push.pod] != reason ? .refusal : .none
      case .other(let revision):
        memory.refusals[push.pod] = nil
        memory.revisions[push.pod] = nil
        memory.others[push.pod] = revision
        return before.others[push.pod] != revision || before.revisions[push.pod] != nil ? .refusal : .none
      case .unknown:
        memory.refusals[push.pod] = nil
        return .none
      }
    }
  }

  /// What a condition may say of a refusal at most.
  private static let longestReason = 600

  private enum Answer {
    /// The pod serves the very table.
    case confirmed
    case refused(String)
    /// The pod serves another table, of this revision, and stays with it.
    case other(Int)
    /// Nothing that says more than that the pod is to be asked again.
    case unknown
  }

  private func answer(to push: RoutingPush, _ signer: RequestSigner?, _ certificate: [UInt8]?) async -> Answer {
    guard !push.isEncrypted || certificate != nil else {
      logger.warning(
        "pod speaks TLS, but there is no certificate in the Secret to know it by", metadata: ["pod": "\(push.podName)"])
      return .unknown
    }
    let body = Array(push.table.utf8)
    var request = request(.post, "/model/reload", to: push, certificate, body: body)
    request.headers["Content-Type"] = "application/json"
    if let signature = signer?.authorization("POST", "/model/reload", of: push.address, body) {
      request.headers["Authorization"] = signature
    }
    do {
      let response = try await transport.send(request)
      if response.isSuccess, let loaded = LoadedTable(response.body) {
        return loaded.confirms(push) ? .confirmed : .other(loaded.revision)
      }
      logger.warning(
        "pod has not taken the routing table",
        metadata: ["pod": "\(push.podName)", "status": "\(response.status)", "answer": "\(response.text.prefix(300))"])
      let answer = try? JSONValue(parsing: response.body)
      switch response.status {
      // The table; a version in it.
      case 422, 503:
        return (answer?["error"]?.string).map { .refused($0.plain(characters: Self.longestReason)) } ?? .unknown
      // Another table came first.
      case 409: return (answer?["revision"]?.integer).map { .other($0) } ?? .unknown
      case 401 where Self.isOfAnOlderRelease(response): return try await stated(by: push, certificate)
      default: break
      }
    } catch {
      logger.info(
        "pod cannot be told its routing table yet", metadata: ["pod": "\(push.podName)", "error": "\(error)"])
    }
    return .unknown
  }

  /// A server that asks for a client's token in place of the operator's.
  private static func isOfAnOlderRelease(_ response: HTTPResponse) -> Bool {
    response.headers["WWW-Authenticate"]?.contains("apus-operator") != true
  }

  /// What a server of an older release says of itself to everybody: the revision that it serves.
  private func stated(by push: RoutingPush, _ certificate: [UInt8]?) async throws(TransportError) -> Answer {
    let response = try await transport.send(request(.get, "/ready", to: push, certificate))
    guard response.isSuccess, let revision = (try? JSONValue(parsing: response.body))?["revision"]?.integer else {
      return .unknown
    }
    // A smaller one is on its way out: the file brings the next.
    return revision == push.revision ? .confirmed : revision > push.revision ? .other(revision) : .unknown
  }

  private func request(
    _ method: HTTPRequest.Method, _ target: String, to push: RoutingPush, _ certificate: [UInt8]?, body: [UInt8] = []
  ) -> HTTPRequest {
    let host = push.address.contains(":") ? "[\(push.address)]" : push.address
    var request = HTTPRequest(
      method, url: "\(push.isEncrypted ? "https" : "http")://\(host):\(port)\(target)", body: body,
      timeouts: HTTPTimeouts(connect: .seconds(2), idle: .seconds(20), total: .seconds(20)))
    request.maximumBodyBytes = Self.largestAnswer
    if push.isEncrypted { request.pinnedCertificate = certificate }
    return request
  }

  /// Bytes.
  private static let largestAnswer = 1 << 20
}

/// What a server answers to a reload: `{"revision": 3, "versions": [{"version", "digest", …}]}`.
struct LoadedTable: Sendable, Equatable {
  var revision: Int
  var digests: [String]

  init?(_ body: [UInt8]) {
    guard let document = try? JSONValue(parsing: body), let revision = document["revision"]?.integer,
      let versions = document["versions"]?.array
    else { return nil }
    self.revision = revision
    digests = versions.compactMap { $0["digest"]?.string }
  }

  func confirms(_ push: RoutingPush) -> Bool { revision == push.revision && digests.sorted() == push.digests.sorted() }
}
