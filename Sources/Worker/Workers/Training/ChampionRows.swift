import Artifacts
import Foundation
import Learning
import Tabular
import WorkerContract

/// The version in production, asked about the rows that test its challenger.
struct Champion {
  let reference: ArtifactReference
  let predictor: Predictor
  /// How the rows of its training were divided. nil: its artifact does not say, as those of earlier releases.
  let recipe: SplitRecipe?

  /// Opens and verifies its artifact.
  init(_ reference: ArtifactReference, store: any ArtifactStore) async throws {
    let bundle = try await store.open(reference.digest)
    self.reference = reference
    predictor = try Predictor(
      schema: bundle.file(ArtifactBundle.FileName.schema), pipeline: bundle.file(ArtifactBundle.FileName.pipeline),
      model: bundle.file(ArtifactBundle.FileName.model), samples: bundle.files[ArtifactBundle.FileName.samples])
    recipe =
      bundle.files[ArtifactBundle.FileName.evaluation]
      .flatMap { try? JSONDecoder().decode(RecordedSplit.self, from: $0) }?.split
  }

  /// What a training needs to know of `evaluation.json`, which is for people: a trainer may leave it out.
  private struct RecordedSplit: Decodable {
    var split: SplitRecipe?
  }

  /// The test rows as the champion's schema types them, and why it cannot be asked about them.
  struct Reading {
    var table: Table
    /// A sentence for each of its columns that the rows do not hold.
    var problems: [String]
  }

  /// The test rows with the champion's columns. Where its features are the challenger's, these are typed already; else
  /// the rows are typed once more, by the schema it knows: it must not be judged without columns that are there.
  func reading(_ parts: TrainingParts, raw: RawTrainingData, run: TrainingRun) -> Reading {
    guard !hasSameColumns(as: run.schema) else { return Reading(table: parts.testTable, problems: []) }
    var schema = predictor.schema
    // Which rows are chosen hangs on these: the same rows in the same order as the challenger's.
    schema.target = run.schema.target
    schema.timestamp = run.schema.timestamp
    schema.missing = run.schema.missing
    schema.primaryKey = []
    let source = raw.test ?? raw.source
    let window = raw.test == nil ? run.source.window : run.split.testSource?.window
    let reading = source.read(schema: schema, minimumRows: 0, window: window, limits: run.limits ?? .init())
    let features = Set(schema.features.map(\.name))
    let problems = reading.failures
      .filter { [.columnMissing, .featureAlwaysMissing, .notNumeric, .targetIsFeature].contains($0.reason) }
      .compactMap { $0.column }.filter { features.contains($0) || $0 == schema.target.name }
    guard problems.isEmpty, let last = parts.testRows.max(), last < reading.table.rowCount else {
      let named = problems.map { "the rows do not hold its feature \($0)" }
      return Reading(
        table: parts.testTable, problems: named.isEmpty ? ["the rows cannot be read by its schema"] : named)
    }
    return Reading(table: reading.table.selecting(rows: parts.testRows), problems: [])
  }

  private func hasSameColumns(as schema: FeatureSchema) -> Bool {
    let known = Dictionary(schema.features.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    return predictor.schema.features.allSatisfy { feature in
      guard let other = known[feature.name] else { return false }
      return feature.type == other.type && feature.minimum == other.minimum && feature.maximum == other.maximum
        && feature.onUnknown == other.onUnknown
    }
  }
}

/// The test rows on which a champion may be judged: those that did not train it.
struct UntrainedRows {
  /// Positions among the test rows; nil: all of them.
  var chosen: [Int]?
  /// What cannot be known, a sentence.
  var caveat: String?

  init(_ champion: Champion, tables: TrainingTables, parts: TrainingParts, run: TrainingRun) {
    let version = champion.reference.version
    func unknown(_ why: String) -> String {
      "which rows trained \(version) cannot be known: \(why); some of the rows compared may have trained it"
    }
    guard let recipe = champion.recipe else {
      caveat = unknown("its artifact does not record its split")
      return
    }
    if run.split.testSource != nil {
      // Rows of a source of their own have trained nobody who had one too.
      if !recipe.hasTestSource { caveat = unknown("it was tested on a part of spec.training.source") }
      return
    }
    if recipe.heldBackTestRows(of: parts.recipe) { return }
    let classes = tables.classNames(run.schema)
    switch recipe.knowledge(of: tables.rows, times: tables.times(run.schema), classes: classes) {
    case .unknown(let why): caveat = unknown(why)
    case .heldBack(let isHeldBack):
      let positions = parts.testRows.indices.filter { isHeldBack[parts.testRows[$0]] }
      chosen = positions.count < parts.testRows.count ? positions : nil
      let ranked = recipe.rankedClasses.filter(Set(parts.testRows.map { classes[$0] }).contains)
      if !ranked.isEmpty {
        caveat = unknown("classes with few rows were divided by rank (\(ranked.joined(separator: ", ")))")
      }
    }
  }
}
