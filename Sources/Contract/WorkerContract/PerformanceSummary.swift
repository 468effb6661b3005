import JSON
package import Schema

public struct PerformanceSummary: Codable, Sendable, Equatable {
  /// Share of the predictions whose label is due that have one, 0…1; nil where none is due.
  public var coverage: Double?
  public var labelled: Int
  /// Predictions whose label is due; nil: by a worker of release 0.1.0.
  public var expected: Int?
  /// When the predictions were made whose labels were looked at; nil: by a worker of release 0.1.0.
  public var span: ObservedSpan?
  /// Nil while too few labels are there.
  public var metrics: ModelMetrics?
  /// Seconds.
  public var p95Latency: Double?
  public var positiveRate: Double?
  public var meanConfidence: Double?

  public init(
    coverage: Double? = nil, labelled: Int = 0, expected: Int? = nil, span: ObservedSpan? = nil,
    metrics: ModelMetrics? = nil, p95Latency: Double? = nil, positiveRate: Double? = nil, meanConfidence: Double? = nil
  ) {
    self.coverage = coverage
    self.labelled = labelled
    self.expected = expected
    self.span = span
    self.metrics = metrics
    self.p95Latency = p95Latency
    self.positiveRate = positiveRate
    self.meanConfidence = meanConfidence
  }

  private enum CodingKeys: String, CodingKey {
    case coverage, labelled, expected, span, metrics, p95Latency, positiveRate, meanConfidence
  }

  /// A coverage beside an `expected` of 0 is none. Release 0.1.0 wrote 1 where no label was due.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    expected = try container.decodeIfPresent(Int.self, forKey: .expected)
    labelled = try container.decode(Int.self, forKey: .labelled)
    let known = try container.decodeIfPresent(Double.self, forKey: .coverage)
    let isOfNothing = expected == 0 || expected == nil && labelled == 0 && known == 1
    coverage = isOfNothing ? nil : known
    span = try container.decodeIfPresent(ObservedSpan.self, forKey: .span)
    metrics = try container.decodeIfPresent(ModelMetrics.self, forKey: .metrics)
    p95Latency = try container.decodeIfPresent(Double.self, forKey: .p95Latency)
    positiveRate = try container.decodeIfPresent(Double.self, forKey: .positiveRate)
    meanConfidence = try container.decodeIfPresent(Double.self, forKey: .meanConfidence)
  }

  /// An operator of release 0.1.0 reads no result without a coverage.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encodeIfPresent(expected == 0 ? 0 : coverage, forKey: .coverage)
    try container.encode(labelled, forKey: .labelled)
    try container.encodeIfPresent(expected, forKey: .expected)
    try container.encodeIfPresent(span, forKey: .span)
    try container.encodeIfPresent(metrics, forKey: .metrics)
    try container.encodeIfPresent(p95Latency, forKey: .p95Latency)
    try container.encodeIfPresent(positiveRate, forKey: .positiveRate)
    try container.encodeIfPresent(meanConfidence, forKey: .meanConfidence)
  }
}

extension PerformanceSummary: SchemaDescribed {
  package static let schema = Schema.object(
    "Performance by labels.",
    [
      .optional("coverage", .share("Share of the predictions whose label is due that have one; 0 where none is due.")),
      .optional("labelled", .integer("Labelled predictions.", minimum: 0).implying(0)),
      .optional("expected", .integer("Predictions whose label is due.", minimum: 0)),
      .optional(
        "span", ObservedSpan.schema.described("When the predictions were made whose labels were looked at.")),
      .optional("metrics", ModelMetrics.schema.described("Absent while too few labels are there.")),
      .optional("p95Latency", .number("Seconds.")),
      .optional("positiveRate", .number("Share of positive predictions.")),
      .optional("meanConfidence", .number("Mean confidence.")),
    ])
}
