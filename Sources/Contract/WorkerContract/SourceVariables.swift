/// The variables that S3 clients read. As keys of a Secret and, for the artifact store, as environment variables of pods.
public enum S3Variable: String, Sendable, CaseIterable {
  case accessKey = "AWS_ACCESS_KEY_ID"
  case secretKey = "AWS_SECRET_ACCESS_KEY"
  /// Belongs to temporary credentials (STS).
  case sessionToken = "AWS_SESSION_TOKEN"
  case region = "AWS_REGION"
  case endpoint = "AWS_ENDPOINT_URL"

  /// Whether a Secret with credentials has to have this key.
  public var isRequired: Bool { self == .accessKey || self == .secretKey }
}

/// The environment variables by which a worker gets the credentials of one source. Each source has its own: two sources may
/// name different Secrets, and neither's key is meant for the artifact store, which has the plain `AWS_*`.
public enum SourceVariables: String, Sendable, CaseIterable {
  /// Of `spec.training.source`.
  case source = "APUS_SOURCE_"
  /// Of `spec.training.split.testSource`.
  case testSource = "APUS_TEST_SOURCE_"

  /// The connection URL of a source in PostgreSQL.
  public var postgresURL: String { rawValue + "POSTGRES_URL" }

  /// Credentials of a source in S3: `APUS_SOURCE_AWS_ACCESS_KEY_ID`.
  public func s3(_ variable: S3Variable) -> String { rawValue + variable.rawValue }
}
