/// How a text becomes a value: the one set of rules by which files, queries, requests, labels, logs and checks are read.
package enum ValueReading {
  /// Without spaces, tabs and no-break spaces (U+00A0) at both ends.
  package static func trimmed(_ text: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
    var (start, end) = (0, text.count)
    while start < end {
      if isBlank(text[start]) {
        start += 1
      } else if end - start >= 2, text[start] == 0xc2, text[start + 1] == 0xa0 {
        start += 2
      } else {
        break
      }
    }
    while start < end {
      if isBlank(text[end - 1]) {
        end -= 1
      } else if end - start >= 2, text[end - 1] == 0xa0, text[end - 2] == 0xc2 {
        end -= 2
      } else {
        break
      }
    }
    return start == 0 && end == text.count ? text : UnsafeBufferPointer(rebasing: text[start..<end])
  }

  package static func trimmed(_ text: String) -> String {
    var text = text
    return text.withUTF8 { String(decoding: trimmed($0), as: UTF8.self) }
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

  /// Texts that mean a missing value where the schema names none. An empty text always means one.
  package static let missing = [
    "NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "None", "?", "-",
  ]

  /// What two spellings of one level have in common: the value where it is a number (`1`, `1.0`, `1e0`) or a truth value
  /// (`true`, `True`, `t`), else the text. Texts are compared as `String` compares them, so that two Unicode forms of a word are one.
  /// A number with leading zeros (`02134`) is a code, equal to nothing but itself.
  package static func identity(_ text: UnsafeBufferPointer<UInt8>) -> String {
    let text = trimmed(text)
    if let truth = truth(text) { return truth ? "true" : "false" }
    // From 2^53 on a Double does not tell apart whole numbers: 2^53 + 1 reads as 2^53.
    if !isCode(text), let value = number(in: text), abs(value) <= 9_007_199_254_740_991 { return numberText(value) }
    return String(decoding: text, as: UTF8.self)
  }

  package static func identity(_ text: String) -> String {
    var text = text
    return text.withUTF8 { identity($0) }
  }

  /// Whether digits follow a leading zero, as in a postal code: no number is written so.
  package static func isCode(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    guard let first = text.first else { return false }
    let start = first == UInt8(ascii: "-") || first == UInt8(ascii: "+") ? 1 : 0
    return text.count > start + 1 && text[start] == 0x30 && (0x30...0x39).contains(text[start + 1])
  }

  package static func isCode(_ text: String) -> Bool {
    var text = text
    return text.withUTF8 { isCode($0) }
  }

  private static func truth(_ text: UnsafeBufferPointer<UInt8>) -> Bool? {
    switch text.count {
    case 1: text[0] | 0x20 == UInt8(ascii: "t") ? true : text[0] | 0x20 == UInt8(ascii: "f") ? false : nil
    case 4: spells(text, "true") ? true : nil
    case 5: spells(text, "false") ? false : nil
    default: nil
    }
  }

  private static func spells(_ text: UnsafeBufferPointer<UInt8>, _ word: StaticString) -> Bool {
    for position in 0..<text.count where text[position] | 0x20 != word.utf8Start[position] { return false }
    return true
  }

  /// Whether the text is a whole number beyond 2^53, where a Double does not tell neighbours apart.
  package static func isBeyondDoubles(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    guard text.count >= 16 else { return false }
    let digits = text[0] == UInt8(ascii: "-") || text[0] == UInt8(ascii: "+") ? text.dropFirst() : text[...]
    guard digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return false }
    return digits.drop { $0 == 0x30 }.count > 16 || abs(number(in: text) ?? 0) > 9_007_199_254_740_991
  }

  /// What keeps a text such as `3/1/2025` from being a time, and the mend.
  static func nearTime(_ text: String) -> String? {
    let parts = text.prefix { $0 != " " && $0 != "T" }.split(omittingEmptySubsequences: false) {
      $0 == "/" || $0 == "-"
    }
    guard parts.count == 3, parts.allSatisfy({ (1...4).contains($0.count) && $0.allSatisfy(\.isNumber) }),
      timestamp(in: text) == nil
    else { return nil }
    return "write the year first, as in 2025-03-01: day and month look alike"
  }

  /// What keeps a text from being the number that a person sees in it, and the mend; nil where no number is seen.
  static func nearNumber(_ text: String) -> String? {
    let digits = text.utf8.contains { (0x30...0x39).contains($0) }
    guard digits else { return nil }
    if text.unicodeScalars.contains(where: { $0.properties.generalCategory == .currencySymbol }) {
      return "take the currency sign away"
    }
    if text.hasSuffix("%") { return "take the percent sign away" }
    let isNumberlike = text.utf8.allSatisfy { (0x2b...0x2e).contains($0) || (0x30...0x39).contains($0) || $0 == 0x20 }
    guard isNumberlike, text.utf8.contains(UInt8(ascii: ",")) else { return nil }
    let groups = text.split(separator: ",", omittingEmptySubsequences: false)
    let isThousands =
      groups.count > 2
      || groups.count == 2 && text.contains(".")
        && text.firstIndex(of: ",") ?? text.endIndex < text.firstIndex(of: ".") ?? text.startIndex
    return isThousands ? "write numbers without thousands separators" : "write a decimal point in place of the comma"
  }
}

/// The texts that mean a missing value in one column.
package struct MissingTexts: Sendable {
  private let texts: [[UInt8]]
  private let longest: Int
  /// Those that are numbers, such as -999, which mean a missing value however they are written.
  private let numbers: [Double]

  /// - Parameters:
  ///   - texts: The schema's list; the default where nil.
  ///   - listed: Levels that the schema names, which stay levels.
  package init(_ texts: [String]?, besides listed: [String] = []) {
    let levels = Set(listed.map { ValueReading.identity($0) })
    let kept = (texts ?? ValueReading.missing).filter { !levels.contains(ValueReading.identity($0)) }
    self.texts = kept.map { Array($0.utf8) }
    numbers = kept.compactMap { ValueReading.isCode($0) ? nil : number(in: $0) }
    longest = self.texts.map(\.count).max() ?? 0
  }

  /// Whether the text is empty, blank or one of them.
  package func contains(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    if text.isEmpty { return true }
    let text = ValueReading.trimmed(text)
    if text.isEmpty { return true }
    if text.count <= longest, texts.contains(where: { $0.count == text.count && $0.elementsEqual(text) }) {
      return true
    }
    guard hasNumbers, !ValueReading.isCode(text), let value = number(in: text) else { return false }
    return contains(value)
  }

  package var hasNumbers: Bool { !numbers.isEmpty }

  package func contains(_ number: Double) -> Bool { numbers.contains(number) }

  package func contains(_ text: String) -> Bool {
    var text = text
    return text.withUTF8 { contains($0) }
  }
}
