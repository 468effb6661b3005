internal import JSON

/// What a plain scalar means: the table and number formats of go-yaml v2, which kubectl and the API server read with. `yes`,
/// `on` and `y` are true, `0777` is octal, times stay texts.
enum YAMLScalar {
  static func value(_ text: String) -> JSONValue {
    switch text {
    case "", "~", "null", "Null", "NULL": return .null
    case "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON": return .bool(true)
    case "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF": return .bool(false)
    case ".nan", ".NaN", ".NAN": return .number(.nan)
    case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF": return .number(.infinity)
    case "-.inf", "-.Inf", "-.INF": return .number(-.infinity)
    default: break
    }
    guard let first = text.utf8.first, first == 0x2B || first == 0x2D || first == 0x2E || (0x30...0x39).contains(first)
    else { return .string(text) }
    let digits = text.replacing("_", with: "")
    if let integer = integer(digits) { return .integer(integer) }
    if isFloat(digits), let number = Double(digits) {
      // As JSON writes it: 08 and 1e3 are whole.
      return Int64(exactly: number).map(JSONValue.integer) ?? .number(number)
    }
    return .string(text)
  }

  /// Go's `strconv.ParseInt(text, 0, 64)`.
  private static func integer(_ text: String) -> Int64? {
    var digits = Substring(text)
    let isNegative = digits.first == "-"
    if isNegative || digits.first == "+" { digits = digits.dropFirst() }
    let lower = digits.prefix(2).lowercased()
    let radix: Int
    switch lower {
    case "0x": radix = 16
    case "0o": radix = 8
    case "0b": radix = 2
    default: radix = digits.first == "0" && digits.count > 1 ? 8 : 10
    }
    if ["0x", "0o", "0b"].contains(lower) { digits = digits.dropFirst(2) }
    guard let first = digits.first, first != "-", first != "+" else { return nil }
    return Int64((isNegative ? "-" : "") + digits, radix: radix)
  }

  /// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
  private static func isFloat(_ text: String) -> Bool {
    var rest = text.utf8[...]
    func skipDigits() -> Int {
      let count = rest.prefix { (0x30...0x39).contains($0) }.count
      rest = rest.dropFirst(count)
      return count
    }
    if rest.first == 0x2B || rest.first == 0x2D { rest = rest.dropFirst() }
    let whole = skipDigits()
    if rest.first == 0x2E {
      rest = rest.dropFirst()
      guard skipDigits() > 0 || whole > 0 else { return false }
    } else if whole == 0 {
      return false
    }
    if let mark = rest.first, mark | 0x20 == 0x65 {
      rest = rest.dropFirst()
      if rest.first == 0x2B || rest.first == 0x2D { rest = rest.dropFirst() }
      guard skipDigits() > 0 else { return false }
    }
    return rest.isEmpty
  }
}
