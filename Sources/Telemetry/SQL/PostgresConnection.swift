import CPostgres

/// One libpq connection, closed when the object goes. Confined to its link's queue.
final class PostgresConnection: SQLConnection {
  private let handle: OpaquePointer
  /// Host and database, without user and password.
  let store: String

  init(url: String) throws(TelemetryError) {
    guard let address = PostgresAddress(url) else { throw .location(reason: PostgresAddress.advice) }
    store = address.name
    guard let handle = address.connect() else { throw .unavailable(store: store, reason: "out of memory") }
    self.handle = handle
    guard PQstatus(handle) == CONNECTION_OK else {
      throw .unavailable(store: store, reason: Self.text(PQerrorMessage(handle)))
    }
    // Notices would go to standard error, past the log.
    PQsetNoticeProcessor(handle, { _, _ in }, nil)
    try command("SET statement_timeout = '60s'")
    try command("SET client_min_messages = warning")
  }

  deinit { PQfinish(handle) }

  var isUsable: Bool { PQstatus(handle) == CONNECTION_OK }

  /// Runs a command that takes and gives nothing.
  func command(_ text: String) throws(TelemetryError) {
    _ = try execute(SQLStatement(text, table: "", text), [])
  }

  func run(_ statement: SQLStatement, _ arguments: [SQLValue]) throws(TelemetryError) -> Int {
    let result = try execute(statement, arguments)
    return Int(Self.text(PQcmdTuples(result.handle))) ?? 0
  }

  func rows(_ statement: SQLStatement, _ arguments: [SQLValue]) throws(TelemetryError) -> [SQLRow] {
    let result = try execute(statement, arguments)
    let columns = 0..<PQnfields(result.handle)
    return (0..<PQntuples(result.handle)).map { row in
      let values = columns.map { column -> SQLValue in
        guard PQgetisnull(result.handle, row, column) == 0, let bytes = PQgetvalue(result.handle, row, column) else {
          return .null
        }
        return .text(String(cString: bytes))
      }
      return SQLRow(values: values, table: statement.table)
    }
  }

  /// How a copy ended, where it did not fail for good.
  enum CopyOutcome {
    case done
    /// A row is there already. The transaction is spoilt.
    case duplicate
    /// There is no partition for a row. The transaction is spoilt.
    case noPartition
  }

  /// Copies rows into `table`, all or none.
  func copy(_ rows: any BulkRows, into table: String, form: BulkForm) throws(TelemetryError) -> CopyOutcome {
    let text = "COPY \(table) (\(form.names), day) FROM STDIN (FORMAT binary)"
    let statement = SQLStatement(form.purpose, table: table, text)
    guard let begun = PQexec(handle, text) else {
      throw .unavailable(store: store, reason: Self.text(PQerrorMessage(handle)))
    }
    let start = PostgresResult(handle: begun)
    guard PQresultStatus(begun) == PGRES_COPY_IN else { throw failure(of: start, statement) }
    let isSent = send(rows, form: form)
    var outcome = CopyOutcome.done
    var problem: TelemetryError?
    while let answer = PQgetResult(handle) {
      do throws(TelemetryError) {
        let present = try self.outcome(of: PostgresResult(handle: answer), statement)
        if present != .done { outcome = present }
      } catch {
        problem = problem ?? error
      }
    }
    if let problem { throw problem }
    guard isSent else { throw .unavailable(store: store, reason: "the connection was lost") }
    return outcome
  }

  /// In parts, so that the database takes in the first ones while the others are written.
  private func send(_ rows: any BulkRows, form: BulkForm) -> Bool {
    var buffer = CopyBuffer(capacity: min(rows.count, CopyBuffer.part) * 768 + 64)
    var start = 0
    while start < rows.count {
      let end = min(start + CopyBuffer.part, rows.count)
      buffer.append(start..<end, of: rows, form: form)
      if end == rows.count { buffer.end() }
      guard send(buffer) else { return false }
      buffer.clear()
      start = end
    }
    return PQputCopyEnd(handle, nil) == 1
  }

  private func send(_ buffer: CopyBuffer) -> Bool {
    buffer.bytes.withUnsafeBytes { bytes in
      guard let base = bytes.assumingMemoryBound(to: CChar.self).baseAddress, let count = Int32(exactly: bytes.count)
      else { return false }
      return PQputCopyData(handle, base, count) == 1 && PQflush(handle) >= 0
    }
  }

  /// Runs a statement without arguments that may meet what a copy may meet.
  func outcome(of statement: SQLStatement) throws(TelemetryError) -> CopyOutcome {
    guard let answer = PQexec(handle, statement.text) else {
      throw .unavailable(store: store, reason: Self.text(PQerrorMessage(handle)))
    }
    return try outcome(of: PostgresResult(handle: answer), statement)
  }

  private func outcome(
    of result: PostgresResult, _ statement: SQLStatement
  ) throws(TelemetryError) -> CopyOutcome {
    switch (PQresultStatus(result.handle), result.state) {
    case (PGRES_COMMAND_OK, _), (PGRES_TUPLES_OK, _): return .done
    case (_, "23505"): return .duplicate
    case (_, "23514"): return .noPartition
    default: throw failure(of: result, statement)
    }
  }

  private func execute(_ statement: SQLStatement, _ arguments: [SQLValue]) throws(TelemetryError) -> PostgresResult {
    let texts = arguments.map(\.postgresText)
    let answer = PostgresAddress.withCStrings(texts) { values in
      PQexecParams(handle, statement.text, Int32(texts.count), nil, values, nil, nil, 0)
    }
    guard let answer else { throw .unavailable(store: store, reason: Self.text(PQerrorMessage(handle))) }
    let result = PostgresResult(handle: answer)
    switch PQresultStatus(answer) {
    case PGRES_COMMAND_OK, PGRES_TUPLES_OK: return result
    default: throw failure(of: result, statement)
    }
  }

  /// PostgreSQL's messages of class 22 and 23 (data and integrity) can quote values, so they are told by code alone.
  private func failure(of result: PostgresResult, _ statement: SQLStatement) -> TelemetryError {
    let state = result.state
    let message = Self.text(PQresultErrorField(result.handle, Int32(UInt8(ascii: "M"))))
    guard isUsable else { return .unavailable(store: store, reason: "the connection was lost") }
    switch state.prefix(2) {
    case "22", "23":
      return .refused(store: store, statement: statement.purpose, reason: "a value does not fit (SQLSTATE \(state))")
    case "21":
      return .refused(store: store, statement: statement.purpose, reason: "\(message) (SQLSTATE \(state))")
    default:
      // Serialization, locks, resources, shutdown, read-only replicas, and what a person has to mend, such as rights or a
      // table that is gone: no fault of the rows, which can wait for another try.
      return .unavailable(store: store, reason: "\(message) (SQLSTATE \(state))")
    }
  }

  private static func text(_ bytes: UnsafePointer<CChar>?) -> String {
    guard let bytes else { return "no reason was given" }
    return String(cString: bytes).split(whereSeparator: \.isNewline).joined(separator: " ")
  }

  private static func text(_ bytes: UnsafeMutablePointer<CChar>?) -> String { text(UnsafePointer(bytes)) }
}

/// An answer of libpq, cleared when the object goes.
private final class PostgresResult {
  let handle: OpaquePointer

  init(handle: OpaquePointer) { self.handle = handle }

  /// SQLSTATE of an error.
  var state: String { PQresultErrorField(handle, Int32(UInt8(ascii: "C"))).map { String(cString: $0) } ?? "" }

  deinit { PQclear(handle) }
}

extension SQLValue {
  fileprivate var postgresText: String? {
    switch self {
    case .null: nil
    case .integer(let value): String(value)
    case .number(let value) where value.isNaN: nil
    case .number(let value) where value.isInfinite: value < 0 ? "-Infinity" : "Infinity"
    case .number(let value): value.description
    case .text(let value): Self.withoutNull(value)
    }
  }
}
