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

  /// The time that `Sun, 06 Nov 1994 08:49:37 GMT` names, the one form that HTTP still sends; its day may have one digit, and
  /// its weekday is not compared. nil for other texts.
  package static func time(_ text: String) -> Timestamp? {
    let parts = text.split(separator: " ")
    guard parts.count == 6, parts[5] == "GMT", let month = months.firstIndex(of: String(parts[2])) else { return nil }
    let day = parts[1].count == 1 ? "0\(parts[1])" : String(parts[1])
    return Timestamp("\(parts[3])-\(Figures.padded(month + 1, to: 2))-\(day)T\(parts[4])Z")
  }
}
