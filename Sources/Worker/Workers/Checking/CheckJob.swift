import Artifacts
import Foundation
import JSONLogging
import Monitoring
import Tabular
import Telemetry
import WorkerContract

/// The body of `check`: read → compare → report. Looks at the predictions of the version in production over the window,
/// against the profile of its training data.
struct CheckJob {
  let specification: RunSpecification
  let run: CheckRun
  let environment: WorkerEnvironment

  func execute(log: RunLog) async throws(StepFailure) -> CheckResult {
    var steps = StepTimer(log: log)
    let observed = try await steps.run(.read, facts: { ["rows": .count($0.window.rowCount)] }) { try await read() }
    let now = environment.now().timeIntervalSince1970
    let report = try await steps.run(.compare, facts: { ["severity": .text($0.severity.rawValue)] }) {
      try MonitoringReport(
        namespace: specification.namespace, model: specification.model, run: specification.run, check: run,
        window: observed.window, due: observed.due, profile: observed.profile, reference: observed.reference,
        positive: observed.schema.target.positive, now: now)
    }
    for finding in report.drift.worst.prefix(Self.loggedFindings) {
      log.write("drift", step: .compare, ["finding": .text(DriftTests.sentence(about: finding))])
    }
    let path = Self.reportPath(of: specification.run)
    try await steps.run(.report) {
      let artifacts = try environment.artifactStore()
      let telemetry = try environment.telemetryStore()
      let record = try CheckRecord(
        report, run: specification.run, from: observed.from, to: observed.to, time: now)
      try await Self.closing(telemetry) {
        // The model's removal finds reports by their rows: the row comes first, as this run may be killed in between.
        guard try await telemetry.store(record, of: key) else { return }
        try await artifacts.putReport(Data(report.html.utf8), at: path)
        // The removal may have come by meanwhile; otherwise the row is only replaced.
        if try await !telemetry.store(record, of: key) { _ = try await artifacts.removeReport(at: path) }
      }
    }
    return report.result(report: path)
  }

  /// The log names the worst features; the report has them all.
  private static let loggedFindings = 10

  /// Where the report of a run lies in the artifact store.
  static func reportPath(of run: String) -> String { "reports/\(run).html" }

  /// Everything that a comparison needs.
  private struct Observed {
    var reference: ReferenceProfile
    var schema: FeatureSchema
    var window: PredictionWindow
    /// The predictions whose labels are due; nil: those of `window`.
    var due: PredictionWindow?
    /// What drift is computed from instead of the rows; nil: from the rows.
    var profile: (counts: WindowProfile, bins: ProfileBins)?
    /// Seconds since 1970.
    var from: Double
    var to: Double
  }

  private var key: ModelKey {
    ModelKey(namespace: specification.namespace, model: specification.model, identity: specification.identity)
  }

  private func read() async throws -> Observed {
    // Before any row is read: by an operator that is newer the rules may name a test that this worker does not have.
    _ = try ChosenDriftTests(run.drift)
    guard let from = timestamp(in: run.from), let to = timestamp(in: run.to), from < to else {
      throw WorkerError.specification(
        "check.from '\(run.from)' and check.to '\(run.to)' are not a window; write times such as 2026-01-31T00:00:00Z, the earlier one first"
      )
    }
    let bundle = try await environment.artifactStore().open(run.reference.digest)
    let reference = try Self.decode(ReferenceProfile.self, bundle, ArtifactBundle.FileName.reference)
    if let problem = reference.problem {
      throw WorkerError.reference(file: ArtifactBundle.FileName.reference, reason: problem)
    }
    let schema = try Self.decode(FeatureSchema.self, bundle, ArtifactBundle.FileName.schema)
    let bins = try profileBins(bundle, reference, schema)
    let telemetry = try environment.telemetryStore()
    let labelled = try labelledSpan()
    let (predictions, due, profile) = try await Self.closing(telemetry) {
      let predictions = try await self.predictions(from: from, to: to, telemetry)
      // Most checks look at the same span for both only where labels come at once.
      let due: [LoggedPrediction]? =
        if let labelled, labelled != (from, to) {
          try await self.predictions(from: labelled.from, to: labelled.to, telemetry)
        } else {
          labelled.map { _ in predictions }
        }
      return (predictions, due, try await counted(bins, from: from, to: to, telemetry))
    }
    var builder = PredictionWindow.Builder(schema: schema, classes: schema.target.classes)
    for prediction in predictions { try builder.append(prediction) }
    let window = builder.result
    return Observed(
      reference: reference, schema: schema, window: window, due: try due.map { try Self.outcomes($0, schema) },
      profile: bins.flatMap { bins in comparesProfile(profile, with: window) ? (profile ?? WindowProfile(), bins) : nil
      },
      from: from, to: to)
  }

  private func labelledSpan() throws -> (from: Double, to: Double)? {
    guard let span = run.labelled else { return nil }
    guard let from = timestamp(in: span.from), let to = timestamp(in: span.to), from < to else {
      throw WorkerError.specification(
        "check.labelled.from '\(span.from)' and check.labelled.to '\(span.to)' are not a window; write times such as 2026-01-31T00:00:00Z, the earlier one first"
      )
    }
    return (from, to)
  }

  private func predictions(
    from: Double, to: Double, _ telemetry: any TelemetryStore
  ) async throws -> [LoggedPrediction] {
    try await telemetry.predictions(
      PredictionQuery(model: key, from: from, to: to, version: run.reference.version, limit: run.maximumSamples))
  }

  /// What was predicted and what came of it, without the features.
  private static func outcomes(_ predictions: [LoggedPrediction], _ schema: FeatureSchema) throws -> PredictionWindow {
    var bare = schema
    bare.features = []
    var builder = PredictionWindow.Builder(schema: bare, classes: schema.target.classes)
    for prediction in predictions { try builder.append(prediction, withFeatures: false) }
    return builder.result
  }

  private var source: DriftRules.Source { run.drift.source }

  /// Nil where the rows are asked for, or the version has no pipeline of ours: its server counts nothing then.
  private func profileBins(
    _ bundle: ArtifactBundle, _ reference: ReferenceProfile, _ schema: FeatureSchema
  ) throws -> ProfileBins? {
    guard source != .rows, bundle.files[ArtifactBundle.FileName.pipeline] != nil else { return nil }
    let pipeline = try Self.decode(FeaturePipeline.self, bundle, ArtifactBundle.FileName.pipeline)
    return ProfileBins(reference: reference, schema: pipeline.schema, classes: schema.target.classes)
  }

  /// The whole minutes of the window.
  private func counted(
    _ bins: ProfileBins?, from: Double, to: Double, _ telemetry: any TelemetryStore
  ) async throws -> WindowProfile? {
    guard let bins else { return nil }
    return try await telemetry.profile(
      of: key, version: run.reference.version, bins: bins.identity, from: (from / 60).rounded(.down) * 60, to: to)
  }

  /// Unless one of them is asked for, the rows are compared; but the counts where servers have seen more than was
  /// logged, as they have where rows are sampled.
  private func comparesProfile(_ profile: WindowProfile?, with window: PredictionWindow) -> Bool {
    switch source {
    case .rows: return false
    case .profiles: return true
    case .auto:
      let isCutShort = run.maximumSamples.map { window.rowCount >= $0 } ?? false
      let logged = Double(window.rowCount + window.repeats)
      return !isCutShort && Double(profile?.rowCount ?? 0) > logged * Self.sampledAbove
    }
  }

  /// A server that is killed may have stored a minute's counts and lost some of its rows.
  private static let sampledAbove = 1.05

  private static func decode<Value: Decodable>(
    _ type: Value.Type, _ bundle: ArtifactBundle, _ name: String
  ) throws -> Value {
    let data = try bundle.file(name)
    do {
      return try JSONDecoder().decode(type, from: data)
    } catch {
      throw WorkerError.reference(file: name, reason: "\(error)")
    }
  }

  /// Runs `body` and closes the store, whatever comes.
  private static func closing<Value>(
    _ store: any TelemetryStore, _ body: () async throws -> Value
  ) async throws -> Value {
    do {
      let value = try await body()
      await store.close()
      return value
    } catch {
      await store.close()
      throw error
    }
  }
}

extension PredictionWindow.Builder {
  fileprivate mutating func append(_ prediction: LoggedPrediction, withFeatures: Bool = true) throws {
    let record = prediction.record
    let logged = withFeatures ? try prediction.features() : [:]
    let features = logged.mapValues { value -> CellValue in
      switch value {
      case .number(let number): .number(number)
      case .text(let text): .text(text)
      }
    }
    append(
      features: features, predicted: record.predictedClass, confidence: record.confidence,
      probabilities: try prediction.probabilities(), latency: record.latency, requestID: record.requestID,
      time: record.time, label: prediction.label, repeats: prediction.repeats)
  }
}
