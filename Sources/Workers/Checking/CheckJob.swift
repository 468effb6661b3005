import Artifacts
import Foundation
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
      MonitoringReport(
        namespace: specification.namespace, model: specification.model, run: specification.run, check: run,
        window: observed.window, reference: observed.reference, positive: observed.schema.target.positive, now: now)
    }
    let path = "reports/\(specification.run).html"
    try await steps.run(.report) {
      try await environment.artifactStore().putReport(Data(report.html.utf8), at: path)
      let telemetry = try environment.telemetryStore()
      let record = try CheckRecord(
        report, run: specification.run, from: observed.from, to: observed.to, time: now)
      try await Self.closing(telemetry) { try await telemetry.store(record, of: key) }
    }
    return report.result(report: path)
  }

  /// Everything that a comparison needs.
  private struct Observed {
    var reference: ReferenceProfile
    var schema: FeatureSchema
    var window: PredictionWindow
    /// Seconds since 1970.
    var from: Double
    var to: Double
  }

  private var key: ModelKey { ModelKey(namespace: specification.namespace, model: specification.model) }

  private func read() async throws -> Observed {
    guard let from = timestamp(in: run.from), let to = timestamp(in: run.to), from < to else {
      throw WorkerError.specification("check.from '\(run.from)' and check.to '\(run.to)' are no window of time")
    }
    let bundle = try await environment.artifactStore().open(run.reference.digest)
    let reference = try Self.decode(ReferenceProfile.self, bundle, ArtifactBundle.FileName.reference)
    if let problem = reference.problem {
      throw WorkerError.reference(file: ArtifactBundle.FileName.reference, reason: problem)
    }
    let schema = try Self.decode(FeatureSchema.self, bundle, ArtifactBundle.FileName.schema)
    let telemetry = try environment.telemetryStore()
    let predictions = try await Self.closing(telemetry) {
      try await telemetry.predictions(
        PredictionQuery(model: key, from: from, to: to, version: run.reference.version, limit: run.maximumSamples))
    }
    var builder = PredictionWindow.Builder(schema: schema, classes: schema.target.classes)
    for prediction in predictions { try builder.append(prediction) }
    return Observed(reference: reference, schema: schema, window: builder.result, from: from, to: to)
  }

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
  fileprivate mutating func append(_ prediction: LoggedPrediction) throws {
    let record = prediction.record
    let features = try prediction.features().mapValues { value -> CellValue in
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
