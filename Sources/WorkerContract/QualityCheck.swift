/// The kinds of data quality checks.
public enum QualityCheck: String, Codable, Sendable, CaseIterable {
  case missingRate
  case outOfRange
  case unknownCategory
  case duplicateRequestIDs
  case meanConfidence
  case columnPresence
  case unseenClass

  /// Whether a new training on newer rows can make the check pass. It cannot mend what callers or their feed do wrong: a
  /// feature that is not sent, and an id that is sent twice.
  public var isMendedByTraining: Bool {
    switch self {
    case .outOfRange, .unknownCategory, .meanConfidence, .unseenClass: true
    case .missingRate, .columnPresence, .duplicateRequestIDs: false
    }
  }

  /// Whether a failure says that values of the feature do not arrive, so that its distribution says nothing about the people
  /// or things behind it.
  public var isOfTheFeed: Bool {
    switch self {
    case .missingRate, .columnPresence: true
    case .outOfRange, .unknownCategory, .duplicateRequestIDs, .meanConfidence, .unseenClass: false
    }
  }
}
