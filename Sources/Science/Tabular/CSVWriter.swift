extension Table {
  /// The table as comma-separated values (RFC 4180, LF line ends): the header, then one line a row; missing values are
  /// empty; fields with commas, quotes or line ends are quoted. Numbers are written so that they read back unchanged.
  /// A one-column table writes a missing value as `""`, because a blank line is no row.
  package func csv() -> [UInt8] {
    var output: [UInt8] = []
    output.append(contentsOf: names.map(quotedField).joined(separator: ",").utf8)
    output.append(UInt8(ascii: "\n"))
    let fields = columns.map { CSVFields($0.column) }
    for row in 0..<rowCount {
      for (position, field) in fields.enumerated() {
        if position > 0 { output.append(UInt8(ascii: ",")) }
        field.append(row: row, to: &output)
      }
      if fields.count == 1, output.last == UInt8(ascii: "\n") { output.append(contentsOf: [0x22, 0x22]) }
      output.append(UInt8(ascii: "\n"))
    }
    return output
  }
}

/// A column made ready for writing: every level is quoted once.
private enum CSVFields {
  case numeric([Double])
  case categorical([Int32], [[UInt8]])

  init(_ column: Column) {
    switch column {
    case .numeric(let values): self = .numeric(values)
    case .categorical(let codes, let levels): self = .categorical(codes, levels.map { Array(quotedField($0).utf8) })
    }
  }

  func append(row: Int, to output: inout [UInt8]) {
    switch self {
    case .numeric(let values):
      if !values[row].isNaN { output.append(contentsOf: numberText(values[row]).utf8) }
    case .categorical(let codes, let levels):
      if codes[row] >= 0 { output.append(contentsOf: levels[Int(codes[row])]) }
    }
  }
}

private func quotedField(_ text: String) -> String {
  let needsQuotes = text.utf8.contains { $0 == 0x22 || $0 == 0x2c || $0 == 0x0a || $0 == 0x0d }
  guard needsQuotes else { return text }
  var quoted = "\""
  for character in text.unicodeScalars {
    if character == "\"" { quoted += "\"" }
    quoted.unicodeScalars.append(character)
  }
  return quoted + "\""
}
