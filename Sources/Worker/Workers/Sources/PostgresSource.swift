import CPostgres
import Foundation
import Tabular
import Telemetry
import Values
import WorkerContract

/// Rows of a query, read through libpq. The connection URL comes from the source's own variable and is
/// never shown.
struct PostgresSource {
  let environment: WorkerEnvironment
  let names: SourceVariables
  /// Path of the source in the resource.
  let field: String

  /// Runs the source's query in a read-only transaction. `$since` in it is the start of the window before now, as a
  /// time; without a window the beginning of 1970.
  func read(_ source: DataSource.Postgres, window: TimeSpan?) throws -> RawTable {
    // A Secret made from a file ends with a line end, which libpq would take for a part of the database's name.
    let url = environment.variables[names.postgresURL]?.trimmingCharacters(in: .whitespacesAndNewlines)
    guard let url, !url.isEmpty else {
      throw WorkerError.sourceUnreadable(
        field: field + ".connectionSecretRef",
        reason: "Secret \(source.connectionSecretRef.name) gave no connection URL; its key "
          + "'\(source.connectionSecretRef.key)' must have a postgres:// URL.")
    }
    let reference = source.connectionSecretRef
    guard !url.contains(where: \.isNewline) else {
      throw WorkerError.sourceUnreadable(
        field: field + ".connectionSecretRef",
        reason:
          "the value of key '\(reference.key)' of Secret \(reference.name) has a line end in its middle; write the URL "
          + "as one line.")
    }
    let text = QueryText(source.query)
    if let flaw = text.flaws.first {
      throw WorkerError.sourceUnreadable(field: field + ".query", reason: "it \(flaw); \(flaw.mend).")
    }
    let connection = try PostgresQuery(url: url, field: field)
    let since = window.map { environment.now().addingTimeInterval(-$0.seconds) } ?? Date(timeIntervalSince1970: 0)
    return try connection.rows(text, since: since)
  }
}

/// A connection for one query; closed with the object.
private final class PostgresQuery {
  private let handle: OpaquePointer
  private let field: String

  init(url: String, field: String) throws {
    guard var address = PostgresAddress(url) else {
      throw WorkerError.sourceUnreadable(
        field: field + ".connectionSecretRef", reason: "the Secret's value cannot be used: \(PostgresAddress.advice).")
    }
    self.field = field
    do throws(OutboundRefusal) {
      address = try address.held(to: .anyHostOfPod)
    } catch {
      throw WorkerError.sourceUnreadable(
        field: field + ".connectionSecretRef", reason: "\(address.name) is not connected to: \(error).")
    }
    do throws(PostgresFailure) {
      handle = try address.connect()
    } catch {
      let place = field + ".connectionSecretRef"
      let reason = "no connection to \(address.name): \(error.reason)."
      throw error.kind == .passing
        ? WorkerError.sourceUnavailable(field: place, reason: reason)
        : WorkerError.sourceUnreadable(field: place, reason: reason)
    }
  }

  deinit {
    PQfinish(handle)
  }

  /// Behind a pooler the session belongs to others before and afterwards: what is set here holds for the transaction
  /// only, and the transaction ends before the connection does.
  func rows(_ query: QueryText, since: Date) throws -> RawTable {
    // Numbers come with all of their digits, whatever a client before has set.
    PQclear(try checked(PQexec(handle, "BEGIN READ ONLY; SET LOCAL extra_float_digits = 3"), of: query))
    let result = try checked(
      execute(
        query.statement, query.takesSince ? Timestamp(secondsSince1970: since.timeIntervalSince1970).description : nil),
      of: query)
    defer {
      PQclear(result)
      PQclear(PQexec(handle, "ROLLBACK"))
    }
    let columns = 0..<PQnfields(result)
    let header = columns.map { Self.text(PQfname(result, $0)) }
    guard !header.isEmpty else {
      throw WorkerError.sourceUnreadable(field: field + ".query", reason: "it returns no columns; write a SELECT.")
    }
    guard Set(header).count == header.count else {
      throw WorkerError.sourceUnreadable(
        field: field + ".query", reason: "it names a column twice; rename one with AS.")
    }
    let cells = (0..<PQntuples(result)).lazy.flatMap { row in columns.lazy.map { (row, $0) } }
    let size = cells.reduce(0) { $0 + Int(PQgetlength(result, $1.0, $1.1)) }
    guard size < RawTable.maximumBytes else {
      throw WorkerError.sourceUnreadable(
        field: field + ".query", reason: "it returns \(size) bytes, more than a table may have; select fewer rows.")
    }
    let rows = (0..<PQntuples(result)).map { row in
      columns.map { column -> String? in
        PQgetisnull(result, row, column) == 1 ? nil : Self.text(PQgetvalue(result, row, column))
      }
    }
    return RawTable(header: header, rows: rows)
  }

  private func execute(_ statement: String, _ argument: String?) -> OpaquePointer? {
    guard let argument else { return PQexecParams(handle, statement, 0, nil, nil, nil, nil, 0) }
    return argument.withCString { text in
      var values: [UnsafePointer<CChar>?] = [text]
      return PQexecParams(handle, statement, 1, nil, &values, nil, nil, 0)
    }
  }

  /// The answer, where it is one.
  private func checked(_ result: OpaquePointer?, of query: QueryText) throws -> OpaquePointer {
    let status = PQresultStatus(result)
    if let result, status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK { return result }
    defer { PQclear(result) }
    // Why a pooler ends a connection stands before the end of it, in what libpq has collected.
    let words = Self.field("M", of: result) ?? PQerrorMessage(handle).map { String(cString: $0) } ?? ""
    let failure = PostgresFailure(state: Self.field("C", of: result) ?? "", message: query.inItsWords(words))
    var reason = "the database answered: \(failure.reason)"
    if let hint = Self.field("H", of: result) { reason += ": \(query.inItsWords(hint).trimmingCharacters(in: ["."]))" }
    let field = self.field + (failure.mend?.isOfURL == true ? ".connectionSecretRef" : ".query")
    switch (failure.kind, failure.state) {
    case (_, Self.readOnly):
      throw WorkerError.sourceUnreadable(field: field, reason: reason + "; write a SELECT that changes nothing.")
    case (_, Self.untyped):
      throw WorkerError.sourceUnreadable(field: field, reason: reason + "; write its type, as in $since::timestamptz.")
    case (.passing, _): throw WorkerError.sourceUnavailable(field: field, reason: reason + ".")
    case (.values, _), (.lasting, _): throw WorkerError.sourceUnreadable(field: field, reason: reason + ".")
    }
  }

  /// SQLSTATEs of a statement that writes in a transaction that only reads, and of a parameter whose type nothing
  /// tells.
  private static let readOnly = "25006"
  private static let untyped = "42P18"

  private static func field(_ code: Unicode.Scalar, of result: OpaquePointer?) -> String? {
    PQresultErrorField(result, Int32(code.value)).map { String(cString: $0) }
  }

  private static func text(_ bytes: UnsafePointer<CChar>?) -> String {
    bytes.map { String(cString: $0).trimmingCharacters(in: .whitespacesAndNewlines) } ?? ""
  }
}
