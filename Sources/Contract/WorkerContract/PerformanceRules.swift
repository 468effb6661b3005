import JSON
package import Schema

/// When performance counts as lost.
public struct PerformanceRules: Codable, Sendable, Equatable {
  public var minimumAccuracy: Double
  public var maximumP95Latency: TimeSpan
  /// How long labels take to arrive: accuracy is that of predictions at least this old.
  public var labelDelay: TimeSpan
  /// Accuracy is that of predictions over this long, up to `labelDelay` ago; nil: the policy's window.
  public var window: TimeSpan?
  public var queries: [Query]

  /// Where nothing is stated.
  public static let standard: PerformanceRules = schema.standard()

  public init(
    minimumAccuracy: Double = PerformanceRules.standard.minimumAccuracy,
    maximumP95Latency: TimeSpan = PerformanceRules.standard.maximumP95Latency,
    labelDelay: TimeSpan = PerformanceRules.standard.labelDelay, window: TimeSpan? = nil, queries: [Query] = []
  ) {
    self.minimumAccuracy = minimumAccuracy
    self.maximumP95Latency = maximumP95Latency
    self.labelDelay = labelDelay
    self.window = window
    self.queries = queries
  }

  /// A trigger read from a Prometheus server; the operator evaluates it, not the worker.
  public struct Query: Codable, Sendable, Equatable {
    public var name: String
    public var server: String
    public var promql: String
    /// The trigger fires when the value is below this.
    public var below: Double?
    /// The trigger fires when the value is above this.
    public var above: Double?

    public init(name: String, server: String, promql: String, below: Double? = nil, above: Double? = nil) {
      self.name = name
      self.server = server
      self.promql = promql
      self.below = below
      self.above = above
    }
  }
}

extension PerformanceRules: SchemaDescribed {
  package static let schema = Schema.object(
    "When performance counts as lost.",
    [
      .optional(
        "minimumAccuracy",
        .share("Performance is lost where the accuracy of labelled predictions is below this.", default: 0.9)),
      .optional(
        "maximumP95Latency",
        .timeSpan(
          "Performance is lost where the 95th percentile of the response time is above this.", default: "300ms")),
      .optional(
        "labelDelay",
        .timeSpan(
          "How long labels take to arrive: accuracy is that of predictions at least this old.", default: "24h")),
      .optional(
        "window",
        .timeSpan(
          "Accuracy is that of predictions over this long, up to labelDelay before a check; absent: spec.window."
        ).nullable),
      .optional(
        "queries",
        .list(
          "Triggers read from a Prometheus server.", of: Query.schema, maximum: 32, type: .map(keys: ["name"])
        ).with(default: [])),
    ])
}

extension PerformanceRules.Query: SchemaDescribed {
  package static let schema = Schema.object(
    "A trigger read from a Prometheus server: it fires below or above a value.",
    [
      .required("name", .string("Its name.", minimum: 1, maximum: 64)),
      .required(
        "server",
        .string(
          "URL of the server.", minimum: 8, maximum: 2048, pattern: "^https?://.+$", form: "http://prometheus:9090")),
      .required("promql", .string("The expression; one value.", minimum: 1, maximum: 4096)),
      .optional("below", .number("Fires when the value is below this.")),
      .optional("above", .number("Fires when the value is above this.")),
    ],
    rules: [.init("has(self.below) || has(self.above)", "a query needs below or above, or it never fires")])
}

extension PerformanceRules {
  package func problems(at path: String) -> [Problem] {
    var found = maximumP95Latency.problems(at: "\(path).maximumP95Latency")
    found += labelDelay.problems(at: "\(path).labelDelay", allowsZero: true)
    if let window { found += window.problems(at: "\(path).window") }
    var seen: Set<String> = []
    for (index, query) in queries.enumerated() {
      let place = "\(path).queries[\(index)]"
      if !seen.insert(query.name).inserted {
        found.append(Problem("\(place).name", "'\(query.name)' is listed twice", mend: "rename one of the two"))
      }
      found += uriProblems(query.server, at: "\(place).server", schemes: ["http", "https"])
      found += serverProblems(query.server, at: "\(place).server")
      found += addressProblems(query.server, at: "\(place).server", weight: .warning)
      if query.below == nil, query.above == nil {
        found.append(Problem(place, "never fires", mend: "add below or above"))
      }
      if query.promql.allSatisfy(\.isWhitespace) {
        found.append(Problem("\(place).promql", "is empty", mend: "write an expression with one value"))
      }
    }
    return found
  }
}
