/// A query for PostgreSQL as a person wrote it, with the parameter `$since` for the start of the window.
///
/// Quotes and comments follow PostgreSQL's lexical rules (documentation, "Lexical Structure"): a parameter stands only outside of
/// both. `\` is plain text in a quoted text, save in one that begins with E.
public struct QueryText: Sendable, Equatable {
  /// What a person wrote where a parameter is meant and none can be.
  public enum Flaw: Sendable, Equatable, CustomStringConvertible {
    /// The parameter stands in quotes only, where it is text.
    case quoted(String)
    /// A name that is no parameter, as it was written.
    case unknown(String)

    public var description: String {
      switch self {
      case .quoted(let quoted): "has $since in quotes, where it is text: \(quoted)"
      case .unknown(let name): "has \(name), which is no parameter"
      }
    }

    public var mend: String {
      switch self {
      case .quoted: "write $since without quotes, as in created_at >= $since"
      case .unknown: "write $since, the only parameter, for the start of the window"
      }
    }
  }

  /// As PostgreSQL takes it: `$1` in place of `$since`.
  public let statement: String
  public let takesSince: Bool
  public let flaws: [Flaw]

  public init(_ text: String) {
    var scan = Scan(text)
    scan.run()
    statement = String(decoding: scan.output, as: UTF8.self)
    takesSince = scan.takesSince
    // Beside a real parameter the same letters in quotes are text that is meant so, and `$1` is another name for it.
    flaws =
      scan.takesSince
      ? scan.unknown.map { .unknown($0) }
      : scan.quoted.map { .quoted($0) } + (scan.unknown + scan.numbers).map { .unknown($0) }
  }

  /// A message of PostgreSQL in the words of the query: `$since` in place of `$1`.
  public func inItsWords(_ message: String) -> String {
    guard takesSince else { return message }
    return message.replacing(/\$1(?![0-9])/, with: "$since")
  }
}

/// One pass over the bytes of a query.
private struct Scan {
  private let text: [UInt8]
  private var place = 0
  private(set) var output: [UInt8] = []
  private(set) var takesSince = false
  private(set) var quoted: [String] = []
  private(set) var unknown: [String] = []
  private(set) var numbers: [String] = []

  private static let since = Array("$since".utf8)
  /// How other tools write a parameter of this name.
  private static let foreign = [":since", "${since}", "%(since)s", "{{since}}", "{{ since }}", "@since"].map {
    Array($0.utf8)
  }

  init(_ text: String) { self.text = Array(text.utf8) }

  mutating func run() {
    while place < text.count {
      let start = place
      switch text[place] {
      case UInt8(ascii: "'"), UInt8(ascii: "\""): quote(from: start, hasEscapes: false)
      case UInt8(ascii: "-") where starts(with: "--"):
        copy(to: text[place...].firstIndex { $0 == 10 || $0 == 13 } ?? text.count)
      case UInt8(ascii: "/") where starts(with: "/*"): comment()
      case UInt8(ascii: "$"): dollar()
      case let byte where Self.beginsName(byte): name()
      default:
        if !foreignParameter() { copy(to: place + 1) }
      }
    }
  }

  private mutating func copy(to end: Int) {
    output += text[place..<end]
    place = end
  }

  private func starts(with word: String) -> Bool { text[place...].starts(with: word.utf8) }

  private static func beginsName(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || byte == UInt8(ascii: "_") || byte >= 0x80
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

  private func endOfName(from start: Int) -> Int {
    text[start...].firstIndex { !Self.beginsName($0) && !Self.isDigit($0) } ?? text.count
  }

  /// A name goes on over `$`; one that is an E opens a text with escapes.
  private mutating func name() {
    let start = place
    let end =
      text[start...].firstIndex { !Self.beginsName($0) && !Self.isDigit($0) && $0 != UInt8(ascii: "$") } ?? text.count
    copy(to: end)
    guard end - start == 1, text[start] | 0x20 == UInt8(ascii: "e"), end < text.count, text[end] == UInt8(ascii: "'")
    else {
      return
    }
    quote(from: end, hasEscapes: true)
  }

  private mutating func quote(from start: Int, hasEscapes: Bool) {
    let mark = text[start]
    var end = start + 1
    while end < text.count {
      if hasEscapes, text[end] == UInt8(ascii: "\\") {
        end += 2
      } else if text[end] != mark {
        end += 1
      } else if end + 1 < text.count, text[end + 1] == mark {
        end += 2
      } else {
        end += 1
        break
      }
    }
    end = min(end, text.count)
    note(start..<end)
    copy(to: end)
  }

  private mutating func note(_ range: Range<Int>) {
    guard range.count < 200, holdsSince(range) else { return }
    quoted.append(String(decoding: text[range], as: UTF8.self))
  }

  private func holdsSince(_ range: Range<Int>) -> Bool {
    range.contains { text[$0..<range.upperBound].starts(with: Self.since) }
  }

  /// Comments nest.
  private mutating func comment() {
    var depth = 0
    var end = place
    repeat {
      if text[end...].starts(with: "/*".utf8) {
        depth += 1
        end += 2
      } else if text[end...].starts(with: "*/".utf8) {
        depth -= 1
        end += 2
      } else {
        end += 1
      }
    } while depth > 0 && end < text.count
    copy(to: min(end, text.count))
  }

  /// A parameter, or a text between two equal tags such as `$$` and `$body$`.
  private mutating func dollar() {
    if foreignParameter() { return }
    let start = place
    let end = endOfName(from: start + 1)
    if end < text.count, text[end] == UInt8(ascii: "$"), start + 1 == end || Self.beginsName(text[start + 1]) {
      let tag = text[start...end]
      if let close = text[(end + 1)...].firstRange(of: tag) {
        note(start..<close.upperBound)
        copy(to: close.upperBound)
        return
      }
    }
    let written = text[start..<end]
    if written.elementsEqual(Self.since) {
      takesSince = true
      output += Array("$1".utf8)
      place = end
      return
    }
    if written.count > 1 {
      let name = String(decoding: written, as: UTF8.self)
      if Self.isDigit(text[start + 1]) { numbers.append(name) } else { unknown.append(name) }
    }
    copy(to: end)
  }

  /// A parameter in the form of another tool, which PostgreSQL would call a syntax error.
  private mutating func foreignParameter() -> Bool {
    guard let form = Self.foreign.first(where: { text[place...].starts(with: $0) }) else { return false }
    // `::since` is a type, and `:since_day` not of this name.
    if text[place] == UInt8(ascii: ":"), place > 0, text[place - 1] == UInt8(ascii: ":") { return false }
    let end = place + form.count
    if end < text.count, Self.beginsName(form[form.count - 1]), Self.beginsName(text[end]) || Self.isDigit(text[end]) {
      return false
    }
    unknown.append(String(decoding: form, as: UTF8.self))
    copy(to: end)
    return true
  }
}
