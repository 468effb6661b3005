import JSON
package import Schema

/// The columns of a model: what it predicts and from what. The one place where columns are defined: people write it as
/// `spec.schema` of a ModelDeployment, workers and servers read it unchanged.
public struct FeatureSchema: Codable, Sendable, Equatable {
  public var target: Target
  public var features: [Feature]
  /// The column that holds the event's time (see docs/data.md for its forms); windows and ordered splits need it.
  public var timestamp: String?
  /// Columns that together identify a row; duplicates are reported.
  public var primaryKey: [String]
  /// Texts that mean a missing value, besides the empty one; a usual list where nil. One that is among a feature's categories
  /// or the target's classes stays a level there.
  public var missing: [String]?
  /// How the letters of the sources' CSV files are written; UTF-8 where nil.
  public var encoding: Encoding?

  public init(
    target: Target, features: [Feature], timestamp: String? = nil, primaryKey: [String] = [], missing: [String]? = nil,
    encoding: Encoding? = nil
  ) {
    self.missing = missing
    self.encoding = encoding
    self.target = target
    self.features = features
    self.timestamp = timestamp
    self.primaryKey = primaryKey
  }

  /// The column to predict.
  public struct Target: Codable, Sendable, Equatable {
    public var name: String
    /// The class that counts as positive in binary metrics; without it the last class in sorted order.
    public var positive: String?
    /// The classes in order; learned from the training data (sorted) where empty.
    public var classes: [String]

    public init(name: String, positive: String? = nil, classes: [String] = []) {
      self.name = name
      self.positive = positive
      self.classes = classes
    }
  }

  /// One input column.
  public struct Feature: Codable, Sendable, Equatable {
    public var name: String
    public var type: FeatureType
    /// Whether the value may be missing; a missing value of another feature is an error.
    public var nullable: Bool
    /// Inclusive lower bound of a numeric feature.
    public var minimum: Double?
    /// Inclusive upper bound of a numeric feature.
    public var maximum: Double?
    /// The levels of a categorical feature; learned from the training data where empty.
    public var categories: [String]
    public var onUnknown: UnknownPolicy

    /// Where nothing but its name and type is stated.
    public static let standard: Feature = schema.standard(stating: ["name": "standard", "type": "numeric"])

    public init(
      name: String, type: FeatureType, nullable: Bool = Feature.standard.nullable, minimum: Double? = nil,
      maximum: Double? = nil, categories: [String] = Feature.standard.categories,
      onUnknown: UnknownPolicy = Feature.standard.onUnknown
    ) {
      self.name = name
      self.type = type
      self.nullable = nullable
      self.minimum = minimum
      self.maximum = maximum
      self.categories = categories
      self.onUnknown = onUnknown
    }
  }

  /// How the letters of a file are written as bytes.
  public enum Encoding: String, Codable, Sendable, CaseIterable {
    case utf8 = "utf-8"
    case latin1 = "latin-1"
    case iso88591 = "iso-8859-1"
    case windows1252 = "windows-1252"
    case utf16 = "utf-16"
  }

  public enum FeatureType: String, Codable, Sendable, CaseIterable {
    case numeric
    case categorical
  }

  /// What serving does with a value the model was not trained for: an unseen category or a number out of bounds.
  public enum UnknownPolicy: String, Codable, Sendable, CaseIterable {
    /// Answer 422 and name the field.
    case reject
    /// Treat the value as missing.
    case impute
    /// Predict with what is there and count it.
    case warn
  }
}

extension FeatureSchema: SchemaDescribed {
  package static let schema = Schema.object(
    "The columns: what the model predicts and from what. The one place where columns are defined.",
    [
      .required("target", Target.schema),
      .required(
        "features",
        .list("The input columns.", of: Feature.schema, minimum: 1, maximum: 2000, type: .map(keys: ["name"]))),
      .optional(
        "timestamp",
        .columnName(
          "Column of the event's time, in one of the forms of docs/data.md; windows and ordered splits need it."
        ).nullable),
      .optional(
        "primaryKey",
        .list(
          "Columns that together identify a row; duplicates are reported.", of: .columnName("A column."), maximum: 32
        ).with(default: [])),
      .optional(
        "missing",
        .list(
          "Texts that mean a missing value, besides the empty one; without it NA, N/A, n/a, NaN, nan, NULL, null, None, ? "
            + "and -. One that is among a feature's categories or the target's classes stays a level there.",
          of: .string("A text.", minimum: 1, maximum: 64), maximum: 32)),
      .optional(
        "encoding",
        .enumeration(FeatureSchema.Encoding.self, "How the letters of CSV files are written; UTF-8 where absent.")),
    ],
    rules: [
      .init(
        "!self.features.exists(f, f.name == self.target.name)",
        "the target cannot be a feature: remove it from features", fieldPath: ".features")
    ])
}

extension FeatureSchema.Target: SchemaDescribed {
  package static let schema = Schema.object(
    "The column to predict.",
    [
      .required("name", .columnName("The column.")),
      .optional(
        "positive",
        .integerOrString("The class that counts as positive in binary metrics; else the last class in sorted order.")),
      .optional(
        "classes",
        .list(
          "The classes in order; learned from the training data (sorted) where empty.",
          of: .integerOrString("A class."),
          maximum: 1000
        ).with(default: [])),
    ])
}

extension FeatureSchema.Feature: SchemaDescribed {
  package static let schema = Schema.object(
    "One input column.",
    [
      .required("name", .columnName("The column.")),
      .required("type", .enumeration(FeatureSchema.FeatureType.self, "Whether values are numbers or levels.")),
      .optional(
        "nullable", .boolean("Whether the value may be missing; else a missing value is an error.", default: false)),
      .optional("minimum", .number("Smallest value of a numeric feature.")),
      .optional("maximum", .number("Largest value of a numeric feature.")),
      .optional(
        "categories",
        .list(
          "The levels of a categorical feature; learned from the training data where empty.",
          of: .integerOrString("A level."), maximum: 10000
        ).with(default: [])),
      .optional(
        "onUnknown",
        .enumeration(
          FeatureSchema.UnknownPolicy.self,
          "What serving does with an unseen level or a number out of bounds: reject answers 422, impute treats it as "
            + "missing, warn predicts and counts it.", default: .warn)),
    ],
    rules: [
      .init(
        "!has(self.minimum) || !has(self.maximum) || self.minimum <= self.maximum",
        "minimum is above maximum: swap them", fieldPath: ".minimum"),
      .init(
        "self.type == 'numeric' || (!has(self.minimum) && !has(self.maximum))",
        "only a numeric feature has a minimum or maximum: remove them or make the type numeric", fieldPath: ".type"),
      .init(
        "self.type == 'categorical' || !has(self.categories) || self.categories.size() == 0",
        "only a categorical feature has categories: remove them or make the type categorical", fieldPath: ".categories"),
    ])
}

extension Schema {
  package static func columnName(_ description: String) -> Schema {
    .string(description, minimum: 1, maximum: 256)
  }
}

extension FeatureSchema {
  package func problems(at path: String) -> [Problem] {
    var found: [Problem] = []
    if features.isEmpty { found.append(Problem("\(path).features", "is empty", mend: "list the input columns")) }
    var seen: Set<String> = []
    for (index, feature) in features.enumerated() {
      let place = "\(path).features[\(index)]"
      if !seen.insert(feature.name).inserted {
        found.append(
          Problem("\(place).name", "'\(feature.name)' is listed twice", mend: "remove or rename one of the two"))
      }
      if feature.name == target.name {
        found.append(
          Problem(
            "\(place).name", "'\(feature.name)' is the target", mend: "remove it: a model cannot read its answer"))
      } else if feature.name == timestamp {
        found.append(
          Problem(
            "\(place).name", "'\(feature.name)' is the time of the event, which only grows",
            mend: "remove it, unless you mean to predict from it", weight: .warning))
      } else if primaryKey.contains(feature.name) {
        found.append(
          Problem(
            "\(place).name", "'\(feature.name)' is part of the primary key, which tells rows apart by heart",
            mend: "remove it, unless you mean to predict from it", weight: .warning))
      }
      found += feature.problems(at: place)
    }
    if timestamp == target.name {
      found.append(Problem("\(path).timestamp", "'\(target.name)' is the target", mend: "name another column"))
    }
    return found + target.problems(at: "\(path).target")
  }
}

extension FeatureSchema.Target {
  fileprivate func problems(at path: String) -> [Problem] {
    var found: [Problem] = []
    if classes.count == 1 {
      found.append(Problem("\(path).classes", "has one class", mend: "list at least two, or none to learn them"))
    }
    if Set(classes).count < classes.count {
      found.append(Problem("\(path).classes", "names a class twice", mend: "remove one of the two"))
    }
    if let positive, !classes.isEmpty, !classes.contains(positive) {
      found.append(
        Problem(
          "\(path).positive", "'\(positive)' is not one of the classes",
          mend: "write one of \(classes.joined(separator: ", "))"))
    }
    return found
  }
}

extension FeatureSchema.Feature {
  fileprivate func problems(at path: String) -> [Problem] {
    var found: [Problem] = []
    if let minimum, let maximum, minimum > maximum {
      found.append(Problem("\(path).minimum", "\(minimum) is above maximum \(maximum)", mend: "swap them"))
    }
    if type == .categorical, minimum != nil || maximum != nil {
      found.append(
        Problem(
          "\(path).type", "only a numeric feature has a minimum or maximum",
          mend: "remove them or make the type numeric"))
    }
    if type == .numeric, !categories.isEmpty {
      found.append(
        Problem(
          "\(path).categories", "only a categorical feature has categories",
          mend: "remove them or make the type categorical"))
    }
    if Set(categories).count < categories.count {
      found.append(Problem("\(path).categories", "names a level twice", mend: "remove one of the two"))
    }
    // Each becomes a number of every encoded row.
    if categories.count > 1000 {
      found.append(
        Problem(
          "\(path).categories", "has \(categories.count) levels, which name rows rather than kinds of rows",
          mend: "list the levels that matter, or remove the feature", weight: .warning))
    }
    return found
  }
}
