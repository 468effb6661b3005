/// How a CSV file is written.
package struct CSVOptions: Sendable, Equatable {
  /// The byte between fields; found in the first lines where nil.
  package var delimiter: UInt8?
  /// Field texts that mean a missing value, besides the empty one.
  package var missing: [String]

  package init(delimiter: UInt8? = nil, missing: [String] = []) {
    self.delimiter = delimiter
    self.missing = missing
  }
}

/// Why bytes are no CSV.
package enum CSVError: Error, Equatable, Sendable, CustomStringConvertible {
  case noHeader
  case duplicateColumn(String)
  case raggedRow(line: Int, fields: Int, expected: Int)
  case openQuote(line: Int)
  case textAfterQuote(line: Int)
  /// With the name of the encoding that the bytes look like.
  case notUTF8(line: Int, encoding: String)
  /// Another kind of file, by its first bytes.
  case otherForm(String)
  case tooLarge(bytes: Int)

  package var description: String {
    switch self {
    case .noHeader: "the file is empty: its first line must name the columns"
    case .duplicateColumn(let name): "the first line names column '\(name)' twice: rename one of them"
    case .raggedRow(let line, let fields, let expected):
      "line \(line) has \(fields) \(fields == 1 ? "field" : "fields") where the header has \(expected): "
        + "quote fields that contain the delimiter, or mend the line"
    case .openQuote(let line): "the quoted field that begins at line \(line) is never closed: add the closing quote"
    case .textAfterQuote(let line):
      "line \(line) has text after a closing quote: write a quote inside a quoted field twice"
    case .notUTF8(let line, let encoding):
      "line \(line) is not UTF-8 but looks like \(encoding): save the file in UTF-8"
    case .otherForm("gzip"): "the file is compressed with gzip: unpack it (gunzip) and name the CSV file"
    case .otherForm(let form): "the file is \(form), not CSV: save the table as CSV in UTF-8"
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
    if let form = FileForm.named(csv) { throw .otherForm(form) }
    if FileForm.isUTF16(csv) { throw .notUTF8(line: 1, encoding: "UTF-16") }
    let (invalid, delimiter) = csv.withUnsafeBufferPointer { bytes -> (CSVError?, UInt8) in
      guard let place = FileForm.firstNotUTF8(bytes) else {
        return (nil, options.delimiter ?? FileForm.delimiter(bytes))
      }
      let line = 1 + bytes[..<place].count { $0 == UInt8(ascii: "\n") }
      return (.notUTF8(line: line, encoding: FileForm.encoding(bytes)), 0)
    }
    if let invalid { throw invalid }
    var scanner = CSVScanner(delimiter: delimiter, options: options, capacity: csv.count)
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

  init(delimiter: UInt8, options: CSVOptions, capacity: Int) {
    self.delimiter = delimiter
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

  /// Takes blanks away from both ends of the field that was copied last.
  private mutating func trimField() {
    let start = Int(ends.last ?? 0)
    guard let first = bytes[start...].first, let last = bytes.last else { return }
    let mayBeBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 || byte == 0xc2 || byte == 0xa0 }
    guard mayBeBlank(first) || mayBeBlank(last) else { return }
    let trimmed = bytes[start...].withUnsafeBufferPointer { Array(ValueReading.trimmed($0)) }
    bytes.replaceSubrange(start..., with: trimmed)
  }

  private mutating func endField() {
    trimField()
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
    // What spreadsheets leave below a table: delimiters only, which are no row, as a blank line is none.
    let start = ends.count - fieldsInRow
    if fieldsInRow > 1, Int(ends.last ?? 0) == (start == 0 ? 0 : Int(ends[start - 1])) {
      ends.removeLast(fieldsInRow)
      return nil
    }
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
      guard let text = String(validating: bytes[start..<Int(end)], as: UTF8.self) else {
        return .notUTF8(line: line, encoding: "Latin-1")
      }
      let trimmed = ValueReading.trimmed(text)
      // As pandas names them: the row numbers that other programs put in front, or an empty column behind.
      let name = trimmed.isEmpty ? "\(RawTable.unnamed)\(position)" : trimmed
      if names.contains(name) { return .duplicateColumn(name) }
      names.append(name)
      start = Int(end)
    }
    header = names
    bytes.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
    ends.reserveCapacity(names.count * 1024)
    return nil
  }
}
