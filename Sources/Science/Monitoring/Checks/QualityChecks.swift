/// The list of quality checks. A report has the checks of features first, feature by feature, then those of the rows,
/// in this order.
package enum QualityChecks {
  package static let all: [any QualityCheck] = [
    ColumnPresenceCheck(), MissingRateCheck(), OutOfRangeCheck(), UnknownCategoryCheck(), DuplicateRequestIDsCheck(),
    MeanConfidenceCheck(), UnseenClassCheck(),
  ]

  package static let ofFeatures: [any FeatureQualityCheck] = all.compactMap { $0 as? any FeatureQualityCheck }
  package static let ofRows: [any WindowQualityCheck] = all.compactMap { $0 as? any WindowQualityCheck }
}
