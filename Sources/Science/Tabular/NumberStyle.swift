package import WorkerContract

/// How the numbers of a file are written.
package enum NumberStyle: Sendable, Equatable {
  /// As `number(in:)` reads them: a decimal point and nothing between the thousands.
  case plain
  /// `1,234.5`, `1 234.5`, `1'234.5`
  case point
  /// `1.234,5`, `1 234,5`, `1'234,5`
  case comma

  package init(_ mark: DataSource.DecimalMark) { self = mark == .comma ? .comma : .point }

  /// What has to be said for the numbers to be read so; nil for plain ones.
  package var mark: DataSource.DecimalMark? {
    switch self {
    case .plain: nil
    case .point: .point
    case .comma: .comma
    }
  }

  package func number(in text: UnsafeBufferPointer<UInt8>) -> Double? {
    switch self {
    case .plain: Tabular.number(in: text)
    case .point: Tabular.number(in: text) ?? divided(text)
    case .comma: divided(text)
    }
  }

  package func number(in text: String) -> Double? {
    var text = text
    return text.withUTF8 { number(in: $0) }
  }

  private func divided(_ text: UnsafeBufferPointer<UInt8>) -> Double? {
    Self.rewritten(text, decimal: self == .comma ? UInt8(ascii: ",") : UInt8(ascii: ".")).flatMap { bytes in
      bytes.withUnsafeBufferPointer { Tabular.number(in: $0) }
    }
  }

  /// The number with a decimal point and without thousands separators, which must divide groups of three digits and be the
  /// same throughout; nil where it is none.
  fileprivate static func rewritten(_ text: UnsafeBufferPointer<UInt8>, decimal: UInt8) -> [UInt8]? {
    let text = ValueReading.trimmed(text)
    var output: [UInt8] = []
    var position = 0
    if position < text.count, text[position] == UInt8(ascii: "-") || text[position] == UInt8(ascii: "+") {
      output.append(text[position])
      position += 1
    }
    let first = position
    var group = 0
    var separator: [UInt8] = []
    while position < text.count {
      if (0x30...0x39).contains(text[position]) {
        output.append(text[position])
        group += 1
        position += 1
        continue
      }
      guard text[position] != decimal, let found = Self.separator(text, at: position) else { break }
      let isFirst = separator.isEmpty
      // Nobody divides the thousands of 0.123 or 1234.
      guard isFirst ? (1...3).contains(group) && text[first] != 0x30 : group == 3, isFirst || separator == found else {
        return nil
      }
      separator = found
      group = 0
      position += found.count
    }
    guard separator.isEmpty || group == 3 else { return nil }
    if position < text.count, text[position] == decimal {
      output.append(UInt8(ascii: "."))
      position += 1
    }
    while position < text.count {
      let byte = text[position]
      let isTail =
        (0x30...0x39).contains(byte) || byte | 0x20 == UInt8(ascii: "e") || byte == UInt8(ascii: "-")
        || byte == UInt8(ascii: "+")
      guard isTail else { return nil }
      output.append(byte)
      position += 1
    }
    return output
  }

  /// A comma, a point, an apostrophe or a blank, also one that keeps lines together.
  private static func separator(_ text: UnsafeBufferPointer<UInt8>, at position: Int) -> [UInt8]? {
    let marks: [[UInt8]] = [[0x2c], [0x2e], [0x27], [0x20], [0xc2, 0xa0], [0xe2, 0x80, 0xaf], [0xe2, 0x80, 0x99]]
    return marks.first { mark in
      position + mark.count <= text.count && mark.indices.allSatisfy { text[position + $0] == mark[$0] }
    }
  }
}

extension RawTable {
  /// How numbers are written in these columns: as the source's `decimal` says, else as the values show. `1.234` and `1,234` may
  /// be either; `12,5`, `1.234,5` and `1.234.567` have a decimal comma, `12.5`, `1,234.5` and `1,234,567` a point. Values of
  /// both kinds show nothing; so do decimal commas beside more values such as `1.234`.
  package func numberStyle(ofColumns columns: [Int], missing: MissingTexts) -> NumberStyle {
    if let decimal { return NumberStyle(decimal) }
    guard isFile else { return .plain }
    var all = NumberEvidence()
    // Nearly always all numbers are plain; then no more is looked at.
    let isDivided = columns.contains { column in
      var found = false
      forEachCell(ofColumn: column) { _, text in found = found || NumberEvidence.isDivided(text) }
      return found
    }
    guard isDivided else { return .plain }
    for column in columns {
      var own = NumberEvidence()
      forEachCell(ofColumn: column) { _, text in if !missing.contains(text) { own.note(text) } }
      if own.isOfNumbers { all.add(own) }
    }
    if all.point > 0 { return all.comma == 0 && all.divided > 0 ? .point : .plain }
    if all.comma > 0 { return all.either <= all.comma ? .comma : .plain }
    return all.grouped > 0 ? .point : .plain
  }
}

/// What the values of a column show about the way in which numbers are written.
private struct NumberEvidence {
  /// Values that have a decimal point, a decimal comma, or neither but blanks between thousands.
  var point = 0
  var comma = 0
  var grouped = 0
  /// Values such as `1.234`, which number(in:) reads.
  var either = 0
  /// Values that only a style reads.
  var divided = 0
  private var numbers = 0
  private var others = 0

  var isOfNumbers: Bool { numbers > 0 && others <= max(1, numbers / 20) }

  /// Whether the text may be a number that is not plain: with digits, and marks that no plain number has.
  static func isDivided(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    var (points, marks, digits) = (0, 0, 0)
    for byte in text {
      switch byte {
      case 0x30...0x39: digits += 1
      case 0x2e: points += 1
      case 0x2c, 0x27, 0x20, 0xa0, 0xaf, 0x99: marks += 1
      default: break
      }
    }
    return digits > 0 && (marks > 0 || points > 1)
  }

  mutating func note(_ text: UnsafeBufferPointer<UInt8>) {
    let isPlain = number(in: text) != nil
    let hasMark = text.contains { $0 == 0x2e || $0 == 0x2c }
    if isPlain, !hasMark {
      numbers += 1
      return
    }
    let isPoint = isPlain || NumberStyle.point.number(in: text) != nil
    let isComma = NumberStyle.comma.number(in: text) != nil
    guard isPoint || isComma else {
      others += 1
      return
    }
    numbers += 1
    if !isPlain { divided += 1 }
    if !hasMark {
      grouped += 1
    } else if isPoint, isComma {
      if isPlain { either += 1 }
    } else if isPoint {
      point += 1
    } else {
      comma += 1
    }
  }

  mutating func add(_ other: Self) {
    point += other.point
    comma += other.comma
    grouped += other.grouped
    either += other.either
    divided += other.divided
  }
}
