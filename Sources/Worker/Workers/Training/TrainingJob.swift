import Artifacts
import Foundation
import JSONLogging
import Learning
import Monitoring
import Tabular
import WorkerContract

/// The body of `train`: ingest → validate → features → split → train → evaluate → register.
///
/// Final fit: gradient boosting chooses its number of rounds on the validation part (at most the rounds asked for) and
/// is then fitted on training and validation rows together; forests and linear models are fitted on both at once. The
/// test part is never seen before `evaluate`. The feature pipeline learns the categories of all labelled rows of the
/// source; a category that only test rows have gets a column that no split can use.
struct TrainingJob {
  let specification: RunSpecification
  let run: TrainingRun
  let environment: WorkerEnvironment

  enum Outcome {
    case trained(TrainingResult)
    /// The data is that of an earlier version, and the run was asked to train nothing then.
    case unchanged(UnchangedData)
  }

  func execute(log: RunLog) async throws(StepFailure) -> Outcome {
    var steps = StepTimer(log: log)
    let raw = try await steps.run(.ingest, facts: { ["rows": .count($0.source.rowCount)] }) { try await ingest() }
    let tables = try await steps.run(.validate, facts: { ["warnings": .count($0.warnings.count)] }) {
      try TrainingTables(raw, run: run)
    }
    let pipeline = try await steps.run(.features, facts: { ["columns": .count($0.width)] }) {
      try FeaturePipeline(fitting: tables.source, schema: run.schema)
    }
    let parts = try await steps.run(.split, facts: Self.facts) {
      try TrainingParts(tables, pipeline: pipeline, run: run, champion: raw.champion?.recipe)
    }
    let digest: String
    do { digest = try Self.digest(parts, pipeline.schema) } catch {
      throw StepFailure(step: .split, error: WorkerError.wrapping(error))
    }
    if let known = run.unless, known.dataDigest == digest {
      log.write("data unchanged", step: .split, ["since": .text(known.version)])
      let (removed, _) = await removeRetired(keeping: nil, log: log)
      return .unchanged(
        UnchangedData(version: known.version, dataDigest: digest, removed: removed.isEmpty ? nil : removed))
    }
    let outcome = try await steps.run(.train, facts: { ["rounds": .count($0.rounds)] }) {
      try train(parts, classes: tables.target.classes.count)
    }
    let evaluated = try await steps.run(
      .evaluate,
      facts: { $0.document.evaluation.metrics.rocAUC.map { ["rocAUC": .number($0)] } ?? [:] }
    ) {
      try evaluate(
        outcome, parts: parts, tables: tables, pipeline: pipeline, raw: raw, digest: digest, log: log)
    }
    let artifact = try await steps.run(.register, facts: { ["digest": .text($0.digest)] }) {
      try await register(evaluated, outcome: outcome, parts: parts, tables: tables)
    }
    let document = evaluated.document
    let (removed, problems) = await removeRetired(keeping: artifact, log: log)
    return .trained(
      TrainingResult(
        artifact: artifact, rows: document.rows, metrics: document.evaluation.metrics,
        positive: document.evaluation.positive, comparison: document.comparison, notCompared: document.notCompared,
        schemaChange: document.schemaChange, segments: document.segments,
        calibrationError: document.evaluation.calibration.error, warnings: document.warnings + problems,
        seconds: steps.seconds, dataDigest: document.dataDigest, removed: removed.isEmpty ? nil : removed))
  }

  private static func facts(_ parts: TrainingParts) -> [String: LogValue] {
    [
      "train": .count(parts.train.count), "validation": .count(parts.validation.count),
      "test": .count(parts.test.count),
    ]
  }

  private func ingest() async throws -> RawTrainingData {
    // What the end needs is asked for first: nobody should wait for a training that cannot be stored.
    _ = try environment.artifactStore()
    let source = try await SourceReader(environment: environment, names: .source).read(
      run.source, encoding: run.schema.encoding, field: TrainingTables.sourceField)
    var raw = RawTrainingData(source: source)
    if let testSource = run.split.testSource {
      raw.test = try await SourceReader(environment: environment, names: .testSource).read(
        testSource, encoding: run.schema.encoding, field: TrainingTables.testField)
    }
    if let reference = run.champion { try await open(reference, into: &raw) }
    return raw
  }

  /// A champion whose artifact is lost or damaged cannot be compared; that must not keep its successor from being
  /// trained, so it is a warning, and the result has no comparison. A store that does not answer ends the run.
  private func open(_ reference: ArtifactReference, into raw: inout RawTrainingData) async throws {
    do {
      raw.champion = try await Champion(reference, store: environment.artifactStore())
    } catch let error as ArtifactError where !error.isRetryable {
      raw.championProblem = "\(error)"
    } catch let error as LearningError {
      raw.championProblem = "\(error)"
    }
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
    raw: RawTrainingData, digest: String, log: RunLog
  ) throws -> Evaluated {
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
      evaluation: try Evaluation(predictions, importances: importances), split: parts.recipe, comparison: nil,
      segments: [], warnings: tables.warnings + parts.warnings, dataDigest: digest)
    if let reference = run.champion {
      let matter = ChampionComparison(run: run, parts: parts, tables: tables, raw: raw)
      let found = matter.compare(predictions, schema: schema, with: reference)
      document.comparison = found.comparison
      document.segments = found.segments
      document.notCompared = found.notCompared
      document.schemaChange = found.schemaChange
      document.warnings = found.warnings + document.warnings
    }
    for warning in document.warnings {
      log.write("warning", level: "warning", step: .evaluate, ["detail": .text(warning)])
    }
    return Evaluated(predictor: predictor, predictions: predictions, document: document)
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
    let store = try environment.artifactStore()
    let artifact = ArtifactReference(version: run.version, digest: bundle.digest.description)
    // Files are addressed by their content: these may be another version's.
    let isKnown = (try? await store.open(artifact.digest)) != nil
    try await store.put(bundle)
    do {
      try await load(artifact, from: store, like: predictor, parts: parts)
    } catch let error as WorkerError {
      // No version will say that they are there.
      if !isKnown { try? await store.remove(artifact.digest) }
      throw error
    }
    return artifact
  }

  /// Rows on which the stored version is compared with the one in memory.
  private static let comparedRows = 100

  /// Loads the stored version as a server does, and predicts with it: one that no server can serve must not wait for its promotion.
  private func load(
    _ artifact: ArtifactReference, from store: any ArtifactStore, like predictor: Predictor, parts: TrainingParts
  ) async throws {
    do {
      let stored = try await Champion(artifact, store: store).predictor
      let rows = min(Self.comparedRows, parts.test.count)
      let theirs = try stored.probabilities(of: parts.testTable.selecting(rows: Array(0..<rows)))
      let own = try predictor.model.probabilities(of: Array(parts.test.values.prefix(rows * parts.test.width)))
      guard theirs.count == own.count, zip(theirs, own).allSatisfy({ abs($0 - $1) <= 1e-6 }) else {
        throw WorkerError.unservable("it predicts other probabilities than the version that was evaluated.")
      }
    } catch let error as LearningError {
      throw WorkerError.unservable("\(error)")
    }
  }

  /// What cannot be removed is tried again by the next run: no reason for this one to fail.
  private func removeRetired(
    keeping own: ArtifactReference?, log: RunLog
  ) async -> (removed: [String], problems: [String]) {
    var removed: [String] = []
    var problems: [String] = []
    let needed = [own?.digest, run.champion?.digest]
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

  /// Of the encoded rows of all parts and their labels, and of what the columns mean.
  private static func digest(_ parts: TrainingParts, _ schema: FeatureSchema) throws -> String {
    var bytes = try encode(schema)
    for part in [parts.train, parts.validation, parts.test] {
      part.values.withUnsafeBytes { bytes.append(contentsOf: $0) }
      part.labels.withUnsafeBytes { bytes.append(contentsOf: $0) }
    }
    return ContentDigest(of: bytes).description
  }
}
