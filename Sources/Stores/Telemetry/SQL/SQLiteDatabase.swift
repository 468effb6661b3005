import CFiles
import Dispatch
import Foundation
import GRDB
import Synchronization

/// A SQLite file that several processes share: write-ahead log, a busy timeout, transactions that take the write lock
/// at their start.
///
/// SQLite calls block, so they run on a queue of their own and never on the threads of tasks.
final class SQLiteDatabase: SQLDatabase {
  private let path: String
  private let queue = DispatchQueue(label: "apus.telemetry.sqlite", attributes: .concurrent)
  private let opened = Mutex<Opened?>(nil)

  private struct Opened {
    let pool: DatabasePool
    let file: FileIdentity
  }

  /// How long a statement waits for other writers.
  private static let busyTimeout: TimeInterval = 10

  init(path: String) { self.path = path }

  func read<Result: Sendable>(
    _ work: @escaping @Sendable (any SQLConnection) throws(TelemetryError) -> Result
  ) async throws(TelemetryError) -> Result {
    try await blocking { () throws(TelemetryError) in
      let pool = try self.pool()
      return try self.translating { try pool.read { try work(SQLiteConnection(database: $0, store: self.path)) } }
    }
  }

  func write<Result: Sendable>(
    _ work: @escaping @Sendable (any SQLConnection) throws(TelemetryError) -> Result
  ) async throws(TelemetryError) -> Result {
    try await blocking { () throws(TelemetryError) in
      let pool = try self.pool()
      return try self.translating { try pool.write { try work(SQLiteConnection(database: $0, store: self.path)) } }
    }
  }

  var dialect: SQLDialect { .sqlite }

  func store(
    _ rows: any BulkRows, by form: BulkForm,
    where isWanted: @escaping @Sendable (any SQLConnection) throws(TelemetryError) -> Bool
  ) async throws(TelemetryError) {
    try await write { (connection) throws(TelemetryError) in
      guard try isWanted(connection) else { return }
      for round in rows.rounds(by: form.key) { try form.insert.run(round, on: connection) }
    }
  }

  func close() async {
    try? await blocking { () throws(TelemetryError) in
      let pool = self.opened.withLock { state in
        defer { state = nil }
        return state?.pool
      }
      try self.translating { try pool?.close() }
    }
  }

  private func blocking<Result: Sendable>(
    _ work: @escaping @Sendable () throws(TelemetryError) -> Result
  ) async throws(TelemetryError) -> Result {
    let result: Swift.Result<Result, TelemetryError> = await withCheckedContinuation { continuation in
      queue.async {
        do throws(TelemetryError) {
          continuation.resume(returning: .success(try work()))
        } catch {
          continuation.resume(returning: .failure(error))
        }
      }
    }
    return try result.get()
  }

  /// The open pool. A file that was removed or replaced since it was opened would swallow rows unseen, so it is opened
  /// anew then.
  private func pool() throws(TelemetryError) -> DatabasePool {
    try opened.withLock { (state) throws(TelemetryError) -> DatabasePool in
      if let present = state {
        if FileIdentity(path: path) == present.file { return present.pool }
        state = nil
      }
      let pool = try open()
      guard let file = FileIdentity(path: path) else { throw .unavailable(store: path, reason: "the file vanished") }
      state = Opened(pool: pool, file: file)
      return pool
    }
  }

  private func open() throws(TelemetryError) -> DatabasePool {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw .unavailable(store: path, reason: "its folder cannot be created")
    }
    var configuration = Configuration()
    configuration.busyMode = .timeout(Self.busyTimeout)
    configuration.maximumReaderCount = 2
    configuration.prepareDatabase { database in
      // With a write-ahead log a power cut costs the last commits, never the file.
      try database.execute(sql: "PRAGMA synchronous = NORMAL")
    }
    return try translating {
      let pool = try Self.retryingWhileBusy { try DatabasePool(path: self.path, configuration: configuration) }
      try pool.write { database in
        try TelemetrySchema.migrate(SQLiteConnection(database: database, store: self.path), dialect: .sqlite)
      }
      return pool
    }
  }

  /// The change to the write-ahead log asks for the whole file and does not heed the busy timeout, so that two
  /// processes that start together can refuse each other.
  private static func retryingWhileBusy<Value>(_ body: () throws -> Value) throws -> Value {
    let end = DispatchTime.now() + busyTimeout
    while true {
      do {
        return try body()
      } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY && DispatchTime.now() < end {
        usleep(20_000)
      }
    }
  }

  private func translating<Value>(_ body: () throws -> Value) throws(TelemetryError) -> Value {
    do {
      return try body()
    } catch let error as TelemetryError {
      throw error
    } catch let error as DatabaseError {
      throw SQLiteConnection.translate(error, store: path, purpose: "commit")
    } catch {
      throw .unavailable(store: path, reason: "\(type(of: error))")
    }
  }
}

/// Device and number of a file: another file in its place differs.
private struct FileIdentity: Equatable {
  let device: UInt64
  let number: UInt64

  init?(path: String) {
    let identity = apus_identity_at(path)
    guard identity.number != 0 else { return nil }
    (device, number) = (identity.device, identity.number)
  }
}

/// One connection of the pool, for the length of a closure.
private struct SQLiteConnection: SQLConnection {
  let database: Database
  let store: String

  func run(_ statement: SQLStatement, _ arguments: [SQLValue]) throws(TelemetryError) -> Int {
    try translating(statement) {
      let prepared = try database.cachedStatement(sql: statement.text)
      try prepared.execute(arguments: StatementArguments(arguments.map(\.databaseValue)))
      return database.changesCount
    }
  }

  func rows(_ statement: SQLStatement, _ arguments: [SQLValue]) throws(TelemetryError) -> [SQLRow] {
    try translating(statement) {
      let prepared = try database.cachedStatement(sql: statement.text)
      let cursor = try Row.fetchCursor(prepared, arguments: StatementArguments(arguments.map(\.databaseValue)))
      var rows: [SQLRow] = []
      while let row = try cursor.next() {
        rows.append(SQLRow(values: row.databaseValues.map(SQLValue.init(databaseValue:)), table: statement.table))
      }
      return rows
    }
  }

  private func translating<Value>(_ statement: SQLStatement, _ body: () throws -> Value) throws(TelemetryError) -> Value
  {
    do {
      return try body()
    } catch let error as DatabaseError {
      throw Self.translate(error, store: store, purpose: statement.purpose)
    } catch {
      throw .refused(store: store, statement: statement.purpose, reason: "\(type(of: error))")
    }
  }

  /// SQLite's message names tables and columns, and never the arguments. `SQLITE_ERROR`, such as a table that is gone,
  /// is no fault of the rows, which can wait until somebody has mended it.
  static func translate(_ error: DatabaseError, store: String, purpose: String) -> TelemetryError {
    let reason = error.message ?? "SQLite result \(error.resultCode.rawValue)"
    switch error.resultCode {
    case .SQLITE_CONSTRAINT, .SQLITE_MISMATCH, .SQLITE_TOOBIG, .SQLITE_RANGE, .SQLITE_MISUSE:
      return .refused(store: store, statement: purpose, reason: reason)
    default:
      return .unavailable(store: store, reason: reason)
    }
  }
}

extension SQLValue {
  fileprivate var databaseValue: DatabaseValue {
    switch self {
    case .null: .null
    case .integer(let value): value.databaseValue
    case .number(let value): value.isNaN ? .null : value.databaseValue
    case .text(let value): Self.withoutNull(value).databaseValue
    }
  }

  fileprivate init(databaseValue: DatabaseValue) {
    switch databaseValue.storage {
    case .null, .blob: self = .null
    case .int64(let value): self = .integer(Int(value))
    case .double(let value): self = .number(value)
    case .string(let value): self = .text(value)
    }
  }
}
