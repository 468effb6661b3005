/// The one input of a worker: an immutable JSON document, mounted from a ConfigMap. It holds no secret and names no
/// path but the sources': where artifacts and telemetry lie is told by the pod's environment (`RunEnvironment`).
public struct RunSpecification: Codable, Sendable, Equatable {
  /// `apus.dev/worker/v1`
  public var contract: String
  /// Identifies the run; a second run with the same id overwrites what the first left.
  public var run: String
  public var namespace: String
  public var model: String
  /// Which model of that name; in checks and removals, whose rows are the model's. Nil: written by an operator that does not know.
  public var identity: ModelIdentity?
  /// Exactly one of `train`, `check`, `remove` and `load`.
  public var train: TrainingRun?
  public var check: CheckRun?
  public var remove: RemovalRun?
  public var load: LoadRun?

  public static let currentContract = "apus.dev/worker/v1"

  public init(
    run: String, namespace: String, model: String, identity: ModelIdentity? = nil, train: TrainingRun? = nil,
    check: CheckRun? = nil, remove: RemovalRun? = nil, load: LoadRun? = nil,
    contract: String = RunSpecification.currentContract
  ) {
    self.contract = contract
    self.run = run
    self.namespace = namespace
    self.model = model
    self.identity = identity
    self.train = train
    self.check = check
    self.remove = remove
    self.load = load
  }
}

/// Environment variables by which a pod learns where things are.
public enum RunEnvironment {
  /// Folder or bucket of artifacts: `file:///…` or `s3://bucket/prefix`.
  public static let artifacts = "APUS_ARTIFACTS"
  /// Where artifacts lie from before that was changed, in the same form: only read; may be absent.
  public static let formerArtifacts = "APUS_ARTIFACTS_FORMER"
  /// Telemetry store: `sqlite:///path/apus.sqlite` or `postgres://…` (from a Secret).
  public static let telemetry = "APUS_TELEMETRY"
  /// The pod's own address, on which a server listens.
  public static let podIP = "POD_IP"
  /// JSON object from mount path to the real folder: set by the local cluster, where pods share the machine's file
  /// system, and absent elsewhere. `file:` URIs in documents are resolved through it.
  public static let mounts = "APUS_MOUNTS"
}

/// What a training run is to do.
public struct TrainingRun: Codable, Sendable, Equatable {
  /// The version the result will bear, such as `v3`.
  public var version: String
  public var schema: FeatureSchema
  public var source: DataSource
  public var split: SplitPlan
  public var algorithm: Algorithm
  public var segments: [SegmentGuard]
  /// The version in production, evaluated on the same test rows.
  public var champion: ArtifactReference?
  /// Confidence of the interval around the difference to the champion.
  public var confidence: Double
  /// Metric of that difference.
  public var comparedBy: MetricName
  /// Versions whose files nobody needs any more: a run removes them once its own are stored. nil: none.
  public var retired: [ArtifactReference]?
  /// Nothing is trained where the data is this. nil: training goes ahead whatever the data is.
  public var unless: UnchangedData?
  /// How many odd values are no error. nil: the usual limits.
  public var limits: DataLimits?

  public init(
    version: String, schema: FeatureSchema, source: DataSource, split: SplitPlan = .init(), algorithm: Algorithm,
    segments: [SegmentGuard] = [], champion: ArtifactReference? = nil, confidence: Double,
    comparedBy: MetricName, retired: [ArtifactReference]? = nil, unless: UnchangedData? = nil,
    limits: DataLimits? = nil
  ) {
    self.version = version
    self.schema = schema
    self.source = source
    self.split = split
    self.algorithm = algorithm
    self.segments = segments
    self.champion = champion
    self.confidence = confidence
    self.comparedBy = comparedBy
    self.retired = retired
    self.unless = unless
    self.limits = limits
  }
}

/// What a check is to look at and by which rules.
public struct CheckRun: Codable, Sendable, Equatable {
  public var policy: String
  /// The version in production, whose training data is the reference.
  public var reference: ArtifactReference
  /// RFC 3339, inclusive.
  public var from: String
  /// RFC 3339, exclusive.
  public var to: String
  /// When the predictions were made whose labels are due; nil, as in release 0.1.0: those from `from` to `to`.
  public var labelled: ObservedSpan?
  public var minimumSamples: Int
  /// At most this many predictions are read, the latest first; nil: all of the window.
  public var maximumSamples: Int?
  /// Features of which the prediction log keeps nothing: they are neither compared nor checked. Nil: none.
  public var redacted: [String]?
  public var drift: DriftRules
  public var quality: QualityRules
  public var performance: PerformanceRules

  public init(
    policy: String, reference: ArtifactReference, from: String, to: String, labelled: ObservedSpan? = nil,
    minimumSamples: Int, maximumSamples: Int? = nil, redacted: [String]? = nil, drift: DriftRules = .init(),
    quality: QualityRules = .init(), performance: PerformanceRules = .init()
  ) {
    self.policy = policy
    self.reference = reference
    self.from = from
    self.to = to
    self.labelled = labelled
    self.minimumSamples = minimumSamples
    self.maximumSamples = maximumSamples
    self.redacted = redacted
    self.drift = drift
    self.quality = quality
    self.performance = performance
  }
}

/// What is to be removed of a model that was deleted, besides its rows.
public struct RemovalRun: Codable, Sendable, Equatable {
  /// Versions whose files no other model has.
  public var artifacts: [ArtifactReference]

  public init(artifacts: [ArtifactReference]) {
    self.artifacts = artifacts
  }
}
