/// Rows, a part of them at a time, in PostgreSQL's binary copy format (PostgreSQL documentation, COPY, "Binary
/// Format"): no text to escape or to parse, and numbers arrive bit by bit.
struct CopyBuffer {
  private(set) var bytes: [UInt8]

  /// Rows that are sent together.
  static let part = 512

  /// PostgreSQL's days begin with the year 2000.
  private static let firstDay = 10_957

  /// What comes before the first row.
  init(capacity: Int) {
    bytes = []
    bytes.reserveCapacity(capacity)
    bytes += [0x50, 0x47, 0x43, 0x4F, 0x50, 0x59, 0x0A, 0xFF, 0x0D, 0x0A, 0x00]
    append(Int32(0))
    append(Int32(0))
  }

  /// What comes before the first element of an array with one dimension; elements have the form of a copied row's
  /// fields.
  init(arrayOf element: PostgresElement, count: Int) {
    bytes = []
    bytes.reserveCapacity(20 + count * 16)
    append(Int32(1))
    // There may be nulls.
    append(Int32(1))
    append(element.rawValue)
    append(Int32(clamping: count))
    append(Int32(1))
  }

  /// Some rows of a form, each followed by its day.
  mutating func append(_ range: Range<Int>, of rows: any BulkRows, form: BulkForm) {
    for row in range {
      append(Int16(form.columns.count + 1))
      rows.write(row, by: form, to: &self)
      append(day: rows.day(of: row))
    }
  }

  /// Days since 1970.
  mutating func append(day: Int) {
    append(Int32(4))
    append(Int32(clamping: day - Self.firstDay))
  }

  /// What comes after the last row.
  mutating func end() { append(Int16(-1)) }

  /// The bytes are on their way: others can take their place.
  mutating func clear() { bytes.removeAll(keepingCapacity: true) }

  private mutating func append<Number: FixedWidthInteger>(_ number: Number) {
    withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
  }

  /// A value of another kind than its column's is written as that kind, and null where it cannot be.
  mutating func append(_ value: SQLValue, _ kind: BulkForm.Column.Kind) {
    switch (kind, value) {
    case (.text, .text(let text)), (.json, .text(let text)): append(text)
    case (.number, .number(let number)): append(number)
    case (.number, .integer(let integer)): append(Double(integer))
    case (.integer, .integer(let integer)): append(integer)
    default: append(Int32(-1))
    }
  }

  mutating func append(_ integer: Int) {
    append(Int32(8))
    append(Int64(integer))
  }

  /// What is no number is null.
  mutating func append(_ number: Double) {
    guard !number.isNaN else { return append(Int32(-1)) }
    append(Int32(8))
    append(number.bitPattern)
  }

  mutating func append(_ text: String) {
    let isPlain = text.utf8.withContiguousStorageIfAvailable { utf8 in
      guard !Self.hasNull(utf8) else { return false }
      append(Int32(clamping: utf8.count))
      bytes.append(contentsOf: utf8)
      return true
    }
    guard isPlain != true else { return }
    var text = SQLValue.withoutNull(text)
    text.withUTF8 { utf8 in
      append(Int32(clamping: utf8.count))
      bytes.append(contentsOf: utf8)
    }
  }

  /// Looks at all bytes without an early end, many at a time.
  private static func hasNull(_ utf8: UnsafeBufferPointer<UInt8>) -> Bool {
    var isFound: UInt8 = 0
    for byte in utf8 { isFound |= byte == 0 ? 1 : 0 }
    return isFound != 0
  }
}
