/// One thing that is wrong with a table, told for a person.
package struct Finding: Sendable, Equatable, Codable {
  package var reason: Reason
  package var column: String?
  /// Rows concerned.
  package var count: Int
  /// Where the first of them stands in the source, from 1.
  package var firstLine: Int?
  /// A sentence: column, count, first place, and the mend.
  package var message: String

  package init(_ reason: Reason, column: String? = nil, count: Int = 0, firstLine: Int? = nil, message: String) {
    self.reason = reason
    self.column = column
    self.count = count
    self.firstLine = firstLine
    self.message = message
  }

  /// Hard findings forbid training; soft ones are warnings.
  package var isHard: Bool { reason.isHard }

  package enum Reason: String, Sendable, Codable, CaseIterable {
    case noRows = "NoRows"
    case targetColumnMissing = "TargetColumnMissing"
    case targetIsFeature = "TargetIsFeature"
    case noLabels = "NoLabels"
    case singleClass = "SingleClass"
    case unknownClass = "UnknownClass"
    case columnMissing = "ColumnMissing"
    case timestampColumnMissing = "TimestampColumnMissing"
    case keyColumnMissing = "KeyColumnMissing"
    case featureAlwaysMissing = "FeatureAlwaysMissing"
    case notNumeric = "NotNumeric"
    case notTimestamp = "NotTimestamp"
    case notNullable = "NotNullable"
    case outOfBounds = "OutOfBounds"
    case tooFewRows = "TooFewRows"
    case targetValueMissing = "TargetValueMissing"
    case unknownCategory = "UnknownCategory"
    case duplicatePrimaryKey = "DuplicatePrimaryKey"
    case tooManyCategories = "TooManyCategories"
    case tooManyClasses = "TooManyClasses"
    /// No value of a feature is among its categories.
    case featureAlwaysUnknown = "FeatureAlwaysUnknown"
    case tooFewTestRows = "TooFewTestRows"
    /// Values that are no numbers, missing or out of bounds in so few rows that they count as missing.
    case strayText = "StrayText"
    case strayNull = "StrayNull"
    case strayNumber = "StrayNumber"
    /// Times that are none, or far ahead of all others, in rows that are left out or taken for the oldest.
    case strayTime = "StrayTime"
    /// Whole numbers beyond 2^53, of which neighbours become one as numbers.
    case inexactNumber = "InexactNumber"
    /// What spreadsheets leave around a table.
    case blankRows = "BlankRows"
    case paddedRows = "PaddedRows"
    case paddedHeader = "PaddedHeader"
    case doubtfulEncoding = "DoubtfulEncoding"
    /// Few rows of a class that is not listed; they are left out.
    case strayClass = "StrayClass"
    /// Listed, and in no row.
    case unusedCategory = "UnusedCategory"
    case unusedClass = "UnusedClass"
    /// So many categories that they name rows rather than kinds of rows.
    case identifyingCategories = "IdentifyingCategories"
    case fewTestRows = "FewTestRows"

    package var isHard: Bool {
      switch self {
      case .targetValueMissing, .unknownCategory, .duplicatePrimaryKey, .strayText, .strayNull, .strayNumber,
        .strayTime, .inexactNumber, .blankRows, .paddedRows, .paddedHeader, .doubtfulEncoding,
        .strayClass, .unusedCategory, .unusedClass, .identifyingCategories, .fewTestRows:
        false
      default: true
      }
    }
  }
}

extension [Finding] {
  /// Those that forbid training, the most telling reason first.
  package var failures: [Finding] {
    let order = Finding.Reason.allCases
    return filter(\.isHard).enumerated()
      .sorted {
        (order.firstIndex(of: $0.element.reason) ?? 0, $0.offset) < (
          order.firstIndex(of: $1.element.reason) ?? 0, $1.offset
        )
      }
      .map(\.element)
  }

  package var warnings: [Finding] { filter { !$0.isHard } }

  /// All messages as one text of at most `limit` characters; what does not fit is counted.
  package func summary(limit: Int = 1000) -> String {
    var text = ""
    for (position, finding) in enumerated() {
      let part = (text.isEmpty ? "" : "; ") + finding.message
      guard text.count + part.count <= limit else {
        let rest = count - position
        if text.isEmpty { return String(finding.message.prefix(limit)) }
        return text + "; and \(rest) more \(rest == 1 ? "finding" : "findings")"
      }
      text += part
    }
    return text
  }
}
