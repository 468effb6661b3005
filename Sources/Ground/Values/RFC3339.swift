/// Times as text (RFC 3339), without a calendar library.
package enum RFC3339 {
  /// What a text says, before it becomes a number that may round it.
  package struct Moment: Sendable, Equatable {
    /// Whole seconds since 1970-01-01T00:00:00Z, leap seconds not counted.
    package var seconds: Int
    /// The digits behind the point; empty where there is none.
    package var fractionDigits: String

    /// In 0 ..< 1: a run of nines that a Double would round up to 1 stays below.
    package var fraction: Double {
      fractionDigits.isEmpty ? 0 : min(Double("0." + fractionDigits) ?? 0, 1.0.nextDown)
    }

    /// Seconds with the fraction, never rounded up into the next second.
    var rounded: Double {
      min(Double(seconds) + fraction, Double(seconds + 1).nextDown)
    }

    /// `2026-11-21T23:20:00Z`, with an optional fraction and any offset; a blank may stand for the `T`. A leap second, which
    /// only the last minute of a UTC day has, is the first second of the next day. nil for other texts.
    package init?(_ text: String) {
      let text = Array(text.utf8)
      guard text.count >= 20, text[4] == UInt8(ascii: "-"), text[7] == UInt8(ascii: "-"),
        text[10] | 0x20 == UInt8(ascii: "t") || text[10] == UInt8(ascii: " "), text[13] == UInt8(ascii: ":"),
        text[16] == UInt8(ascii: ":"), let year = number(text[0..<4]), let month = number(text[5..<7]),
        let day = number(text[8..<10]), let date = CivilDay(year: year, month: month, day: day),
        let hour = number(text[11..<13]), let minute = number(text[14..<16]), let second = number(text[17..<19]),
        hour < 24, minute < 60, second <= 60
      else { return nil }
      var rest = text[19...]
      fractionDigits = ""
      if rest.first == UInt8(ascii: ".") {
        let digits = rest.dropFirst().prefix { $0 >= 0x30 && $0 <= 0x39 }
        guard !digits.isEmpty else { return nil }
        fractionDigits = String(decoding: digits, as: UTF8.self)
        rest = rest.dropFirst(1 + digits.count)
      }
      guard let offset = offset(rest) else { return nil }
      let time = date.number * 86400 + hour * 3600 + minute * 60 - offset
      guard second < 60 || (time + 60).isMultiple(of: 86400) else { return nil }
      seconds = time + second
    }
  }

  /// In UTC. The bounds are the years 0 and 9999, which is what the format can say: what lies outside becomes the
  /// nearest, and NaN the first.
  ///
  /// - Parameter digits: Behind the point, 0 … 7: 64 bits do not count smaller ticks up to the year 9999. Without any the second
  ///   is rounded down, otherwise to the nearest.
  static func text(ofSeconds seconds: Double, digits: Int) -> String {
    let ticks = bounded(seconds) * Double(ticksPerSecond(digits))
    return text(ofTicks: Int(ticks.rounded(digits == 0 ? .down : .toNearestOrAwayFromZero)), digits: digits)
  }

  /// Within the years 0 to 9999; NaN is their start.
  static func bounded(_ seconds: Double) -> Double {
    seconds > -62_167_219_200 ? min(seconds, 253_402_300_799) : -62_167_219_200
  }

  /// In UTC; a tick is a second divided by ten `digits` times.
  package static func text(ofTicks ticks: Int, digits: Int) -> String {
    let perSecond = ticksPerSecond(digits)
    let (seconds, tick) = floored(ticks, by: perSecond)
    let (number, inDay) = floored(seconds, by: 86400)
    let day = CivilDay(number: number)
    var text =
      "\(Figures.padded(day.year, to: 4))-\(Figures.padded(day.month, to: 2))-\(Figures.padded(day.day, to: 2))T"
    text += [inDay / 3600, inDay / 60 % 60, inDay % 60].map { Figures.padded($0, to: 2) }.joined(separator: ":")
    if digits > 0 { text += ".\(Figures.padded(tick, to: digits))" }
    return text + "Z"
  }

  private static func ticksPerSecond(_ digits: Int) -> Int { (0..<digits).reduce(1) { ticks, _ in ticks * 10 } }

  /// Rounded down, before 1970 too: the remainder is never negative.
  private static func floored(_ value: Int, by divisor: Int) -> (quotient: Int, remainder: Int) {
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }
}

private func number(_ digits: ArraySlice<UInt8>) -> Int? {
  var value = 0
  for digit in digits {
    guard digit >= 0x30, digit <= 0x39 else { return nil }
    value = value * 10 + Int(digit - 0x30)
  }
  return value
}

/// Seconds east of UTC.
private func offset(_ text: ArraySlice<UInt8>) -> Int? {
  guard let sign = text.first else { return nil }
  if sign | 0x20 == UInt8(ascii: "z") { return text.count == 1 ? 0 : nil }
  let start = text.startIndex
  guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"), text.count == 6, text[start + 3] == UInt8(ascii: ":"),
    let hours = number(text[start + 1..<start + 3]), let minutes = number(text[start + 4..<start + 6]), hours < 24,
    minutes < 60
  else { return nil }
  return (hours * 3600 + minutes * 60) * (sign == UInt8(ascii: "-") ? -1 : 1)
}
