/// Where and why a body is not JSON.
public struct JSONProblem: Error, Sendable, Equatable, CustomStringConvertible {
  /// Bytes before the place.
  public var offset: Int
  public var reason: String

  public var description: String { "The body is not valid JSON at byte \(offset): \(reason)." }
}

/// Walks over JSON text (RFC 8259) in place. It makes no values: the reader asks for what it expects and gets byte ranges.
///
/// The text must be valid UTF-8, checked once by `validateUTF8`. `NaN`, `Infinity` and `-Infinity`, which some
/// clients write, are recognised as numbers, so that the field can be named instead of the whole body refused.
///
/// Every function that a plain document passes through is `@inlinable`: the features of each request are read by it, and a
/// call into another module for every token would cost as much as the token. For that it is public, though no product
/// has it: the bodies of `package` functions reach other modules with `-package-cmo` only, also where they are `@inlinable`.
public struct JSONScanner {
  public let bytes: UnsafeBufferPointer<UInt8>
  /// The byte that is read next. Only the scanner moves it; inlined code can have no narrower setter.
  public var position: Int
  /// Where the text ends; scanning a part of a body ends with the part.
  public let end: Int

  @inlinable public static var maximumDepth: Int { 64 }

  @inlinable public init(_ bytes: UnsafeBufferPointer<UInt8>, range: Range<Int>? = nil) {
    self.bytes = bytes
    position = range?.lowerBound ?? 0
    end = range?.upperBound ?? bytes.count
  }

  /// A string's bytes between the quotes.
  public struct Text {
    public let range: Range<Int>
    public let hasEscapes: Bool

    @inlinable init(range: Range<Int>, hasEscapes: Bool) {
      self.range = range
      self.hasEscapes = hasEscapes
    }
  }

  public enum Kind: Sendable {
    case object, array, string, number, null, bool
  }

  public func problem(_ reason: String) -> JSONProblem { JSONProblem(offset: position, reason: reason) }

  public static func validateUTF8(_ bytes: UnsafeBufferPointer<UInt8>) throws(JSONProblem) {
    do throws(UTF8.ValidationError) {
      _ = try UTF8Span(validating: bytes.span)
    } catch {
      throw JSONProblem(offset: error.byteOffsets.lowerBound, reason: "not UTF-8")
    }
  }

  @inlinable public mutating func skipSpace() {
    while position < end {
      switch bytes[position] {
      case 0x20, 0x0A, 0x0D, 0x09: position += 1
      default: return
      }
    }
  }

  /// What the next value is, by its first byte.
  @inlinable public mutating func kind() throws(JSONProblem) -> Kind {
    skipSpace()
    guard position < end else { throw problem("the text ends too early") }
    switch bytes[position] {
    case UInt8(ascii: "{"): return .object
    case UInt8(ascii: "["): return .array
    case UInt8(ascii: "\""): return .string
    case UInt8(ascii: "n"): return .null
    case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "N"), UInt8(ascii: "I"): return .number
    default: throw problem("a value is expected")
    }
  }

  /// Nothing but space may follow.
  @inlinable public mutating func finish() throws(JSONProblem) {
    skipSpace()
    guard position == end else { throw problem("something follows the document") }
  }

  /// Enters an object or array; returns whether it has a first element.
  @inlinable public mutating func open(_ bracket: UInt8) throws(JSONProblem) -> Bool {
    skipSpace()
    guard position < end, bytes[position] == bracket else {
      throw problem("'\(Character(Unicode.Scalar(bracket)))' is expected")
    }
    position += 1
    skipSpace()
    // The closing bracket is two code points after the opening one, for both kinds.
    guard position < end, bytes[position] == bracket + 2 else { return true }
    position += 1
    return false
  }

  /// After an element: whether another one follows; otherwise the closing bracket was taken.
  @inlinable public mutating func next(in bracket: UInt8) throws(JSONProblem) -> Bool {
    skipSpace()
    guard position < end else { throw problem("the text ends too early") }
    if bytes[position] == UInt8(ascii: ",") {
      position += 1
      return true
    }
    guard bytes[position] == bracket + 2 else {
      throw problem("',' or '\(Character(Unicode.Scalar(bracket + 2)))' is expected")
    }
    position += 1
    return false
  }

  /// A member's name and the colon after it.
  @inlinable public mutating func name() throws(JSONProblem) -> Text {
    skipSpace()
    guard position < end, bytes[position] == UInt8(ascii: "\"") else { throw problem("a name in quotes is expected") }
    let name = try text()
    skipSpace()
    guard position < end, bytes[position] == UInt8(ascii: ":") else { throw problem("':' is expected") }
    position += 1
    return name
  }

  /// A string; the caller has seen its quote.
  @inlinable public mutating func text() throws(JSONProblem) -> Text {
    position += 1
    let start = position
    var hasEscapes = false
    while position < end {
      let byte = bytes[position]
      if byte == UInt8(ascii: "\"") {
        position += 1
        return Text(range: start..<position - 1, hasEscapes: hasEscapes)
      }
      guard byte >= 0x20 else { throw problem("a control character in a string") }
      position += 1
      if byte == UInt8(ascii: "\\") {
        hasEscapes = true
        try skipEscape()
      }
    }
    throw problem("a string has no end")
  }

  @inlinable mutating func skipEscape() throws(JSONProblem) {
    guard position < end else { throw problem("a string has no end") }
    switch bytes[position] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
      UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      position += 1
    case UInt8(ascii: "u"):
      // Half of a pair is no character: databases and other parsers refuse it.
      switch try escapedUnit() {
      case 0xDC00..<0xE000: throw problem("half of a surrogate pair")
      case 0xD800..<0xDC00:
        guard position + 1 < end, bytes[position] == UInt8(ascii: "\\"), bytes[position + 1] == UInt8(ascii: "u") else {
          throw problem("half of a surrogate pair")
        }
        position += 1
        guard (0xDC00..<0xE000).contains(try escapedUnit()) else { throw problem("half of a surrogate pair") }
      default: break
      }
    default: throw problem("an unknown escape")
    }
  }

  /// The code unit of an escape whose `u` is next.
  @inlinable mutating func escapedUnit() throws(JSONProblem) -> UInt32 {
    guard position + 5 <= end, (1...4).allSatisfy({ Self.hexadecimal(bytes[position + $0]) != nil }) else {
      throw problem("an escape needs four hexadecimal digits")
    }
    defer { position += 5 }
    return codeUnit(at: position + 1)
  }

  /// A number: its bytes, and whether it is one of the words for values that are not finite.
  @inlinable public mutating func number() throws(JSONProblem) -> (range: Range<Int>, isWord: Bool) {
    let start = position
    if bytes[position] == UInt8(ascii: "-") { position += 1 }
    for word: StaticString in ["NaN", "Infinity"] where take(word) { return (start..<position, true) }
    let whole = position
    let digits = skipDigits()
    guard digits > 0 else { throw problem("a number is expected") }
    guard digits == 1 || bytes[whole] != UInt8(ascii: "0") else { throw problem("a number starts with 0") }
    if position < end, bytes[position] == UInt8(ascii: ".") {
      position += 1
      guard skipDigits() > 0 else { throw problem("a digit is expected after the point") }
    }
    if position < end, bytes[position] | 0x20 == UInt8(ascii: "e") {
      position += 1
      if position < end, bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-") { position += 1 }
      guard skipDigits() > 0 else { throw problem("a digit is expected in the exponent") }
    }
    return (start..<position, false)
  }

  @inlinable mutating func skipDigits() -> Int {
    let start = position
    while position < end, bytes[position] >= 0x30, bytes[position] <= 0x39 { position += 1 }
    return position - start
  }

  @inlinable mutating func take(_ word: StaticString) -> Bool {
    let length = word.utf8CodeUnitCount
    guard position + length <= end else { return false }
    let start = word.utf8Start
    for offset in 0..<length where bytes[position + offset] != start[offset] { return false }
    position += length
    return true
  }

  @inlinable public mutating func null() throws(JSONProblem) {
    guard take("null") else { throw problem("a value is expected") }
  }

  @inlinable public mutating func bool() throws(JSONProblem) -> Bool {
    if take("true") { return true }
    guard take("false") else { throw problem("a value is expected") }
    return false
  }

  /// Steps over the next value of whatever kind and returns where it is.
  @discardableResult
  @inlinable public mutating func skip(depth: Int = 0) throws(JSONProblem) -> Range<Int> {
    guard depth < Self.maximumDepth else { throw problem("nested too deeply") }
    let kind = try kind()
    let start = position
    switch kind {
    case .object:
      var more = try open(UInt8(ascii: "{"))
      while more {
        _ = try name()
        try skip(depth: depth + 1)
        more = try next(in: UInt8(ascii: "{"))
      }
    case .array:
      var more = try open(UInt8(ascii: "["))
      while more {
        try skip(depth: depth + 1)
        more = try next(in: UInt8(ascii: "["))
      }
    case .string: _ = try text()
    case .number: _ = try number()
    case .null: try null()
    case .bool: _ = try bool()
    }
    return start..<position
  }

  /// Whether a string without escapes is `word`.
  @inlinable public func equals(_ text: Text, _ word: StaticString) -> Bool {
    guard text.range.count == word.utf8CodeUnitCount else { return false }
    let start = word.utf8Start
    for offset in 0..<text.range.count where bytes[text.range.lowerBound + offset] != start[offset] { return false }
    return true
  }

  /// A string with its escapes resolved.
  public func string(_ text: Text) -> String {
    guard text.hasEscapes else { return string(text.range) }
    return String(decoding: unescaped(text), as: UTF8.self)
  }

  public func string(_ range: Range<Int>) -> String {
    String(decoding: UnsafeBufferPointer(rebasing: bytes[range]), as: UTF8.self)
  }

  private func unescaped(_ text: Text) -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(text.range.count)
    var place = text.range.lowerBound
    while place < text.range.upperBound {
      let byte = bytes[place]
      place += 1
      guard byte == UInt8(ascii: "\\") else {
        output.append(byte)
        continue
      }
      let escape = bytes[place]
      place += 1
      switch escape {
      case UInt8(ascii: "b"): output.append(0x08)
      case UInt8(ascii: "f"): output.append(0x0C)
      case UInt8(ascii: "n"): output.append(0x0A)
      case UInt8(ascii: "r"): output.append(0x0D)
      case UInt8(ascii: "t"): output.append(0x09)
      case UInt8(ascii: "u"): output.append(contentsOf: scalar(at: &place, end: text.range.upperBound).utf8)
      default: output.append(escape)
      }
    }
    return output
  }

  /// The scalar of the escape whose digits start at `place`, with the low surrogate that may follow.
  private func scalar(at place: inout Int, end: Int) -> String {
    let high = codeUnit(at: place)
    place += 4
    if (0xD800..<0xDC00).contains(high), place + 6 <= end, bytes[place] == UInt8(ascii: "\\"),
      bytes[place + 1] == UInt8(ascii: "u")
    {
      let low = codeUnit(at: place + 2)
      if (0xDC00..<0xE000).contains(low), let scalar = Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))
      {
        place += 6
        return String(Character(scalar))
      }
    }
    return String(Character(Unicode.Scalar(high) ?? "\u{FFFD}"))
  }

  @inlinable func codeUnit(at place: Int) -> UInt32 {
    (0..<4).reduce(0) { $0 << 4 | UInt32(Self.hexadecimal(bytes[place + $1]) ?? 0) }
  }

  @inlinable static func hexadecimal(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
