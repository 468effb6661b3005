/// How a CSV file is written.
package struct CSVOptions: Sendable, Equatable {
  /// One byte between fields.
  package var delimiter: UInt8
  /// Field texts that mean a missing value, besides the empty one.
  package var missing: [String]

  package init(delimiter: UInt8 = UInt8(ascii: ","), missing: [String] = []) {
    self.delimiter = delimiter
    self.missing = missing
  }
}

/// Why bytes are no CSV.
package enum CSVError: Error, Equatable, Sendable, CustomStringConvertible {
  case noHeader
  case emptyColumnName(position: Int)
  case duplicateColumn(String)
  case raggedRow(line: Int, fields: Int, expected: Int)
  case openQuote(line: Int)
  case textAfterQuote(line: Int)
  case notUTF8(line: Int)
  case tooLarge(bytes: Int)
  /// The header is one field and holds a byte by which other programs separate fields.
  case otherDelimiter(name: String)

  package var description: String {
    switch self {
    case .noHeader: "the file is empty: its first line must name the columns"
    case .emptyColumnName(let position): "column \(position) has no name in the first line: give it one"
    case .duplicateColumn(let name): "the first line names column '\(name)' twice: rename one of them"
    case .raggedRow(let line, let fields, let expected):
      "line \(line) has \(fields) \(fields == 1 ? "field" : "fields") where the header has \(expected): "
        + "quote fields that contain the delimiter, or mend the line"
    case .openQuote(let line): "the quoted field that begins at line \(line) is never closed: add the closing quote"
    case .textAfterQuote(let line):
      "line \(line) has text after a closing quote: write a quote inside a quoted field twice"
    case .notUTF8(let line): "line \(line) is not UTF-8: save the file in UTF-8"
    case .otherDelimiter(let name):
      "the fields are separated by \(name): save the file with commas between them"
    case .tooLarge(let bytes): "\(bytes) bytes are more than the 4 GiB one file may have: split it, or use a query"
    }
  }
}

extension RawTable {
  /// Reads comma-separated values as RFC 4180 describes them: the first line names the columns; quoted fields may
  /// contain delimiters, line ends and doubled quotes; lines end with LF, CRLF or CR; a byte order mark and blank lines
  /// are skipped. Every row must have as many fields as the header.
  package init(csv: [UInt8], options: CSVOptions = CSVOptions()) throws(CSVError) {
    guard csv.count < Self.maximumBytes else { throw .tooLarge(bytes: csv.count) }
    var scanner = CSVScanner(options: options, capacity: csv.count)
    if let failure = csv.withUnsafeBufferPointer({ scanner.scan($0) }) { throw failure }
    guard let header = scanner.header else { throw .noHeader }
    self.init(header: header, place: "line", bytes: scanner.bytes, ends: scanner.ends, lines: scanner.lines)
  }
}

/// Walks over the bytes once and copies field contents behind each other.
private struct CSVScanner {
  let delimiter: UInt8
  let markers: [[UInt8]]
  var bytes: [UInt8] = []
  var ends: [UInt32] = []
  var lines: [UInt32] = []
  var header: [String]?

  private var line = 1
  private var fieldsInRow = 0

  init(options: CSVOptions, capacity: Int) {
    delimiter = options.delimiter
    markers = options.missing.map { Array($0.utf8) }
    bytes.reserveCapacity(capacity)
  }

  private static let quote = UInt8(ascii: "\"")
  private static let lineFeed = UInt8(ascii: "\n")
  private static let carriageReturn = UInt8(ascii: "\r")

  /// Returns why the bytes are no CSV, or nil.
  mutating func scan(_ input: UnsafeBufferPointer<UInt8>) -> CSVError? {
    guard let base = input.baseAddress else { return nil }
    let quote = Self.quote
    let lineFeed = Self.lineFeed
    let carriageReturn = Self.carriageReturn
    let delimiter = delimiter
    let greatestEnd = max(delimiter, carriageReturn)
    let count = input.count
    var position = count >= 3 && base[0] == 0xef && base[1] == 0xbb && base[2] == 0xbf ? 3 : 0
    var rowLine = 1
    var fieldEnded = false

    while position < count {
      let first = base[position]
      if fieldsInRow == 0, !fieldEnded, first == lineFeed || first == carriageReturn {
        position = afterLineEnd(base, position, count)
        rowLine = line
        continue
      }
      if first == quote {
        let openedAt = line
        position += 1
        var start = position
        while true {
          guard position < count else { return .openQuote(line: openedAt) }
          let byte = base[position]
          if byte == quote {
            append(base + start, position - start)
            if position + 1 < count, base[position + 1] == quote {
              start = position + 1
              position += 2
              continue
            }
            position += 1
            break
          }
          if byte == lineFeed { line += 1 }
          position += 1
        }
        if position < count {
          let next = base[position]
          guard next == delimiter || next == lineFeed || next == carriageReturn else {
            return .textAfterQuote(line: line)
          }
        }
      } else {
        let start = position
        while position < count {
          let byte = base[position]
          // Most bytes are above the three that end a field.
          if byte <= greatestEnd, byte == delimiter || byte == lineFeed || byte == carriageReturn { break }
          position += 1
        }
        append(base + start, position - start)
      }
      endField()
      fieldEnded = false
      if position >= count { break }
      if base[position] == delimiter {
        position += 1
        fieldEnded = true
        // A delimiter at the very end leaves one last empty field.
        if position >= count || base[position] == lineFeed || base[position] == carriageReturn {
          endField()
          fieldEnded = false
        } else {
          continue
        }
      }
      if let failure = endRow(line: rowLine) { return failure }
      if position < count { position = afterLineEnd(base, position, count) }
      rowLine = line
    }
    return fieldsInRow > 0 ? endRow(line: rowLine) : nil
  }

  private mutating func afterLineEnd(_ base: UnsafePointer<UInt8>, _ position: Int, _ count: Int) -> Int {
    line += 1
    let isPair = base[position] == Self.carriageReturn && position + 1 < count && base[position + 1] == Self.lineFeed
    return position + (isPair ? 2 : 1)
  }

  private mutating func append(_ start: UnsafePointer<UInt8>, _ count: Int) {
    if count > 0 { bytes.append(contentsOf: UnsafeBufferPointer(start: start, count: count)) }
  }

  private mutating func endField() {
    if !markers.isEmpty, header != nil {
      let start = Int(ends.last ?? 0)
      for marker in markers where bytes.count - start == marker.count && bytes[start...].elementsEqual(marker) {
        bytes.removeLast(marker.count)
        break
      }
    }
    ends.append(UInt32(bytes.count))
    fieldsInRow += 1
  }

  private mutating func endRow(line: Int) -> CSVError? {
    defer { fieldsInRow = 0 }
    guard let header else { return endHeader() }
    guard fieldsInRow == header.count else {
      return .raggedRow(line: line, fields: fieldsInRow, expected: header.count)
    }
    lines.append(UInt32(line))
    return nil
  }

  private mutating func endHeader() -> CSVError? {
    var names: [String] = []
    var start = 0
    for (position, end) in ends.enumerated() {
      guard let text = String(validating: bytes[start..<Int(end)], as: UTF8.self) else { return .notUTF8(line: line) }
      let name = String(text.trimmed)
      if name.isEmpty { return .emptyColumnName(position: position + 1) }
      if names.contains(name) { return .duplicateColumn(name) }
      names.append(name)
      start = Int(end)
    }
    if names.count == 1, delimiter == UInt8(ascii: ",") {
      let separators: [(Character, String)] = [(";", "semicolons"), ("\t", "tabs"), ("|", "'|'")]
      if let (_, separator) = separators.first(where: { names[0].contains($0.0) }) {
        return .otherDelimiter(name: separator)
      }
    }
    header = names
    bytes.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
    ends.reserveCapacity(names.count * 1024)
    return nil
  }
}

extension StringProtocol {
  /// Without spaces and tabs at both ends.
  var trimmed: SubSequence {
    let isSpace = { (character: Character) in character == " " || character == "\t" }
    guard let first = firstIndex(where: { !isSpace($0) }), let last = lastIndex(where: { !isSpace($0) }) else {
      return self[endIndex...]
    }
    return self[first...last]
  }
}
