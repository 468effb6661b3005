import ArgumentParser
import CXGBoost
import Foundation
import Learning
import Tabular
import WorkerContract

/// The evaluator beside XGBoost's own predictor: the same model, rows, process and thread.
@main
struct EvaluationBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluation-benchmark",
    abstract: "Measures rows a second of the evaluator and of XGBoost's predictor, and prints a Markdown table.")

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
    let model = try Model(json: json)
    let peer = try PeerPredictor(json: json)
    print("\(rows.count) rows of \(rows.width) columns, \(rounds) trees of depth \(depth), batches of \(batch)\n")
    try compare(model, peer, rows)

    let batches = Batches(rows: rows, batch: batch, classes: model.classCount)
    var (own, single, others): ([Double], [Double], [Double]) = ([], [], [])
    for _ in 0..<repeats {
      own.append(rate { batches.predict(by: model) })
      single.append(rate { batches.predictOneByOne(by: model) })
      others.append(try rate { try batches.predict(by: peer) })
    }
    print("| evaluator, one thread | rows a second of processor time | against XGBoost |")
    print("|---|---|---|")
    let base = median(others)
    for (name, rates) in [
      ("Apus, batches", own), ("Apus, row by row", single), ("XGBoost inplace_predict, nthread=1", others),
    ] {
      let rate = median(rates)
      print("| \(name) | \(String(format: "%.2f M", rate / 1e6)) | \(String(format: "%.1f×", rate / base)) |")
    }
  }

  /// Both must say the same before their speed is of interest.
  private func compare(_ model: Model, _ peer: PeerPredictor, _ rows: LabelledRows) throws {
    let own = try model.probabilities(of: rows.values)
    let others = try rows.values.withUnsafeBufferPointer { values in
      try Array(peer.predict(values, columns: rows.width))
    }
    var largest: Float = 0
    for row in 0..<rows.count { largest = max(largest, abs(own[row * 2 + 1] - others[row])) }
    guard largest < 1e-6 else { throw ValidationError("The predictions differ by \(largest).") }
    print("Largest difference of a probability: \(largest)\n")
  }

  /// Rows a second of this thread's processor time, which other programs on the machine do not slow.
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

/// Goes over all rows once, batch by batch.
private struct Batches {
  let rows: LabelledRows
  let batch: Int
  let classes: Int

  private func each(_ body: (UnsafeBufferPointer<Float>) throws -> Void) rethrows -> Int {
    try rows.values.withUnsafeBufferPointer { values in
      for start in stride(from: 0, to: rows.count, by: batch) {
        let end = min(start + batch, rows.count)
        try body(UnsafeBufferPointer(rebasing: values[start * rows.width..<end * rows.width]))
      }
    }
    return rows.count
  }

  func predict(by model: Model) -> Int {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: batch * classes) { result in
      each { model.predictProbabilities(rows: $0, into: result) }
    }
  }

  func predictOneByOne(by model: Model) -> Int {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: classes) { result in
      each { values in
        for row in 0..<values.count / rows.width {
          model.predictProbabilities(
            row: UnsafeBufferPointer(rebasing: values[row * rows.width..<(row + 1) * rows.width]), into: result)
        }
      }
    }
  }

  func predict(by peer: PeerPredictor) throws -> Int {
    try each { _ = try peer.predict($0, columns: rows.width) }
  }
}

/// XGBoost's predictor for rows in memory, through its C interface.
private final class PeerPredictor {
  private let handle: BoosterHandle

  private struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  init(json: Data) throws {
    var created: BoosterHandle?
    try Self.check(XGBoosterCreate(nil, 0, &created))
    guard let created else { throw Failure(description: "XGBoost made no booster.") }
    handle = created
    try Self.check(XGBoosterSetParam(created, "nthread", "1"))
    try Self.check(
      json.withUnsafeBytes { XGBoosterLoadModelFromBuffer(created, $0.baseAddress, bst_ulong($0.count)) })
  }

  deinit { XGBoosterFree(handle) }

  private static func check(_ status: Int32) throws {
    guard status != 0 else { return }
    throw Failure(description: XGBGetLastError().map { String(cString: $0) } ?? "XGBoost failed without a word.")
  }

  /// The result is valid until the next call.
  func predict(_ values: UnsafeBufferPointer<Float>, columns: Int) throws -> UnsafeBufferPointer<Float> {
    let array = """
      {"data":[\(UInt(bitPattern: values.baseAddress)),true],"shape":[\(values.count / columns),\(columns)],\
      "typestr":"<f4","version":3}
      """
    var shape: UnsafePointer<bst_ulong>?
    var dimensions: bst_ulong = 0
    var result: UnsafePointer<Float>?
    try Self.check(
      XGBoosterPredictFromDense(
        handle, array,
        #"{"type":0,"training":false,"iteration_begin":0,"iteration_end":0,"strict_shape":false,"missing":NaN,"cache_id":0}"#,
        nil, &shape, &dimensions, &result))
    return UnsafeBufferPointer(start: result, count: values.count / columns)
  }
}
