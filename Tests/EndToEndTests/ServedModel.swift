import Artifacts
import Foundation
import KubernetesModel
import Learning
import Tabular
import Testing
import WorkerContract

/// One version of a running model, beside XGBoost's own view of the same file.
struct ServedModel {
  let stage: Stage
  let url: String
  let version: String
  let pipeline: FeaturePipeline
  let booster: Booster
  let classes: [String]

  init(stage: Stage, model: String, version: String) async throws {
    self.stage = stage
    self.version = version
    url = try await stage.url(ofService: model)
    let object = try #require(try await stage.get("mv", "\(model)-\(version)"))
    let digest = try #require(object[path: "spec", "artifact", "digest"]?.string)
    let store = FileArtifactStore(folder: stage.storage.appendingPathComponent("artifacts").path)
    let bundle = try await store.open(digest)
    pipeline = try JSONDecoder().decode(FeaturePipeline.self, from: bundle.file(ArtifactBundle.FileName.pipeline))
    booster = try Booster(model: bundle.file(ArtifactBundle.FileName.model), threads: 1)
    let schema = try JSONDecoder().decode(FeatureSchema.self, from: bundle.file(ArtifactBundle.FileName.schema))
    classes = schema.target.classes
    try #require(classes.count >= 2)
  }

  /// Sends the first rows of the census test file through the Service; each probability must be XGBoost's to 1e-6.
  func checkPredictionsEqualXGBoost(rows count: Int) async throws {
    let file = try #require(Cluster.data).appendingPathComponent("adult_test.csv")
    let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").prefix(count + 1)
    let header = lines[0].split(separator: ",").map(String.init)
    for line in lines.dropFirst() {
      let cells = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      let values = Dictionary(uniqueKeysWithValues: zip(header, cells))
      try await checkOne(values)
    }
  }

  private func checkOne(_ values: [String: String]) async throws {
    let members = pipeline.schema.features.map { feature -> String in
      let text = values[feature.name] ?? ""
      let value = text.isEmpty ? "null" : feature.type == .numeric ? text : "\"\(text)\""
      return "\"\(feature.name)\":\(value)"
    }
    let answer = try await stage.cluster.http(
      "POST", url + "/predict",
      body: "{\"request_id\":\"\(UUID().uuidString)\",\"features\":{\(members.joined(separator: ","))}}")
    #expect(answer.status == 200, "\(answer.body)")
    let response = try JSONValue(parsing: answer.body)
    #expect(response["model_version"]?.string == version)
    let expected = try probabilities(
      of: pipeline.schema.features.map { feature in
        let text = values[feature.name] ?? ""
        if text.isEmpty { return .missing }
        return feature.type == .numeric
          ? .number(Double(text) ?? .nan) : pipeline.category(text, ofFeature: pipeline.feature(named: feature.name))
      })
    try #require(classes.count == expected.count)
    for (name, probability) in zip(classes, expected) {
      let served = response[path: "probabilities", name]?.double ?? .nan
      #expect(abs(served - probability) < 1e-6, "class \(name): served \(served), XGBoost \(probability)")
    }
  }

  /// XGBoost's probabilities by class of one row.
  private func probabilities(of values: [FeatureValue]) throws -> [Double] {
    var encoded = [Float](repeating: 0, count: pipeline.width)
    values.withUnsafeBufferPointer { input in
      encoded.withUnsafeMutableBufferPointer { pipeline.encode(input, into: $0) }
    }
    let raw = try booster.predict(
      LabelledRows(values: encoded, width: pipeline.width, labels: [0]), margin: false, threads: 1)
    return raw.count == 1 ? [1 - Double(raw[0]), Double(raw[0])] : raw.map(Double.init)
  }

  /// How many of the rows this version, left alone, would have classified rightly.
  func countRight(rows: [[Double]], labels: [String], features: [String]) throws -> Int {
    let table = Table(
      features.enumerated().map { index, name in (name: name, column: Column.numeric(rows.map { $0[index] })) })
    let raw = try booster.predict(
      LabelledRows(values: pipeline.encode(table), width: pipeline.width, labels: labels.map { _ in 0 }), margin: false,
      threads: 2)
    return zip(raw, labels).count { classes[$0 >= 0.5 ? 1 : 0] == $1 }
  }
}
