import Artifacts
import JSONLogging
import Learning
import Tabular
import WorkerContract

/// The body of `load`: opens a stored version as a server does, and predicts with it.
struct LoadJob {
  let run: LoadRun
  let environment: WorkerEnvironment

  func execute(log: RunLog) async throws(StepFailure) -> LoadResult {
    var steps = StepTimer(log: log)
    let rows = try await steps.run(.load, facts: { ["rows": .count($0)] }) { try await load() }
    return LoadResult(artifact: run.artifact, rows: rows)
  }

  /// - Returns: How many rows were predicted, besides the samples of the trainer.
  private func load() async throws -> Int {
    do {
      // A row of missing values is predicted by whoever loads a version.
      let predictor = try await Champion(run.artifact, store: environment.artifactStore()).predictor
      let rows = [Self.middle, Self.unseen]
      for row in rows { try predictor.answer(predictor.pipeline.schema.features.map(row)) }
      return rows.count + 1
    } catch let error as LearningError {
      throw WorkerError.unservable("\(error)")
    }
  }

  /// A value such as the schema expects.
  private static func middle(_ feature: FeatureSchema.Feature) -> FeatureValue {
    switch feature.type {
    case .numeric: .number(min(max((feature.minimum ?? 0) / 2 + (feature.maximum ?? 0) / 2, -1e6), 1e6))
    case .categorical: feature.categories.isEmpty ? .missing : .category(0)
    }
  }

  /// A value such as it does not expect.
  private static func unseen(_ feature: FeatureSchema.Feature) -> FeatureValue {
    feature.type == .numeric ? .number(-1e6) : .unseen
  }
}
