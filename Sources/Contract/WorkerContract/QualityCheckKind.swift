/// The kinds of data quality checks. `allCases` has those of this release; a result of a newer worker may name others.
public enum QualityCheckKind: RawRepresentable, Codable, Sendable, Hashable, CaseIterable {
  case missingRate
  case outOfRange
  case unknownCategory
  case duplicateRequestIDs
  case meanConfidence
  case columnPresence
  case unseenClass
  /// A check that this release does not have. Its name is kept, so that people see it and nothing is lost when the
  /// result is stored.
  case other(String)

  public static let allCases: [QualityCheckKind] = [
    .missingRate, .outOfRange, .unknownCategory, .duplicateRequestIDs, .meanConfidence, .columnPresence, .unseenClass,
  ]

  public init(rawValue: String) {
    self = Self.allCases.first { $0.rawValue == rawValue } ?? .other(rawValue)
  }

  public var rawValue: String {
    switch self {
    case .missingRate: "missingRate"
    case .outOfRange: "outOfRange"
    case .unknownCategory: "unknownCategory"
    case .duplicateRequestIDs: "duplicateRequestIDs"
    case .meanConfidence: "meanConfidence"
    case .columnPresence: "columnPresence"
    case .unseenClass: "unseenClass"
    case .other(let name): name
    }
  }

  /// Whether a new training on newer rows can make the check pass. It cannot mend what callers or their feed do wrong: a
  /// feature that is not sent, and an id that is sent twice. False for a check that this release does not have: a training
  /// is asked for only where it is known to help.
  public var isMendedByTraining: Bool {
    switch self {
    case .outOfRange, .unknownCategory, .meanConfidence, .unseenClass: true
    case .missingRate, .columnPresence, .duplicateRequestIDs, .other: false
    }
  }

  /// Whether a failure says that values of the feature do not arrive, so that its distribution says nothing about the people
  /// or things behind it.
  public var isOfTheFeed: Bool {
    switch self {
    case .missingRate, .columnPresence: true
    case .outOfRange, .unknownCategory, .duplicateRequestIDs, .meanConfidence, .unseenClass, .other: false
    }
  }
}
