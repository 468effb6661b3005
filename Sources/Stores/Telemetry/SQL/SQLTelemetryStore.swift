/// The store over a database of either kind: one set of tables, one set of statements.
struct SQLTelemetryStore: TelemetryStore {
  let database: any SQLDatabase

  func prepare() async throws(TelemetryError) {
    _ = try await database.write { (connection) throws(TelemetryError) in
      try connection.rows(SQLStatement("look at its tables", table: "apus_schema", "SELECT step FROM apus_schema"), [])
    }
  }

  func close() async { await database.close() }
}

/// An insert of many rows at a time, which every upsert here is.
struct BulkInsert {
  let purpose: String
  let table: String
  let columns: [String]
  /// From `ON CONFLICT` on.
  let onConflict: String

  /// Rows that go into one statement; few sizes, so that prepared statements are found again, and far below the 32,766
  /// parameters that SQLite takes.
  private static let sizes = [256, 32, 4, 1]

  func run(_ rows: [[SQLValue]], on connection: any SQLConnection) throws(TelemetryError) {
    var rest = rows[...]
    for size in Self.sizes {
      guard rest.count >= size else { continue }
      let statement = self.statement(rows: size)
      while rest.count >= size {
        try connection.run(statement, rest.prefix(size).flatMap { $0 })
        rest = rest.dropFirst(size)
      }
    }
  }

  private func statement(rows: Int) -> SQLStatement {
    let groups = (0..<rows).map { row in
      "(" + columns.indices.map { "$\(row * columns.count + $0 + 1)" }.joined(separator: ", ") + ")"
    }
    return SQLStatement(
      purpose, table: table,
      "INSERT INTO \(table) (\(columns.joined(separator: ", "))) VALUES \(groups.joined(separator: ", ")) \(onConflict)"
    )
  }
}

/// Collects the conditions of a query and their arguments.
struct Conditions {
  private(set) var texts: [String] = []
  private(set) var arguments: [SQLValue] = []

  /// `condition` holds `?` where the argument goes.
  mutating func add(_ condition: String, _ argument: SQLValue) {
    arguments.append(argument)
    texts.append(condition.replacing("?", with: "$\(arguments.count)"))
  }

  mutating func add(_ condition: String) { texts.append(condition) }

  /// `condition` holds a `?` for each argument, in their order.
  mutating func add(_ condition: String, _ arguments: [SQLValue]) {
    var parts = condition.split(separator: "?", omittingEmptySubsequences: false)
    var text = String(parts.removeFirst())
    for (part, argument) in zip(parts, arguments) { text += place(argument) + part }
    texts.append(text)
  }

  mutating func add(_ column: String, in values: [String]) {
    let places = values.map { value in
      arguments.append(.text(value))
      return "$\(arguments.count)"
    }
    texts.append(values.isEmpty ? "1 = 0" : "\(column) IN (\(places.joined(separator: ", ")))")
  }

  /// The place of one more argument that is no condition.
  mutating func place(_ argument: SQLValue) -> String {
    arguments.append(argument)
    return "$\(arguments.count)"
  }

  var text: String { texts.joined(separator: " AND ") }
}
