package import Values

/// Opens the store at a location such as a run's environment holds: `sqlite:///folder/file.sqlite` or
/// `postgres://user:password@host/database`.
///
/// - Parameter outbound: whom connections to a database may reach; nil: anybody.
package func openTelemetryStore(
  at location: String, outbound: OutboundRules? = nil
) throws(TelemetryError) -> any TelemetryStore {
  switch try TelemetryLocation(location) {
  case .sqlite(let path): OwnedTelemetryStore(SQLTelemetryStore(database: SQLiteDatabase(path: path)))
  case .postgres(let url):
    OwnedTelemetryStore(SQLTelemetryStore(database: PostgresDatabase(url: url, outbound: outbound)))
  }
}
