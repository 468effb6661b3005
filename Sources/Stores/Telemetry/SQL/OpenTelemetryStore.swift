/// Opens the store at a location such as a run's environment holds: `sqlite:///folder/file.sqlite` or
/// `postgres://user:password@host/database`.
package func openTelemetryStore(at location: String) throws(TelemetryError) -> any TelemetryStore {
  switch try TelemetryLocation(location) {
  case .sqlite(let path): OwnedTelemetryStore(SQLTelemetryStore(database: SQLiteDatabase(path: path)))
  case .postgres(let url): OwnedTelemetryStore(SQLTelemetryStore(database: PostgresDatabase(url: url)))
  }
}
