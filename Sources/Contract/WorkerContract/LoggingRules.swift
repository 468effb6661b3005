import JSON
package import Schema

/// How predictions are logged.
public struct LoggingRules: Codable, Sendable, Equatable {
  /// Share of predictions that are logged, 0…1, chosen by a hash of the request id.
  public var sample: Double
  /// Features whose values are never stored.
  public var redact: [String]
  /// Older predictions are deleted.
  public var retention: TimeSpan

  /// Where nothing is stated.
  public static let standard: LoggingRules = schema.standard()

  public init(
    sample: Double = LoggingRules.standard.sample, redact: [String] = LoggingRules.standard.redact,
    retention: TimeSpan = LoggingRules.standard.retention
  ) {
    self.sample = sample
    self.redact = redact
    self.retention = retention
  }
}

extension LoggingRules: SchemaDescribed {
  package static let schema = Schema.object(
    "How predictions are logged.",
    [
      .optional("sample", .share("Share of predictions that are logged.", default: 1)),
      .optional(
        "redact",
        .list("Features whose values are never stored.", of: .columnName("A feature."), maximum: 2000).with(default: [])
      ),
      .optional("retention", .timeSpan("Older predictions are deleted.", default: "30d")),
    ])
}
