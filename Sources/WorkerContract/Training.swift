/// Where training rows come from: exactly one of `csv`, `postgres` and `s3`.
public struct DataSource: Codable, Sendable, Equatable {
  public var csv: CSV?
  public var postgres: Postgres?
  public var s3: S3?
  /// Keep only rows younger than this by the schema's timestamp column, counted back from the newest row.
  public var window: TimeSpan?

  public init(csv: CSV? = nil, postgres: Postgres? = nil, s3: S3? = nil, window: TimeSpan? = nil) {
    self.csv = csv
    self.postgres = postgres
    self.s3 = s3
    self.window = window
  }

  public struct CSV: Codable, Sendable, Equatable {
    /// `file:///…`, `http://…`, `https://…`
    public var uri: String
    public var delimiter: Delimiter?
    public var decimal: DecimalMark?

    public init(uri: String, delimiter: Delimiter? = nil, decimal: DecimalMark? = nil) {
      self.uri = uri
      self.delimiter = delimiter
      self.decimal = decimal
    }
  }

  /// What stands between the fields of a CSV file; found in its first lines where nothing is said.
  public enum Delimiter: String, Codable, Sendable, CaseIterable {
    case comma = ","
    case semicolon = ";"
    case tab = "tab"
    case pipe = "|"
  }

  /// What stands before the fraction of a number in a CSV file; found in its numbers where nothing is said.
  public enum DecimalMark: String, Codable, Sendable, CaseIterable {
    case point = "."
    case comma = ","
  }

  /// The connection URL reaches the worker as an environment variable: `SourceVariables.postgresURL`.
  public struct Postgres: Codable, Sendable, Equatable {
    public var connectionSecretRef: SecretKeyReference
    /// `$since` stands for the start of the window.
    public var query: String

    public init(connectionSecretRef: SecretKeyReference, query: String) {
      self.connectionSecretRef = connectionSecretRef
      self.query = query
    }
  }

  /// Credentials reach the worker as environment variables: `SourceVariables.s3`.
  public struct S3: Codable, Sendable, Equatable {
    /// `s3://bucket/key.csv`
    public var uri: String
    public var endpoint: String?
    public var region: String?
    public var credentialsSecretRef: SecretReference?
    public var delimiter: Delimiter?
    public var decimal: DecimalMark?

    public init(
      uri: String, endpoint: String? = nil, region: String? = nil, credentialsSecretRef: SecretReference? = nil,
      delimiter: Delimiter? = nil, decimal: DecimalMark? = nil
    ) {
      self.delimiter = delimiter
      self.decimal = decimal
      self.uri = uri
      self.endpoint = endpoint
      self.region = region
      self.credentialsSecretRef = credentialsSecretRef
    }
  }
}

/// One key of a Secret in the resource's own namespace.
public struct SecretKeyReference: Codable, Sendable, Hashable {
  public var name: String
  public var key: String

  public init(name: String, key: String) {
    self.name = name
    self.key = key
  }
}

/// A Secret in the resource's own namespace.
public struct SecretReference: Codable, Sendable, Hashable {
  public var name: String

  public init(name: String) { self.name = name }
}

/// How rows are divided. Shares are of all rows; what is left trains.
public struct SplitPlan: Codable, Sendable, Equatable {
  public var validation: Double
  public var test: Double
  public var seed: Int
  public var by: Method
  /// Test rows from a source of their own; `test` is then ignored.
  public var testSource: DataSource?

  public init(
    validation: Double = 0.2, test: Double = 0.2, seed: Int = 42, by: Method = .hash, testSource: DataSource? = nil
  ) {
    self.validation = validation
    self.test = test
    self.seed = seed
    self.by = by
    self.testSource = testSource
  }

  public enum Method: String, Codable, Sendable, CaseIterable {
    /// By a seeded hash of the row, so that a row stays in its part from one training to the next and no version is
    /// tested on rows that an earlier one was trained on.
    case hash = "Hash"
    /// Oldest rows train, newest test; by the timestamp column, else in the source's order.
    case time = "Time"
  }
}

/// Exactly one algorithm.
public struct Algorithm: Codable, Sendable, Equatable {
  public var gradientBoosting: GradientBoosting?
  public var randomForest: RandomForest?
  public var logisticRegression: LogisticRegression?
  public var custom: Custom?

  public init(
    gradientBoosting: GradientBoosting? = nil, randomForest: RandomForest? = nil,
    logisticRegression: LogisticRegression? = nil, custom: Custom? = nil
  ) {
    self.gradientBoosting = gradientBoosting
    self.randomForest = randomForest
    self.logisticRegression = logisticRegression
    self.custom = custom
  }

  public struct GradientBoosting: Codable, Sendable, Equatable {
    public var rounds: Int
    public var maxDepth: Int
    public var learningRate: Double
    public var subsample: Double

    public init(rounds: Int = 200, maxDepth: Int = 4, learningRate: Double = 0.05, subsample: Double = 0.8) {
      self.rounds = rounds
      self.maxDepth = maxDepth
      self.learningRate = learningRate
      self.subsample = subsample
    }
  }

  public struct RandomForest: Codable, Sendable, Equatable {
    public var trees: Int
    public var maxDepth: Int

    public init(trees: Int = 100, maxDepth: Int = 10) {
      self.trees = trees
      self.maxDepth = maxDepth
    }
  }

  public struct LogisticRegression: Codable, Sendable, Equatable {
    /// L2 penalty (1 / C in scikit-learn's terms).
    public var l2: Double

    public init(l2: Double = 1.0) { self.l2 = l2 }
  }

  /// A trainer image that follows docs/worker-contract.md.
  public struct Custom: Codable, Sendable, Equatable {
    public var image: String
    public var command: [String]
    public var args: [String]

    public init(image: String, command: [String] = [], args: [String] = []) {
      self.image = image
      self.command = command
      self.args = args
    }
  }
}

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

/// The measures a gate can ask for. All lie in 0…1; higher is better except for `brier`.
public enum MetricName: String, Codable, Sendable, CaseIterable {
  case accuracy
  case precision
  case recall
  case f1
  case rocAUC
  case brier
}
