/// A recursive-descent reader over bytes. Foundation's decoder can read a `JSONValue` too, but tries each type in turn
/// and throws for each miss, which costs a controller with thousands of objects seconds and memory.
struct JSONParser {
  let bytes: UnsafeBufferPointer<UInt8>
  private var position = 0
  private var depth = 0

  private init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  static func read(
    _ bytes: UnsafeBufferPointer<UInt8>, _ omitted: JSONPaths
  ) -> Result<JSONValue, JSONSyntaxError> {
    Result { () throws(JSONSyntaxError) in
      var parser = JSONParser(bytes: bytes)
      return try parser.document(omitted)
    }
  }

  static func readScalars(
    _ bytes: UnsafeBufferPointer<UInt8>, _ member: (String, JSONScalar) -> Void
  ) -> Result<Void, JSONSyntaxError> {
    Result { () throws(JSONSyntaxError) in
      var parser = JSONParser(bytes: bytes)
      try parser.scalars(member)
    }
  }

  private func failure(_ reason: String) -> JSONSyntaxError { JSONSyntaxError(offset: position, reason: reason) }

  private mutating func document(_ omitted: JSONPaths) throws(JSONSyntaxError) -> JSONValue {
    let value = try self.value(omitted)
    skipSpace()
    guard position == bytes.count else { throw failure("something follows the document") }
    return value
  }

  private mutating func skipSpace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x0A, 0x0D, 0x09: position += 1
      default: return
      }
    }
  }

  private mutating func value(_ omitted: JSONPaths) throws(JSONSyntaxError) -> JSONValue {
    skipSpace()
    guard position < bytes.count else { throw failure("the text ends too early") }
    switch bytes[position] {
    case UInt8(ascii: "{"): return try object(omitted)
    case UInt8(ascii: "["): return try array(omitted)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return try number()
    }
  }

  private mutating func word(_ word: StaticString, _ value: JSONValue) throws(JSONSyntaxError) -> JSONValue {
    let matches = word.withUTF8Buffer { expected in
      position + expected.count <= bytes.count && expected.indices.allSatisfy { bytes[position + $0] == expected[$0] }
    }
    guard matches else { throw failure("unexpected character") }
    position += word.utf8CodeUnitCount
    return value
  }

  private mutating func object(_ omitted: JSONPaths) throws(JSONSyntaxError) -> JSONValue {
    try enter()
    skipSpace()
    if position < bytes.count, bytes[position] == UInt8(ascii: "}") {
      position += 1
      depth -= 1
      return .object([:])
    }
    // Room for most objects, so that few have to grow.
    var members = [String: JSONValue](minimumCapacity: 3)
    while true {
      let key = try key()
      if !omitted.isEmpty, let below = omitted.below(key) {
        if below.isEmpty { try skip() } else { members[key] = try value(below) }
      } else {
        members[key] = try value(JSONPaths())
      }
      skipSpace()
      guard position < bytes.count else { throw failure("the text ends too early") }
      position += 1
      if bytes[position - 1] == UInt8(ascii: ",") { continue }
      guard bytes[position - 1] == UInt8(ascii: "}") else { throw failure("',' or '}' is expected") }
      depth -= 1
      return .object(members)
    }
  }

  /// With the colon behind it.
  private mutating func key() throws(JSONSyntaxError) -> String {
    skipSpace()
    guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { throw failure("a key is expected") }
    let key = try string()
    skipSpace()
    guard position < bytes.count, bytes[position] == UInt8(ascii: ":") else { throw failure("':' is expected") }
    position += 1
    return key
  }

  /// An object without lists and objects in it, and nothing behind it.
  private mutating func scalars(_ member: (String, JSONScalar) -> Void) throws(JSONSyntaxError) {
    skipSpace()
    guard position < bytes.count, bytes[position] == UInt8(ascii: "{") else { throw failure("'{' is expected") }
    position += 1
    skipSpace()
    var isOpen = true
    if position < bytes.count, bytes[position] == UInt8(ascii: "}") {
      position += 1
      isOpen = false
    }
    while isOpen {
      let key = try key()
      member(key, try scalar())
      skipSpace()
      guard position < bytes.count else { throw failure("the text ends too early") }
      isOpen = bytes[position] == UInt8(ascii: ",")
      guard isOpen || bytes[position] == UInt8(ascii: "}") else { throw failure("',' or '}' is expected") }
      position += 1
    }
    skipSpace()
    guard position == bytes.count else { throw failure("something follows the document") }
  }

  private mutating func scalar() throws(JSONSyntaxError) -> JSONScalar {
    skipSpace()
    guard position < bytes.count else { throw failure("the text ends too early") }
    switch bytes[position] {
    case UInt8(ascii: "{"), UInt8(ascii: "["): throw failure("a number, a text or null is expected")
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"):
      _ = try word("true", .null)
      return .bool(true)
    case UInt8(ascii: "f"):
      _ = try word("false", .null)
      return .bool(false)
    case UInt8(ascii: "n"):
      _ = try word("null", .null)
      return .null
    default:
      let start = position
      _ = try skipNumber()
      return .number(UnsafeBufferPointer(rebasing: bytes[start..<position]))
    }
  }

  private mutating func array(_ omitted: JSONPaths) throws(JSONSyntaxError) -> JSONValue {
    try enter()
    var elements: [JSONValue] = []
    skipSpace()
    if position < bytes.count, bytes[position] == UInt8(ascii: "]") {
      position += 1
      depth -= 1
      return .array(elements)
    }
    while true {
      elements.append(try value(omitted))
      skipSpace()
      guard position < bytes.count else { throw failure("the text ends too early") }
      position += 1
      if bytes[position - 1] == UInt8(ascii: ",") { continue }
      guard bytes[position - 1] == UInt8(ascii: "]") else { throw failure("',' or ']' is expected") }
      depth -= 1
      return .array(elements)
    }
  }

  private mutating func enter() throws(JSONSyntaxError) {
    position += 1
    depth += 1
    guard depth <= 512 else { throw failure("nested too deeply") }
  }

  /// Over a value, whatever it is: brackets and strings are followed, all else is taken as it comes.
  private mutating func skip() throws(JSONSyntaxError) {
    let outside = depth
    skipSpace()
    repeat {
      guard position < bytes.count else { throw failure("the text ends too early") }
      switch bytes[position] {
      case UInt8(ascii: "{"), UInt8(ascii: "["): try enter()
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        guard depth > outside else { throw failure("a value is expected") }
        position += 1
        depth -= 1
      case UInt8(ascii: "\""): try skipString()
      case UInt8(ascii: ","), UInt8(ascii: ":"):
        guard depth > outside else { throw failure("a value is expected") }
        position += 1
      case UInt8(ascii: "t"): _ = try word("true", .null)
      case UInt8(ascii: "f"): _ = try word("false", .null)
      case UInt8(ascii: "n"): _ = try word("null", .null)
      default: _ = try number()
      }
      if depth > outside { skipSpace() }
    } while depth > outside
  }

  private mutating func skipString() throws(JSONSyntaxError) {
    position += 1
    while position < bytes.count {
      let byte = bytes[position]
      position += byte == UInt8(ascii: "\\") ? 2 : 1
      if byte == UInt8(ascii: "\"") { return }
    }
    throw failure("a string has no end")
  }

  private mutating func string() throws(JSONSyntaxError) -> String {
    position += 1
    let start = position
    var union: UInt8 = 0
    while position < bytes.count, bytes[position] != UInt8(ascii: "\""), bytes[position] != UInt8(ascii: "\\") {
      guard bytes[position] >= 0x20 else { throw failure("a control character in a string") }
      union |= bytes[position]
      position += 1
    }
    guard position < bytes.count else { throw failure("a string has no end") }
    guard bytes[position] == UInt8(ascii: "\"") else { return try escapedString(from: start) }
    position += 1
    // Most texts are ASCII, and then there is nothing to validate.
    guard union < 0x80 else { return try decoded(bytes[start..<position - 1]) }
    return String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<position - 1]), as: UTF8.self)
  }

  private func decoded(_ slice: some Collection<UInt8>) throws(JSONSyntaxError) -> String {
    guard let text = String(validating: slice, as: UTF8.self) else { throw failure("a string is not UTF-8") }
    return text
  }

  private mutating func escapedString(from start: Int) throws(JSONSyntaxError) -> String {
    var buffer = [UInt8](bytes[start..<position])
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      switch byte {
      case UInt8(ascii: "\""): return try decoded(buffer[...])
      case UInt8(ascii: "\\"): try escape(into: &buffer)
      case 0..<0x20: throw failure("a control character in a string")
      default: buffer.append(byte)
      }
    }
    throw failure("a string has no end")
  }

  private mutating func escape(into buffer: inout [UInt8]) throws(JSONSyntaxError) {
    guard position < bytes.count else { throw failure("a string has no end") }
    let byte = bytes[position]
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): buffer.append(byte)
    case UInt8(ascii: "b"): buffer.append(0x08)
    case UInt8(ascii: "f"): buffer.append(0x0C)
    case UInt8(ascii: "n"): buffer.append(0x0A)
    case UInt8(ascii: "r"): buffer.append(0x0D)
    case UInt8(ascii: "t"): buffer.append(0x09)
    case UInt8(ascii: "u"): buffer.append(contentsOf: String(try unicodeEscape()).utf8)
    default: throw failure("an unknown escape")
    }
  }

  /// One scalar of one escape or of a surrogate pair; a lone surrogate becomes U+FFFD, as in Go.
  private mutating func unicodeEscape() throws(JSONSyntaxError) -> Unicode.Scalar {
    let replacement: Unicode.Scalar = "\u{FFFD}"
    let first = try hexadecimal()
    guard (0xD800..<0xE000).contains(first) else { return Unicode.Scalar(first) ?? replacement }
    guard first < 0xDC00, position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
      bytes[position + 1] == UInt8(ascii: "u")
    else { return replacement }
    let before = position
    position += 2
    let second = try hexadecimal()
    guard (0xDC00..<0xE000).contains(second) else {
      position = before
      return replacement
    }
    return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)) ?? replacement
  }

  private mutating func hexadecimal() throws(JSONSyntaxError) -> UInt32 {
    guard position + 4 <= bytes.count else { throw failure("a string has no end") }
    var value: UInt32 = 0
    for byte in bytes[position..<position + 4] {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
        throw failure("an escape needs four hexadecimal digits")
      }
      value = value << 4 + UInt32(digit)
    }
    position += 4
    return value
  }

  private mutating func number() throws(JSONSyntaxError) -> JSONValue {
    let start = position
    if try skipNumber(), let value = integer(start) { return .integer(value) }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    guard let value = Double(text), value.isFinite else { throw failure("a number is too large") }
    return .number(value)
  }

  /// Whether it is an integer.
  private mutating func skipNumber() throws(JSONSyntaxError) -> Bool {
    var isInteger = true
    if bytes[position] == UInt8(ascii: "-") { position += 1 }
    let whole = digits()
    guard whole > 0 else { throw failure("unexpected character") }
    guard whole == 1 || bytes[position - whole] != UInt8(ascii: "0") else { throw failure("a number starts with 0") }
    if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
      isInteger = false
      position += 1
      guard digits() > 0 else { throw failure("a number ends with a point") }
    }
    if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
      isInteger = false
      position += 1
      if position < bytes.count, bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-") {
        position += 1
      }
      guard digits() > 0 else { throw failure("a number has an empty exponent") }
    }
    return isInteger
  }

  /// From `start` to here; nil where it does not fit in 64 bits.
  private func integer(_ start: Int) -> Int64? {
    let isNegative = bytes[start] == UInt8(ascii: "-")
    var value: Int64 = 0
    for byte in bytes[(isNegative ? start + 1 : start)..<position] {
      let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
      let digit = Int64(byte - UInt8(ascii: "0"))
      let (sum, isTooMuch) = isNegative ? tens.subtractingReportingOverflow(digit) : tens.addingReportingOverflow(digit)
      guard !overflow, !isTooMuch else { return nil }
      value = sum
    }
    return value
  }

  private mutating func digits() -> Int {
    let start = position
    while position < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position]) { position += 1 }
    return position - start
  }
}
