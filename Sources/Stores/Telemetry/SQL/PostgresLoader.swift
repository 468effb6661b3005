/// Stores many rows at a time in a table that is partitioned by day.
///
/// Rows that are most likely new are copied straight into the table. Where one of them is there already, and for tables
/// whose rows are replaced, they are sent as arrays and merged: slower by about a half. Nothing outlives a transaction,
/// as behind a pooler the next one may meet another session, and this session another client.
struct PostgresLoader {
  /// Days that are known to have their partition, by table.
  private var days: [String: Set<Int>] = [:]
  /// So many batches are merged without trying to copy them, as the ones before held rows that were there already.
  private var mergesToGo = 0

  private static let mergesAfterDuplicate = 16
  /// Partitions are made so many days ahead of the newest row.
  private static let daysAhead = 2

  typealias Condition = (any SQLConnection) throws(TelemetryError) -> Bool

  mutating func store(
    _ rows: any BulkRows, by form: BulkForm, where isWanted: Condition, on connection: PostgresConnection
  ) throws(TelemetryError) {
    try addPartitions(for: rows, form, on: connection)
    switch try load(rows, form, where: isWanted, on: connection) {
    case .done: return
    case .duplicate:
      throw .refused(store: connection.store, statement: form.purpose, reason: "a row is given twice")
    case .noPartition:
      // It was dropped by age since it was seen here: rows that waited on disk for long come late.
      days[form.table] = nil
      try addPartitions(for: rows, form, on: connection)
      guard case .done = try load(rows, form, where: isWanted, on: connection) else {
        throw .unavailable(store: connection.store, reason: "a partition of \(form.table) was dropped")
      }
    }
  }

  private mutating func load(
    _ rows: any BulkRows, _ form: BulkForm, where isWanted: Condition, on connection: PostgresConnection
  ) throws(TelemetryError) -> PostgresConnection.CopyOutcome {
    if form.expectsNewRows, mergesToGo == 0 {
      let outcome = try connection.attempt { () throws(TelemetryError) in
        guard try isWanted(connection) else { return .done }
        return try connection.copy(rows, into: form.table, form: form)
      }
      guard case .duplicate = outcome else { return outcome }
      mergesToGo = Self.mergesAfterDuplicate
    } else if form.expectsNewRows {
      mergesToGo -= 1
    }
    return try merge(rows, form, where: isWanted, on: connection)
  }

  /// The planner, which has no statistics of a day that has just begun, must never read the whole of it to find a few
  /// rows.
  static let mergeSettings = "SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off"

  private func merge(
    _ rows: any BulkRows, _ form: BulkForm, where isWanted: Condition, on connection: PostgresConnection
  ) throws(TelemetryError) -> PostgresConnection.CopyOutcome {
    try connection.attempt(with: Self.mergeSettings) { () throws(TelemetryError) in
      guard try isWanted(connection) else { return .done }
      for step in form.merge {
        let arrays = PostgresArrays(rows, of: form, columns: form.columns(of: step))
        let statement = SQLStatement(form.purpose, table: form.table, form.text(of: step))
        switch try connection.outcome(of: statement, arrays) {
        case .done: continue
        case let other: return other
        }
      }
      return .done
    }
  }

  /// Partitions for the days of the rows and for the next days, so that nobody waits for one at midnight.
  private mutating func addPartitions(
    for rows: any BulkRows, _ form: BulkForm, on connection: PostgresConnection
  ) throws(TelemetryError) {
    var wanted: Set<Int> = []
    var newest = 0
    for row in 0..<rows.count {
      let day = rows.day(of: row)
      if wanted.insert(day).inserted { newest = max(newest, day) }
    }
    for ahead in 1...Self.daysAhead { wanted.insert(newest + ahead) }
    let missing = wanted.subtracting(days[form.table] ?? []).sorted()
    guard !missing.isEmpty else { return }
    try connection.transaction { () throws(TelemetryError) in
      for day in missing {
        _ = try connection.rows(
          SQLStatement(
            "add a partition", table: form.table,
            "SELECT apus_add_partition($1, DATE '1970-01-01' + $2::INTEGER)"),
          [.text(form.table), .integer(day)])
      }
    }
    days[form.table, default: []].formUnion(missing)
  }
}

extension PostgresConnection {
  /// Runs `work` in a transaction, which is kept only when it is done.
  fileprivate func attempt(
    with settings: String? = nil, _ work: () throws(TelemetryError) -> CopyOutcome
  ) throws(TelemetryError) -> CopyOutcome {
    try begin(with: settings)
    do throws(TelemetryError) {
      let outcome = try work()
      if case .done = outcome { try command("COMMIT") } else { try command("ROLLBACK") }
      return outcome
    } catch {
      if isUsable { try? command("ROLLBACK") }
      throw error
    }
  }
}
