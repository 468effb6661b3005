/// A day of the proleptic Gregorian calendar, counted in days since 1970-01-01 (Howard Hinnant, `days_from_civil`, 2013).
struct CivilDay: Sendable, Equatable {
  let number: Int
  let month: Int
  let day: Int

  init(number: Int) {
    self.number = number
    let shifted = number + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
  }

  /// 0 is Sunday; 1970-01-01 was a Thursday.
  var weekday: Int { ((number + 4) % 7 + 7) % 7 }
}
