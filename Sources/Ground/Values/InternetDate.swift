/// Times as mail (RFC 5322) and HTTP (RFC 9110, IMF-fixdate) write them: in English, in UTC, whatever the process's locale.
package enum InternetDate {
  private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
  private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

  /// `Wed, 28 Oct 2026 12:00:00 GMT`. Seconds are rounded down; times outside of the years 0 to 9999 become the nearest.
  ///
  /// - Parameter zone: `GMT` in HTTP, `+0000` in mail.
  package static func text(ofSeconds seconds: Double, zone: String) -> String {
    let whole = Int(RFC3339.bounded(seconds).rounded(.down))
    let inDay = (whole % 86400 + 86400) % 86400
    let day = CivilDay(number: (whole - inDay) / 86400)
    let clock = [inDay / 3600, inDay / 60 % 60, inDay % 60].map { Figures.padded($0, to: 2) }.joined(separator: ":")
    return "\(weekdays[day.weekday]), \(Figures.padded(day.day, to: 2)) \(months[day.month - 1]) "
      + "\(Figures.padded(day.year, to: 4)) \(clock) \(zone)"
  }
}
