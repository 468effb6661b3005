import JSON
package import Schema

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

    /// Where nothing is stated.
    public static let standard: GradientBoosting = schema.standard()

    public init(
      rounds: Int = Algorithm.GradientBoosting.standard.rounds,
      maxDepth: Int = Algorithm.GradientBoosting.standard.maxDepth,
      learningRate: Double = Algorithm.GradientBoosting.standard.learningRate,
      subsample: Double = Algorithm.GradientBoosting.standard.subsample
    ) {
      self.rounds = rounds
      self.maxDepth = maxDepth
      self.learningRate = learningRate
      self.subsample = subsample
    }
  }

  public struct RandomForest: Codable, Sendable, Equatable {
    public var trees: Int
    public var maxDepth: Int

    /// Where nothing is stated.
    public static let standard: RandomForest = schema.standard()

    public init(
      trees: Int = Algorithm.RandomForest.standard.trees, maxDepth: Int = Algorithm.RandomForest.standard.maxDepth
    ) {
      self.trees = trees
      self.maxDepth = maxDepth
    }
  }

  public struct LogisticRegression: Codable, Sendable, Equatable {
    /// L2 penalty (1 / C in scikit-learn's terms).
    public var l2: Double

    /// Where nothing is stated.
    public static let standard: LogisticRegression = schema.standard()

    public init(l2: Double = Algorithm.LogisticRegression.standard.l2) { self.l2 = l2 }
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

extension Algorithm: SchemaDescribed {
  package static let schema = Schema.object(
    "Exactly one algorithm; gradientBoosting with its defaults where the field is absent.",
    [
      .optional("gradientBoosting", GradientBoosting.schema),
      .optional("randomForest", RandomForest.schema),
      .optional("logisticRegression", LogisticRegression.schema),
      .optional("custom", Custom.schema),
    ],
    rules: [
      .exactlyOne(
        of: ["gradientBoosting", "randomForest", "logisticRegression", "custom"],
        "an algorithm is exactly one of gradientBoosting, randomForest, logisticRegression and custom")
    ])
}

extension Algorithm.GradientBoosting: SchemaDescribed {
  package static let schema = Schema.object(
    "Gradient-boosted trees.",
    [
      .optional("rounds", .integer("Number of trees (per class).", minimum: 1, maximum: 10000, default: 200)),
      .optional("maxDepth", .integer("Depth of a tree.", minimum: 1, maximum: 32, default: 4)),
      .optional("learningRate", .number("Weight of a tree.", maximum: 1, above: 0, default: 0.05)),
      .optional("subsample", .number("Share of rows that each tree sees.", maximum: 1, above: 0, default: 0.8)),
    ])
}

extension Algorithm.RandomForest: SchemaDescribed {
  package static let schema = Schema.object(
    "A random forest.",
    [
      .optional("trees", .integer("Number of trees.", minimum: 1, maximum: 10000, default: 100)),
      .optional("maxDepth", .integer("Depth of a tree.", minimum: 1, maximum: 32, default: 10)),
    ])
}

extension Algorithm.LogisticRegression: SchemaDescribed {
  package static let schema = Schema.object(
    "Logistic regression.",
    [
      .optional(
        "l2", .number("L2 penalty (1 / C in scikit-learn's terms).", minimum: 0, maximum: 1_000_000, default: 1))
    ])
}

extension Algorithm.Custom: SchemaDescribed {
  package static let schema = Schema.object(
    "A trainer image that follows docs/worker-contract.md.",
    [
      .required("image", .string("The image.", minimum: 1, maximum: 1024)),
      .optional(
        "command",
        .list("Replaces the image's entry point.", of: .string("A word.", maximum: 4096), maximum: 64).with(default: [])
      ),
      .optional(
        "args", .list("Arguments.", of: .string("An argument.", maximum: 4096), maximum: 256).with(default: [])),
    ])
}

extension Algorithm {
  package func problems(at path: String) -> [Problem] {
    let count = [gradientBoosting != nil, randomForest != nil, logisticRegression != nil, custom != nil].count { $0 }
    var found: [Problem] = []
    if count != 1 {
      found.append(
        Problem(
          path, count == 0 ? "names no algorithm" : "names \(count) algorithms",
          mend: "write exactly one of gradientBoosting, randomForest, logisticRegression and custom"))
    }
    if let custom, custom.image.isEmpty {
      found.append(Problem("\(path).custom.image", "is empty", mend: "name the trainer's image"))
    }
    return found
  }
}
