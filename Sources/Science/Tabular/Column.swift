/// The values of one column, one per row.
package enum Column: Sendable, Equatable {
  /// NaN is a missing value.
  case numeric([Double])
  /// `codes[row]` is the position of the row's value in `levels`; -1 is a missing value. Levels are distinct; a level
  /// need not occur.
  case categorical(codes: [Int32], levels: [String])

  package var count: Int {
    switch self {
    case .numeric(let values): values.count
    case .categorical(let codes, _): codes.count
    }
  }

  package var missingCount: Int {
    var count = 0
    switch self {
    case .numeric(let values):
      for value in values where value.isNaN { count += 1 }
    case .categorical(let codes, _):
      for code in codes where code < 0 { count += 1 }
    }
    return count
  }

  /// The column of these rows, in this order; levels stay as they are.
  package func selecting(rows: [Int]) -> Column {
    switch self {
    case .numeric(let values): .numeric(rows.map { values[$0] })
    case .categorical(let codes, let levels): .categorical(codes: rows.map { codes[$0] }, levels: levels)
    }
  }

  /// The row's value as text, nil where it is missing; whole numbers have no fraction.
  package func text(at row: Int) -> String? {
    switch self {
    case .numeric(let values): values[row].isNaN ? nil : numberText(values[row])
    case .categorical(let codes, let levels): codes[row] < 0 ? nil : levels[Int(codes[row])]
    }
  }
}

/// The shortest text that reads back as the same number, without `.0` on whole numbers: `3`, `0.25`, `1e+20`.
package func numberText(_ value: Double) -> String {
  if value == value.rounded(), abs(value) < 1e15 { return String(Int(value)) }
  return String(value)
}
