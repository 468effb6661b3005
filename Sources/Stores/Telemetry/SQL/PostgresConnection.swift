import CPostgres
import Values

/// One libpq connection, closed when the object goes. Confined to its link's queue.
final class PostgresConnection: SQLConnection {
  private let handle: OpaquePointer
  /// Host and database, without user and password.
  let store: String
  /// Of a server that a stranger has named; nil: it is the administrator's own.
  private let limits: PostgresLimits?
  /// An answer was broken off.
  private var isBroken = false

  /// Seconds for each host.
  private static let connectTimeout = "5"

  /// - Parameters:
  ///   - outbound: whom the connection may reach, where a stranger has named the server; nil: anybody.
  ///   - limits: what an answer of such a server may take.
  init(
    url: String, outbound: OutboundRules? = nil, limits: PostgresLimits = PostgresLimits()
  ) throws(TelemetryError) {
    self.limits = outbound == nil ? nil : limits
    guard var address = PostgresAddress(url) else { throw .location(reason: PostgresAddress.advice) }
    store = address.name
    if let outbound {
      do throws(OutboundRefusal) {
        address = try address.held(to: outbound)
      } catch {
        throw .notAllowed(store: address.name, error)
      }
      // Whatever the URL says: 0 there would wait for ever.
      address.overrides.append(("connect_timeout", Self.connectTimeout))
    }
    do throws(PostgresFailure) {
      handle = try address.connect()
    } catch {
      throw TelemetryError(error, store: address.name, purpose: "connect")
    }
    if outbound != nil { PQsetnonblocking(handle, 1) }
  }

  deinit { PQfinish(handle) }

  var isUsable: Bool { !isBroken && PQstatus(handle) == CONNECTION_OK }

  /// Runs commands that take and give nothing.
  func command(_ text: String) throws(TelemetryError) {
    let statement = SQLStatement(text, table: "", text)
    let result: PostgresResult
    if limits == nil {
      result = try answer(to: statement, PQexec(handle, text))
    } else {
      // As of `PQexec`, the last one counts: after a failure there is none.
      guard let last = try bounded(statement, { PQsendQuery(handle, text) }).last else {
        throw .unavailable(store: store, reason: "the server gave no answer")
      }
      result = last
    }
    guard PQresultStatus(result.handle) == PGRES_COMMAND_OK || PQresultStatus(result.handle) == PGRES_TUPLES_OK else {
      throw failure(of: result, SQLStatement(text, table: "", text))
    }
  }

  /// Begins a transaction. Whatever is set is set for this transaction only: behind a pooler the session belongs to
  /// others before and afterwards, who may have left settings of theirs.
  func begin(with settings: String? = nil) throws(TelemetryError) {
    try command(
      """
      BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL statement_timeout = '60s'; SET LOCAL extra_float_digits = 3;
      \(settings ?? "")
      """)
  }

  func run(_ statement: SQLStatement, _ arguments: [SQLValue]) throws(TelemetryError) -> Int {
    let results = try execute(statement, arguments)
    return results.last.flatMap { Int(Self.text(PQcmdTuples($0.handle))) } ?? 0
  }

  func rows(_ statement: SQLStatement, _ arguments: [SQLValue]) throws(TelemetryError) -> [SQLRow] {
    try execute(statement, arguments).flatMap { rows(of: $0, statement) }
  }

  private func rows(of result: PostgresResult, _ statement: SQLStatement) -> [SQLRow] {
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
    let start = try answer(to: statement, PQexec(handle, text))
    guard PQresultStatus(start.handle) == PGRES_COPY_IN else { throw failure(of: start, statement) }
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

  /// Runs a statement whose arguments are arrays, and that may meet what a copy may meet.
  func outcome(of statement: SQLStatement, _ arrays: PostgresArrays) throws(TelemetryError) -> CopyOutcome {
    let result = arrays.bytes.withUnsafeBytes { bytes in
      let base = bytes.assumingMemoryBound(to: CChar.self).baseAddress
      var offset = 0
      let values = arrays.sizes.map { size -> UnsafePointer<CChar>? in
        defer { offset += size }
        return base.map { $0 + offset }
      }
      return PQexecParams(
        handle, statement.text, Int32(values.count), arrays.types, values, arrays.sizes.map { Int32(clamping: $0) },
        values.map { _ in 1 }, 0)
    }
    return try outcome(of: try answer(to: statement, result), statement)
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

  /// One result, or one for each row and one for their end.
  private func execute(
    _ statement: SQLStatement, _ arguments: [SQLValue]
  ) throws(TelemetryError) -> [PostgresResult] {
    let texts = arguments.map(\.postgresText)
    let results: [PostgresResult]
    if limits == nil {
      results = [
        try answer(
          to: statement,
          PostgresAddress.withCStrings(texts) { values in
            PQexecParams(handle, statement.text, Int32(texts.count), nil, values, nil, nil, 0)
          })
      ]
    } else {
      results = try bounded(statement) {
        PostgresAddress.withCStrings(texts) { values in
          PQsendQueryParams(handle, statement.text, Int32(texts.count), nil, values, nil, nil, 0)
        }
      }
    }
    for result in results {
      switch PQresultStatus(result.handle) {
      case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_SINGLE_TUPLE: continue
      default: throw failure(of: result, statement)
      }
    }
    return results
  }

  private func bounded(
    _ statement: SQLStatement, _ send: () -> Int32
  ) throws(TelemetryError) -> [PostgresResult] {
    do throws(PostgresFailure) {
      return try PostgresExchange(on: handle, limits ?? PostgresLimits()).results(of: send)
    } catch {
      isBroken = true
      throw TelemetryError(error, store: store, purpose: statement.purpose)
    }
  }

  /// libpq gives no answer where it has no memory, or no connection, for one.
  private func answer(
    to statement: SQLStatement, _ result: OpaquePointer?
  ) throws(TelemetryError) -> PostgresResult {
    guard let result else {
      throw TelemetryError(
        PostgresFailure(state: "", message: Self.text(PQerrorMessage(handle))), store: store, purpose: statement.purpose
      )
    }
    return PostgresResult(handle: result)
  }

  /// Why a pooler ends a connection stands before the end of it, in what libpq has collected.
  private func failure(of result: PostgresResult, _ statement: SQLStatement) -> TelemetryError {
    let message =
      PQresultErrorField(result.handle, Int32(UInt8(ascii: "M"))) ?? PQerrorMessage(handle)
    return TelemetryError(
      PostgresFailure(state: result.state, message: message.map { String(cString: $0) } ?? ""), store: store,
      purpose: statement.purpose)
  }

  private static func text(_ bytes: UnsafePointer<CChar>?) -> String {
    guard let bytes else { return "no reason was given" }
    return String(cString: bytes).split(whereSeparator: \.isNewline).joined(separator: " ")
  }

  private static func text(_ bytes: UnsafeMutablePointer<CChar>?) -> String { text(UnsafePointer(bytes)) }
}

/// An answer of libpq, cleared when the object goes.
final class PostgresResult {
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
