import Artifacts
import Foundation
import JSONLogging
import Learning
import Monitoring
import Tabular
import WorkerContract

/// The body of `train`: ingest → validate → features → split → train → evaluate → register.
///
/// Final fit: gradient boosting chooses its number of rounds on the validation part (at most the rounds asked for) and is
/// then fitted on training and validation rows together; forests and linear models are fitted on both at once. The test
/// part is never seen before `evaluate`. The feature pipeline learns the categories of all labelled rows of the source;
/// a category that only test rows have gets a column that no split can use.
struct TrainingJob {
  let specification: RunSpecification
  let run: TrainingRun
  let environment: WorkerEnvironment

  func execute(log: RunLog) async throws(StepFailure) -> TrainingResult {
    var steps = StepTimer(log: log)
    let raw = try await steps.run(.ingest, facts: { ["rows": .count($0.source.rowCount)] }) { try await ingest() }
    let tables = try await steps.run(.validate, facts: { ["warnings": .count($0.warnings.count)] }) {
      try TrainingTables(raw, run: run)
    }
    let pipeline = try await steps.run(.features, facts: { ["columns": .count($0.width)] }) {
      try FeaturePipeline(fitting: tables.source, schema: run.schema)
    }
    let parts = try await steps.run(.split, facts: Self.facts) {
      try TrainingParts(tables, pipeline: pipeline, run: run)
    }
    let outcome = try await steps.run(.train, facts: { ["rounds": .count($0.rounds)] }) {
      try train(parts, classes: tables.target.classes.count)
    }
    let evaluated = try await steps.run(
      .evaluate, facts: { ["rocAUC": .number($0.document.evaluation.metrics.rocAUC)] }
    ) {
      try await evaluate(outcome, parts: parts, tables: tables, pipeline: pipeline, raw: raw, log: log)
    }
    let artifact = try await steps.run(.register, facts: { ["digest": .text($0.digest)] }) {
      try await register(evaluated, outcome: outcome, parts: parts, tables: tables)
    }
    let document = evaluated.document
    let (removed, problems) = await removeRetired(keeping: artifact, log: log)
    return TrainingResult(
      artifact: artifact, rows: document.rows, metrics: document.evaluation.metrics, comparison: document.comparison,
      segments: document.segments, calibrationError: document.evaluation.calibration.error,
      warnings: document.warnings + problems, seconds: steps.seconds, dataDigest: document.dataDigest,
      removed: removed.isEmpty ? nil : removed)
  }

  private static func facts(_ parts: TrainingParts) -> [String: LogValue] {
    [
      "train": .count(parts.train.count), "validation": .count(parts.validation.count),
      "test": .count(parts.test.count),
    ]
  }

  private func ingest() async throws -> RawTrainingData {
    // What the end needs is asked for first: nobody should wait for a training that can not be stored.
    _ = try environment.artifactStore()
    let reader = SourceReader(environment: environment)
    let source = try await reader.read(run.source, encoding: run.schema.encoding, field: TrainingTables.sourceField)
    guard let testSource = run.split.testSource else { return RawTrainingData(source: source) }
    return RawTrainingData(
      source: source,
      test: try await reader.read(testSource, encoding: run.schema.encoding, field: TrainingTables.testField))
  }

  private func train(_ parts: TrainingParts, classes: Int) throws -> Trainer.Outcome {
    try Trainer(algorithm: run.algorithm, classes: classes, seed: run.split.seed, threads: environment.threads)
      .fit(train: parts.train, validation: parts.validation)
  }

  /// A trained version and what is known of it.
  private struct Evaluated {
    var predictor: Predictor
    var predictions: Predictions
    var document: EvaluationDocument
  }

  private func evaluate(
    _ outcome: Trainer.Outcome, parts: TrainingParts, tables: TrainingTables, pipeline: FeaturePipeline,
    raw: RawTrainingData, log: RunLog
  ) async throws -> Evaluated {
    var schema = pipeline.schema
    schema.target.classes = tables.target.classes
    schema.target.positive = tables.target.positiveClass
    let predictor = try Predictor(schema: schema, pipeline: pipeline, model: Model(json: outcome.json))
    let predictions = try Predictions(
      classes: tables.target.classes, positive: tables.target.positive, labels: parts.test.labels,
      probabilities: predictor.model.probabilities(of: parts.test.values))
    let importances = predictor.model.importances(names: pipeline.encodedNames)
    var document = EvaluationDocument(
      model: specification.model, version: run.version, algorithm: run.algorithm,
      rows: .init(train: parts.train.count, validation: parts.validation.count, test: parts.test.count),
      rounds: outcome.rounds, validationLoss: outcome.validationLoss,
      evaluation: try Evaluation(predictions, importances: importances), comparison: nil, segments: [],
      warnings: tables.warnings + parts.warnings, dataDigest: Self.digest(parts))
    if let champion = run.champion {
      try await compare(predictions, with: champion, parts: parts, tables: tables, raw: raw, into: &document)
    }
    for warning in document.warnings {
      log.write("warning", level: "warning", step: .evaluate, ["detail": .text(warning)])
    }
    return Evaluated(predictor: predictor, predictions: predictions, document: document)
  }

  /// A champion whose artifact is lost or damaged can not be compared; that must not keep its successor from being
  /// trained, so it is a warning, and the result has no comparison. A store that does not answer ends the run.
  private func compare(
    _ predictions: Predictions, with reference: ArtifactReference, parts: TrainingParts, tables: TrainingTables,
    raw: RawTrainingData, into document: inout EvaluationDocument
  ) async throws {
    let other: Predictions
    do {
      let champion = try await Champion(reference, store: environment.artifactStore())
      other = try champion.predictions(parts, raw: raw, run: run, target: tables.target)
    } catch let error as ArtifactError where !error.isRetryable {
      document.warnings.insert("not compared with \(reference.version): \(error)", at: 0)
      return
    } catch let error as LearningError {
      document.warnings.insert("not compared with \(reference.version): \(error)", at: 0)
      return
    }
    document.comparison = try Comparison(
      challenger: predictions, champion: other, reference: reference, metric: run.comparedBy,
      confidence: run.confidence, seed: run.split.seed)
    document.segments = run.segments.compactMap { watched in
      guard let column = parts.testTable[watched.feature] else { return nil }
      return watched.worst(among: Segment.all(of: column), challenger: predictions, champion: other)
    }
  }

  private func register(
    _ evaluated: Evaluated, outcome: Trainer.Outcome, parts: TrainingParts, tables: TrainingTables
  ) async throws -> ArtifactReference {
    let predictor = evaluated.predictor
    let predictions = evaluated.predictions
    let reference = ReferenceProfile(
      training: tables.source.selecting(rows: parts.learnedRows), schema: predictor.schema,
      predictions: ReferenceProfile.Predictions(
        classes: predictions.classes, predicted: predictions.predicted, confidences: predictions.confidences),
      seed: run.split.seed)
    let bundle = try ArtifactBundle(files: [
      ArtifactBundle.FileName.model: outcome.json,
      ArtifactBundle.FileName.schema: try Self.encode(predictor.schema),
      ArtifactBundle.FileName.pipeline: try Self.encode(predictor.pipeline),
      ArtifactBundle.FileName.reference: try Self.encode(reference),
      ArtifactBundle.FileName.evaluation: try Self.encode(evaluated.document),
      ArtifactBundle.FileName.report: Data(TrainingReport(evaluated.document).html.utf8),
    ])
    try await environment.artifactStore().put(bundle)
    return ArtifactReference(version: run.version, digest: bundle.digest.description)
  }

  /// What can not be removed is tried again by the next run: no reason for this one to fail.
  private func removeRetired(
    keeping own: ArtifactReference, log: RunLog
  ) async -> (removed: [String], problems: [String]) {
    var removed: [String] = []
    var problems: [String] = []
    let needed = [own.digest, run.champion?.digest]
    for retired in run.retired ?? [] where !needed.contains(retired.digest) {
      do {
        try await environment.artifactStore().remove(retired.digest)
        removed.append(retired.version)
        log.write("removed", step: .register, ["version": .text(retired.version)])
      } catch {
        problems.append("the files of \(retired.version) are still there: \(error)")
      }
    }
    return (removed, problems)
  }

  private static func encode(_ value: some Encodable) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(value)
  }

  /// Of the encoded rows that the model learned from, and their labels.
  private static func digest(_ parts: TrainingParts) -> String {
    var bytes = Data()
    for part in [parts.train, parts.validation] {
      part.values.withUnsafeBytes { bytes.append(contentsOf: $0) }
      part.labels.withUnsafeBytes { bytes.append(contentsOf: $0) }
    }
    return ContentDigest(of: bytes).description
  }
}
