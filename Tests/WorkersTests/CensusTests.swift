import Artifacts
import Foundation
import Learning
import Tabular
import Testing
import WorkerContract
import Workers

/// The census data beside the repository, where it is there.
enum Census {
  static let folder: URL? = {
    let source = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
    let roots = [
      URL(fileURLWithPath: FileManager.default.currentDirectoryPath),
      source.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent(),
    ]
    return roots.map { $0.appendingPathComponent("../shared/data").standardizedFileURL }
      .first { FileManager.default.fileExists(atPath: $0.appendingPathComponent("adult_train.csv").path) }
  }()

  static var isThere: Bool { folder != nil }

  static let schema = FeatureSchema(
    target: .init(name: "income", positive: ">50K"),
    features: [
      .init(name: "age", type: .numeric), .init(name: "workclass", type: .categorical, nullable: true),
      .init(name: "fnlwgt", type: .numeric), .init(name: "education", type: .categorical),
      .init(name: "education_num", type: .numeric), .init(name: "marital_status", type: .categorical),
      .init(name: "occupation", type: .categorical, nullable: true), .init(name: "relationship", type: .categorical),
      .init(name: "race", type: .categorical), .init(name: "sex", type: .categorical),
      .init(name: "capital_gain", type: .numeric), .init(name: "capital_loss", type: .numeric),
      .init(name: "hours_per_week", type: .numeric),
      .init(name: "native_country", type: .categorical, nullable: true),
    ])
}

@Suite struct CensusTests {
  @Test(
    "On the census the floors of the area under the curve hold, and the artifact predicts as XGBoost does",
    .enabled(if: Census.isThere, "the census data is not beside the repository"),
    arguments: [
      (Algorithm.GradientBoosting(), 0.923), (Algorithm.GradientBoosting(maxDepth: 6, learningRate: 0.1), 0.927),
    ])
  func floors(algorithm: Algorithm.GradientBoosting, floor: Double) async throws {
    let folder = try #require(Census.folder)
    let shop = Workshop()
    let specification = RunSpecification(
      run: "income-train-1", namespace: "ml", model: "income",
      train: TrainingRun(
        version: "v1", schema: Census.schema,
        source: DataSource(csv: .init(uri: "file://" + folder.appendingPathComponent("adult_train.csv").path)),
        split: SplitPlan(
          testSource: DataSource(csv: .init(uri: "file://" + folder.appendingPathComponent("adult_test.csv").path))),
        algorithm: Algorithm(gradientBoosting: algorithm), confidence: 0.95, comparedBy: .rocAUC))
    let result = await shop.worker().run(.train, specification)
    let trained = try #require(result.trained, "\(String(describing: result.failed))")
    #expect(trained.metrics.rocAUC ?? 0 >= floor, "\(trained.metrics)")
    #expect(trained.rows.train + trained.rows.validation == 32_561)
    #expect(trained.rows.test == 16_281)

    let bundle = try await shop.store.open(trained.artifact.digest)
    let predictor = try Predictor(
      schema: bundle.file("schema.json"), pipeline: bundle.file("pipeline.json"), model: bundle.file("model.json"),
      samples: nil)
    let text = try Data(contentsOf: folder.appendingPathComponent("adult_test.csv"))
    let table = try RawTable(csv: [UInt8](text)).prefix(2000).read(schema: Census.schema).table
    let rows = LabelledRows(
      values: predictor.pipeline.encode(table), width: predictor.pipeline.width,
      labels: Array(repeating: 0, count: table.rowCount))
    let booster = try Booster(model: bundle.file("model.json"), threads: 1)
    let theirs = try booster.predict(rows, margin: false, threads: 1)
    let ours = try predictor.probabilities(of: table)
    let largest = theirs.indices.map { abs(theirs[$0] - ours[$0 * 2 + 1]) }.max() ?? 1
    #expect(largest < 1e-6)
  }
}
