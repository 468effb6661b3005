/// Every path of the server, once: routing and the OpenAPI document read this table.
enum RouteTable {
  struct Line: Sendable {
    /// `{model}` and `{version}` stand for a name.
    let path: String
    let endpoint: Endpoint
    /// Whether only the admin port has it.
    let isAdminOnly: Bool
    /// The path's parts, where names stand in it.
    fileprivate let parts: [Substring]

    fileprivate init(_ path: String, _ endpoint: Endpoint, isAdminOnly: Bool = false) {
      self.path = path
      self.endpoint = endpoint
      self.isAdminOnly = isAdminOnly
      parts = path.contains("{") ? path.split(separator: "/", omittingEmptySubsequences: false) : []
    }
  }

  /// The paths that are asked for most come first.
  private static let plain = [
    Line("/predict", .predict),
    Line("/predict/batch", .predictBatch),
    Line("/feedback", .feedback),
    Line("/health", .health),
    Line("/ready", .ready),
    Line("/model/info", .modelInfo),
    Line("/metrics", .metrics),
    Line("/metrics/summary", .metricsSummary),
    Line("/openapi.json", .openAPI),
    Line("/model/reload", .reload, isAdminOnly: true),
    Line("/logs", .logs, isAdminOnly: true),
    Line("/v2", .inferenceServer),
    Line("/v2/health/live", .inferenceLive),
    Line("/v2/health/ready", .inferenceReady),
  ]

  private static let named = [
    Line("/v2/models/{model}", .inferenceModel),
    Line("/v2/models/{model}/versions/{version}", .inferenceModel),
    Line("/v2/models/{model}/ready", .inferenceModelReady),
    Line("/v2/models/{model}/versions/{version}/ready", .inferenceModelReady),
    Line("/v2/models/{model}/infer", .infer),
    Line("/v2/models/{model}/versions/{version}/infer", .infer),
  ]

  static func paths(of endpoint: Endpoint) -> [String] {
    (plain + named).filter { $0.endpoint == endpoint }.map(\.path)
  }

  /// - Parameter path: Without its query.
  static func route(_ path: Substring, face: Endpoint.Face) -> Route {
    let length = path.utf8.count
    for line in plain where line.path.utf8.count == length && line.path.utf8.elementsEqual(path.utf8) {
      return Route(line.isAdminOnly && face != .admin ? .none : line.endpoint)
    }
    guard path.hasPrefix("/v2/models/") else { return Route(.none) }
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    for line in named where line.parts.count == parts.count {
      if let route = route(parts, by: line) { return route }
    }
    return Route(.none)
  }

  private static func route(_ parts: [Substring], by line: Line) -> Route? {
    var route = Route(line.endpoint)
    for (given, expected) in zip(parts, line.parts) {
      switch expected {
      case "{model}" where !given.isEmpty: route.model = String(given)
      case "{version}" where !given.isEmpty: route.version = String(given)
      case given: break
      default: return nil
      }
    }
    return route
  }
}
