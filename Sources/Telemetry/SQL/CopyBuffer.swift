/// Rows in PostgreSQL's binary copy format (PostgreSQL documentation, COPY, "Binary Format"): no text to escape or to parse,
/// and numbers arrive bit by bit.
struct CopyBuffer {
  private(set) var bytes: [UInt8]

  /// PostgreSQL's days begin with the year 2000.
  private static let firstDay = 10_957

  /// The rows of a form, each followed by its day.
  init(_ rows: [BulkRows.Row], form: BulkForm) {
    bytes = []
    bytes.reserveCapacity(rows.count * 640)
    bytes += [0x50, 0x47, 0x43, 0x4F, 0x50, 0x59, 0x0A, 0xFF, 0x0D, 0x0A, 0x00]
    append(Int32(0))
    append(Int32(0))
    for row in rows {
      append(Int16(form.columns.count + 1))
      for (value, column) in zip(row.values, form.columns) { append(value, column.kind) }
      append(Int32(4))
      append(Int32(clamping: row.day - Self.firstDay))
    }
    append(Int16(-1))
  }

  private mutating func append<Number: FixedWidthInteger>(_ number: Number) {
    withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
  }

  /// A value of another kind than its column's is written as that kind, and null where it can not be.
  private mutating func append(_ value: SQLValue, _ kind: BulkForm.Column.Kind) {
    switch (kind, value) {
    case (.text, .text(let text)): append(text)
    case (.number, .number(let number)) where !number.isNaN:
      append(Int32(8))
      append(number.bitPattern)
    case (.number, .integer(let integer)):
      append(Int32(8))
      append(Double(integer).bitPattern)
    case (.integer, .integer(let integer)):
      append(Int32(8))
      append(Int64(integer))
    default: append(Int32(-1))
    }
  }

  private mutating func append(_ text: String) {
    var text = text
    let isPlain = text.withUTF8 { utf8 in
      guard !utf8.contains(0) else { return false }
      append(Int32(clamping: utf8.count))
      bytes.append(contentsOf: utf8)
      return true
    }
    if !isPlain { append(SQLValue.withoutNull(text)) }
  }
}
