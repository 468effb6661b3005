import ArgumentParser
import Foundation
import Learning
import Tabular
import WorkerContract

/// The evaluator beside those of others: the same model, rows, process and thread.
@main
struct EvaluationBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluation-benchmark",
    abstract:
      "Measures rows a second of the evaluator, of XGBoost's predictor and of Treelite, and prints a Markdown table.")

  @Option(help: "The census rows, a CSV file with a column 'income'.")
  var data: String

  @Option(help: "Boosting rounds.")
  var rounds = 200

  @Option(help: "Depth of the trees.")
  var depth = 4

  @Option(help: "Rows per batch.")
  var batch = 1000

  @Option(help: "Seconds for each measurement.")
  var seconds = 1.5

  @Option(help: "Measurements of each; the median is printed.")
  var repeats = 5

  @Option(help: "Writes the trained model to this file, whose name ends in .json, and measures nothing.")
  var writeModel: String?

  @Option(
    help: "The model's file for Treelite, as --write-model wrote it with the same options. Needed with --treelite.")
  var model: String?

  @Option(help: "Treelite's libtreelite.so. (default: left out)")
  var treelite: String?

  @Option(help: "The library that TL2cgen made of the model. (default: left out)")
  var compiled: String?

  func validate() throws {
    guard rounds > 0, depth > 0, batch > 0, seconds > 0, repeats > 0 else {
      throw ValidationError("All numbers are greater than 0.")
    }
    guard treelite == nil || model != nil else { throw ValidationError("--treelite needs --model.") }
  }

  func run() throws {
    let raw = try RawTable(csv: [UInt8](Data(contentsOf: URL(fileURLWithPath: data))))
    let inferred = try raw.inferSchema(target: "income", positive: ">50K")
    let table = raw.read(schema: inferred.schema).table
    let pipeline = try FeaturePipeline(fitting: table, schema: inferred.schema)
    guard let target = TargetEncoding(fitting: table, target: inferred.schema.target),
      let column = table[inferred.schema.target.name]
    else { throw ValidationError("The data have no column 'income' with two classes.") }
    let rows = LabelledRows(
      values: pipeline.encode(table), width: pipeline.width, labels: target.encode(column).map(Int.init))
    let algorithm = Algorithm(
      gradientBoosting: .init(rounds: rounds, maxDepth: depth, learningRate: 0.05, subsample: 0.8))
    let json = try Trainer(algorithm: algorithm, classes: 2, seed: 1, threads: 1).fit(train: rows).json
    if let writeModel { return try json.write(to: URL(fileURLWithPath: writeModel)) }
    try measure(try Model(json: json), peers: try peers(json), Batches(rows, batch: batch))
  }

  private func peers(_ json: Data) throws -> [any Peer] {
    var peers: [any Peer] = [try XGBoostPeer(json: json)]
    if let treelite, let model { peers.append(try TreelitePeer(library: treelite, model: model, rows: batch)) }
    if let compiled { peers.append(try CompiledPeer(library: compiled, rows: batch)) }
    return peers
  }

  /// Rows a second of one evaluator, measurement by measurement.
  private struct Rates {
    var batches: [Double] = []
    var single: [Double] = []
  }

  private func measure(_ model: Model, peers: [any Peer], _ batches: Batches) throws {
    print("\(batches.count) rows of \(batches.width) columns, \(rounds) trees of depth \(depth), batches of \(batch)\n")
    for peer in peers {
      print("Largest difference of a probability to \(peer.name): \(try difference(model, peer, batches))")
    }
    var own = Rates()
    var others = peers.map { _ in Rates() }
    // In turns, so that what else happens on the machine happens to all of them.
    for _ in 0..<repeats {
      own.batches.append(rate { batches.predict(by: model) })
      own.single.append(rate { batches.predictOneByOne(by: model) })
      for (place, peer) in peers.enumerated() {
        others[place].batches.append(try rate { try batches.predict(by: peer, atOnce: batch) })
        others[place].single.append(try rate { try batches.predict(by: peer, atOnce: 1) })
      }
    }
    print(
      """

      By one thread's processor time, which other programs on the machine do not slow; median of \(repeats).

      | evaluator | batches of \(batch), rows a second | against XGBoost | one row | against XGBoost |
      |---|---|---|---|---|
      """)
    let base = others[0]
    for (name, rates) in [("Apus", own)] + zip(peers.map(\.name), others) {
      let (many, single) = (median(rates.batches), median(rates.single))
      print(
        "| \(name) | \(Self.text(many / 1e6)) M | \(Self.text(many / median(base.batches)))× | \(Self.text(1e6 / single)) µs "
          + "| \(Self.text(single / median(base.single)))× |")
    }
  }

  private static func text(_ value: Double) -> String { String(format: "%.2f", value) }

  /// Both must say the same before their speed is of interest.
  private func difference(_ model: Model, _ peer: any Peer, _ batches: Batches) throws -> Float {
    let own = try model.probabilities(of: batches.values)
    var others: [Float] = []
    _ = try batches.each(batch) { others += Array(try peer.predict($0, columns: batches.width)) }
    var largest: Float = 0
    for row in 0..<batches.count { largest = max(largest, abs(own[row * 2 + 1] - others[row])) }
    guard largest < 1e-6 else { throw ValidationError("The predictions of \(peer.name) differ by \(largest).") }
    return largest
  }

  private func rate(_ pass: () throws -> Int) rethrows -> Double {
    _ = try pass()
    var count = 0
    let start = Self.processorTime
    var spent = 0.0
    while spent < seconds {
      count += try pass()
      spent = Self.processorTime - start
    }
    return Double(count) / spent
  }

  private static var processorTime: Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  private func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
}

/// The rows, and ways to go over all of them once.
private struct Batches {
  /// Missing values have the bits of -1, which are a NaN, too, and the ones that TL2cgen's code looks for.
  let values: [Float]
  let width: Int
  private let batch: Int
  private let classes = 2

  var count: Int { values.count / width }

  init(_ rows: LabelledRows, batch: Int) {
    values = rows.values.map { $0.isNaN ? Float(bitPattern: .max) : $0 }
    width = rows.width
    self.batch = batch
  }

  func each(_ atOnce: Int, _ body: (UnsafeBufferPointer<Float>) throws -> Void) rethrows -> Int {
    try values.withUnsafeBufferPointer { values in
      for start in stride(from: 0, to: count, by: atOnce) {
        let end = min(start + atOnce, count)
        try body(UnsafeBufferPointer(rebasing: values[start * width..<end * width]))
      }
    }
    return count
  }

  func predict(by model: Model) -> Int {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: batch * classes) { result in
      each(batch) { model.predictProbabilities(rows: $0, into: result) }
    }
  }

  func predictOneByOne(by model: Model) -> Int {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: classes) { result in
      each(1) { model.predictProbabilities(row: $0, into: result) }
    }
  }

  func predict(by peer: any Peer, atOnce: Int) throws -> Int {
    try each(atOnce) { _ = try peer.predict($0, columns: width) }
  }
}
