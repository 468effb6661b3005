extension RouteTable {
  /// The paths of the OpenAPI document: what the public port has.
  /// - Parameter asksForToken: Whether clients must bring a token.
  static func paths(asksForToken: Bool) -> JSONDocument {
    .object(
      endpoints.flatMap { endpoint in
        endpoint.description.map { description in
          endpoint.paths.map { path in
            let operation = description.operation(
              endpoint.label, at: path, prefix: endpoint.dialect.prefix,
              asksForToken: asksForToken && !endpoint.access.isOpen(on: .public), asksForRight: endpoint.right != nil)
            return JSONDocument.Member(
              name: path, value: .object([.init(name: endpoint.method.rawValue.lowercased(), value: operation)]))
          }
        } ?? []
      })
  }
}
