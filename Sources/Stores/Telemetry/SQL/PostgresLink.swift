import Dispatch
import Synchronization
import Values

/// One connection, used by one call after the other. libpq blocks, and so never runs on the threads of tasks.
final class PostgresLink: Sendable {
  private let queue: DispatchQueue
  /// Held for as long as a call takes: nobody but the queue, which is serial, asks for it.
  private let session: Mutex<PostgresSession>

  init(url: String, name: String, outbound: OutboundRules?) {
    session = Mutex(PostgresSession(url: url, outbound: outbound))
    queue = DispatchQueue(label: "apus.telemetry.postgres.\(name)")
  }

  func perform<Result: Sendable>(
    _ work: @escaping @Sendable (any SQLConnection) throws(TelemetryError) -> Result
  ) async throws(TelemetryError) -> Result {
    try await onQueue { (session) throws(TelemetryError) in
      try session.retryingOnce { (connection, _) throws(TelemetryError) in
        try connection.transaction { () throws(TelemetryError) in try work(connection) }
      }
    }
  }

  func store(
    _ rows: any BulkRows, by form: BulkForm,
    where isWanted: @escaping @Sendable (any SQLConnection) throws(TelemetryError) -> Bool
  ) async throws(TelemetryError) {
    try await onQueue { (session) throws(TelemetryError) in
      try session.retryingOnce { (connection, loader) throws(TelemetryError) in
        try loader.store(rows, by: form, where: isWanted, on: connection)
      }
    }
  }

  func close() async { try? await onQueue { $0.forget() } }

  private func onQueue<Result: Sendable>(
    _ work: @escaping @Sendable (inout PostgresSession) throws(TelemetryError) -> Result
  ) async throws(TelemetryError) -> Result {
    let result: Swift.Result<Result, TelemetryError> = await withCheckedContinuation { continuation in
      queue.async {
        continuation.resume(
          returning: self.session.withLock { session -> Swift.Result<Result, TelemetryError> in
            do throws(TelemetryError) {
              return .success(try work(&session))
            } catch {
              return .failure(error)
            }
          })
      }
    }
    return try result.get()
  }
}

/// A connection that is made when it is needed, and made again after it was lost.
private struct PostgresSession {
  private let url: String
  private let outbound: OutboundRules?
  private var connection: PostgresConnection?
  private var loader = PostgresLoader()

  init(url: String, outbound: OutboundRules?) {
    self.url = url
    self.outbound = outbound
  }

  /// A connection that idled may have been cut unseen, or its tables may be gone: the work is then done once more on a
  /// new one.
  mutating func retryingOnce<Result>(
    _ work: (PostgresConnection, inout PostgresLoader) throws(TelemetryError) -> Result
  ) throws(TelemetryError) -> Result {
    let reused = connection != nil
    do throws(TelemetryError) {
      return try attempt(work)
    } catch {
      guard reused, connection == nil else { throw error }
      return try attempt(work)
    }
  }

  private mutating func attempt<Result>(
    _ work: (PostgresConnection, inout PostgresLoader) throws(TelemetryError) -> Result
  ) throws(TelemetryError) -> Result {
    let connection = try connected()
    do throws(TelemetryError) {
      return try work(connection, &loader)
    } catch {
      // Behind a pooler a connection outlives the database: one that lacks its tables now is prepared anew with the
      // next call.
      if !connection.isUsable || error.isLasting { forget() }
      throw error
    }
  }

  mutating func forget() {
    connection = nil
    loader = PostgresLoader()
  }

  private mutating func connected() throws(TelemetryError) -> PostgresConnection {
    if let connection, connection.isUsable { return connection }
    forget()
    let fresh = try PostgresConnection(url: url, outbound: outbound)
    try Self.migrate(fresh)
    connection = fresh
    return fresh
  }

  /// One process at a time brings the tables up to date; the number names the lock and nothing else.
  private static func migrate(_ connection: PostgresConnection) throws(TelemetryError) {
    try connection.transaction { () throws(TelemetryError) in
      _ = try connection.rows(
        SQLStatement(
          "lock the tables' definition", table: "apus_schema", "SELECT pg_advisory_xact_lock(4702111234474983745)"),
        [])
      try TelemetrySchema.migrate(connection, dialect: .postgres)
    }
  }
}

extension PostgresConnection {
  /// Runs `work` in a transaction, which is undone when it throws.
  func transaction<Result>(_ work: () throws(TelemetryError) -> Result) throws(TelemetryError) -> Result {
    try begin()
    do throws(TelemetryError) {
      let result = try work()
      try command("COMMIT")
      return result
    } catch {
      if isUsable { try? command("ROLLBACK") }
      throw error
    }
  }
}
