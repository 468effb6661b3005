/// Stores many rows at a time in a table that is partitioned by day.
///
/// Rows that are most likely new are copied straight into the table. Where one of them is there already, and for tables
/// whose rows are replaced, they are copied into a temporary table and merged from there: slower by about a half.
struct PostgresLoader {
  /// Days that are known to have their partition, by table.
  private var days: [String: Set<Int>] = [:]
  private var staged: Set<String> = []
  /// So many batches are staged without trying to copy them, as the ones before held rows that were there already.
  private var stagesToGo = 0

  private static let stagesAfterDuplicate = 16
  /// Partitions are made so many days ahead of the newest row.
  private static let daysAhead = 2

  mutating func store(
    _ rows: any BulkRows, by form: BulkForm, on connection: PostgresConnection
  ) throws(TelemetryError) {
    try addPartitions(for: rows, form, on: connection)
    switch try load(rows, form, on: connection) {
    case .done: return
    case .duplicate:
      throw .refused(store: connection.store, statement: form.purpose, reason: "a row is given twice")
    case .noPartition:
      // It was dropped by age since it was seen here: rows that waited on disk for long come late.
      days[form.table] = nil
      try addPartitions(for: rows, form, on: connection)
      guard case .done = try load(rows, form, on: connection) else {
        throw .unavailable(store: connection.store, reason: "a partition of \(form.table) was dropped")
      }
    }
  }

  private mutating func load(
    _ rows: any BulkRows, _ form: BulkForm, on connection: PostgresConnection
  ) throws(TelemetryError) -> PostgresConnection.CopyOutcome {
    if form.expectsNewRows, stagesToGo == 0 {
      let outcome = try connection.attempt { () throws(TelemetryError) in
        try connection.copy(rows, into: form.table, form: form)
      }
      guard case .duplicate = outcome else { return outcome }
      stagesToGo = Self.stagesAfterDuplicate
    } else if form.expectsNewRows {
      stagesToGo -= 1
    }
    return try merge(rows, form, on: connection)
  }

  private mutating func merge(
    _ rows: any BulkRows, _ form: BulkForm, on connection: PostgresConnection
  ) throws(TelemetryError) -> PostgresConnection.CopyOutcome {
    let staging = "staged_\(form.table)"
    if !staged.contains(form.table) {
      try connection.command("CREATE TEMPORARY TABLE \(staging) (LIKE \(form.table)) ON COMMIT DELETE ROWS")
      staged.insert(form.table)
    }
    return try connection.attempt { () throws(TelemetryError) in
      // The planner knows nothing of a temporary table's rows, and must never read a whole day to find a few of them.
      try connection.command("SET LOCAL enable_hashjoin = off")
      try connection.command("SET LOCAL enable_mergejoin = off")
      _ = try connection.copy(rows, into: staging, form: form)
      for text in form.merge {
        switch try connection.outcome(of: SQLStatement(form.purpose, table: form.table, text)) {
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
    _ work: () throws(TelemetryError) -> CopyOutcome
  ) throws(TelemetryError) -> CopyOutcome {
    try command("BEGIN")
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
