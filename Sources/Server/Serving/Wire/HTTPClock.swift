import Foundation

/// The time as the header `Date` has it (RFC 9110, IMF-fixdate), made once a second.
struct HTTPClock {
  private var second = 0
  private var current = ""

  mutating func text() -> String {
    let now = time(nil)
    if now != second {
      second = now
      current = Self.text(of: now)
    }
    return current
  }

  /// - Parameter time: Seconds since 1970.
  static func text(of time: Int) -> String {
    var time = time
    var parts = tm()
    guard gmtime_r(&time, &parts) != nil else { return "" }
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 32) { buffer in
      // The process keeps the C locale, whose names are English.
      let count = strftime(buffer.baseAddress, buffer.count, "%a, %d %b %Y %H:%M:%S GMT", &parts)
      return String(decoding: UnsafeRawBufferPointer(buffer).prefix(count), as: UTF8.self)
    }
  }
}
