import KubernetesModel
package import WorkerContract

extension DataSource: SchemaDescribed {
  /// Also the source of test rows, which has its own window.
  package static let schema = Schema.object(
    "Where rows come from: exactly one of csv, postgres and s3.",
    [
      .optional("csv", CSV.schema),
      .optional("postgres", Postgres.schema),
      .optional("s3", S3.schema),
      .optional(
        "window",
        .timeSpan(
          "Keep only rows younger than this by the timestamp column, counted back from the newest row; e.g. 90d."
        ).nullable),
    ],
    rules: [
      .exactlyOne(of: ["csv", "postgres", "s3"], "a source is exactly one of csv, postgres and s3")
    ])
}

extension DataSource.Delimiter {
  fileprivate static let schema = Schema.enumeration(
    Self.self, "What stands between fields; found in the first lines where absent.")
}

extension DataSource.DecimalMark {
  fileprivate static let schema = Schema.enumeration(
    Self.self,
    "What stands before a number's fraction; the other one may divide thousands. Found in the numbers where absent.")
}

extension DataSource.CSV: SchemaDescribed {
  package static let schema = Schema.object(
    "A CSV file with a header, also packed with gzip.",
    [
      .required(
        "uri",
        .string(
          "file:///…, http://… or https://…", minimum: 8, maximum: 2048, pattern: "^(file:///|https?://).+$",
          form: "file:///folder/file.csv or https://host/file.csv")),
      .optional("delimiter", DataSource.Delimiter.schema),
      .optional("decimal", DataSource.DecimalMark.schema),
    ])
}

extension DataSource.Postgres: SchemaDescribed {
  package static let schema = Schema.object(
    "Rows of a PostgreSQL query.",
    [
      .required("connectionSecretRef", Schema.secretKey.described("Secret key that holds the connection URL.")),
      .required("query", .string("The query; $since stands for the start of the window.", minimum: 1, maximum: 16384)),
    ])
}

extension DataSource.S3: SchemaDescribed {
  package static let schema = Schema.object(
    "A CSV object in S3 or a compatible store, also packed with gzip.",
    [
      .required(
        "uri",
        .string(
          "s3://bucket/key.csv", minimum: 8, maximum: 2048, pattern: "^s3://[^/]+/.+$", form: "s3://bucket/key.csv")),
      .optional(
        "endpoint",
        .string(
          "URL of a compatible store; without it Amazon's of the region.", maximum: 2048, pattern: "^https?://.+$",
          form: "https://host")),
      .optional("region", .string("Region of the bucket.", maximum: 64)),
      .optional(
        "credentialsSecretRef",
        Schema.secret.described(
          "Secret with the keys AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, where needed, AWS_SESSION_TOKEN, AWS_REGION "
            + "and AWS_ENDPOINT_URL. Without one: that of the other source at the same endpoint, else the pod's AWS_*.")
      ),
      .optional("delimiter", DataSource.Delimiter.schema),
      .optional("decimal", DataSource.DecimalMark.schema),
    ])
}

extension DataLimits: SchemaDescribed {
  package static let schema = Schema.object(
    "How many odd values a training takes: up to these shares of the rows they are warnings, above an error.",
    [
      .optional("missing", .share("Rows without a value of a feature that is not nullable.", default: 0.05)),
      .optional("unreadable", .share("Rows with a text where a number or a time is expected.", default: 0.05)),
      .optional(
        "outOfRange",
        .share(
          "Rows with a number outside of the feature's bounds; such a number is treated by onUnknown as in serving.",
          default: 0.1)),
      .optional(
        "unknownClass", .share("Rows of a class that the target does not list; they are left out.", default: 0.05)),
    ])
}

extension SplitPlan: SchemaDescribed {
  package static let schema = Schema.object(
    "How rows are divided. Shares are of all rows; what is left trains.",
    [
      .optional("validation", .number("Share for early stopping and calibration.", minimum: 0, below: 1, default: 0.2)),
      .optional("test", .number("Share that only the evaluation sees.", minimum: 0, below: 1, default: 0.2)),
      .optional("seed", .integer("Changes which rows go where.", minimum: 0, maximum: 4_294_967_295, default: 42)),
      .optional(
        "by",
        .enumeration(
          Method.self,
          "Hash: by a seeded hash of the primary key, else of the whole source row, so that a row stays in its part from "
            + "one training to the next. Time: the oldest rows train, the newest test; by the timestamp column, else in the source's order.",
          default: .hash
        )),
      .optional(
        "testSource",
        DataSource.schema.described("Test rows from a source of their own; test is then ignored.")),
    ],
    rules: [
      .init(
        "self.validation + (has(self.testSource) ? 0.0 : self.test) < 1.0",
        "validation and test leave nothing to train: make their sum less than 1", fieldPath: ".validation")
    ])
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
