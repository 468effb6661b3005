import JSON
import Engine
import JSONScanning
import Tabular
import WorkerContract

/// The rows of an inference request as objects of features, so that tensors are read, checked and logged by the same rules
/// as any other request.
struct InferenceRows {
  private(set) var bytes: [UInt8] = []
  /// Where each row's object is.
  private(set) var ranges: [Range<Int>] = []
  private(set) var problems: [String] = []
  /// The request has more rows than are taken.
  private(set) var isTooLong = false

  /// - Parameters:
  ///   - binary: Where the binary data behind the JSON are.
  ///   - reader: Reads for the version that answers.
  ///   - limit: The most rows.
  init(
    _ request: InferenceRequest, in body: UnsafeBufferPointer<UInt8>, binary: Range<Int>, reader: FeatureReader,
    limit: Int
  ) throws(JSONProblem) {
    problems = request.problems
    var inputs = request.inputs
    checkNames(inputs, schema: reader.pipeline.schema)
    guard let count = rowCount(inputs) else { return }
    guard count <= limit else {
      isTooLong = true
      return
    }
    var place = binary.lowerBound
    for index in inputs.indices {
      var part: Range<Int>?
      if let size = inputs[index].binarySize {
        let left = binary.upperBound - place
        guard size <= left else {
          problems.append(
            "Input '\(inputs[index].name)': binary_data_size is \(size), but \(left) bytes of binary data are left.")
          return
        }
        part = place..<place + size
        place += size
      }
      if let problem = try inputs[index].findElements(count, in: body, binary: part) { problems.append(problem) }
    }
    if place != binary.upperBound {
      problems.append(
        "The body has \(binary.upperBound - place) bytes of binary data more than the inputs' binary_data_size say.")
    }
    guard problems.isEmpty else { return }
    try write(inputs, count: count, body)
  }

  private mutating func checkNames(_ inputs: [InferenceTensor], schema: FeatureSchema) {
    var given: Set<String> = []
    for input in inputs {
      if !given.insert(input.name).inserted { problems.append("Input '\(input.name)' is given more than once.") }
      guard let feature = schema.features.first(where: { $0.name == input.name }) else {
        problems.append("The model has no input '\(input.name)'.")
        continue
      }
      guard let datatype = input.datatype else { continue }
      switch feature.type {
      case .numeric where !datatype.isInteger && !datatype.isFloat:
        problems.append("'\(input.name)' is a number: FP64, FP32, FP16 or an integer, not \(datatype.rawValue).")
      case .categorical where datatype.isFloat:
        problems.append("'\(input.name)' is a category: BYTES, BOOL or an integer, not \(datatype.rawValue).")
      default: break
      }
    }
    for feature in schema.features where !feature.nullable && !given.contains(feature.name) {
      problems.append("Input '\(feature.name)' must be given.")
    }
  }

  /// The number of rows, which all inputs share.
  private mutating func rowCount(_ inputs: [InferenceTensor]) -> Int? {
    var count: Int?
    for input in inputs {
      guard let rows = input.rows else {
        problems.append("Input '\(input.name)' has the shape \(input.shape); it is [n] or [n, 1].")
        return nil
      }
      if let count, count != rows {
        problems.append("Input '\(input.name)' has \(rows) rows, another one has \(count).")
        return nil
      }
      count = rows
    }
    if count == nil { problems.append("There is no input.") }
    return count
  }

  private mutating func write(
    _ inputs: [InferenceTensor], count: Int, _ body: UnsafeBufferPointer<UInt8>
  ) throws(JSONProblem) {
    let names = inputs.map { Array("\(JSONString.quoted($0.name, .lineFeed)):".utf8) }
    for row in 0..<count {
      let start = bytes.count
      bytes.append(UInt8(ascii: "{"))
      for (index, input) in inputs.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        bytes += names[index]
        if let problem = try input.write(row, of: body, into: &bytes) {
          problems.append(count > 1 ? "Row \(row): \(problem)" : problem)
        }
      }
      bytes.append(UInt8(ascii: "}"))
      ranges.append(start..<bytes.count)
    }
  }
}
