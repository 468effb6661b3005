import Foundation
import Monitoring
import Statistics
import Tabular
import Values
import WorkerContract

/// A small world of one numeric and one categorical feature.
enum World {
  static let schema = FeatureSchema(
    target: .init(name: "y", positive: "1", classes: ["0", "1"]),
    features: [
      .init(name: "amount", type: .numeric, nullable: true, minimum: -100, maximum: 100),
      .init(name: "colour", type: .categorical, nullable: true),
    ])

  static func table(rows: Int, seed: Int, shift: Double = 0, missing: Double = 0.02, red: Double = 0.5) -> Table {
    var generator = SeededGenerator(seed: seed)
    var amounts: [Double] = []
    var colours: [Int32] = []
    for _ in 0..<rows {
      let amount = generator.normal() + shift
      amounts.append(generator.bernoulli(missing) ? .nan : amount)
      colours.append(generator.bernoulli(red) ? 0 : Int32(1 + generator.index(below: 2)))
    }
    return Table([
      ("amount", .numeric(amounts)), ("colour", .categorical(codes: colours, levels: ["red", "green", "blue"])),
    ])
  }

  static func reference(rows: Int = 5000) -> ReferenceProfile {
    ReferenceProfile(
      training: table(rows: rows, seed: 1), schema: schema,
      predictions: .init(classes: ["0", "1"], counts: [800, 200], meanConfidence: 0.9))
  }

  /// Two of ten predictions positive, right in nine of ten labelled rows.
  static func window(
    _ table: Table, positives: Int = 2, labelledEvery: Int = 1, errorsEvery: Int = 10, latency: Double = 0.01
  ) -> PredictionWindow {
    let rows = 0..<table.rowCount
    let predicted = rows.map { $0 % 10 < positives ? "1" : "0" }
    return PredictionWindow(
      features: table, classes: ["0", "1"], predicted: predicted, confidences: rows.map { _ in 0.9 },
      probabilities: predicted.flatMap { $0 == "1" ? [0.1, 0.9] : [0.9, 0.1] }, latencies: rows.map { _ in latency },
      requestIDs: rows.map { "r\($0)" }, repeats: 0,
      labels: rows.map { row in
        guard row % labelledEvery == 0 else { return nil }
        return row % errorsEvery == 0 ? (predicted[row] == "1" ? "0" : "1") : predicted[row]
      }, times: rows.map(Double.init))
  }
}

/// The data files beside the repository; nil where they are not there.
func realData(_ name: String) -> [UInt8]? {
  let source = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
  let roots = [
    URL(fileURLWithPath: FileManager.default.currentDirectoryPath),
    source.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent(),
  ]
  for root in roots {
    let file = root.appendingPathComponent("../shared/data/\(name)").standardizedFileURL
    if let data = try? Data(contentsOf: file) { return [UInt8](data) }
  }
  return nil
}
