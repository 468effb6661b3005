import KubernetesModel

extension ClusterState {
  /// Answers a request. Never throws: a refusal is a response with a Status. Afterwards `collectGarbage` is due when
  /// `needsCollection` says so.
  package mutating func answer(_ request: ReceivedRequest, _ circumstances: Circumstances) -> APIAnswer {
    if request.query.items.contains(where: { $0.name == "dryRun" && $0.value == "All" })
      || request.body?["dryRun"]?.array?.contains("All") == true && request.method == .delete
    {
      var copy = self
      copy.isDryRun = true
      return copy.reply(request, circumstances)
    }
    return reply(request, circumstances)
  }

  private mutating func reply(_ request: ReceivedRequest, _ circumstances: Circumstances) -> APIAnswer {
    do {
      return try route(request, circumstances)
    } catch {
      return .response(APIResponse(code: error.code, .json(error.object)))
    }
  }

  private mutating func route(_ request: ReceivedRequest, _ circumstances: Circumstances) throws(StatusError)
    -> APIAnswer
  {
    if request.method == .get, let document = discovery(request) { return .response(document) }
    guard let target = target(of: request.path) else { throw .unknownPath }
    if target.resource.definition.isReview { return .response(try review(request, target, circumstances)) }
    switch target.subresource {
    case nil, "status": break
    case "scale" where target.resource.version.scale != nil:
      return .response(try scale(request, target, circumstances))
    case "log" where target.resource.definition.storage == Self.pods && request.method == .get:
      guard object(target.id) != nil else { throw .notFound(Self.pods, target.name ?? "") }
      return .podLog(namespace: target.namespace, name: target.name ?? "", query: request.query)
    case "eviction" where target.resource.definition.storage == Self.pods && request.method == .post:
      return .response(try evict(request, target, circumstances))
    case "finalize" where target.resource.definition.storage == Self.namespaces: break
    default: throw notServed(target)
    }
    if target.subresource == "status", !target.resource.version.hasStatus { throw notServed(target) }
    return try serve(request, target, circumstances)
  }

  /// Custom resources answer for a subresource they lack as for an object that is missing.
  private func notServed(_ target: Target) -> StatusError {
    target.resource.definition.isCustom
      ? .notFound(target.resource.definition.groupResource, target.name ?? "") : .unknownPath
  }

  private mutating func serve(
    _ request: ReceivedRequest, _ target: Target, _ circumstances: Circumstances
  ) throws(StatusError) -> APIAnswer {
    let presentation = Presentation(request, target.resource, circumstances.now)
    if request.method == .get, target.name == nil || request.query.isTrue("watch") {
      let scope = try scope(of: request, target)
      if request.query.isTrue("watch") { return .watch(try watch(request, scope, presentation)) }
      return .response(APIResponse(.json(try list(request, scope, presentation))))
    }
    switch (request.method, target.name) {
    case (.get, _?):
      guard let object = object(target.id) else {
        throw .notFound(target.resource.definition.groupResource, target.name ?? "")
      }
      return .response(APIResponse(.json(presentation.object(object, at: circumstances.now))))
    case (.post, nil):
      var write = try WriteOptions(request, target)
      let object = try create(
        target.resource, namespace: target.namespace, body(of: request, target), &write, circumstances)
      return .response(
        APIResponse(code: 201, .json(presentation.object(object, at: circumstances.now)), warnings: write.warnings))
    case (.put, _?):
      var write = try WriteOptions(request, target)
      let object = try update(
        target.resource, id: target.id, body(of: request, target), &write, circumstances)
      return .response(
        APIResponse(.json(presentation.object(object, at: circumstances.now)), warnings: write.warnings))
    case (.patch, _?):
      var write = try WriteOptions(request, target)
      let (object, isNew) = try patch(request, target, &write, circumstances)
      return .response(
        APIResponse(
          code: isNew ? 201 : 200, .json(presentation.object(object, at: circumstances.now)), warnings: write.warnings))
    case (.delete, _?):
      return .response(try delete(request, target, presentation, circumstances))
    case (.delete, nil):
      return .response(try deleteCollection(request, target, presentation, circumstances))
    default: throw .methodNotAllowed
    }
  }

  private func body(of request: ReceivedRequest, _ target: Target) throws(StatusError) -> JSONValue {
    guard let body = request.body, body.object != nil else {
      throw .badRequest(
        "the object provided is unrecognized (must be of type \(target.resource.definition.kind)): a JSON object is expected"
      )
    }
    return body
  }

  private mutating func delete(
    _ request: ReceivedRequest, _ target: Target, _ presentation: Presentation, _ circumstances: Circumstances
  ) throws(StatusError) -> APIResponse {
    var circumstances = circumstances
    let options = DeleteOptions(body: request.body, query: request.query)
    guard object(target.id) != nil else { throw .notFound(target.resource.definition.groupResource, target.name ?? "") }
    switch try delete(target.id, options, &circumstances) {
    case .pending(let object): return APIResponse(.json(presentation.object(object, at: circumstances.now)))
    case .removed(let object):
      if target.resource.definition.storage == Self.pods {
        return APIResponse(.json(presentation.object(object, at: circumstances.now)))
      }
      var details: JSONValue = [
        "name": object[path: "metadata", "name"] ?? "", "kind": .string(target.resource.definition.resource),
        "uid": object[path: "metadata", "uid"] ?? "",
      ]
      if !target.resource.definition.group.isEmpty { details["group"] = .string(target.resource.definition.group) }
      return APIResponse(
        .json(["kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success", "details": details]))
    }
  }

  private mutating func deleteCollection(
    _ request: ReceivedRequest, _ target: Target, _ presentation: Presentation, _ circumstances: Circumstances
  ) throws(StatusError) -> APIResponse {
    var circumstances = circumstances
    let scope = try scope(of: request, target)
    let options = DeleteOptions(body: request.body, query: request.query)
    let matching = members(scope)
    for (name, _) in matching {
      _ = try delete(ObjectID(resource: scope.storage, place: name), options, &circumstances)
    }
    return APIResponse(
      .json(
        presentation.list(
          matching.map(\.object), metadata: ["resourceVersion": .string(String(revision))], at: circumstances.now)))
  }
}

/// What a path names.
struct Target {
  var resource: ServedResource
  var namespace: String
  var name: String?
  var subresource: String?

  var id: ObjectID {
    ObjectID(
      resource: resource.definition.storage, place: ObjectPlace(namespace: namespace, name: name ?? ""))
  }
}

extension ClusterState {
  /// `/api/v1/namespaces/NS/pods/NAME/log` and its kin; nil where nothing is served.
  func target(of path: [String]) -> Target? {
    var rest = path[...]
    let group: String
    switch rest.popFirst() {
    case "api": group = ""
    case "apis":
      guard let name = rest.popFirst() else { return nil }
      group = name
    default: return nil
    }
    guard let version = rest.popFirst(), var resource = rest.popFirst() else { return nil }
    var namespace = ""
    // `namespaces/NS/status` and `/finalize` are the namespace's own; anything else after NS is a resource in it.
    if resource == "namespaces", rest.count >= 2, !["status", "finalize"].contains(rest[rest.startIndex + 1]) {
      namespace = rest.removeFirst()
      resource = rest.removeFirst()
    }
    guard let served = catalog.served(group: group, version: version, resource: resource), rest.count <= 2 else {
      return nil
    }
    if !served.definition.isNamespaced, !namespace.isEmpty { return nil }
    let name = rest.popFirst()
    if served.definition.isNamespaced, namespace.isEmpty, name != nil { return nil }
    return Target(resource: served, namespace: namespace, name: name, subresource: rest.popFirst())
  }
}
