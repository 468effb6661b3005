extension RouteTable {
  static func openAPI(_ endpoints: ServingEndpoints, on listener: Listener) -> Answer {
    let asksForToken = endpoints.protected.contains(listener)
    return endpoints.information.openAPI(
      paths: paths(on: listener, asksForToken: asksForToken), asksForToken: asksForToken)
  }

  /// The paths of the OpenAPI document: what a port has.
  /// - Parameter asksForToken: Whether the port asks for tokens.
  static func paths(on listener: Listener, asksForToken: Bool) -> JSONDocument {
    .object(
      endpoints.filter { $0.access.isOffered(by: listener) }.flatMap { endpoint in
        endpoint.paths.map { path in
          let operation = endpoint.description.operation(
            endpoint.label, at: path, prefix: endpoint.dialect.prefix,
            asksForToken: asksForToken && !endpoint.access.isOpen(on: listener), asksForRight: endpoint.right != nil)
          return JSONDocument.Member(
            name: path, value: .object([.init(name: endpoint.method.rawValue.lowercased(), value: operation)]))
        }
      })
  }
}
