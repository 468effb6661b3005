import Artifacts
import Learning
import Tabular
import WorkerContract

/// The version in production, asked about the rows that test its challenger.
struct Champion {
  let reference: ArtifactReference
  let predictor: Predictor

  /// Opens and verifies its artifact.
  init(_ reference: ArtifactReference, store: any ArtifactStore) async throws {
    let bundle = try await store.open(reference.digest)
    self.reference = reference
    predictor = try Predictor(
      schema: bundle.file(ArtifactBundle.FileName.schema), pipeline: bundle.file(ArtifactBundle.FileName.pipeline),
      model: bundle.file(ArtifactBundle.FileName.model))
  }

  /// Its predictions of the test rows. Where the schema has changed since its training, the rows are typed once more, by
  /// the schema it knows: it must not be judged without columns that are there.
  func predictions(
    _ parts: TrainingParts, raw: RawTrainingData, run: TrainingRun, target: TargetEncoding
  ) throws -> Predictions {
    try predictor.predictions(of: table(parts, raw: raw, run: run), labels: parts.test.labels, as: target)
  }

  private func table(_ parts: TrainingParts, raw: RawTrainingData, run: TrainingRun) -> Table {
    let known = Dictionary(run.schema.features.map { ($0.name, $0.type) }, uniquingKeysWith: { first, _ in first })
    let sameColumns = predictor.schema.features.allSatisfy { known[$0.name] == $0.type }
    guard !sameColumns, let testRows = parts.testRows else { return parts.testTable }
    var schema = predictor.schema
    // Which rows are chosen hangs on these: the same rows in the same order as the challenger's.
    schema.target = run.schema.target
    schema.timestamp = run.schema.timestamp
    schema.missing = run.schema.missing
    schema.primaryKey = []
    let table = raw.source.read(
      schema: schema, minimumRows: 0, window: run.source.window, limits: run.limits ?? .init()
    )
    .table
    guard let last = testRows.max(), last < table.rowCount else { return parts.testTable }
    return table.selecting(rows: testRows)
  }
}
