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
  private(set) var problems = FieldProblems()
  /// The request has more rows than are taken.
  private(set) var isTooLong = false
  private var inputs: [InferenceTensor] = []
  /// Where each input's part of the binary data is; nil: it has none.
  private var parts: [Range<Int>?] = []
  /// Rows; 0 where something is wrong.
  private(set) var count = 0
  /// Bytes of the objects at most: a short element may have a long name.
  private(set) var mostBytes = 0
  /// Bytes that the inputs and the places of their elements take.
  private(set) var placeBytes = 0

  /// Reads everything but the elements.
  /// - Parameters:
  ///   - binary: Where the binary data behind the JSON are.
  ///   - reader: Reads for the version that answers.
  ///   - limit: The most rows.
  init(
    _ request: InferenceRequest, binary: Range<Int>, reader: FeatureReader, limit: Int
  ) {
    problems = request.problems
    let inputs = request.inputs
    checkNames(inputs, pipeline: reader.pipeline)
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
            sentence:
              "Input '\(inputs[index].name.shown)': binary_data_size is \(size), but \(left) bytes of binary data are left."
          )
          return
        }
        part = place..<place + size
        place += size
      }
      parts.append(part)
    }
    if place != binary.upperBound {
      problems.append(
        sentence:
          "The body has \(binary.upperBound - place) bytes of binary data more than the inputs' binary_data_size say.")
    }
    self.inputs = inputs
    self.count = count
    mostBytes = inputs.reduce(0) { $0 + $1.mostBytes(rows: count) }
    placeBytes = inputs.reduce(0) { $0 + $1.placeBytes(rows: count) }
  }

  /// Finds where the elements are; what is wrong with them joins `problems`.
  mutating func findElements(in body: UnsafeBufferPointer<UInt8>) throws(JSONProblem) {
    for index in inputs.indices {
      if let problem = try inputs[index].findElements(count, in: body, binary: parts[index]) {
        problems.append(sentence: problem)
      }
    }
  }

  private mutating func checkNames(_ inputs: [InferenceTensor], pipeline: FeaturePipeline) {
    let schema = pipeline.schema
    var given: Set<String> = []
    for input in inputs {
      if !given.insert(input.name).inserted {
        problems.append(sentence: "Input '\(input.name.shown)' is given more than once.")
      }
      let position = pipeline.feature(named: input.name)
      guard position >= 0 else {
        problems.append(sentence: "The model has no input '\(input.name.shown)'.")
        continue
      }
      guard let datatype = input.datatype else { continue }
      let feature = schema.features[position]
      switch feature.type {
      case .numeric where !datatype.isInteger && !datatype.isFloat:
        problems.append(
          sentence: "'\(input.name.shown)' is a number: FP64, FP32, FP16 or an integer, not \(datatype.rawValue).")
      case .categorical where datatype.isFloat:
        problems.append(
          sentence: "'\(input.name.shown)' is a category: BYTES, BOOL or an integer, not \(datatype.rawValue).")
      default: break
      }
    }
    for feature in schema.features where !feature.nullable && !given.contains(feature.name) {
      problems.append(sentence: "Input '\(feature.name.shown)' must be given.")
    }
  }

  /// The number of rows, which all inputs share.
  private mutating func rowCount(_ inputs: [InferenceTensor]) -> Int? {
    var count: Int?
    for input in inputs {
      guard let rows = input.rows else {
        problems.append(sentence: "Input '\(input.name.shown)' has the shape \(input.shape); it is [n] or [n, 1].")
        return nil
      }
      if let count, count != rows {
        problems.append(sentence: "Input '\(input.name.shown)' has \(rows) rows, another one has \(count).")
        return nil
      }
      count = rows
    }
    if count == nil { problems.append(sentence: "There is no input.") }
    return count
  }

  /// Writes the objects, where nothing is wrong so far.
  mutating func write(_ body: UnsafeBufferPointer<UInt8>) throws(JSONProblem) {
    let (inputs, count) = (inputs, count)
    self.inputs = []
    guard problems.isEmpty else { return }
    bytes.reserveCapacity(mostBytes)
    let names = inputs.map { Array("\(JSONString.quoted($0.name, .lineFeed)):".utf8) }
    for row in 0..<count {
      let start = bytes.count
      bytes.append(UInt8(ascii: "{"))
      for (index, input) in inputs.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        bytes += names[index]
        if let problem = try input.write(row, of: body, into: &bytes) {
          problems.append(sentence: count > 1 ? "Row \(row): \(problem)" : problem)
        }
      }
      bytes.append(UInt8(ascii: "}"))
      ranges.append(start..<bytes.count)
    }
  }
}
