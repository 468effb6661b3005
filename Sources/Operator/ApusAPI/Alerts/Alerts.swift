import KubernetesModel
package import WorkerContract

extension MonitoringPolicySpec {
  /// Who is told of what.
  package struct Alerts: Codable, Sendable, Equatable {
    package var routes: [Route]
    package var channels: [Channel]
    /// The same alert is not sent again within this time.
    package var deduplicate: TimeSpan

    /// Where nothing is stated.
    package static let standard: Alerts = schema.standard()

    package init(
      routes: [Route] = Alerts.standard.routes, channels: [Channel] = Alerts.standard.channels,
      deduplicate: TimeSpan = Alerts.standard.deduplicate
    ) {
      self.routes = routes
      self.channels = channels
      self.deduplicate = deduplicate
    }

    package struct Route: Codable, Sendable, Equatable {
      package var severities: [AlertSeverity]
      package var channels: [String]

      package init(severities: [AlertSeverity], channels: [String]) {
        self.severities = severities
        self.channels = channels
      }
    }

    package enum AlertSeverity: String, Codable, Sendable, CaseIterable {
      case info
      case warning
      case critical
    }
  }
}

extension MonitoringPolicySpec.Alerts: SchemaDescribed {
  package static let schema = Schema.object(
    "Who is told.",
    [
      .optional(
        "routes", .list("Which severities go where.", of: Route.schema, maximum: 32).with(default: [])),
      .optional(
        "channels",
        .list("Where alerts go.", of: Channel.schema, maximum: 32, type: .map(keys: ["name"])).with(default: [])),
      .optional("deduplicate", .timeSpan("The same alert is not sent again within this time.", default: "5m")),
    ],
    rules: [
      .init(
        "self.routes.all(r, r.channels.all(n, self.channels.exists(c, c.name == n)))",
        "a route names a channel that is not in channels: add it", fieldPath: ".routes")
    ])

  func problems(at path: String) -> [Problem] {
    var found = deduplicate.problems(at: "\(path).deduplicate", allowsZero: true)
    let names = channels.map(\.name)
    for (index, route) in routes.enumerated() {
      for (position, name) in route.channels.enumerated() where !names.contains(name) {
        found.append(
          Problem(
            "\(path).routes[\(index)].channels[\(position)]", "'\(name)' is not in channels",
            mend: "add it there\(names.isEmpty ? "" : ", or use one of \(names.joined(separator: ", "))")"))
      }
    }
    var seen: Set<String> = []
    for (index, channel) in channels.enumerated() {
      let place = "\(path).channels[\(index)]"
      if !seen.insert(channel.name).inserted {
        found.append(Problem("\(place).name", "'\(channel.name)' is listed twice", mend: "rename one of the two"))
      }
      found += channel.problems(at: place)
    }
    return found
  }
}

extension MonitoringPolicySpec.Alerts.Route: SchemaDescribed {
  package static let schema = Schema.object(
    "One route.",
    [
      .required(
        "severities",
        .list(
          "Alerts of these severities.",
          of: .enumeration(MonitoringPolicySpec.Alerts.AlertSeverity.self, "A severity."), minimum: 1, maximum: 3,
          type: .set)),
      .required(
        "channels",
        .list(
          "Go to these channels.", of: .string("A channel.", minimum: 1, maximum: 63), minimum: 1, maximum: 32,
          type: .set)
      ),
    ])
}
