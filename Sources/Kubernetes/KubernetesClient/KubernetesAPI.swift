public import KubernetesModel

/// The Kubernetes API, in two calls; all verbs are built on them. `ClusterClient` sends over HTTP; others guard or count.
public protocol KubernetesAPI: Sendable {
  /// The name under which writes are recorded in `managedFields`.
  var fieldManager: String { get }

  /// Sends a request and gives the answer's document.
  func perform(_ request: APIRequest) async throws(KubernetesError) -> JSONValue

  /// Opens a watch; the events follow as they happen.
  func open(_ request: APIRequest) async throws(KubernetesError) -> WatchStream
}

/// Typed verbs. Namespaces are ignored for cluster-wide kinds.
extension KubernetesAPI {
  /// Errors: `isNotFound` where there is no such object.
  public func get<Object: KubernetesObject>(
    _ type: Object.Type = Object.self, namespace: String?, name: String
  ) async throws(KubernetesError) -> Object {
    try await decoded(.get(APITarget(Object.self, namespace: namespace, name: name)))
  }

  /// nil where there is no such object.
  public func find<Object: KubernetesObject>(
    _ type: Object.Type = Object.self, namespace: String?, name: String
  ) async throws(KubernetesError) -> Object? {
    do {
      return try await get(type, namespace: namespace, name: name)
    } catch {
      guard error.isNotFound, !error.isMissingAPI else { throw error }
      return nil
    }
  }

  /// All pages. Items that do not fit the type are left out and named in `undecodable`.
  public func list<Object: KubernetesObject>(
    _ type: Object.Type = Object.self, _ selection: Selection = Selection()
  ) async throws(KubernetesError) -> ObjectList<Object> {
    try await list(ObjectKind<Object>.typed, selection)
  }

  public func create<Object: KubernetesObject>(_ object: Object) async throws(KubernetesError) -> Object {
    let target = APITarget(Object.self, namespace: object.metadata.namespace)
    return try await decoded(.create(target, try manifest(object, .create, target), manager: fieldManager))
  }

  /// Replaces the object; fields that its type has no member for are removed from it. Errors: `isConflict` where its
  /// resource version is stale.
  public func update<Object: KubernetesObject>(
    _ object: Object, subresource: String? = nil
  ) async throws(KubernetesError) -> Object {
    let target = APITarget(object, subresource: subresource)
    return try await decoded(.update(target, try manifest(object, .update, target), manager: fieldManager))
  }

  public func patch<Object: KubernetesObject>(
    _ type: Object.Type = Object.self, namespace: String?, name: String, subresource: String? = nil,
    _ patchType: PatchType, _ patch: JSONValue
  ) async throws(KubernetesError) -> Object {
    let target = APITarget(Object.self, namespace: namespace, name: name, subresource: subresource)
    return try await decoded(.patch(target, patchType, patch, manager: fieldManager))
  }

  /// Server-side apply. `object` is the full intent: what is not in it and was ours is removed.
  public func apply<Object: KubernetesObject>(_ object: Object, force: Bool = true) async throws(KubernetesError)
    -> Object
  {
    let target = APITarget(object)
    return try await decoded(
      .apply(target, try manifest(object, .apply, target), manager: fieldManager, force: force))
  }

  /// Merge patch of the status subresource: `status` holds the changed members.
  public func patchStatus<Object: KubernetesObject>(
    _ type: Object.Type = Object.self, namespace: String?, name: String, _ status: JSONValue
  ) async throws(KubernetesError) -> Object {
    try await patch(type, namespace: namespace, name: name, subresource: "status", .merge, ["status": status])
  }

  /// Server-side apply of the status subresource: all of the status that is ours.
  public func applyStatus<Object: KubernetesObject>(
    _ type: Object.Type = Object.self, namespace: String?, name: String, _ status: JSONValue, force: Bool = true
  ) async throws(KubernetesError) -> Object {
    let target = APITarget(Object.self, namespace: namespace, name: name, subresource: "status")
    var object: JSONValue = [
      "apiVersion": .string(Object.gvk.apiVersion), "kind": .string(Object.gvk.kind),
      "metadata": ["name": .string(name)], "status": status,
    ]
    if let namespace = target.namespace { object.set(.string(namespace), at: ["metadata", "namespace"]) }
    return try await decoded(.apply(target, object, manager: fieldManager, force: force))
  }

  /// Deletes. An object that is not there any more, or has another uid than the given one, counts as deleted.
  public func delete<Object: KubernetesObject>(
    _ type: Object.Type = Object.self, namespace: String?, name: String, uid: String? = nil,
    propagation: DeletionPropagation = .background, gracePeriodSeconds: Int? = nil
  ) async throws(KubernetesError) {
    try await delete(
      APITarget(Object.self, namespace: namespace, name: name), uid: uid, propagation: propagation,
      gracePeriodSeconds: gracePeriodSeconds)
  }

  private func decoded<Object: KubernetesObject>(_ request: APIRequest) async throws(KubernetesError) -> Object {
    let value = try await perform(request)
    do {
      return try value.decode(as: Object.self)
    } catch {
      throw .unreadable(verb: request.verb, target: request.target, reason: "\(error)")
    }
  }

  private func manifest(
    _ object: some KubernetesObject, _ verb: APIRequest.Verb, _ target: APITarget
  ) throws(KubernetesError) -> JSONValue {
    do {
      return try object.manifest
    } catch {
      throw .unreadable(verb: verb, target: target, reason: "the object cannot be written: \(error)")
    }
  }
}

/// Untyped verbs, for generated manifests and kinds without a Swift type.
extension KubernetesAPI {
  /// nil where there is no such object.
  public func find(_ target: APITarget) async throws(KubernetesError) -> JSONValue? {
    do {
      return try await perform(.get(target))
    } catch {
      guard error.isNotFound, !error.isMissingAPI else { throw error }
      return nil
    }
  }

  public func create(_ target: APITarget, _ object: JSONValue) async throws(KubernetesError) -> JSONValue {
    try await perform(.create(target, object, manager: fieldManager))
  }

  public func patch(_ target: APITarget, _ type: PatchType, _ patch: JSONValue) async throws(KubernetesError)
    -> JSONValue
  {
    try await perform(.patch(target, type, patch, manager: fieldManager))
  }

  public func apply(_ target: APITarget, _ object: JSONValue, force: Bool = true) async throws(KubernetesError)
    -> JSONValue
  {
    try await perform(.apply(target, object, manager: fieldManager, force: force))
  }

  public func delete(
    _ target: APITarget, uid: String? = nil, propagation: DeletionPropagation = .background,
    gracePeriodSeconds: Int? = nil
  ) async throws(KubernetesError) {
    do {
      _ = try await perform(
        .delete(target, uid: uid, propagation: propagation, gracePeriodSeconds: gracePeriodSeconds))
    } catch {
      let isAnother = uid != nil && error.isConflict
      guard (error.isNotFound && !error.isMissingAPI) || isAnother else { throw error }
    }
  }

  /// All pages, `limit` objects each. Where a page's continuation has expired, everything once more in one piece.
  public func list<Object>(
    _ kind: ObjectKind<Object>, _ selection: Selection = Selection(), limit: Int = 500
  ) async throws(KubernetesError) -> ObjectList<Object> {
    var items: [ObjectList<Object>.Item] = []
    var list = try await list(kind, selection, limit: limit) { page in
      items += page.items
    } restart: {
      items = []
    }
    list.items = items
    return list
  }

  /// The same, page by page, so that a long list never has to be in memory as a whole: each page is handed to `page`, and
  /// what was handed over is void where `restart` is called. The result has the version and what was undecodable, but no
  /// items.
  func list<Object>(
    _ kind: ObjectKind<Object>, _ selection: Selection, limit: Int = 500, page: (ObjectList<Object>) -> Void,
    restart: () -> Void
  ) async throws(KubernetesError) -> ObjectList<Object> {
    var whole = ObjectList<Object>()
    var request = kind.asked(.list(kind.resource, selection, limit: limit))
    var last: String?
    while true {
      let answer: JSONValue
      do {
        answer = try await perform(request)
      } catch {
        guard error.isGone, request.query.contains(where: { $0.name == "continue" }) else { throw error }
        restart()
        whole = ObjectList()
        request = kind.asked(.list(kind.resource, selection))
        last = nil
        continue
      }
      var list = ObjectList<Object>()
      list.add(page: answer, kind)
      whole.undecodable += list.undecodable
      whole.resourceVersion = list.resourceVersion
      page(list)
      guard let continuation = answer["metadata"]?["continue"]?.string, !continuation.isEmpty else { return whole }
      guard continuation != last else {
        throw .unreadable(verb: .list, target: request.target, reason: "the pages of the list go round in a circle")
      }
      last = continuation
      request = kind.asked(.list(kind.resource, selection, limit: limit, continuation: continuation))
    }
  }
}

extension APITarget {
  public init<Object: KubernetesObject>(
    _ type: Object.Type, namespace: String?, name: String? = nil, subresource: String? = nil
  ) {
    self.init(
      Object.gvr, namespace: Object.isNamespaced ? namespace : nil, name: name, subresource: subresource)
  }

  public init<Object: KubernetesObject>(_ object: Object, subresource: String? = nil) {
    self.init(
      Object.self, namespace: object.metadata.namespace, name: object.metadata.name ?? "", subresource: subresource)
  }
}
