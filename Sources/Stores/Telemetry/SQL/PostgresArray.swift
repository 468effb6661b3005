/// Columns of rows as PostgreSQL's arrays, one binary parameter each: rows reach a statement without a table of the
/// session, which a pooler would leave to somebody else, and without new entries in the catalog for each batch.
struct PostgresArrays {
  /// All arrays, one after the other.
  private(set) var bytes: [UInt8] = []
  private(set) var sizes: [Int] = []
  /// Types of the arrays.
  private(set) var types: [UInt32] = []

  /// The named columns, and the day behind them.
  init(_ rows: any BulkRows, of form: BulkForm, columns: [String]) {
    let places = columns.compactMap { name in form.columns.firstIndex { $0.name == name } }
    var arrays = places.map { CopyBuffer(arrayOf: form.columns[$0].kind.element, count: rows.count) }
    var days = CopyBuffer(arrayOf: .date, count: rows.count)
    for row in 0..<rows.count {
      let values = rows.values(of: row)
      for (array, place) in places.enumerated() { arrays[array].append(values[place], form.columns[place].kind) }
      days.append(day: rows.day(of: row))
    }
    for (array, type) in zip(arrays, places.map { form.columns[$0].kind.element }) { append(array, type) }
    append(days, .date)
  }

  private mutating func append(_ array: CopyBuffer, _ type: PostgresElement) {
    bytes += array.bytes
    sizes.append(array.bytes.count)
    types.append(type.array)
  }
}

/// A type of PostgreSQL as arrays hold it; numbers from its catalog `pg_type`, which never change.
enum PostgresElement: UInt32 {
  case text = 25
  case number = 701
  case integer = 20
  case date = 1082

  /// The type of an array of these.
  var array: UInt32 {
    switch self {
    case .text: 1009
    case .number: 1022
    case .integer: 1016
    case .date: 1182
    }
  }

  var name: String {
    switch self {
    case .text: "TEXT"
    case .number: "DOUBLE PRECISION"
    case .integer: "BIGINT"
    case .date: "DATE"
    }
  }
}

extension BulkForm.Column.Kind {
  var element: PostgresElement {
    switch self {
    case .text, .json: .text
    case .number: .number
    case .integer: .integer
    }
  }
}

extension BulkForm {
  /// A step of a merge as PostgreSQL takes it: `:rows` becomes the arrays of the step's columns and the day.
  func text(of step: MergeStep) -> String {
    let columns = columns(of: step)
    let kinds = columns.map { name in self.columns.first { $0.name == name }?.kind.element ?? .text } + [.date]
    let arrays = kinds.enumerated().map { "$\($0 + 1)::\($1.name)[]" }.joined(separator: ", ")
    let names = (columns + ["day"]).joined(separator: ", ")
    return step.text.replacing(":rows", with: "unnest(\(arrays)) AS staged (\(names))")
  }

  func columns(of step: MergeStep) -> [String] { step.columns ?? columns.map(\.name) }
}
