package import WorkerContract
import Values

/// How a CSV file is written.
package struct CSVOptions: Sendable, Equatable {
  /// The byte between fields; found in the first lines where nil.
  package var delimiter: UInt8?
  /// Field texts that mean a missing value, besides the empty one.
  package var missing: [String]
  /// How letters are written; UTF-8 where nil.
  package var encoding: FeatureSchema.Encoding?
  /// What stands before the fraction of a number; found in the numbers where nil.
  package var decimal: DataSource.DecimalMark?

  package init(
    delimiter: UInt8? = nil, missing: [String] = [], encoding: FeatureSchema.Encoding? = nil,
    decimal: DataSource.DecimalMark? = nil
  ) {
    self.delimiter = delimiter
    self.missing = missing
    self.encoding = encoding
    self.decimal = decimal
  }
}

extension DataSource.Delimiter {
  package var byte: UInt8 {
    switch self {
    case .comma: UInt8(ascii: ",")
    case .semicolon: UInt8(ascii: ";")
    case .tab: UInt8(ascii: "\t")
    case .pipe: UInt8(ascii: "|")
    }
  }
}

extension RawTable {
  /// Reads comma-separated values as RFC 4180 describes them: the first line names the columns; quoted fields may
  /// contain delimiters, line ends and doubled quotes; lines end with LF, CRLF or CR; a byte order mark, blank lines and Excel's
  /// `sep=;` before the header are skipped. Every row must have as many fields as the header; empty ones behind do not count.
  /// Files that are packed with gzip are unpacked.
  package init(csv: [UInt8], options: CSVOptions = CSVOptions()) throws(CSVError) {
    guard csv.count < Self.maximumBytes else { throw .tooLarge(bytes: csv.count) }
    let unpacked = csv.starts(with: Gunzip.magic) ? try Gunzip.unpack(csv) : csv
    if let form = FileForm.named(unpacked) { throw .otherForm(form) }
    let text = try Decoding.utf8(unpacked, options.encoding)
    guard text.count < Self.maximumBytes else { throw .tooLarge(bytes: text.count) }
    let start = text.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0
    let hint = FileForm.separatorLine(text[start...])
    let delimiter =
      options.delimiter ?? hint?.delimiter ?? text.withUnsafeBufferPointer { FileForm.delimiter($0) }
    var scanner = CSVScanner(delimiter: delimiter, options: options, capacity: text.count)
    if let failure = text.withUnsafeBufferPointer({
      scanner.scan($0, from: start + (hint?.length ?? 0), line: hint == nil ? 1 : 2)
    }) {
      throw failure
    }
    guard let header = scanner.header else { throw .noHeader }
    self.init(header: header, place: "line", bytes: scanner.bytes, ends: scanner.ends, lines: scanner.lines)
    decimal = options.decimal
    findings = scanner.findings
    if text.count > unpacked.count, let line = FileForm.firstWideLetter(unpacked) {
      findings.append(
        Finding(
          .doubtfulEncoding, firstLine: line,
          message:
            "line \(line) is UTF-8, but spec.schema.encoding says \(options.encoding?.rawValue ?? ""): if letters look "
            + "wrong, remove spec.schema.encoding"))
    }
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
  /// Columns up to the last one that has a name.
  private var namedColumns = 0
  private var blankRows = (count: 0, line: 0)
  private var paddedRows = (count: 0, line: 0)

  init(delimiter: UInt8, options: CSVOptions, capacity: Int) {
    self.delimiter = delimiter
    markers = options.missing.map { Array($0.utf8) }
    bytes.reserveCapacity(capacity)
  }

  private static let quote = UInt8(ascii: "\"")
  private static let lineFeed = UInt8(ascii: "\n")
  private static let carriageReturn = UInt8(ascii: "\r")

  /// Returns why the bytes are no CSV, or nil.
  mutating func scan(_ input: UnsafeBufferPointer<UInt8>, from start: Int, line firstLine: Int) -> CSVError? {
    guard let base = input.baseAddress else { return nil }
    let quote = Self.quote
    let lineFeed = Self.lineFeed
    let carriageReturn = Self.carriageReturn
    let delimiter = delimiter
    let greatestEnd = max(delimiter, carriageReturn)
    let count = input.count
    line = firstLine
    var position = start
    var rowLine = firstLine
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
      if blankRows.count == 0 { blankRows.line = line }
      blankRows.count += 1
      return nil
    }
    if fieldsInRow > header.count, ends[start + header.count - 1] == ends.last {
      ends.removeLast(fieldsInRow - header.count)
      fieldsInRow = header.count
      if paddedRows.count == 0 { paddedRows.line = line }
      paddedRows.count += 1
    } else if fieldsInRow >= namedColumns, fieldsInRow < header.count, let end = ends.last {
      ends += repeatElement(end, count: header.count - fieldsInRow)
      fieldsInRow = header.count
    }
    guard fieldsInRow == header.count else {
      return .raggedRow(line: line, fields: fieldsInRow, expected: header.count)
    }
    lines.append(UInt32(line))
    return nil
  }

  private mutating func endHeader() -> CSVError? {
    var names: [String] = []
    var known: Set<String> = []
    var start = 0
    for (position, end) in ends.enumerated() {
      guard let text = String(validating: bytes[start..<Int(end)], as: UTF8.self) else {
        return .notUTF8(line: line, encoding: "Latin-1")
      }
      let trimmed = ValueReading.trimmed(text)
      // As pandas names them: the row numbers that other programs put in front, or an empty column behind.
      let name = trimmed.isEmpty ? "\(RawTable.unnamed)\(position)" : trimmed
      guard known.insert(name).inserted else { return .duplicateColumn(name) }
      if !trimmed.isEmpty { namedColumns = position + 1 }
      names.append(name)
      start = Int(end)
    }
    header = names
    bytes.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
    ends.reserveCapacity(names.count * 1024)
    return nil
  }

  /// What spreadsheets leave around a table: one finding for each kind.
  var findings: [Finding] {
    var found: [Finding] = []
    if blankRows.count > 0 {
      found.append(
        Finding(
          .blankRows, count: blankRows.count, firstLine: blankRows.line,
          message:
            "\(Figures.count(blankRows.count, "line")) \(blankRows.count == 1 ? "holds" : "hold") delimiters only, first line "
            + "\(blankRows.line): left out"))
    }
    if paddedRows.count > 0 {
      found.append(
        Finding(
          .paddedRows, count: paddedRows.count, firstLine: paddedRows.line,
          message:
            "\(Figures.count(paddedRows.count, "line")) \(paddedRows.count == 1 ? "has" : "have") empty fields behind the last "
            + "column, first line \(paddedRows.line): they are left out"))
    }
    if let header, namedColumns < header.count {
      let count = header.count - namedColumns
      found.append(
        Finding(
          .paddedHeader, count: count, firstLine: 1,
          message: "the header has \(Figures.count(count, "column")) without a name behind the last one "
            + "'\(namedColumns == 0 ? "" : excerpt(name: header[namedColumns - 1]))': delete \(count == 1 ? "it" : "them"), or give names"
        ))
    }
    return found
  }
}
