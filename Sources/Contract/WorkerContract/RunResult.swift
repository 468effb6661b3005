/// The one output of a worker that the operator reads: compact JSON, at most 4096 bytes, in the termination message.
public struct RunResult: Codable, Sendable, Equatable {
  /// `apus.dev/worker/v1`
  public var contract: String
  public var run: String
  /// Exactly one of the six.
  public var trained: TrainingResult?
  /// A training that ended early, because there was nothing to learn.
  public var unchanged: UnchangedData?
  public var checked: CheckResult?
  public var removed: RemovalResult?
  public var loaded: LoadResult?
  public var failed: RunFailure?

  /// The most bytes Kubernetes keeps of a termination message.
  public static let maximumBytes = 4096

  public init(
    run: String, trained: TrainingResult? = nil, unchanged: UnchangedData? = nil, checked: CheckResult? = nil,
    removed: RemovalResult? = nil, loaded: LoadResult? = nil, failed: RunFailure? = nil,
    contract: String = RunSpecification.currentContract
  ) {
    self.contract = contract
    self.run = run
    self.trained = trained
    self.unchanged = unchanged
    self.checked = checked
    self.removed = removed
    self.loaded = loaded
    self.failed = failed
  }
}

/// Why a training made no version: the data is that of an earlier one (`TrainingRun.unless`).
public struct UnchangedData: Codable, Sendable, Equatable {
  /// The version that was trained on the same data.
  public var version: String
  public var dataDigest: String
  /// Of the run's `retired` the versions whose files are gone. nil: none.
  public var removed: [String]?

  public init(version: String, dataDigest: String, removed: [String]? = nil) {
    self.version = version
    self.dataDigest = dataDigest
    self.removed = removed
  }
}

/// What a removal took away.
public struct RemovalResult: Codable, Sendable, Equatable {
  /// Of the telemetry store: predictions, labels, profiles, checks, alerts, versions.
  public var rows: Int
  /// Reports of checks.
  public var reports: Int
  /// Versions whose files are gone.
  public var versions: Int

  public init(rows: Int, reports: Int, versions: Int) {
    self.rows = rows
    self.reports = reports
    self.versions = versions
  }
}
