import Learning
import Tabular
import WorkerContract

/// A challenger beside the version in production, on the test rows that both may be judged on.
struct ChampionComparison {
  let run: TrainingRun
  let parts: TrainingParts
  let tables: TrainingTables
  let raw: RawTrainingData

  /// Either a comparison, or why there is none.
  struct Found {
    var comparison: Comparison?
    var segments: [TrainingResult.SegmentResult] = []
    /// A sentence; nil where there is a comparison, or where the schema is what forbids one.
    var notCompared: String?
    var schemaChange: SchemaChange?
    var warnings: [String] = []
  }

  /// - Parameter schema: The challenger's, with categories and classes filled in.
  func compare(_ predictions: Predictions, schema: FeatureSchema, with reference: ArtifactReference) -> Found {
    var found = Found()
    guard let champion = raw.champion else {
      found.refuse(raw.championProblem ?? "its artifact cannot be read", reference)
      return found
    }
    let reading = champion.reading(parts, raw: raw, run: run)
    let change = SchemaChange(
      champion: reference, from: champion.predictor.schema, to: schema, unreadable: reading.problems)
    if !change.incomparable.isEmpty || !change.refused.isEmpty { found.schemaChange = change }
    guard change.incomparable.isEmpty else {
      found.warnings.append("not comparable with \(reference.version): " + change.incomparable.joined(separator: "; "))
      return found
    }
    let untrained = UntrainedRows(champion, tables: tables, parts: parts, run: run)
    do throws(LearningError) {
      try judge(predictions, champion, reading.table, on: untrained, into: &found)
    } catch {
      let rows = untrained.chosen.map { "of \(parts.test.count) test rows only \($0.count) did not train it: " } ?? ""
      found.refuse("\(rows)\(error)", reference)
    }
    return found
  }

  private func judge(
    _ predictions: Predictions, _ champion: Champion, _ table: Table, on untrained: UntrainedRows,
    into found: inout Found
  ) throws(LearningError) {
    var own = predictions
    var other = try champion.predictor.predictions(of: table, labels: parts.test.labels, as: tables.target)
    var segmented = parts.testTable
    if let chosen = untrained.chosen {
      guard !chosen.isEmpty else {
        return found.refuse("all test rows may have trained it, as its rows were divided otherwise", champion.reference)
      }
      own = try own.selecting(rows: chosen)
      other = try other.selecting(rows: chosen)
      segmented = segmented.selecting(rows: chosen)
    }
    var comparison = try Comparison(
      challenger: own, champion: other, reference: champion.reference, metric: run.comparedBy,
      confidence: run.confidence, seed: run.split.seed)
    if let chosen = untrained.chosen {
      comparison.challengerMetrics = try ModelMetrics(own)
      comparison.caveat =
        "compared on \(chosen.count) of \(parts.test.count) test rows, the others may have trained "
        + champion.reference.version
    }
    if let caveat = untrained.caveat {
      comparison.caveat = [comparison.caveat, caveat].compactMap { $0 }.joined(separator: "; ")
      found.warnings.append(caveat)
    }
    found.comparison = comparison
    found.segments = run.segments.compactMap { watched in
      guard let column = segmented[watched.feature] else { return nil }
      return watched.worst(among: Segment.all(of: column), challenger: own, champion: other)
    }
  }
}

extension ChampionComparison.Found {
  fileprivate mutating func refuse(_ why: String, _ reference: ArtifactReference) {
    notCompared = why
    warnings.append("not compared with \(reference.version): \(why)")
  }
}
