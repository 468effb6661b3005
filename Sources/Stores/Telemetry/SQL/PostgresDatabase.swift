import Values

/// A PostgreSQL database over two connections, one for writing and one for reading, so that a long query never holds up
/// the log.
final class PostgresDatabase: SQLDatabase {
  private let writer: PostgresLink
  private let reader: PostgresLink

  /// - Parameter outbound: whom connections may reach; nil: anybody.
  init(url: String, outbound: OutboundRules? = nil) {
    writer = PostgresLink(url: url, name: "writer", outbound: outbound)
    reader = PostgresLink(url: url, name: "reader", outbound: outbound)
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

  var dialect: SQLDialect { .postgres }

  func store(
    _ rows: any BulkRows, by form: BulkForm,
    where isWanted: @escaping @Sendable (any SQLConnection) throws(TelemetryError) -> Bool
  ) async throws(TelemetryError) {
    try await writer.store(rows, by: form, where: isWanted)
  }

  func close() async {
    await writer.close()
    await reader.close()
  }
}
