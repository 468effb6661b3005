import ApusAPI
import Decisions
import HTTPTransport
import KubernetesClient
import KubernetesModel
import Reconcilers
import Synchronization

/// The part of an API server that reconcilers meet, over a dictionary: enough to see what they write and what they make of
/// the answers, and to let any write fail. It checks resource versions and UIDs; it validates nothing.
final class ScriptedCluster: KubernetesAPI {
  private struct State {
    var objects: [String: JSONValue] = [:]
    var version = 1
    var writes: [APIRequest] = []
    var requests: [APIRequest] = []
    var failures: [@Sendable (APIRequest) -> Int?] = []
  }

  let fieldManager = "apus-operator"
  private let state = Mutex(State())

  /// Paths of the writes so far, with their verbs: `apply jobs.batch/income-train-1`.
  var writes: [String] {
    state.withLock { state in
      state.writes.map { request in
        let target = request.target
        let part = target.subresource.map { "/\($0)" } ?? ""
        return "\(request.verb.rawValue) \(target.resource.resource)/\(Self.name(request) ?? "")\(part)"
      }
    }
  }

  /// All requests so far, reads and refused ones included.
  var requests: [APIRequest] { state.withLock { $0.requests } }

  func forgetWrites() { state.withLock { $0.writes = [] } }

  /// From now on a request for which `code` gives a status is refused with it.
  func fail(_ code: @escaping @Sendable (APIRequest) -> Int?) { state.withLock { $0.failures = [code] } }
  func heal() { state.withLock { $0.failures = [] } }

  func object(_ resource: String, _ name: String, namespace: String = "shop") -> JSONValue? {
    state.withLock { state in
      state.objects.first { $0.key.hasSuffix("/namespaces/\(namespace)/\(resource)/\(name)") }?.value
    }
  }

  /// As somebody else writes: a person, the Job controller, the kubelet.
  func put(_ resource: GroupVersionResource, _ object: JSONValue) -> JSONValue {
    let target = APITarget(
      resource, namespace: object[path: "metadata", "namespace"]?.string,
      name: object[path: "metadata", "name"]?.string)
    return state.withLock { Self.store(object, at: target.path, &$0) }
  }

  func open(_ request: APIRequest) async throws(KubernetesError) -> WatchStream {
    WatchStream(request, body: HTTPBody([]))
  }

  func perform(_ request: APIRequest) async throws(KubernetesError) -> JSONValue {
    let answer: Result<JSONValue, KubernetesError> = state.withLock { state in
      state.requests.append(request)
      do throws(KubernetesError) {
        for failure in state.failures {
          if let code = failure(request) { throw Self.refusal(request, code) }
        }
        return .success(try Self.answer(request, &state))
      } catch {
        return .failure(error)
      }
    }
    return try answer.get()
  }

  /// Of the object; a creation names it in its body only.
  private static func name(_ request: APIRequest) -> String? {
    guard request.verb == .create, let body = try? JSONValue(parsing: request.body) else { return request.target.name }
    return request.target.name ?? body[path: "metadata", "name"]?.string
  }

  private static func answer(_ request: APIRequest, _ state: inout State) throws(KubernetesError) -> JSONValue {
    let path = APITarget(request.target.resource, namespace: request.target.namespace, name: name(request)).path
    let present = state.objects[path]
    if request.isWrite { state.writes.append(request) }
    let body = (try? JSONValue(parsing: request.body)) ?? .null
    switch request.verb {
    case .get:
      guard let present else { throw refusal(request, 404) }
      return present
    case .list: return ["items": .array(state.objects.filter { $0.key.hasPrefix(path) }.map(\.value))]
    case .apply: return store((present ?? [:]).merged(with: body), at: path, &state)
    case .create:
      guard present == nil else { throw refusal(request, 409) }
      return store(body, at: path, &state)
    case .update, .patch:
      guard let present else { throw refusal(request, 404) }
      let version = body[path: "metadata", "resourceVersion"]
      guard version == nil || version == present[path: "metadata", "resourceVersion"] else {
        throw refusal(request, 409)
      }
      var change = body
      change["metadata"] = nil
      var object = merge(present, change)
      if let finalizers = finalizers(of: present, after: body) {
        let isLeft = finalizers.array?.isEmpty == false
        object.set(isLeft ? finalizers : nil, at: ["metadata", "finalizers"])
        guard present[path: "metadata", "deletionTimestamp"] == nil || isLeft else {
          state.objects[path] = nil
          return object
        }
      }
      return store(object, at: path, &state)
    case .delete:
      guard present != nil else { throw refusal(request, 404) }
      state.objects[path] = nil
      return .null
    case .watch: return .null
    }
  }

  /// By a merge patch, or by a JSON patch that takes one off.
  private static func finalizers(of present: JSONValue, after patch: JSONValue) -> JSONValue? {
    if let wanted = patch[path: "metadata", "finalizers"] { return wanted }
    guard let tested = patch.array?.first, tested["op"] == "test",
      tested["path"]?.string?.hasPrefix("/metadata/finalizers/") == true, let gone = tested["value"]
    else { return nil }
    return .array((present[path: "metadata", "finalizers"]?.array ?? []).filter { $0 != gone })
  }

  /// RFC 7396.
  private static func merge(_ target: JSONValue, _ patch: JSONValue) -> JSONValue {
    guard let changes = patch.object else { return patch }
    var members = target.object ?? [:]
    for (key, change) in changes { members[key] = change.isNull ? nil : merge(members[key] ?? .null, change) }
    return .object(members)
  }

  private static func store(_ object: JSONValue, at path: String, _ state: inout State) -> JSONValue {
    var object = object
    state.version += 1
    if object[path: "metadata", "uid"] == nil {
      object.set(.string("uid-\(path.split(separator: "/").last ?? "")"), at: ["metadata", "uid"])
      object.set(.string("2026-10-28T12:00:00Z"), at: ["metadata", "creationTimestamp"])
      object.set(1, at: ["metadata", "generation"])
    }
    object.set(.string("\(state.version)"), at: ["metadata", "resourceVersion"])
    state.objects[path] = object
    return object
  }

  /// For `fail`: a 404 of a server that does not know the path.
  static let pageNotFound = 4040

  private static func refusal(_ request: APIRequest, _ asked: Int) -> KubernetesError {
    let code = asked == pageNotFound ? 404 : asked
    let message =
      asked == pageNotFound
      ? "404 page not found"
      : code == 404
        ? "\(request.target.name ?? "") not found"
        : code == 403
          ? "forbidden: unable to create new content in namespace shop because it is being terminated"
          : "refused with \(code)"
    return .refused(
      APIRefusal(
        verb: request.verb, target: request.target, code: code, reason: code == 409 ? "Conflict" : "", message: message,
        causes: code == 403
          ? [.init(field: "metadata.namespace", reason: "NamespaceTerminating", message: "namespace shop is going")]
          : [])
    )
  }
}
