public import KubernetesClient
import KubernetesModel
import Synchronization

/// Lets in who the API server knows (`TokenReview`) and allows to `get` the path (`SubjectAccessReview`), as kube-rbac-proxy
/// does. Answers are kept for a minute, refusals for ten seconds, so that scrapes do not become requests to the API server.
///
/// The client is not to be one that is guarded by a lease: standbys are asked as well.
public final class MetricsGate: Sendable {
  public enum Verdict: Sendable, Equatable {
    case allowed
    /// No token, or one that is not known.
    case unauthenticated
    case forbidden(user: String)
    /// The API server could not be asked, or too many are asking.
    case unknown(String)
  }

  private struct Ticket: Hashable {
    var token: String
    var path: String
  }

  private struct State {
    var verdicts: [Ticket: (verdict: Verdict, until: Duration)] = [:]
    var asking = 0
  }

  private let api: any KubernetesAPI
  private let time: TimeSource
  private let state = Mutex(State())

  private static let capacity = 256
  private static let atOnce = 8

  public init(_ api: any KubernetesAPI, time: TimeSource = .system) {
    self.api = api
    self.time = time
  }

  /// - Parameter authorization: the request's header: `Bearer …`.
  public func verdict(_ authorization: String?, path: String) async -> Verdict {
    guard let authorization, authorization.lowercased().hasPrefix("bearer ") else { return .unauthenticated }
    let token = String(authorization.dropFirst(7).drop { $0 == " " })
    // Nobody's token is that long; the API server need not read it.
    guard !token.isEmpty, token.utf8.count <= 16384 else { return .unauthenticated }
    let ticket = Ticket(token: token, path: path)
    if let known = known(ticket) { return known }
    guard enter() else { return .unknown("too many requests are being checked") }
    defer { state.withLock { $0.asking -= 1 } }
    do throws(KubernetesError) {
      let verdict = try await review(token, path)
      keep(ticket, verdict)
      return verdict
    } catch {
      return .unknown("\(error)")
    }
  }

  private func known(_ ticket: Ticket) -> Verdict? {
    let now = time.monotonic()
    return state.withLock { $0.verdicts[ticket].flatMap { now < $0.until ? $0.verdict : nil } }
  }

  private func enter() -> Bool {
    state.withLock { state in
      guard state.asking < Self.atOnce else { return false }
      state.asking += 1
      return true
    }
  }

  private func keep(_ ticket: Ticket, _ verdict: Verdict) {
    let now = time.monotonic()
    let until = now + (verdict == .allowed ? .seconds(60) : .seconds(10))
    state.withLock { state in
      if state.verdicts.count >= Self.capacity { state.verdicts = state.verdicts.filter { now < $0.value.until } }
      if state.verdicts.count >= Self.capacity { state.verdicts = [:] }
      state.verdicts[ticket] = (verdict, until)
    }
  }

  private func review(_ token: String, _ path: String) async throws(KubernetesError) -> Verdict {
    let identity = try await ask(
      GroupVersionResource(group: "authentication.k8s.io", version: "v1", resource: "tokenreviews"), "TokenReview",
      ["token": .string(token)])
    guard identity["authenticated"] == true, let user = identity["user"], let name = user["username"]?.string else {
      return .unauthenticated
    }
    var spec: JSONValue = [
      "user": .string(name), "nonResourceAttributes": ["path": .string(path), "verb": "get"],
    ]
    for member in ["uid", "groups", "extra"] { spec[member] = user[member] }
    let access = try await ask(
      GroupVersionResource(group: "authorization.k8s.io", version: "v1", resource: "subjectaccessreviews"),
      "SubjectAccessReview", spec)
    return access["allowed"] == true ? .allowed : .forbidden(user: name)
  }

  /// The review's status.
  private func ask(
    _ resource: GroupVersionResource, _ kind: String, _ spec: JSONValue
  ) async throws(KubernetesError) -> JSONValue {
    let review: JSONValue = [
      "apiVersion": .string("\(resource.group)/\(resource.version)"), "kind": .string(kind), "spec": spec,
    ]
    return try await api.create(APITarget(resource), review)["status"] ?? .null
  }
}
