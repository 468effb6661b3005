import JSON
package import Schema

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

extension DataSource.Delimiter {
  fileprivate static let schema = Schema.enumeration(
    Self.self, "What stands between fields; found in the first lines where absent.")
}

extension DataSource.DecimalMark {
  fileprivate static let schema = Schema.enumeration(
    Self.self,
    "What stands before a number's fraction; the other one may divide thousands. Found in the numbers where absent.")
}

extension DataSource {
  package func problems(at path: String, timestamp: String?) -> [Problem] {
    var found: [Problem] = []
    let count = [csv != nil, postgres != nil, s3 != nil].count { $0 }
    if count != 1 {
      found.append(
        Problem(
          path, count == 0 ? "names no source" : "names \(count) sources",
          mend: "write exactly one of csv, postgres and s3"))
    }
    if let csv {
      found += uriProblems(csv.uri, at: "\(path).csv.uri", schemes: ["file", "http", "https", "s3"])
      found += fileProblems(csv.uri, at: "\(path).csv.uri") + addressProblems(csv.uri, at: "\(path).csv.uri")
      if csv.uri.hasPrefix("s3://") {
        found.append(Problem("\(path).csv.uri", "is an S3 object", mend: "write it as s3: {uri: \(csv.uri)}"))
      }
    }
    if let s3 {
      found += uriProblems(s3.uri, at: "\(path).s3.uri", schemes: ["s3"])
      if let endpoint = s3.endpoint {
        found += uriProblems(endpoint, at: "\(path).s3.endpoint", schemes: ["http", "https"])
        found += addressProblems(endpoint, at: "\(path).s3.endpoint")
      }
    }
    if let postgres {
      found += QueryText(postgres.query).flaws.map {
        Problem("\(path).postgres.query", "\($0)", mend: $0.mend)
      }
    }
    if let window {
      found += window.problems(at: "\(path).window")
      // A query with $since chooses the rows itself.
      if timestamp == nil, postgres?.query.contains("$since") != true {
        found.append(
          Problem(
            "\(path).window", "needs the column of the event's time",
            mend: "set spec.schema.timestamp\(postgres == nil ? "" : ", write $since in the query,") or remove window"))
      }
    }
    return found
  }
}
