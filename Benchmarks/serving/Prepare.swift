import ArgumentParser
import Artifacts
import Foundation
import Learning
import Tabular
import WorkerContract

/// Trains the census model, puts it into an artifact store with a routing table, and writes requests for it.
struct Prepare: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Trains the census model and writes requests for it.")

  @Option(help: "The rows to learn from, a CSV file with the target in the column 'income'.")
  var data: String

  @Option(help: "The rows to ask for, a CSV file with the same columns.")
  var requests: String

  @Option(help: "Where artifacts, routing.json and rows.jsonl go.")
  var folder: String

  @Option(help: "How many requests to write.")
  var count = 5000

  func run() async throws {
    let raw = try RawTable(csv: [UInt8](Data(contentsOf: URL(fileURLWithPath: data))))
    let inferred = try raw.inferSchema(target: "income", positive: ">50K")
    let table = raw.read(schema: inferred.schema).table
    let pipeline = try FeaturePipeline(fitting: table, schema: inferred.schema)
    guard let target = TargetEncoding(fitting: table, target: inferred.schema.target),
      let labels = table[inferred.schema.target.name]
    else { throw ValidationError("The data have no column 'income' with two classes.") }
    let rows = LabelledRows(
      values: pipeline.encode(table), width: pipeline.width, labels: target.encode(labels).map(Int.init))
    let algorithm = Algorithm(
      gradientBoosting: .init(rounds: 200, maxDepth: 4, learningRate: 0.05, subsample: 0.8))
    let model = try Trainer(algorithm: algorithm, classes: 2, seed: 1, threads: 1).fit(train: rows).json

    var schema = pipeline.schema
    schema.target.classes = target.classes
    let bundle = try ArtifactBundle(files: [
      ArtifactBundle.FileName.model: model,
      ArtifactBundle.FileName.schema: try JSONEncoder().encode(schema),
      ArtifactBundle.FileName.pipeline: try JSONEncoder().encode(pipeline),
    ])
    let place = URL(fileURLWithPath: folder)
    try await FileArtifactStore(folder: place.appending(path: "artifacts").path).put(bundle)
    let routing = RoutingTable(
      namespace: "default", model: "income", revision: 1,
      entries: [.init(version: "v1", digest: bundle.digest.description, weight: 100, role: .production)])
    try JSONEncoder().encode(routing).write(to: place.appending(path: RoutingTable.fileName))
    try writeRequests(schema, to: place.appending(path: "rows.jsonl"))
    print("\(rows.count) rows of \(rows.width) columns")
  }

  private func writeRequests(_ schema: FeatureSchema, to file: URL) throws {
    let raw = try RawTable(csv: [UInt8](Data(contentsOf: URL(fileURLWithPath: requests))))
    let table = raw.read(schema: schema, requiresTarget: false).table
    var lines = ""
    for row in 0..<min(count, table.rowCount) {
      var features: [String] = []
      for feature in schema.features {
        let text = table[feature.name]?.text(at: row)
        let value: String =
          switch (text, feature.type) {
          case (let text?, .numeric): text
          case (let text?, .categorical): "\"\(text)\""
          case (nil, _): "null"
          }
        features.append("\"\(feature.name)\":\(value)")
      }
      lines += "{\"features\":{\(features.joined(separator: ","))}}\n"
    }
    try Data(lines.utf8).write(to: file)
  }
}
