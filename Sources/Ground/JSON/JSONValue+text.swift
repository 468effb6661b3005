extension JSONValue {
  /// Reads one JSON document of UTF-8 bytes (RFC 8259). Nesting deeper than 512 is refused; of duplicate keys the last wins.
  ///
  /// Errors: `JSONSyntaxError` with the byte offset.
  ///
  /// - Parameter omitted: What is left out. It is only read as far as is needed to find its end, and takes neither time
  ///   nor memory for its values.
  public init(parsing bytes: some Sequence<UInt8>, omitting omitted: JSONPaths = JSONPaths()) throws(JSONSyntaxError) {
    let inPlace = bytes.withContiguousStorageIfAvailable { JSONParser.read($0, omitted) }
    self = try (inPlace ?? ContiguousArray(bytes).withUnsafeBufferPointer { JSONParser.read($0, omitted) }).get()
  }

  public init(parsing text: String) throws(JSONSyntaxError) {
    try self.init(parsing: text.utf8)
  }

  /// Compact text, keys sorted, numbers in their shortest exact form.
  public var text: String {
    String(decoding: bytes, as: UTF8.self)
  }

  /// Compact UTF-8 text, keys sorted.
  public var bytes: [UInt8] {
    var output: [UInt8] = []
    write(to: &output)
    return output
  }

  private func write(to output: inout [UInt8]) {
    switch self {
    case .null: output.append(contentsOf: "null".utf8)
    case .bool(let value): output.append(contentsOf: (value ? "true" : "false").utf8)
    case .integer(let value): output.append(contentsOf: String(value).utf8)
    case .number(let value): Self.write(value, to: &output)
    case .string(let value): JSONString.append(value, .space, to: &output)
    case .array(let elements):
      output.append(UInt8(ascii: "["))
      for (index, element) in elements.enumerated() {
        if index > 0 { output.append(UInt8(ascii: ",")) }
        element.write(to: &output)
      }
      output.append(UInt8(ascii: "]"))
    case .object(let members):
      output.append(UInt8(ascii: "{"))
      var first = true
      for (key, value) in members.sorted(by: { $0.key < $1.key }) {
        if !first { output.append(UInt8(ascii: ",")) }
        first = false
        JSONString.append(key, .space, to: &output)
        output.append(UInt8(ascii: ":"))
        value.write(to: &output)
      }
      output.append(UInt8(ascii: "}"))
    }
  }

  /// JSON has no NaN and no infinity: they become null.
  private static func write(_ value: Double, to output: inout [UInt8]) {
    guard value.isFinite else {
      output.append(contentsOf: "null".utf8)
      return
    }
    output.append(contentsOf: value.description.utf8)
  }
}

/// Where and why a text is not JSON.
public struct JSONSyntaxError: Error, Sendable, Equatable, CustomStringConvertible {
  public var offset: Int
  public var reason: String

  public var description: String { "not valid JSON at byte \(offset): \(reason)" }
}
