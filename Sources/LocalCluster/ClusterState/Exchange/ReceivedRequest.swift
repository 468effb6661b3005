package import KubernetesModel

/// An HTTP request as the API sees it.
package struct ReceivedRequest: Sendable {
  package enum Method: String, Sendable {
    case get = "GET", post = "POST", put = "PUT", patch = "PATCH", delete = "DELETE"
  }

  package var method: Method
  /// Decoded segments: `["apis", "apps", "v1", "namespaces", "default", "deployments"]`.
  package var path: [String]
  package var query: APIQuery
  package var accept: String
  package var contentType: String
  package var userAgent: String
  /// nil: no body.
  package var body: JSONValue?
  /// nil: a part of the cluster itself.
  package var source: RequestSource?

  package init(
    _ method: Method, path: [String], query: APIQuery = APIQuery(), accept: String = "application/json",
    contentType: String = "application/json", userAgent: String = "", body: JSONValue? = nil,
    source: RequestSource? = nil
  ) {
    self.method = method
    self.path = path
    self.query = query
    self.accept = accept
    self.contentType = contentType
    self.userAgent = userAgent
    self.body = body
    self.source = source
  }

  /// A request written as a path with a query: for tests and in-process use.
  package init(_ method: Method, _ target: String, body: JSONValue? = nil) {
    let halves = target.split(separator: "?", maxSplits: 1)
    let path = halves.first?.split(separator: "/").map(String.init) ?? []
    let pairs = (halves.count > 1 ? halves[1] : "").split(separator: "&").map { pair in
      let parts = pair.split(separator: "=", maxSplits: 1)
      return (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
    }
    self.init(method, path: path, query: APIQuery(pairs), body: body)
  }
}

/// Query parameters, decoded.
package struct APIQuery: Sendable {
  package var items: [(name: String, value: String)]

  package init(_ items: [(String, String)] = []) { self.items = items.map { (name: $0.0, value: $0.1) } }

  package subscript(name: String) -> String? { items.first { $0.name == name }?.value }

  package func isTrue(_ name: String) -> Bool {
    guard let value = self[name] else { return false }
    return value == "true" || value == "1" || value.isEmpty
  }
}

/// Where a request came from.
package struct RequestSource: Sendable {
  /// Path and query as they came.
  package var uri: String
  /// Who sent it.
  package var user: RequestUser
  /// The `Impersonate-User` header: on whose behalf the client says that it acts.
  package var impersonatedUser: String?

  package init(uri: String, user: RequestUser, impersonatedUser: String? = nil) {
    self.uri = uri
    self.user = user
    self.impersonatedUser = impersonatedUser
  }

  /// As whom the client acts.
  var actor: RequestUser {
    impersonatedUser.map { RequestUser(name: $0, groups: ["system:authenticated"]) } ?? user
  }
}
