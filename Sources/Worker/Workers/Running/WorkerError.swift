import Artifacts
import Learning
import Monitoring
import Tabular
import Telemetry
import WorkerContract

/// Everything that can end a run without a result. Each case knows its reason, its sentence for a person, and whether
/// trying again with the same input can help.
enum WorkerError: Error {
  /// run.json is not what this worker understands.
  case specification(String)
  /// An environment variable is missing or not usable.
  case environment(variable: String, reason: String)
  /// The source cannot be read as it is described; `field` is the path in the resource.
  case sourceUnreadable(field: String, reason: String)
  /// The source did not answer.
  case sourceUnavailable(field: String, reason: String)
  /// The rows do not allow a model; `source` is the path of the source they came from.
  case data([Finding], source: String)
  /// `spec.training.source.window` without a timestamp column.
  case windowWithoutTimestamp(field: String)
  /// A part of the split cannot be used.
  case split(String)
  case pipeline(FeaturePipeline.FittingError)
  case learning(LearningError)
  case artifacts(ArtifactError)
  case telemetry(TelemetryError)
  /// A file of the production version is not what it should be.
  case reference(file: String, reason: String)
  /// The version that the run has stored cannot be loaded, or predicts something else than the one in memory.
  case unservable(String)
  /// Something that no case above tells.
  case unforeseen(String)

  /// The failure that the operator shows.
  func failure(step: RunStep) -> RunFailure {
    RunFailure(reason: reason, message: message, retryable: isRetryable, step: step.rawValue)
  }

  private var reason: String {
    switch self {
    case .specification: "SpecificationInvalid"
    case .environment: "EnvironmentIncomplete"
    case .sourceUnreadable: "SourceUnreadable"
    case .sourceUnavailable: "SourceUnavailable"
    case .data(let findings, _): findings.first?.reason.rawValue ?? "DataInvalid"
    case .windowWithoutTimestamp: "TimestampRequired"
    case .split: "SplitUnusable"
    case .pipeline: "FeaturesInvalid"
    case .learning(.unsupportedAlgorithm): "AlgorithmNotSupported"
    case .learning: "TrainingFailed"
    case .artifacts(.unavailable): "ArtifactStoreUnavailable"
    case .artifacts(.corrupted): "ArtifactCorrupted"
    case .artifacts(.notFound): "ArtifactNotFound"
    case .artifacts: "ArtifactStoreRefused"
    case .telemetry(let error): error.isTransient ? "TelemetryUnavailable" : "TelemetryRefused"
    case .reference: "ReferenceUnreadable"
    case .unservable: "VersionUnservable"
    case .unforeseen: "Unforeseen"
    }
  }

  private var message: String {
    switch self {
    case .specification(let reason): "The run specification cannot be used: \(reason)."
    case .environment(let variable, let reason): "The environment variable \(variable) \(reason)."
    case .sourceUnreadable(let field, let reason), .sourceUnavailable(let field, let reason): "\(field): \(reason)"
    case .data(let findings, let source): Self.sentences(findings, source: source)
    case .windowWithoutTimestamp(let field):
      "\(field).window: a window needs the event's time; name its column in spec.schema.timestamp."
    case .split(let reason): "spec.training.split: \(reason)"
    case .pipeline(let error): "spec.schema.features: \(error)"
    case .learning(let error): "spec.training.algorithm: \(error)"
    case .artifacts(let error): error.description
    case .telemetry(let error): error.description
    case .reference(let file, let reason):
      "\(file) of the version in production cannot be read: \(reason). Train again or roll back to an intact version."
    case .unservable(let reason): "No server could serve the version as it was stored: \(reason)"
    case .unforeseen(let what): "The run ended with an unexpected error: \(what). The pod's log names the step."
    }
  }

  private var isRetryable: Bool {
    switch self {
    case .sourceUnavailable, .unforeseen: true
    case .artifacts(let error): error.isRetryable
    case .telemetry(let error): error.isTransient
    default: false
    }
  }

  /// All findings, each after the path of the field that it is about.
  private static func sentences(_ findings: [Finding], source: String) -> String {
    let named = findings.map { finding in
      var finding = finding
      finding.message = "\(field(of: finding, source: source)): \(finding.message)"
      return finding
    }
    return named.summary(limit: 1500)
  }

  private static func field(of finding: Finding, source: String) -> String {
    switch finding.reason {
    case .noRows, .tooFewRows, .tooFewTestRows, .fewTestRows, .blankRows, .paddedRows, .paddedHeader: source
    case .doubtfulEncoding: "spec.schema.encoding"
    case .targetColumnMissing, .targetIsFeature, .noLabels, .singleClass, .targetValueMissing: "spec.schema.target.name"
    case .unknownClass, .strayClass, .unusedClass, .tooManyClasses: "spec.schema.target"
    case .notTimestamp, .strayTime, .timestampColumnMissing: "spec.schema.timestamp"
    case .duplicatePrimaryKey, .keyColumnMissing: "spec.schema.primaryKey"
    case .columnMissing, .featureAlwaysMissing, .notNumeric, .notNullable, .outOfBounds, .unknownCategory,
      .tooManyCategories, .strayText, .strayNull, .strayNumber, .featureAlwaysUnknown, .unusedCategory,
      .identifyingCategories, .inexactNumber:
      "spec.schema.features[\(finding.column ?? "")]"
    }
  }
}

extension WorkerError {
  /// What `error` means for a run; errors of the modules below keep their own words.
  static func wrapping(_ error: any Error) -> WorkerError {
    switch error {
    case let error as WorkerError: error
    case let error as LearningError: .learning(error)
    case let error as ArtifactError: .artifacts(error)
    case let error as TelemetryError: .telemetry(error)
    case let error as FeaturePipeline.FittingError: .pipeline(error)
    case let error as UnknownDriftTest: .specification("\(error)")
    default: .unforeseen("\(type(of: error)): \(error)")
    }
  }
}
