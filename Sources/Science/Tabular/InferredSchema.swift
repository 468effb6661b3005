package import WorkerContract

/// A schema read off data, with the reason for each of its values.
package struct InferredSchema: Sendable, Equatable {
  package var schema: FeatureSchema
  /// Why, by path: `target`, `target.classes`, `target.positive`, `timestamp`, `primaryKey`, `features.<name>` (its type),
  /// `features.<name>.nullable`, `.minimum`, `.maximum`, `.categories`.
  package var explanations: [String: String]
  /// Columns that are no features, in the data's order. Timestamp and primary key are among them.
  package var leftOut: [LeftOut]
  package var rowCount: Int
  /// Share of the rows of each class, in the order of `schema.target.classes`.
  package var classShares: [Double]
  /// Share of the rows without a value, by feature, where there are any; words such as `NA` among numbers count.
  package var missingShares: [String: Double] = [:]
  /// What stands before the fractions of the file's numbers, where it was given or has to be said.
  package var decimal: DataSource.DecimalMark?
  /// What is odd about the file as a whole.
  package var findings: [Finding] = []

  package struct LeftOut: Sendable, Equatable {
    package var column: String
    package var why: String

    package init(column: String, why: String) {
      self.column = column
      self.why = why
    }
  }
}

/// What a person knows better than the data show.
package struct InferenceOptions: Sendable, Equatable {
  /// Texts that mean a missing value besides the usual ones.
  package var missing: [String]
  /// Columns that are to be no features.
  package var drop: [String]
  /// The column of the event's time.
  package var timestamp: String?

  package init(missing: [String] = [], drop: [String] = [], timestamp: String? = nil) {
    self.missing = missing
    self.drop = drop
    self.timestamp = timestamp
  }

  /// All texts that mean a missing value; nil for the usual ones.
  package var missingTexts: [String]? {
    // An empty text always means one.
    let added = missing.map { ValueReading.trimmed($0) }.filter { !$0.isEmpty && !ValueReading.missing.contains($0) }
    return added.isEmpty ? nil : ValueReading.missing + added
  }
}

/// Why no schema can be read off the data.
package enum InferenceError: Error, Sendable, Equatable, CustomStringConvertible {
  case noRows
  case targetMissing(String, columns: [String])
  case targetEmpty(String)
  case singleClass(String, only: String)
  case tooManyClasses(String, count: Int)
  case unknownPositive(String, classes: [String])
  case columnMissing(String, columns: [String])
  case targetDropped(String)
  case tooManyMissing(Int)
  case longMissing(String)
  case timestampTaken(String)
  case notTimestamp(String, first: String)
  case noFeatures(leftOut: [InferredSchema.LeftOut])

  package var description: String {
    switch self {
    case .noRows: "the data has no rows below its header: nothing can be learned from it"
    case .targetMissing(let name, let columns):
      "the data has no column '\(name)': choose the target from \(listed(columns))"
    case .targetEmpty(let name): "target '\(name)' is missing in every row: choose another column"
    case .singleClass(let name, let only):
      "target '\(name)' is '\(only)' in every row: a classifier needs at least two classes"
    case .tooManyClasses(let name, let count):
      "target '\(name)' has \(count) different values, at most \(InferenceLimits.classes) can be classes: "
        + "choose a column of categories (numbers are not predicted)"
    case .unknownPositive(let positive, let classes):
      "'\(positive)' is no class of the target: choose from \(listed(classes))"
    case .columnMissing(let name, let columns): "the data has no column '\(name)'; it has \(listed(columns))"
    case .targetDropped(let name): "'\(name)' is the target and cannot be dropped: take it out of --drop"
    case .tooManyMissing(let count):
      "spec.schema.missing takes \(InferenceLimits.missing) texts, with the usual ones these are \(count): name fewer"
    case .longMissing(let text):
      "'\(text.prefix(40))…' has more than the \(InferenceLimits.missingLength) letters that spec.schema.missing takes: clear those cells"
    case .timestampTaken(let name): "'\(name)' cannot be the timestamp: it is the target or dropped"
    case .notTimestamp(let name, let first):
      "column '\(name)' cannot be the timestamp, as \(first) is no time: \(TimeColumn.forms)"
    case .noFeatures(let leftOut):
      leftOut.isEmpty
        ? "there is no column besides the target: add columns from which it can be predicted"
        : "no column is fit to be a feature: "
          + leftOut.map { "'\($0.column)' \($0.why)" }.prefix(5).joined(separator: "; ")
    }
  }
}

/// Where inference draws its lines.
enum InferenceLimits {
  static let classes = 50
  /// What spec.schema takes.
  static let features = 2000
  static let nameLength = 256
  static let missing = 32
  static let missingLength = 64
  /// More different prices or percentages are numbers and no categories.
  static let signedLevels = 10
  /// More different texts are no categories.
  static let categories = 100
  /// Nor are texts that differ in more than this share of the rows.
  static let categoryShare = 0.5
  /// From this share of different values on, whole numbers and texts can be an identifier.
  static let identifierShare = 0.99
  /// Bounds lie this share of the seen range outside of it.
  static let margin = 0.5
  /// A column with fewer unreadable values than this share is a column of numbers with mistakes in it.
  static let mistakes = 0.01
}
