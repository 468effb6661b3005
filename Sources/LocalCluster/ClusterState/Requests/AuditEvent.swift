package import KubernetesModel

/// What became of a request, for the audit log.
package struct AuditedOutcome: Sendable {
  package enum Stage: String, Sendable {
    /// A stream has begun.
    case started = "ResponseStarted"
    case complete = "ResponseComplete"
  }

  package var stage: Stage
  package var code: Int
  package var received: ClusterTime
  package var answered: ClusterTime

  package init(_ stage: Stage, code: Int, received: ClusterTime, answered: ClusterTime) {
    self.stage = stage
    self.code = code
    self.received = received
    self.answered = answered
  }
}

extension ClusterState {
  /// The request as an event of Kubernetes' audit log (`audit.k8s.io/v1`, level `Metadata`): who did what to which
  /// object, when, with what result. Bodies are not in it.
  package func auditEvent(of request: ReceivedRequest, _ outcome: AuditedOutcome, id: String) -> JSONValue {
    let target = target(of: request.path)
    let user = request.source?.user.info ?? ["username": "system:apus-local-cluster"]
    var event: JSONValue = [
      "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Metadata", "auditID": .string(id),
      "stage": .string(outcome.stage.rawValue),
      "requestURI": .string(request.source?.uri ?? "/" + request.path.joined(separator: "/")),
      "verb": .string(verb(of: request, target)), "user": user,
      "responseStatus": ["metadata": [:], "code": .integer(Int64(outcome.code))],
      "requestReceivedTimestamp": .string(outcome.received.microText),
      "stageTimestamp": .string(outcome.answered.microText),
    ]
    if let name = request.source?.impersonatedUser { event["impersonatedUser"] = ["username": .string(name)] }
    if !request.userAgent.isEmpty { event["userAgent"] = .string(request.userAgent) }
    if let target { event["objectRef"] = reference(to: target, in: request) }
    return event
  }

  private func verb(of request: ReceivedRequest, _ target: Target?) -> String {
    guard let target else { return request.method.rawValue.lowercased() }
    switch request.method {
    case .get: return request.query.isTrue("watch") ? "watch" : target.name == nil ? "list" : "get"
    case .post: return "create"
    case .put: return "update"
    case .patch: return "patch"
    case .delete: return target.name == nil ? "deletecollection" : "delete"
    }
  }

  private func reference(to target: Target, in request: ReceivedRequest) -> JSONValue {
    let metadata = request.body?["metadata"]
    let definition = target.resource.definition
    let members: [(String, String?)] = [
      ("resource", definition.resource), ("namespace", target.namespace),
      ("name", target.name ?? metadata?["name"]?.string), ("uid", metadata?["uid"]?.string),
      ("apiGroup", definition.group), ("apiVersion", target.resource.version.name),
      ("resourceVersion", metadata?["resourceVersion"]?.string), ("subresource", target.subresource),
    ]
    var reference: JSONValue = [:]
    for case (let name, let text?) in members where !text.isEmpty { reference[name] = .string(text) }
    return reference
  }
}
