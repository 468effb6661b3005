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
    let path = path.count > 1 && path.hasSuffix("/") ? path.dropLast() : path
    switch path {
    case "/predict": self.init(.predict)
    case "/predict/batch": self.init(.predictBatch)
    case "/feedback": self.init(.feedback)
    case "/health": self.init(.health)
    case "/ready": self.init(.ready)
    case "/model/info": self.init(.modelInfo)
    case "/metrics": self.init(.metrics)
    case "/metrics/summary": self.init(.metricsSummary)
    case "/openapi.json": self.init(.openAPI)
    case "/model/reload": self.init(face == .admin ? .reload : .none)
    case "/logs": self.init(face == .admin ? .logs : .none)
    default: self = Self.inference(path)
    }
  }

  /// The paths below `/v2`.
  private static func inference(_ path: Substring) -> Route {
    guard path.hasPrefix("/v2") else { return Route(.none) }
    let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map(String.init)
    switch (parts.count, parts.count > 1 ? parts[1] : "") {
    case (_, _) where parts[0] != "v2": return Route(.none)
    case (1, _): return Route(.inferenceServer)
    case (3, "health") where parts[2] == "live": return Route(.inferenceLive)
    case (3, "health") where parts[2] == "ready": return Route(.inferenceReady)
    case (3..., "models") where !parts[2].isEmpty: break
    default: return Route(.none)
    }
    var rest = parts[3...]
    var version: String?
    if rest.count > 1, rest.first == "versions", let named = rest.dropFirst().first, !named.isEmpty {
      version = named
      rest = rest.dropFirst(2)
    }
    switch Array(rest) {
    case []: return Route(.inferenceModel, model: parts[2], version: version)
    case ["ready"]: return Route(.inferenceModelReady, model: parts[2], version: version)
    case ["infer"]: return Route(.infer, model: parts[2], version: version)
    default: return Route(.none)
    }
  }
}
