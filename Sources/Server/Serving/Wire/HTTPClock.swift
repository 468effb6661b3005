import Foundation
import Values

/// The time as the header `Date` has it (RFC 9110, IMF-fixdate), made once a second.
struct HTTPClock {
  private var second = 0
  private var current = ""

  mutating func text() -> String {
    let now = time(nil)
    if now != second {
      second = now
      current = InternetDate.text(ofSeconds: Double(now), zone: "GMT")
    }
    return current
  }
}
