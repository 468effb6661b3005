import CPostgres
import Foundation
import Tabular
import Telemetry
import WorkerContract

/// Rows of a query, read through libpq. The connection URL comes from the source's own variable and is
/// never shown.
struct PostgresSource {
  let environment: WorkerEnvironment
  let names: SourceVariables
  /// Path of the source in the resource.
  let field: String

  /// Runs the source's query in a read-only transaction. `$since` in it is the start of the window before now, as a time; without
  /// a window the beginning of 1970.
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
    let query = source.query
    let connection = try PostgresQuery(url: url, field: field)
    let since = window.map { environment.now().addingTimeInterval(-$0.seconds) } ?? Date(timeIntervalSince1970: 0)
    let takesSince = query.contains("$since")
    return try connection.rows(
      query.replacingOccurrences(of: "$since", with: "$1"), argument: takesSince ? since.formatted(.iso8601) : nil)
  }
}

/// A connection for one query; closed with the object.
private final class PostgresQuery {
  private let handle: OpaquePointer
  private let field: String

  init(url: String, field: String) throws {
    guard let address = PostgresAddress(url) else {
      throw WorkerError.sourceUnreadable(
        field: field + ".connectionSecretRef", reason: "the Secret's value can not be used: \(PostgresAddress.advice).")
    }
    guard let handle = address.connect() else {
      throw WorkerError.sourceUnavailable(field: field, reason: "libpq has no memory for a connection.")
    }
    self.handle = handle
    self.field = field
    guard PQstatus(handle) == CONNECTION_OK else {
      throw WorkerError.sourceUnavailable(
        field: field + ".connectionSecretRef",
        reason: "no connection to the database: \(Self.message(PQerrorMessage(handle))).")
    }
    // Notices would go to standard error, past the log.
    PQsetNoticeProcessor(handle, { _, _ in }, nil)
    _ = try execute("BEGIN READ ONLY", argument: nil)
  }

  deinit {
    PQfinish(handle)
  }

  func rows(_ query: String, argument: String?) throws -> RawTable {
    let result = try execute(query, argument: argument)
    defer { PQclear(result) }
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

  private func execute(_ query: String, argument: String?) throws -> OpaquePointer {
    let result =
      argument.map { argument in
        argument.withCString { text in
          var values: [UnsafePointer<CChar>?] = [text]
          return PQexecParams(handle, query, 1, nil, &values, nil, nil, 0)
        }
      } ?? PQexecParams(handle, query, 0, nil, nil, nil, nil, 0)
    let status = PQresultStatus(result)
    if let result, status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK { return result }
    defer { PQclear(result) }
    let state = PQresultErrorField(result, Int32(UInt8(ascii: "C"))).map { Self.text($0) } ?? ""
    let reason =
      "the database answered: \(Self.message(PQresultErrorField(result, Int32(UInt8(ascii: "M"))))) (\(state))."
    // Connection, resources, operator's intervention, serialisation: these pass.
    if state.isEmpty || ["08", "53", "57", "40"].contains(String(state.prefix(2))) {
      throw WorkerError.sourceUnavailable(field: field + ".query", reason: reason)
    }
    throw WorkerError.sourceUnreadable(field: field + ".query", reason: reason)
  }

  /// Its first line: what follows are hints for a terminal.
  private static func message(_ bytes: UnsafePointer<CChar>?) -> String {
    text(bytes).split(separator: "\n").first.map(String.init) ?? "no reason given"
  }

  private static func text(_ bytes: UnsafePointer<CChar>?) -> String {
    bytes.map { String(cString: $0).trimmingCharacters(in: .whitespacesAndNewlines) } ?? ""
  }
}
