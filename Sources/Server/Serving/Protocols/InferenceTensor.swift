import Engine
import JSON
import JSONScanning

/// An input tensor of an inference request: where its elements are in the body, in row-major order.
struct InferenceTensor {
  var name = ""
  var shape: [Int] = []
  var datatype: TensorDatatype?
  /// The `data` member as it stands in the JSON.
  var data: Range<Int>?
  /// Length of the tensor's part of the binary data behind the JSON.
  var binarySize: Int?
  /// Where each element is.
  private var elements: [Element] = []

  /// A range of the body, which has less than 4 GiB: half of what a range of integers takes.
  private struct Element {
    let start: UInt32
    let count: UInt32

    init(_ range: Range<Int>) {
      start = UInt32(range.lowerBound)
      count = UInt32(range.count)
    }

    var range: Range<Int> { Int(start)..<Int(start) + Int(count) }
  }

  /// Bytes that the elements of so many rows take at most as members of objects.
  func mostBytes(rows: Int) -> Int {
    let names = (JSONString.quoted(name, .lineFeed).utf8.count + 2) * rows
    guard isBinary else { return names + (data?.count ?? 0) }
    // A byte of a text may take six, a number 25.
    return names + (datatype?.size == nil ? (binarySize ?? 0) * 6 : 25 * rows)
  }

  /// Bytes that the tensor and the places of its elements take: no more than there can be in its data.
  func placeBytes(rows: Int) -> Int {
    MemoryLayout<Self>.stride + min(rows, binarySize ?? data?.count ?? 0) * MemoryLayout<Element>.stride
  }

  var isBinary: Bool { binarySize != nil }

  /// Number of rows where the shape is `[n]` or `[n, 1]`.
  var rows: Int? {
    guard let first = shape.first, first > 0, shape.count == 1 || shape.count == 2 && shape[1] == 1 else { return nil }
    return first
  }

  /// Finds the elements, of which there must be `count`.
  /// - Parameter binary: Where this tensor's binary data is.
  /// - Returns: What is wrong, as a sentence.
  mutating func findElements(
    _ count: Int, in bytes: UnsafeBufferPointer<UInt8>, binary: Range<Int>?
  ) throws(JSONProblem) -> String? {
    if let binary { return findBinary(count, in: bytes, binary) }
    guard let data else { return "Input '\(name.shown)' has no data." }
    elements.reserveCapacity(min(count, data.count / 2 + 1))
    // Elements beyond those that are wanted are only counted.
    var found = 0
    func add(_ range: Range<Int>) {
      found += 1
      if found <= count { elements.append(Element(range)) }
    }
    var scanner = JSONScanner(bytes, range: data)
    var more = try scanner.open(UInt8(ascii: "["))
    while more {
      // [n, 1] may be written as a list of lists.
      if try scanner.kind() == .array, shape.count == 2 {
        var isFirst = true
        var inner = try scanner.open(UInt8(ascii: "["))
        guard inner else { return "Input '\(name.shown)': the data are not of the shape \(shape)." }
        while inner {
          guard isFirst else { return "Input '\(name.shown)': the data are not of the shape \(shape)." }
          isFirst = false
          add(try scanner.skip(depth: 4))
          inner = try scanner.next(in: UInt8(ascii: "["))
        }
      } else {
        add(try scanner.skip(depth: 3))
      }
      more = try scanner.next(in: UInt8(ascii: "["))
    }
    guard found == count else {
      return "Input '\(name.shown)': the shape \(shape) has \(count) elements, the data have \(found)."
    }
    return nil
  }

  private mutating func findBinary(
    _ count: Int, in bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>
  ) -> String? {
    if let size = datatype?.size {
      guard range.count == count * size else {
        return
          "Input '\(name.shown)': \(count) elements take \(count * size) bytes, binary_data_size is \(range.count)."
      }
      elements = (0..<count).map { Element(range.lowerBound + $0 * size..<range.lowerBound + ($0 + 1) * size) }
      return nil
    }
    // BYTES: each element after its length, 4 bytes, little-endian.
    var place = range.lowerBound
    elements.reserveCapacity(min(count, range.count / 4))
    while place + 4 <= range.upperBound, elements.count < count {
      let length = (0..<4).reversed().reduce(0) { $0 << 8 | Int(bytes[place + $1]) }
      guard length <= range.upperBound - place - 4 else { break }
      elements.append(Element(place + 4..<place + 4 + length))
      place += 4 + length
    }
    guard place == range.upperBound, elements.count == count else {
      return "Input '\(name.shown)': the binary data are not \(count) elements, each after its length in 4 bytes."
    }
    return nil
  }

  /// Writes an element as a member's value.
  /// - Returns: What is wrong with it, as a sentence.
  func write(
    _ row: Int, of bytes: UnsafeBufferPointer<UInt8>, into output: inout [UInt8]
  ) throws(JSONProblem) -> String? {
    let range = elements[row].range
    guard let datatype else { return nil }
    if isBinary {
      let element = UnsafeBufferPointer(rebasing: bytes[range])
      guard let text = datatype.json(element) else { return "'\(name.shown)' is not \(datatype.rawValue)." }
      output += text.utf8
      return nil
    }
    var scanner = JSONScanner(bytes, range: range)
    let kind = try scanner.kind()
    let isRight =
      switch kind {
      case .null: true
      case .string: datatype == .bytes
      case .bool: datatype == .bool
      case .number: datatype.isFloat || datatype.holds(integer: scanner.string(range))
      case .object, .array: false
      }
    guard isRight else { return "'\(name.shown)' is not \(datatype.rawValue)." }
    // In a tensor, NaN is the customary way to say that a value is missing.
    if kind == .number, bytes[range.lowerBound] == UInt8(ascii: "N") {
      output += "null".utf8
    } else {
      output += bytes[range]
    }
    return nil
  }
}
