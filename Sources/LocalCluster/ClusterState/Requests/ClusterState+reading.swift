import KubernetesModel

/// Which objects of a collection are meant.
package struct Scope: Sendable {
  var storage: GroupResource
  /// Empty: all namespaces.
  var namespace: String
  var name: String?
  var labels: LabelQuery
  var fields: FieldSelector

  func contains(_ id: ObjectID) -> Bool {
    id.resource == storage && (namespace.isEmpty || id.place.namespace == namespace)
      && (name == nil || id.place.name == name)
  }

  func matches(_ object: JSONValue) -> Bool {
    (labels.requirements.isEmpty || labels.matches(object[path: "metadata", "labels"]?.stringMap ?? [:]))
      && (fields.terms.isEmpty || fields.matches(object))
  }
}

extension ClusterState {
  func scope(of request: ReceivedRequest, _ target: Target) throws(StatusError) -> Scope {
    let fields = try FieldSelector(
      parsing: request.query["fieldSelector"] ?? "", for: target.resource.definition.storage,
      isCustom: target.resource.definition.isCustom)
    return Scope(
      storage: target.resource.definition.storage, namespace: target.namespace, name: target.name ?? fields.name,
      labels: try LabelQuery(parsing: request.query["labelSelector"] ?? ""), fields: fields)
  }

  /// The members of a scope, in order of namespace and name.
  func members(_ scope: Scope) -> [(name: ObjectPlace, object: JSONValue)] {
    let all = objects[scope.storage] ?? [:]
    if let name = scope.name, !scope.namespace.isEmpty {
      let place = ObjectPlace(namespace: scope.namespace, name: name)
      return all[place].map { scope.matches($0) ? [(place, $0)] : [] } ?? []
    }
    return all.filter { entry in
      scope.contains(ObjectID(resource: scope.storage, place: entry.key)) && scope.matches(entry.value)
    }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  func list(_ request: ReceivedRequest, _ scope: Scope, _ presentation: Presentation) throws(StatusError) -> JSONValue {
    try checkVersion(request)
    var found = members(scope)
    var version = revision
    if let token = request.query["continue"], !token.isEmpty {
      guard let place = ContinueToken(token) else { throw .badRequest("continue key is not valid: \(token)") }
      guard place.revision >= compactedRevision else {
        throw .expired(
          "The provided continue parameter is too old to display a consistent list result. You must start a new list without the continue parameter."
        )
      }
      found.removeAll { $0.name <= place.last }
      version = place.revision
    }
    var metadata: JSONValue = ["resourceVersion": .string(String(version))]
    if let limit = request.query["limit"].flatMap({ Int($0) }), limit > 0, found.count > limit {
      let rest = found.count - limit
      found.removeLast(rest)
      if let last = found.last {
        metadata["continue"] = .string(ContinueToken(revision: version, last: last.name).text)
      }
      if scope.labels.requirements.isEmpty, scope.fields.terms.isEmpty {
        metadata["remainingItemCount"] = .integer(Int64(rest))
      }
    }
    return presentation.list(found.map(\.object), metadata: metadata, at: nil)
  }

  private func checkVersion(_ request: ReceivedRequest) throws(StatusError) {
    guard let text = request.query["resourceVersion"], !text.isEmpty else { return }
    guard let version = Int(text) else {
      throw .badRequest("Invalid value: \"\(text)\": strconv.ParseUint: parsing \"\(text)\": invalid syntax")
    }
    if version > revision {
      throw StatusError(
        code: 504, reason: "Timeout", message: "Too large resource version: \(version), current: \(revision)",
        details: [
          "causes": [["reason": "ResourceVersionTooLarge", "message": "Too large resource version"]],
          "retryAfterSeconds": 1,
        ])
    }
    if request.query["resourceVersionMatch"] == "Exact", version != revision {
      throw .expired("The resourceVersion for the provided list is too old.")
    }
  }
}

/// Where a list in pieces goes on.
struct ContinueToken {
  var revision: Int
  var last: ObjectPlace

  init(revision: Int, last: ObjectPlace) {
    self.revision = revision
    self.last = last
  }

  /// Names have no comma, so the token needs no escapes.
  var text: String { "\(revision),\(last.namespace),\(last.name)" }

  init?(_ text: String) {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 3, let revision = Int(parts[0]) else { return nil }
    self.init(revision: revision, last: ObjectPlace(namespace: parts[1], name: parts[2]))
  }
}
