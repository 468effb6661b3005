import ApusAPI
import Artifacts
import Authoring
import Foundation
import Learning
import ReplayBenchmark
import Tabular
import Testing
import WorkerContract
import Workers
import YAMLCoding

/// A file as somebody else has published it.
struct OtherFile: Sendable, CustomTestStringConvertible {
  var path: String
  var target: String
  /// Among the features.
  var keeps: [String] = []
  /// Whether it has too few rows to judge a model by.
  var isSmall = false

  var testDescription: String { path }

  var bytes: [UInt8]? { FileManager.default.contents(atPath: path).map { [UInt8]($0) } }

  static let all: [OtherFile] = [
    OtherFile(path: "Tests/Data/penguins.csv", target: "species", keeps: ["island", "bill_length_mm", "sex"]),
    OtherFile(path: "Benchmarks/replay/seattle-weather.csv", target: "weather", keeps: ["temp_max", "wind"]),
    OtherFile(path: "../shared/data/others/telco.csv", target: "Churn", keeps: ["TotalCharges", "tenure", "Contract"]),
    OtherFile(
      path: "../shared/data/others/german-credit.csv", target: "Label",
      keeps: ["Purpose", "Credit amount", "Personal status"]),
    OtherFile(path: "../shared/data/others/titanic-sample.csv", target: "Survived", isSmall: true),
    OtherFile(path: "../shared/data/others/bank-sample.csv", target: "y"),
  ]
}

@Suite("From a file of somebody else to a prediction")
struct OtherFilesTests {
  @Test("init, validate, train, predict", arguments: OtherFile.all)
  func whole(file: OtherFile) async throws {
    guard let bytes = file.bytes else {
      print("skipped: \(file.path) is not here")
      return
    }
    let shop = Workshop()
    let uri = URL(fileURLWithPath: file.path).absoluteString
    let draft = try ModelDraft(csv: bytes, uri: uri, target: file.target, name: "other")
    #expect(ManifestCheck(draft.text).findings == [])
    let model = try ModelDeployment.decode(YAML.documents(draft.text)[0].value)
    for name in file.keeps { #expect(model.spec.schema.features.contains { $0.name == name }, "\(name)") }
    let training = model.spec.training
    let result = await shop.worker().run(
      .train,
      RunSpecification(
        run: "other-v1", namespace: "default", model: "other",
        train: TrainingRun(
          version: "v1", schema: model.spec.schema, source: training.source, split: training.split,
          algorithm: training.algorithm, confidence: model.spec.promotion.against.confidence,
          comparedBy: model.spec.promotion.against.metric, limits: training.limits)))
    if file.isSmall {
      // Which rows test is a matter of their hashes: too few of them end the run, and else are a warning.
      let said = [result.failed?.message].compactMap(\.self) + (result.trained?.warnings ?? [])
      #expect(said.contains { $0.contains("test rows") && $0.contains("at least 200") }, "\(said)")
      #expect(draft.notes.contains { $0.contains("small sample") || $0.contains("too few") })
      return
    }
    let trained = try #require(result.trained, "\(String(describing: result.failed))")
    let bundle = try await shop.store.open(trained.artifact.digest)
    let predictor = try Predictor(
      schema: bundle.file("schema.json"), pipeline: bundle.file("pipeline.json"), model: bundle.file("model.json"),
      samples: nil)
    let table = try RawTable(csv: bytes).read(schema: predictor.schema, minimumRows: 1).table
    let probabilities = try predictor.probabilities(of: table)
    #expect(probabilities.count == table.rowCount * predictor.target.classes.count)
    #expect(probabilities.allSatisfy { $0.isFinite })
  }

  @Test("A drifting series, replayed with the file that init makes of its beginning, is retrained to its end")
  func weather() async throws {
    let shop = Workshop()
    let text = try String(contentsOfFile: "Benchmarks/replay/seattle-weather.csv", encoding: .utf8)
    let outcome = try await Replay(csv: text, target: "weather", history: 365, chunk: 180, folder: shop.folder).run()
    #expect(outcome.trainings == 6 && outcome.failures.isEmpty, "\(outcome.failures)")
    #expect(outcome.promotions > 0 && outcome.accuracy > outcome.accuracyAlone, "\(outcome)")
  }
}
