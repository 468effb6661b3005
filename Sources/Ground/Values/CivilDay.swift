/// A day of the proleptic Gregorian calendar, counted from 1970-01-01 (H. Hinnant, "chrono-Compatible Low-Level Date
/// Algorithms", 2013).
package struct CivilDay: Sendable, Equatable {
  /// Days since 1970-01-01.
  package let number: Int
  package let year: Int
  /// 1 is January.
  package let month: Int
  package let day: Int

  /// Farther than any count of seconds in 64 bits reaches.
  private static let mostDays = 200_000_000_000_000
  private static let mostYears = 600_000_000_000

  /// Days before or after 2·10¹⁴ become the nearest.
  package init(number: Int) {
    let number = min(max(number, -Self.mostDays), Self.mostDays)
    self.number = number
    let shifted = number + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  /// nil where the calendar has no such day, or the year is beyond 6·10¹¹.
  package init?(year: Int, month: Int, day: Int) {
    guard (-Self.mostYears...Self.mostYears).contains(year), (1...12).contains(month), day >= 1,
      day <= Self.days(inMonth: month, of: year)
    else { return nil }
    self.year = year
    self.month = month
    self.day = day
    let shifted = month <= 2 ? year - 1 : year
    let era = (shifted >= 0 ? shifted : shifted - 399) / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    number = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  /// 0 is Sunday; 1970-01-01 was a Thursday.
  package var weekday: Int { ((number + 4) % 7 + 7) % 7 }

  /// `month` is 1 … 12.
  package static func days(inMonth month: Int, of year: Int) -> Int {
    switch month {
    case 4, 6, 9, 11: 30
    case 2: year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400)) ? 29 : 28
    default: 31
    }
  }
}
