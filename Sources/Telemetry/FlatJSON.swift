/// Why a text is not a JSON object of scalars.
struct FlatJSONError: Error, CustomStringConvertible {
  var offset: Int
  var description: String { "not a JSON object of numbers, strings and nulls, at byte \(offset)" }
}

/// Reads the one shape that stored features and probabilities have: a JSON object of scalars. A check reads hundreds of
/// thousands of them, so no tree is built. Booleans read as texts, as do whole numbers
/// that a Double does not hold exactly: both are levels, which are compared by what they mean.
enum FlatJSON {
  /// Calls `member` for each member in order; nil stands for null.
  static func read(_ text: String, _ member: (String, LoggedValue?) -> Void) throws(FlatJSONError) {
    var reader = Reader(bytes: Array(text.utf8))
    try reader.object(member)
  }

  /// A string with quotes and escapes.
  static func quoted(_ text: String) -> String {
    var output = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": output += "\\\""
      case "\\": output += "\\\\"
      case "\u{0}"..<" ":
        let digits = String(scalar.value, radix: 16)
        output += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: output.unicodeScalars.append(scalar)
      }
    }
    return output + "\""
  }

  private struct Reader {
    let bytes: [UInt8]
    var position = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    var failure: FlatJSONError { FlatJSONError(offset: position) }

    mutating func object(_ member: (String, LoggedValue?) -> Void) throws(FlatJSONError) {
      try expect(UInt8(ascii: "{"))
      if next() == UInt8(ascii: "}") {
        position += 1
      } else {
        while true {
          let name = try string()
          try expect(UInt8(ascii: ":"))
          member(name, try value())
          let separator = next()
          position += 1
          if separator == UInt8(ascii: ",") { continue }
          guard separator == UInt8(ascii: "}") else { throw failure }
          break
        }
      }
      guard next() == nil else { throw failure }
    }

    /// The next byte that is not space.
    private mutating func next() -> UInt8? {
      while position < bytes.count {
        switch bytes[position] {
        case 0x20, 0x09, 0x0A, 0x0D: position += 1
        default: return bytes[position]
        }
      }
      return nil
    }

    private mutating func expect(_ byte: UInt8) throws(FlatJSONError) {
      guard next() == byte else { throw failure }
      position += 1
    }

    private mutating func value() throws(FlatJSONError) -> LoggedValue? {
      switch next() {
      case UInt8(ascii: "\""): return .text(try string())
      case UInt8(ascii: "n"): return try word("null", nil)
      case UInt8(ascii: "t"): return try word("true", .text("true"))
      case UInt8(ascii: "f"): return try word("false", .text("false"))
      default:
        let start = position
        while position < bytes.count, Self.isNumeric(bytes[position]) { position += 1 }
        guard start < position, let number = Double(String(decoding: bytes[start..<position], as: UTF8.self)) else {
          throw failure
        }
        let isWhole = bytes[start..<position].allSatisfy { (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-") }
        if isWhole, abs(number) > 9_007_199_254_740_991 {
          return .text(String(decoding: bytes[start..<position], as: UTF8.self))
        }
        return .number(number)
      }
    }

    private static func isNumeric(_ byte: UInt8) -> Bool {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."),
        UInt8(ascii: "e"), UInt8(ascii: "E"):
        true
      default: false
      }
    }

    private mutating func word(_ word: String, _ value: LoggedValue?) throws(FlatJSONError) -> LoggedValue? {
      guard bytes[position...].starts(with: word.utf8) else { throw failure }
      position += word.utf8.count
      return value
    }

    private mutating func string() throws(FlatJSONError) -> String {
      try expect(UInt8(ascii: "\""))
      let start = position
      while position < bytes.count, bytes[position] != UInt8(ascii: "\""), bytes[position] != UInt8(ascii: "\\") {
        position += 1
      }
      guard position < bytes.count else { throw failure }
      if bytes[position] == UInt8(ascii: "\"") {
        defer { position += 1 }
        return String(decoding: bytes[start..<position], as: UTF8.self)
      }
      return try escapedString(from: start)
    }

    private mutating func escapedString(from start: Int) throws(FlatJSONError) -> String {
      var text = String(decoding: bytes[start..<position], as: UTF8.self)
      var plain = position
      while position < bytes.count {
        let byte = bytes[position]
        guard byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else {
          position += 1
          continue
        }
        text += String(decoding: bytes[plain..<position], as: UTF8.self)
        position += 1
        if byte == UInt8(ascii: "\"") { return text }
        text.unicodeScalars.append(try escape())
        plain = position
      }
      throw failure
    }

    private mutating func escape() throws(FlatJSONError) -> Unicode.Scalar {
      guard position < bytes.count else { throw failure }
      let byte = bytes[position]
      position += 1
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
      case UInt8(ascii: "b"): return "\u{8}"
      case UInt8(ascii: "f"): return "\u{C}"
      case UInt8(ascii: "n"): return "\n"
      case UInt8(ascii: "r"): return "\r"
      case UInt8(ascii: "t"): return "\t"
      case UInt8(ascii: "u"): return try unicodeEscape()
      default: throw failure
      }
    }

    private mutating func unicodeEscape() throws(FlatJSONError) -> Unicode.Scalar {
      let high = try hexadecimal()
      guard (0xD800..<0xDC00).contains(high), bytes[position...].starts(with: "\\u".utf8) else {
        return Unicode.Scalar(high) ?? "\u{FFFD}"
      }
      let before = position
      position += 2
      let low = try hexadecimal()
      guard (0xDC00..<0xE000).contains(low) else {
        position = before
        return "\u{FFFD}"
      }
      return Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00)) ?? "\u{FFFD}"
    }

    private mutating func hexadecimal() throws(FlatJSONError) -> UInt32 {
      guard position + 4 <= bytes.count,
        let value = UInt32(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
      else { throw failure }
      position += 4
      return value
    }
  }
}
