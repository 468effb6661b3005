internal import JSON

/// Writes block style with two spaces of indentation, lists at the level of their key.
struct YAMLWriter {
  private(set) var text = ""

  mutating func write(_ node: YAMLNode) {
    switch node {
    case .scalar(let value): text += Self.flow(value) + "\n"
    case .inline(let value): text += Self.flow(value) + "\n"
    case .list(let elements): write(elements, indent: 0)
    case .map(let fields): write(fields, indent: 0, isInElement: false)
    }
  }

  private mutating func write(_ elements: [YAMLNode], indent: Int) {
    for element in elements {
      text += String(repeating: " ", count: indent) + "-"
      switch element {
      case .map(let fields) where !fields.isEmpty && fields[0].above == nil:
        text += " "
        write(fields, indent: indent + 2, isInElement: true)
      case .map(let fields) where !fields.isEmpty:
        text += "\n"
        write(fields, indent: indent + 2, isInElement: false)
      case .list(let nested) where !nested.isEmpty:
        text += "\n"
        write(nested, indent: indent + 2)
      default: write(leaf: element, indent: indent + 2, comment: nil)
      }
    }
  }

  /// - Parameter isInElement: the first key stands behind a list's dash.
  private mutating func write(_ fields: [YAMLField], indent: Int, isInElement: Bool) {
    let margin = String(repeating: " ", count: indent)
    for (index, field) in fields.enumerated() {
      if let above = field.above {
        for line in Self.commentLines(above) {
          text += line.isEmpty ? "\(margin)#\n" : "\(margin)# \(line)\n"
        }
      }
      text += (isInElement && index == 0 ? "" : margin) + Self.scalar(.string(field.key)) + ":"
      switch field.value {
      case .map(let nested) where !nested.isEmpty:
        endLine(field.behind)
        write(nested, indent: indent + 2, isInElement: false)
      case .list(let nested) where !nested.isEmpty:
        endLine(field.behind)
        write(nested, indent: indent)
      default: write(leaf: field.value, indent: indent + 2, comment: field.behind)
      }
    }
  }

  /// The comment by lines, none of which ends early: readers end a comment at CR, U+0085, U+2028 and U+2029 too, and refuse other
  /// control characters. By scalars, as CR LF is one character.
  static func commentLines(_ comment: String) -> [String] {
    var lines = [""]
    for scalar in comment.unicodeScalars {
      switch scalar {
      case "\n": lines.append("")
      case "\t": lines[lines.count - 1] += " "
      case _ where scalar.properties.generalCategory == .control, "\u{2028}", "\u{2029}", "\u{feff}":
        lines[lines.count - 1] += " "
      default: lines[lines.count - 1].unicodeScalars.append(scalar)
      }
    }
    return lines
  }

  private mutating func endLine(_ comment: String?) {
    if let comment { text += "  # " + Self.commentLines(comment).joined(separator: " ") }
    text += "\n"
  }

  private mutating func write(leaf node: YAMLNode, indent: Int, comment: String?) {
    switch node {
    case .scalar(.string(let string)) where Self.isBlock(string):
      let lines = string.split(separator: "\n", omittingEmptySubsequences: false)
      let isEnded = string.hasSuffix("\n")
      text += isEnded ? (string.hasSuffix("\n\n") ? " |+" : " |") : " |-"
      endLine(comment)
      for line in isEnded ? lines.dropLast() : lines[...] {
        text += line.isEmpty ? "\n" : String(repeating: " ", count: indent) + line + "\n"
      }
    case .scalar(let value), .inline(let value):
      text += " " + Self.flow(value)
      endLine(comment)
    case .list: text += " []\n"
    case .map: text += " {}\n"
    }
  }

  /// Whether a text reads well, and exactly, as a literal block.
  private static func isBlock(_ text: String) -> Bool {
    guard text.contains("\n"), let first = text.first, first != " ", first != "\n" else { return false }
    return text.unicodeScalars.allSatisfy { $0 == "\n" || $0 == "\t" || isPrintable($0) }
  }

  private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x20..<0x7F, 0xA0..<0xD800, 0xE000..<0xFEFF, 0xFF00..<0xFFFE, 0x10000...0x10FFFF:
      scalar.value != 0x2028 && scalar.value != 0x2029
    default: false
    }
  }

  private static func flow(_ value: JSONValue) -> String {
    switch value {
    case .array(let elements): "[" + elements.map(flow).joined(separator: ", ") + "]"
    case .object(let members):
      "{"
        + members.sorted { (YAMLNode.rank($0.key), $0.key) < (YAMLNode.rank($1.key), $1.key) }
        .map { "\(scalar(.string($0.key))): \(flow($0.value))" }.joined(separator: ", ") + "}"
    default: scalar(value)
    }
  }

  private static func scalar(_ value: JSONValue) -> String {
    guard case .string(let text) = value else { return value.text }
    return isSafePlain(text) ? text : quoted(text)
  }

  /// Plain only where every YAML reader takes it for a text, also inside `{}` and `[]`.
  private static func isSafePlain(_ text: String) -> Bool {
    guard case .string = YAMLScalar.value(text), let first = text.unicodeScalars.first, text.last != " ",
      text.last != ":"
    else { return false }
    guard first.isLetterOrUnderscore || first == "/" || first == "." || first.isDigit else { return false }
    // What begins like a number may be one to other readers: times, sexagesimals, versions.
    if first.isDigit || first == "." {
      guard text.unicodeScalars.contains(where: \.isLetterOrUnderscore), !looksLikeTime(text) else { return false }
    }
    if text.hasPrefix("...") { return false }
    guard !["=", "<<"].contains(text), !text.contains(": "), !text.contains(" #") else { return false }
    return text.unicodeScalars.allSatisfy { isPrintable($0) && !",[]{}\"".unicodeScalars.contains($0) }
  }

  private static func looksLikeTime(_ text: String) -> Bool {
    let digits = text.utf8.prefix(10)
    return digits.count == 10 && digits.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2D }
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case "\r": result += "\\r"
      default:
        if isPrintable(scalar) {
          result.unicodeScalars.append(scalar)
        } else {
          let digits = String(scalar.value, radix: 16)
          result += "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
        }
      }
    }
    return result + "\""
  }
}

extension Unicode.Scalar {
  fileprivate var isDigit: Bool { ("0"..."9").contains(self) }
  fileprivate var isLetterOrUnderscore: Bool {
    ("a"..."z").contains(self) || ("A"..."Z").contains(self) || self == "_" || value >= 0xA1
  }
}
