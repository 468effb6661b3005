/// A cron expression of five fields: minute, hour, day of month, month, day of week.
///
/// Each field is `*`, a value, a range `a-b`, a step `*/n`, `a-b/n` or `a/n` (from a to the end), or a list of these.
/// Months and days of the week may be named (`jan`, `MON`); Sunday is 0 or 7; `?` stands for `*` in the two day fields.
/// `@hourly`, `@daily` (`@midnight`), `@weekly`, `@monthly`, `@yearly` (`@annually`) are short forms. Where both day fields
/// are restricted, a day that matches either is meant, as in every cron since Vixie's (1987).
package struct CronExpression: Sendable, Equatable {
  package let text: String
  let minutes: [Int]
  let hours: [Int]
  let daysOfMonth: Set<Int>
  let months: Set<Int>
  /// 0 is Sunday.
  let daysOfWeek: Set<Int>
  let restrictsDayOfMonth: Bool
  let restrictsDayOfWeek: Bool
  /// Hours are `*` or `*/n`: meant as an interval, not as times of the day.
  let isByInterval: Bool

  package init(_ text: String) throws(CronError) {
    let trimmed = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    let expanded = try Self.expanded(trimmed)
    let parts = expanded.split(separator: " ").map(String.init)
    guard parts.count == 5 else {
      throw CronError(
        "'\(text)' has \(parts.count) fields, not 5",
        mend: "write minute, hour, day of month, month, day of week, for example 0 2 * * 0")
    }
    self.text = trimmed
    minutes = try CronField.minute.values(parts[0]).sorted()
    hours = try CronField.hour.values(parts[1]).sorted()
    daysOfMonth = try CronField.dayOfMonth.values(parts[2])
    months = try CronField.month.values(parts[3])
    // 7 is Sunday as well.
    daysOfWeek = Set(try CronField.dayOfWeek.values(parts[4]).map { $0 % 7 })
    restrictsDayOfMonth = !CronField.startsWithWildcard(parts[2])
    restrictsDayOfWeek = !CronField.startsWithWildcard(parts[4])
    isByInterval = CronField.startsWithWildcard(parts[1])
    guard restrictsDayOfWeek || hasADay else {
      throw CronError("'\(text)' names days that no month of it has", mend: "write a day that exists, such as 28")
    }
  }

  private static func expanded(_ text: String) throws(CronError) -> String {
    if text.hasPrefix("TZ=") || text.hasPrefix("CRON_TZ=") {
      throw CronError("'\(text)' holds a time zone", mend: "write it in timeZone")
    }
    guard text.hasPrefix("@") else { return text }
    switch text.lowercased() {
    case "@hourly": return "0 * * * *"
    case "@daily", "@midnight": return "0 0 * * *"
    case "@weekly": return "0 0 * * 0"
    case "@monthly": return "0 0 1 * *"
    case "@yearly", "@annually": return "0 0 1 1 *"
    default:
      throw CronError(
        "'\(text)' is not known", mend: "write @hourly, @daily, @weekly, @monthly, @yearly or five fields")
    }
  }

  private var hasADay: Bool {
    let longest = [0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    return months.contains { month in daysOfMonth.contains { $0 <= longest[month] } }
  }

  func matches(_ day: CivilDay) -> Bool {
    guard months.contains(day.month) else { return false }
    let byMonth = daysOfMonth.contains(day.day)
    let byWeek = daysOfWeek.contains(day.weekday)
    return restrictsDayOfMonth && restrictsDayOfWeek ? byMonth || byWeek : byMonth && byWeek
  }
}

/// What is wrong with a schedule and how to mend it.
package struct CronError: Error, Sendable, Equatable, CustomStringConvertible {
  package var reason: String
  package var mend: String

  package init(_ reason: String, mend: String) {
    self.reason = reason
    self.mend = mend
  }

  package var description: String { "\(reason); \(mend)" }
}

/// One of the five fields: its bounds and names.
private struct CronField {
  let title: String
  let bounds: ClosedRange<Int>
  var names: [String] = []
  /// The value of the first name.
  var firstName = 0

  static let minute = CronField(title: "minute", bounds: 0...59)
  static let hour = CronField(title: "hour", bounds: 0...23)
  static let dayOfMonth = CronField(title: "day of month", bounds: 1...31)
  static let month = CronField(
    title: "month", bounds: 1...12,
    names: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], firstName: 1)
  static let dayOfWeek = CronField(
    title: "day of week", bounds: 0...7, names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"])

  /// The last value that has no other name: Sunday is 0 already.
  private var last: Int { names.isEmpty ? bounds.upperBound : firstName + names.count - 1 }

  static func startsWithWildcard(_ text: String) -> Bool { text.hasPrefix("*") || text.hasPrefix("?") }

  func values(_ text: String) throws(CronError) -> Set<Int> {
    var found: Set<Int> = []
    for item in text.split(separator: ",", omittingEmptySubsequences: false) {
      found.formUnion(try values(ofItem: String(item), in: text))
    }
    return found
  }

  private func values(ofItem item: String, in text: String) throws(CronError) -> [Int] {
    let halves = item.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard halves.count <= 2, let first = halves.first, !first.isEmpty else { throw failure(item, in: text) }
    var step = 1
    if halves.count == 2 {
      guard let value = Int(halves[1]), value > 0 else {
        throw CronError(
          "'\(item)' in the field \(title) has the step '\(halves[1])'", mend: "write a step of 1 or more")
      }
      step = value
    }
    let range = try range(first, isStepped: halves.count == 2, in: text)
    return Array(stride(from: range.lowerBound, through: range.upperBound, by: step))
  }

  private func range(_ item: String, isStepped: Bool, in text: String) throws(CronError) -> ClosedRange<Int> {
    if item == "*" || (item == "?" && title.hasPrefix("day")) { return bounds }
    let ends = item.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
    guard ends.count <= 2, let first = ends.first else { throw failure(item, in: text) }
    let lower = try value(first, in: text)
    guard ends.count == 2 else { return lower...(isStepped ? bounds.upperBound : lower) }
    var upper = try value(ends[1], in: text)
    // FRI-SUN: Sunday is 7 at the end of a range.
    if title == CronField.dayOfWeek.title, upper == 0, lower > 0 { upper = 7 }
    guard lower <= upper else {
      // People mean the hours of a night, or the days around a Sunday.
      throw CronError(
        "'\(item)' in the field \(title) runs over the end of the field",
        mend: "write \(lower)-\(last),\(bounds.lowerBound)-\(upper), or \(upper)-\(lower) if that is meant")
    }
    return lower...upper
  }

  private func value(_ item: String, in text: String) throws(CronError) -> Int {
    if let index = names.firstIndex(of: item.lowercased()) { return index + firstName }
    guard !item.isEmpty, item.allSatisfy({ $0.isASCII && $0.isNumber }), let value = Int(item) else {
      throw failure(item, in: text)
    }
    guard bounds.contains(value) else {
      throw CronError(
        "\(value) in the field \(title) is out of bounds",
        mend: "write a value from \(bounds.lowerBound) to \(bounds.upperBound)")
    }
    return value
  }

  private func failure(_ item: String, in text: String) -> CronError {
    let allowed = names.isEmpty ? "numbers" : "numbers, names such as \(names[1])"
    return CronError(
      "'\(item.isEmpty ? text : item)' in the field \(title) cannot be read",
      mend: "write *, \(allowed), ranges a-b, steps */n or lists a,b")
  }
}
