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

    public init(
      name: String, type: FeatureType, nullable: Bool = false, minimum: Double? = nil, maximum: Double? = nil,
      categories: [String] = [], onUnknown: UnknownPolicy = .warn
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
