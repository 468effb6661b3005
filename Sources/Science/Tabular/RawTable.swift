package import WorkerContract

/// Rows of text as a source gives them, before anything is typed. All contents lie in one byte array.
package struct RawTable: Sendable {
  package let header: [String]
  package let rowCount: Int
  /// What a position in the source is called in messages: `line` of a file, `row` of a query's result.
  package let place: String
  /// What stands before the fraction of a number, where the source says so.
  package var decimal: DataSource.DecimalMark?
  /// What is odd about the source as a whole; nothing that forbids reading it.
  package var findings: [Finding] = []
  private let bytes: [UInt8]
  /// Row by row, the end of each cell in `bytes`; a cell starts where the one before ends.
  private let ends: [UInt32]
  private let lines: [UInt32]

  init(header: [String], place: String, bytes: [UInt8], ends: [UInt32], lines: [UInt32]) {
    self.header = header
    self.place = place
    self.bytes = bytes
    self.ends = ends
    self.lines = lines
    self.rowCount = lines.count
  }

  /// Whether the rows were read from a file, where people write numbers as is usual in their country.
  var isFile: Bool { place == "line" }

  /// What the name of a column begins with that has none in the source; its position follows.
  static let unnamed = "Unnamed: "

  /// Contents of all cells must have fewer bytes than this.
  package static let maximumBytes = Int(UInt32.max)

  /// Rows of a query's result, below `maximumBytes`; nil is a missing value. Rows shorter than the header are filled with missing values,
  /// longer ones are cut.
  package init(header: [String], rows: [[String?]]) {
    var bytes: [UInt8] = []
    var ends: [UInt32] = []
    ends.reserveCapacity(rows.count * header.count)
    for row in rows {
      for column in header.indices {
        if column < row.count, var text = row[column] {
          text.withUTF8 { bytes.append(contentsOf: ValueReading.trimmed($0)) }
        }
        ends.append(UInt32(bytes.count))
      }
    }
    self.init(
      header: header, place: "row", bytes: bytes, ends: ends, lines: rows.indices.map { UInt32($0 + 1) })
  }

  /// Where the row stands in the source, from 1.
  package func line(of row: Int) -> Int { Int(lines[row]) }

  /// The cell's text; empty is a missing value.
  package func text(row: Int, column: Int) -> String {
    let cell = row * header.count + column
    let start = cell == 0 ? 0 : Int(ends[cell - 1])
    return String(decoding: bytes[start..<Int(ends[cell])], as: UTF8.self)
  }

  /// Calls `body` with the row and the bytes of each of the column's cells, from the first row to the last.
  package func forEachCell(ofColumn column: Int, _ body: (Int, UnsafeBufferPointer<UInt8>) -> Void) {
    let width = header.count
    bytes.withUnsafeBufferPointer { bytes in
      ends.withUnsafeBufferPointer { ends in
        var cell = column
        for row in 0..<rowCount {
          let start = cell == 0 ? 0 : Int(ends[cell - 1])
          body(row, UnsafeBufferPointer(rebasing: bytes[start..<Int(ends[cell])]))
          cell += width
        }
      }
    }
  }

  /// These rows, in this order.
  package func selecting(rows: [Int]) -> RawTable {
    let width = header.count
    var (chosen, ends): ([UInt8], [UInt32]) = ([], [])
    ends.reserveCapacity(rows.count * width)
    for row in rows {
      let first = row * width
      var start = first == 0 ? 0 : Int(self.ends[first - 1])
      for cell in first..<first + width {
        let end = Int(self.ends[cell])
        chosen.append(contentsOf: bytes[start..<end])
        ends.append(UInt32(chosen.count))
        start = end
      }
    }
    return derived(chosen, ends, rows.map { lines[$0] })
  }

  /// The first `count` rows.
  package func prefix(_ count: Int) -> RawTable {
    let rows = min(count, rowCount)
    let cells = Array(ends.prefix(rows * header.count))
    return derived(Array(bytes.prefix(Int(cells.last ?? 0))), cells, Array(lines.prefix(rows)))
  }

  /// Other rows of the same source.
  private func derived(_ bytes: [UInt8], _ ends: [UInt32], _ lines: [UInt32]) -> RawTable {
    var table = RawTable(header: header, place: place, bytes: bytes, ends: ends, lines: lines)
    table.decimal = decimal
    table.findings = findings
    return table
  }
}
