/// What a path leads to, with the names that stand in it.
package struct Route: Sendable, Equatable {
  package let endpoint: Endpoint
  /// The model that the path names.
  package var model: String?
  /// The version that the path names.
  package var version: String?

  package init(_ endpoint: Endpoint, model: String? = nil, version: String? = nil) {
    self.endpoint = endpoint
    self.model = model
    self.version = version
  }

  /// - Parameter path: Without its query. A slash at its end changes nothing.
  package init(_ path: Substring, face: Endpoint.Face) {
    self = RouteTable.route(path.count > 1 && path.hasSuffix("/") ? path.dropLast() : path, face: face)
  }
}
