import JSON
package import Schema

/// Challenger against champion on the same test rows.
public struct Comparison: Codable, Sendable, Equatable {
  public var champion: ArtifactReference
  public var championMetrics: ModelMetrics
  /// On the rows compared, where these are not all test rows: those that did not train the champion.
  public var challengerMetrics: ModelMetrics?
  public var metric: MetricName
  /// Challenger minus champion.
  public var difference: Double
  /// Bounds of the confidence interval of the difference.
  public var lower: Double
  public var upper: Double
  /// Two-sided, of no difference: DeLong for the area under the curve, McNemar for accuracy, paired bootstrap else.
  public var pValue: Double
  public var rows: Int
  /// Of the interval. nil: the result is from a release that did not say.
  public var confidence: Double?
  /// What keeps the comparison from saying all that it seems to say, such as training rows that are not known. A sentence.
  public var caveat: String?

  public init(
    champion: ArtifactReference, championMetrics: ModelMetrics, challengerMetrics: ModelMetrics? = nil,
    metric: MetricName, difference: Double, lower: Double, upper: Double, pValue: Double, rows: Int,
    confidence: Double? = nil, caveat: String? = nil
  ) {
    self.champion = champion
    self.championMetrics = championMetrics
    self.challengerMetrics = challengerMetrics
    self.metric = metric
    self.difference = difference
    self.lower = lower
    self.upper = upper
    self.pValue = pValue
    self.rows = rows
    self.confidence = confidence
    self.caveat = caveat
  }
}

extension Comparison: SchemaDescribed {
  package static let schema = Schema.object(
    "Against the version in production, on the same test rows.",
    [
      .required("champion", ArtifactReference.schema),
      .required("championMetrics", ModelMetrics.schema),
      .optional(
        "challengerMetrics",
        ModelMetrics.schema.described("On the rows compared, where these are not all test rows.")),
      .required("metric", .enumeration(MetricName.self, "What was compared.")),
      .required("difference", .number("This version minus production.")),
      .required("lower", .number("Lower bound of the confidence interval.")),
      .required("upper", .number("Upper bound of the confidence interval.")),
      .required("pValue", .number("Of no difference, two-sided.")),
      .required("rows", .integer("Rows compared on.", minimum: 0)),
      .optional("confidence", .number("Of the interval.")),
      .optional("caveat", .string("What limits the comparison.", maximum: 4096)),
    ])
}
