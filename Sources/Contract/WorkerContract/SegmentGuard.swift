import JSON
package import Schema

/// A guard for one part of the rows: the challenger may not lose more than `maximumLoss` of `metric` on any level of `feature`.
public struct SegmentGuard: Codable, Sendable, Equatable {
  public var feature: String
  public var metric: MetricName
  public var maximumLoss: Double

  public init(feature: String, metric: MetricName, maximumLoss: Double) {
    self.feature = feature
    self.metric = metric
    self.maximumLoss = maximumLoss
  }
}

extension SegmentGuard: SchemaDescribed {
  package static let schema = Schema.object(
    "A version may not lose more than maximumLoss of metric on any level of feature.",
    [
      .required("feature", .columnName("A categorical feature.")),
      .required("metric", .enumeration(MetricName.self, "What is compared.")),
      .required("maximumLoss", .share("The most that may be lost.")),
    ])
}
