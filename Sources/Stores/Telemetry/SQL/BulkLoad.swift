/// How rows of one table are stored many at a time, so that storing the same rows again changes nothing.
struct BulkForm: Sendable {
  /// Continues "refused to …", such as "store predictions".
  let purpose: String
  let table: String
  let columns: [Column]
  /// Positions of the columns that tell rows apart within a batch.
  let key: [Int]
  /// From `ON CONFLICT` on, where the conflict target is the key: SQLite's way.
  let onConflict: String
  /// What brings rows into the table of which some may be there already, in order: PostgreSQL's way.
  let merge: [MergeStep]
  /// Whether most rows are new, so that it pays to copy them straight into the table and to merge them only when one of
  /// them is there already.
  let expectsNewRows: Bool

  struct MergeStep: Sendable {
    /// Reads the rows from `:rows`.
    let text: String
    /// What it reads of them besides the day; nil: all columns.
    let columns: [String]?

    init(_ text: String, columns: [String]? = nil) {
      self.text = text
      self.columns = columns
    }
  }

  struct Column: Sendable {
    enum Kind: Sendable {
      case text
      /// `JSON` in PostgreSQL, which checks the text
      case json
      /// `DOUBLE PRECISION`
      case number
      /// `BIGINT`
      case integer
    }

    let name: String
    let kind: Kind

    init(_ name: String, _ kind: Kind = .text) {
      self.name = name
      self.kind = kind
    }
  }

  var names: String { columns.map(\.name).joined(separator: ", ") }

  var insert: BulkInsert {
    BulkInsert(purpose: purpose, table: table, columns: columns.map(\.name), onConflict: onConflict)
  }
}

/// Rows to store, those of the same key by time.
protocol BulkRows: Sendable {
  var count: Int { get }

  /// Whole days since 1970 (UTC) of a row's time: the partition it lies in.
  func day(of row: Int) -> Int

  /// In the form's order of columns.
  func values(of row: Int) -> [SQLValue]

  /// Writes the same values, in the same order, in PostgreSQL's copy format.
  func write(_ row: Int, by form: BulkForm, to buffer: inout CopyBuffer)
}

extension BulkRows {
  /// The rows in rounds, as one statement may meet a key once only.
  func rounds(by key: [Int]) -> [[[SQLValue]]] {
    var seen: [[SQLValue]: Int] = [:]
    var rounds: [[[SQLValue]]] = []
    for row in 0..<count {
      let values = values(of: row)
      let key = key.map { values[$0] }
      let round = seen[key, default: 0]
      seen[key] = round + 1
      if round == rounds.count { rounds.append([]) }
      rounds[round].append(values)
    }
    return rounds
  }
}

/// The days that tables are partitioned by.
enum BulkDay {
  /// The day (UTC) of a time in seconds since 1970. Times beyond what a calendar shows count as its first or last day.
  static func of(_ time: Double) -> Int {
    guard time.isFinite, time > 0 else { return 0 }
    return Int(min(time / 86_400, 2_932_896))
  }
}

/// Rows as lists of values.
struct ValueRows: BulkRows {
  struct Row: Sendable {
    let values: [SQLValue]
    let day: Int

    init(_ values: [SQLValue], day: Int) {
      self.values = values
      self.day = day
    }
  }

  let rows: [Row]

  var count: Int { rows.count }

  func day(of row: Int) -> Int { rows[row].day }

  func values(of row: Int) -> [SQLValue] { rows[row].values }

  func write(_ row: Int, by form: BulkForm, to buffer: inout CopyBuffer) {
    for (value, column) in zip(rows[row].values, form.columns) { buffer.append(value, column.kind) }
  }
}
