import Dispatch

/// A PostgreSQL database over two connections, one for writing and one for reading, so that a long query never holds up
/// the log.
final class PostgresDatabase: SQLDatabase {
  private let writer: PostgresLink
  private let reader: PostgresLink

  init(url: String) {
    writer = PostgresLink(url: url, name: "writer")
    reader = PostgresLink(url: url, name: "reader")
  }

  func read<Result: Sendable>(
    _ work: @escaping @Sendable (any SQLConnection) throws(TelemetryError) -> Result
  ) async throws(TelemetryError) -> Result {
    try await reader.perform(work)
  }

  func write<Result: Sendable>(
    _ work: @escaping @Sendable (any SQLConnection) throws(TelemetryError) -> Result
  ) async throws(TelemetryError) -> Result {
    try await writer.perform(work)
  }

  func close() async {
    await writer.close()
    await reader.close()
  }
}

/// One connection that is made when it is needed, and made again after it was lost.
///
/// Sendable because all of its state is touched on `queue` only, which is serial. libpq blocks, and so never runs on the
/// threads of tasks.
private final class PostgresLink: @unchecked Sendable {
  private let url: String
  private let queue: DispatchQueue
  private var connection: PostgresConnection?

  init(url: String, name: String) {
    self.url = url
    queue = DispatchQueue(label: "apus.telemetry.postgres.\(name)")
  }

  func perform<Result: Sendable>(
    _ work: @escaping @Sendable (any SQLConnection) throws(TelemetryError) -> Result
  ) async throws(TelemetryError) -> Result {
    let result: Swift.Result<Result, TelemetryError> = await withCheckedContinuation { continuation in
      queue.async {
        do throws(TelemetryError) {
          continuation.resume(returning: .success(try self.performOnQueue(work)))
        } catch {
          continuation.resume(returning: .failure(error))
        }
      }
    }
    return try result.get()
  }

  func close() async {
    await withCheckedContinuation { continuation in
      queue.async {
        self.connection = nil
        continuation.resume()
      }
    }
  }

  /// A connection that idled may have been cut unseen: the work is then done once more on a new one.
  private func performOnQueue<Result>(
    _ work: (any SQLConnection) throws(TelemetryError) -> Result
  ) throws(TelemetryError) -> Result {
    let reused = connection != nil
    do throws(TelemetryError) {
      return try transaction(work)
    } catch {
      guard reused, connection == nil else { throw error }
      return try transaction(work)
    }
  }

  private func transaction<Result>(
    _ work: (any SQLConnection) throws(TelemetryError) -> Result
  ) throws(TelemetryError) -> Result {
    let connection = try connected()
    do throws(TelemetryError) {
      try connection.command("BEGIN")
      let result = try work(connection)
      try connection.command("COMMIT")
      return result
    } catch {
      if connection.isUsable {
        try? connection.command("ROLLBACK")
      } else {
        self.connection = nil
      }
      throw error
    }
  }

  private func connected() throws(TelemetryError) -> PostgresConnection {
    if let connection, connection.isUsable { return connection }
    connection = nil
    let fresh = try PostgresConnection(url: url)
    try Self.migrate(fresh)
    connection = fresh
    return fresh
  }

  /// One process at a time brings the tables up to date; the number names the lock and nothing else.
  private static func migrate(_ connection: PostgresConnection) throws(TelemetryError) {
    try connection.command("BEGIN")
    _ = try connection.rows(
      SQLStatement(
        "lock the tables' definition", table: "apus_schema", "SELECT pg_advisory_xact_lock(4702111234474983745)"),
      [])
    try TelemetrySchema.migrate(connection, dialect: .postgres)
    try connection.command("COMMIT")
  }
}
