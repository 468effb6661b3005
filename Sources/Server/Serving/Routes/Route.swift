import WorkerContract

/// Where a path leads.
struct Route: Sendable, Equatable {
  /// That of the endpoint in the route table; `RouteTable.nowhere` where there is none.
  let position: Int
  /// The names that stand in the path.
  var names = ModelReference()

  init(position: Int) { self.position = position }

  var isNowhere: Bool { position == RouteTable.nowhere }

  // One field at a time: a copy of the endpoint would count references that all cores share.

  /// - Precondition: The path leads somewhere, as for those below.
  var method: Endpoint.Method { RouteTable.endpoints[position].method }
  var access: Endpoint.Access { RouteTable.endpoints[position].access }
  var right: ServingRight? { RouteTable.endpoints[position].right }
  var handler: Endpoint.Handler { RouteTable.endpoints[position].handler }
}
