import Values

/// What a number counts that is a time. Their ranges do not overlap, so that a column's numbers tell its form:
/// seconds, milli-, micro- and nanoseconds from 1973 to 2286, dates from 1900 to 2099 and spreadsheet days from 1954 to 2119.
package enum TimeForm: Sendable, CaseIterable {
  case seconds, milliseconds, microseconds, nanoseconds
  /// `20250301`, `202503011230`, `20250301123000`
  case date, minute, second
  /// Days since 1899-12-30, with fractions of days.
  case spreadsheetDays

  /// Seconds since 1970 of a number in this form; nil outside of its range.
  func seconds(_ value: Double) -> Double? {
    switch self {
    case .seconds: Self.isRecent(value) ? value : nil
    case .milliseconds: Self.isRecent(value / 1e3) ? value / 1e3 : nil
    case .microseconds: Self.isRecent(value / 1e6) ? value / 1e6 : nil
    case .nanoseconds: Self.isRecent(value / 1e9) ? value / 1e9 : nil
    case .date: Self.calendar(value, clock: 1)
    case .minute: Self.calendar(value, clock: 10_000)
    case .second: Self.calendar(value, clock: 1_000_000)
    case .spreadsheetDays: (20_000..<80_000).contains(value) ? (value - 25_569) * 86_400 : nil
    }
  }

  private static func isRecent(_ seconds: Double) -> Bool { (1e8..<1e10).contains(seconds) }

  /// - Parameter clock: What the clock's digits count up to: 1 for none.
  private static func calendar(_ value: Double, clock: Int) -> Double? {
    guard let digits = Int(exactly: value), digits > 0 else { return nil }
    let (date, rest) = (digits / clock, digits % clock)
    let (year, month, day) = (date / 10_000, date / 100 % 100, date % 100)
    guard (1900..<2100).contains(year), let day = CivilDay(year: year, month: month, day: day) else { return nil }
    let time = clock == 10_000 ? rest * 100 : rest
    let (hour, minute, second) = (time / 10_000, time / 100 % 100, time % 100)
    guard hour < 24, minute < 60, second < 60 else { return nil }
    return Double(day.number * 86_400 + hour * 3600 + minute * 60 + second)
  }

  /// Of a number that stands alone: by its range, where few days are no spreadsheet's but seconds.
  static func seconds(alone value: Double) -> Double? {
    if abs(value) < 1e8 { return date.seconds(value) ?? value }
    // Twelve digits of a calendar are milliseconds of the year 1976 as well, which nobody means.
    for form in [minute, seconds, milliseconds, microseconds, nanoseconds, second] {
      if let seconds = form.seconds(value) { return seconds }
    }
    return nil
  }

  /// The form of a column's numbers: that of all but one or one in twenty of them. Numbers below 10^8 that have no form count
  /// seconds (or steps). Nil where numbers are of several forms: then each is read as the most frequent one.
  static func form(of values: [Double]) -> TimeForm? {
    let order: [TimeForm] = [
      .minute, .seconds, .milliseconds, .microseconds, .nanoseconds, .date, .second, .spreadsheetDays,
    ]
    let counts = order.map { form in values.count { form.seconds($0) != nil } }
    guard let most = counts.max(), most > 0, let best = counts.firstIndex(of: most) else { return nil }
    let isClear = values.count - most <= max(1, values.count / 20)
    switch order[best] {
    case .date, .spreadsheetDays: return isClear ? order[best] : nil
    default: return most * 2 > values.count ? order[best] : nil
    }
  }
}

/// The times of one column, all read by one rule.
struct TimeColumn {
  /// Seconds since 1970 by row; NaN where the time is missing, unreadable or too far in the future.
  private(set) var seconds: [Double]
  private(set) var unreadable = Tally()
  /// Times from this year on, such as 9999-12-31, which stand for "never".
  private(set) var distant = Tally()

  static let lastYear = 2200
  private static let limit = CivilDay(year: lastYear, month: 1, day: 1).map { Double($0.number) * 86_400 } ?? .infinity

  /// - Parameter judged: The rows whose times are counted where they are odd; all where nil.
  init(_ raw: RawTable, _ column: Int, missing: MissingTexts, judged: [Bool]? = nil) {
    var numbers: [Double] = []
    var present = 0
    raw.forEachCell(ofColumn: column) { row, text in
      guard judged?[row] != false, !missing.contains(text) else { return }
      present += 1
      if let value = number(in: text) { numbers.append(value) }
    }
    // A number or two among texts have no form of their own.
    let areStray = present >= Self.fewestRows && numbers.count <= max(1, present / 20)
    let form = TimeForm.form(of: numbers)
    var seconds = [Double](repeating: .nan, count: raw.rowCount)
    var (unreadable, distant) = (Tally(), Tally())
    raw.forEachCell(ofColumn: column) { row, text in
      guard !missing.contains(text) else { return }
      let value: Double?
      if let number = number(in: text) {
        value = areStray ? nil : form.map { $0.seconds(number) } ?? (abs(number) < 1e10 ? number : nil)
      } else {
        value = timestamp(in: text)
      }
      if let value, value < Self.limit {
        seconds[row] = value
      } else if judged?[row] != false {
        if value == nil { unreadable.note(row, text) } else { distant.note(row, text) }
      }
    }
    self.seconds = seconds
    self.unreadable = unreadable
    self.distant = distant
  }

  /// Whether so few times are unreadable that these rows are left out, or count as the oldest, instead of stopping a training.
  ///
  /// - Parameter limit: The share of the rows up to which they are few.
  func isStray(rows: Int, limit: Double = 0.05) -> Bool {
    Double(unreadable.count) <= limit * Double(rows) || limit > 0 && unreadable.count == 1 && rows >= Self.fewestRows
  }

  /// With fewer rows one odd value is not one of many.
  private static let fewestRows = 10

  private static let year = 365.0 * 86_400

  /// The newest of these times and the rows ahead of it: at most one in a hundred may be a year, and more than the window, ahead
  /// of all others, as by a typing error.
  static func newest(_ times: [Double], window: Double) -> (newest: Double, ahead: Set<Int>)? {
    let rows = times.indices.filter { !times[$0].isNaN }.sorted { times[$0] > times[$1] }
    guard let first = rows.first else { return nil }
    let gap = max(window, year)
    let most = max(1, rows.count / 100)
    for count in stride(from: min(most, rows.count - 1), to: 0, by: -1)
    where times[rows[count - 1]] - times[rows[count]] > gap && rows.count >= fewestRows {
      return (times[rows[count]], Set(rows[..<count]))
    }
    return (times[first], [])
  }

  static let forms =
    "write 2025-03-01T12:30:00Z, 2025-03-01 or 01.03.2025, or one of seconds, milliseconds, microseconds and nanoseconds "
    + "since 1970, yyyymmdd and spreadsheet days for the whole column"
}
