import KubernetesModel

extension ClusterState {
  /// GET, PUT and PATCH of `…/scale`.
  mutating func scale(
    _ request: ReceivedRequest, _ target: Target, _ circumstances: Circumstances
  ) throws(StatusError) -> APIResponse {
    guard let live = object(target.id), let paths = target.resource.version.scale else {
      throw .notFound(target.resource.definition.groupResource, target.name ?? "")
    }
    let shown = Conversion.fromStorage(live, to: target.resource)
    let scale = Self.scale(of: shown, paths)
    let wanted: JSONValue
    switch (request.method, request.body) {
    case (.get, _): return APIResponse(.json(scale))
    case (.put, let body?): wanted = body
    case (.patch, let body?):
      switch request.contentType.prefix(while: { $0 != ";" }) {
      case "application/json-patch+json": wanted = try JSONPatch.apply(body, to: scale)
      default: wanted = MergePatch.apply(body, to: scale)
      }
    default: throw .methodNotAllowed
    }
    let replicas = wanted[path: "spec", "replicas"] ?? 0
    guard let count = replicas.integer, count >= 0 else {
      throw .invalid(
        GroupVersionKind(group: "autoscaling", version: "v1", kind: "Scale"), target.name ?? "",
        [.invalid("spec.replicas", replicas, "must be greater than or equal to 0")])
    }
    if let version = wanted[path: "metadata", "resourceVersion"]?.string, !version.isEmpty,
      version != shown[path: "metadata", "resourceVersion"]?.string
    {
      throw .stale(target.resource.definition.groupResource, target.name ?? "")
    }
    var changed = shown
    changed.set(.integer(Int64(count)), at: paths.spec)
    var options = try WriteOptions(request, target)
    options.author.subresource = "scale"
    let stored = try replace(
      live, with: changed, target.id, target.resource, options, circumstances, isApply: false)
    return APIResponse(.json(Self.scale(of: Conversion.fromStorage(stored, to: target.resource), paths)))
  }

  private static func scale(of object: JSONValue, _ paths: ScalePaths) -> JSONValue {
    func find(_ path: [String]) -> JSONValue? {
      var value: JSONValue? = object
      for key in path { value = value?[key] }
      return value
    }
    var metadata: JSONValue = [:]
    for key in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] {
      metadata[key] = object[path: "metadata", key]
    }
    var status: JSONValue = ["replicas": find(paths.status) ?? 0]
    if let selector = paths.selector.flatMap(find) {
      let labels = selector["matchLabels"]?.stringMap ?? [:]
      let text = labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
      status["selector"] = .string(selector.string ?? text)
    }
    return [
      "kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": metadata,
      "spec": ["replicas": find(paths.spec) ?? 0], "status": status,
    ]
  }

  /// `POST …/pods/NAME/eviction`: a deletion.
  mutating func evict(
    _ request: ReceivedRequest, _ target: Target, _ circumstances: Circumstances
  ) throws(StatusError) -> APIResponse {
    var circumstances = circumstances
    let options = DeleteOptions(body: request.body?["deleteOptions"], query: request.query)
    _ = try delete(target.id, options, &circumstances)
    return APIResponse(
      code: 201, .json(["kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success"]))
  }

  /// Who somebody is and what he may do. Roles are not enforced: who is known may do everything, who is not may read what
  /// is public.
  func review(_ request: ReceivedRequest, _ target: Target, _ circumstances: Circumstances) throws(StatusError)
    -> APIResponse
  {
    guard request.method == .post, var object = request.body else { throw .methodNotAllowed }
    let own = request.source?.actor ?? .owner
    switch target.resource.definition.resource {
    case "selfsubjectaccessreviews": object["status"] = Self.access(of: own)
    case "subjectaccessreviews":
      let spec = object["spec"]
      let groups = (spec?["groups"]?.array ?? []).compactMap(\.string)
      object["status"] = Self.access(of: RequestUser(name: spec?["user"]?.string ?? "", groups: groups))
    case "selfsubjectrulesreviews":
      object["status"] = [
        "incomplete": false,
        "resourceRules": [["verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]]],
        "nonResourceRules": [["verbs": ["*"], "nonResourceURLs": ["*"]]],
      ]
    // Only the edge knows tokens: it has put in the status.
    case "tokenreviews": break
    default: object["status"] = ["userInfo": own.info]
    }
    object["metadata"] = ["creationTimestamp": .string(circumstances.now.text)]
    return APIResponse(code: 201, .json(object))
  }

  private static func access(of user: RequestUser) -> JSONValue {
    let isKnown =
      !user.name.isEmpty && user.name != RequestUser.anonymous.name
      && !user.groups.contains("system:unauthenticated")
    return isKnown
      ? ["allowed": true, "reason": "the local cluster does not enforce roles"]
      : ["allowed": false, "reason": "only users with a token are let in"]
  }
}
