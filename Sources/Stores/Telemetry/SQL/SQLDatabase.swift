/// A value that a statement takes or gives.
enum SQLValue: Sendable, Hashable {
  case null
  case integer(Int)
  case number(Double)
  case text(String)

  init(_ text: String?) { self = text.map(SQLValue.text) ?? .null }
  init(_ number: Double?) { self = number.map(SQLValue.number) ?? .null }
  init(_ flag: Bool) { self = .integer(flag ? 1 : 0) }

  /// PostgreSQL refuses U+0000 in a text, SQLite ends the text there: both get U+FFFD.
  static func withoutNull(_ text: String) -> String {
    text.utf8.contains(0) ? text.replacing("\u{0}", with: "\u{FFFD}") : text
  }
}

/// One row of an answer, columns in the order of the statement.
struct SQLRow: Sendable {
  let values: [SQLValue]
  /// What the row is of, for errors.
  let table: String

  func text(_ column: Int) throws(TelemetryError) -> String {
    guard let text = try optionalText(column) else { throw unexpected(column, "a text") }
    return text
  }

  func optionalText(_ column: Int) throws(TelemetryError) -> String? {
    switch values[column] {
    case .null: return nil
    case .text(let text): return text
    case .integer, .number: throw unexpected(column, "a text")
    }
  }

  func number(_ column: Int) throws(TelemetryError) -> Double {
    guard let number = try optionalNumber(column) else { throw unexpected(column, "a number") }
    return number
  }

  func optionalNumber(_ column: Int) throws(TelemetryError) -> Double? {
    switch values[column] {
    case .null: return nil
    case .integer(let integer): return Double(integer)
    case .number(let number): return number
    case .text(let text):
      guard let number = Double(text) else { throw unexpected(column, "a number") }
      return number
    }
  }

  /// A measure that could not be taken is NaN, and null in the table.
  func measure(_ column: Int) throws(TelemetryError) -> Double { try optionalNumber(column) ?? .nan }

  func integer(_ column: Int) throws(TelemetryError) -> Int {
    guard let integer = Int(exactly: try number(column)) else { throw unexpected(column, "a whole number") }
    return integer
  }

  private func unexpected(_ column: Int, _ what: String) -> TelemetryError {
    .damaged(table: table, reason: "column \(column + 1) is not \(what)")
  }
}

/// One statement: what it does in words, for errors, and its text with parameters `$1`, `$2`, …, each first used in
/// order.
struct SQLStatement: Sendable {
  /// Continues "refused to …", such as "store predictions".
  let purpose: String
  /// The table it is mostly about.
  let table: String
  let text: String

  init(_ purpose: String, table: String, _ text: String) {
    self.purpose = purpose
    self.table = table
    self.text = text
  }
}

/// An open connection. It never leaves the closure it is lent to.
protocol SQLConnection {
  /// Runs a statement and returns how many rows it changed.
  @discardableResult
  func run(_ statement: SQLStatement, _ arguments: [SQLValue]) throws(TelemetryError) -> Int
  func rows(_ statement: SQLStatement, _ arguments: [SQLValue]) throws(TelemetryError) -> [SQLRow]
}

/// A database that speaks the common subset of SQLite and PostgreSQL. It connects with the first call and after a loss,
/// and brings the tables up to date whenever it has connected.
protocol SQLDatabase: Sendable {
  var dialect: SQLDialect { get }

  /// Stores rows by their form, all or none of them, in one transaction. Storing them again changes nothing.
  /// - Parameter isWanted: Asked in the transaction before anything is stored; none of the rows is where it says no.
  func store(
    _ rows: any BulkRows, by form: BulkForm,
    where isWanted: @escaping @Sendable (any SQLConnection) throws(TelemetryError) -> Bool
  ) async throws(TelemetryError)

  /// Lends a connection for reading.
  func read<Result: Sendable>(
    _ work: @escaping @Sendable (any SQLConnection) throws(TelemetryError) -> Result
  ) async throws(TelemetryError) -> Result

  /// Lends a connection inside one transaction, which is undone when `work` throws. As everything written is
  /// idempotent, `work` may be run again after a lost connection.
  func write<Result: Sendable>(
    _ work: @escaping @Sendable (any SQLConnection) throws(TelemetryError) -> Result
  ) async throws(TelemetryError) -> Result

  func close() async
}
