/// A moment, as Kubernetes writes it: RFC 3339 in UTC. Text holds whole seconds (`metav1.Time`); `MicroTime` keeps six
/// digits.
public struct Timestamp: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// Seconds since 1970-01-01T00:00:00Z, leap seconds not counted.
  public var secondsSince1970: Double

  public init(secondsSince1970: Double) {
    self.secondsSince1970 = secondsSince1970
  }

  /// `2026-11-21T23:20:00Z`, with an optional fraction and any offset; nil for other texts.
  public init?(_ text: String) {
    guard let seconds = RFC3339.seconds(Array(text.utf8)) else { return nil }
    secondsSince1970 = seconds
  }

  /// Without the fraction, which the API server drops as well: two writes of one moment are equal.
  public var wholeSeconds: Timestamp { Timestamp(secondsSince1970: secondsSince1970.rounded(.down)) }

  public func advanced(bySeconds seconds: Double) -> Timestamp {
    Timestamp(secondsSince1970: secondsSince1970 + seconds)
  }

  /// Positive where `earlier` is earlier.
  public func seconds(since earlier: Timestamp) -> Double { secondsSince1970 - earlier.secondsSince1970 }

  public static func < (left: Timestamp, right: Timestamp) -> Bool { left.secondsSince1970 < right.secondsSince1970 }

  /// `2026-11-21T23:20:00Z`
  public var description: String { RFC3339.text(secondsSince1970, fractionDigits: 0) }
}

extension Timestamp: Codable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let time = Timestamp(text) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "'\(text)' is not a time; write it like 2026-11-21T23:20:00Z")
    }
    self = time
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

/// A moment with microseconds, as Leases and Events hold it: `2026-11-21T23:20:00.123456Z`.
public struct MicroTime: Sendable, Hashable, Codable, CustomStringConvertible {
  public var time: Timestamp

  public init(_ time: Timestamp) {
    self.time = time
  }

  public init(from decoder: any Decoder) throws {
    time = try Timestamp(from: decoder)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }

  public var description: String { RFC3339.text(time.secondsSince1970, fractionDigits: 6) }
}

/// RFC 3339 without a calendar library. Days are counted with Howard Hinnant's `days_from_civil` (2013).
private enum RFC3339 {
  static func seconds(_ text: [UInt8]) -> Double? {
    guard text.count >= 20, text[4] == UInt8(ascii: "-"), text[7] == UInt8(ascii: "-"),
      text[10] | 0x20 == UInt8(ascii: "t") || text[10] == UInt8(ascii: " "), text[13] == UInt8(ascii: ":"),
      text[16] == UInt8(ascii: ":"), let year = number(text[0..<4]), let month = number(text[5..<7]),
      let day = number(text[8..<10]), let hour = number(text[11..<13]), let minute = number(text[14..<16]),
      let second = number(text[17..<19]), (1...12).contains(month), day >= 1, day <= daysIn(month, year), hour < 24,
      minute < 60, second <= 60
    else { return nil }
    var rest = text[19...]
    var fraction = 0.0
    if rest.first == UInt8(ascii: ".") {
      let digits = rest.dropFirst().prefix { $0 >= 0x30 && $0 <= 0x39 }
      guard !digits.isEmpty, let value = Double("0." + String(decoding: digits, as: UTF8.self)) else { return nil }
      fraction = value
      rest = rest.dropFirst(1 + digits.count)
    }
    guard let offset = offset(rest) else { return nil }
    let days = daysSince1970(year: year, month: month, day: day)
    return Double(days * 86400 + hour * 3600 + minute * 60 + second - offset) + fraction
  }

  static func text(_ seconds: Double, fractionDigits: Int) -> String {
    // Year 0 to year 9999: what the format can say.
    let scale = fractionDigits == 6 ? 1_000_000.0 : 1.0
    let bounded = min(max(seconds, -62_167_219_200), 253_402_300_799)
    let ticks = Int64((bounded * scale).rounded(fractionDigits == 0 ? .down : .toNearestOrAwayFromZero))
    let perSecond = Int64(scale)
    let whole = ticks >= 0 ? ticks / perSecond : -((perSecond - 1 - ticks) / perSecond)
    let (year, month, day) = civil(Int(whole >= 0 ? whole / 86400 : -((86399 - whole) / 86400)))
    let inDay = Int(whole) - daysSince1970(year: year, month: month, day: day) * 86400
    var text = "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))T"
    text += "\(padded(inDay / 3600, 2)):\(padded(inDay / 60 % 60, 2)):\(padded(inDay % 60, 2))"
    if fractionDigits > 0 { text += ".\(padded(Int(ticks - whole * perSecond), fractionDigits))" }
    return text + "Z"
  }

  private static func padded(_ value: Int, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }

  private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
    var value = 0
    for digit in digits {
      guard digit >= 0x30, digit <= 0x39 else { return nil }
      value = value * 10 + Int(digit - 0x30)
    }
    return value
  }

  private static func offset(_ text: ArraySlice<UInt8>) -> Int? {
    guard let sign = text.first else { return nil }
    if sign | 0x20 == UInt8(ascii: "z") { return text.count == 1 ? 0 : nil }
    let start = text.startIndex
    guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"), text.count == 6, text[start + 3] == UInt8(ascii: ":"),
      let hours = number(text[start + 1..<start + 3]), let minutes = number(text[start + 4..<start + 6]), hours < 24,
      minutes < 60
    else { return nil }
    return (hours * 3600 + minutes * 60) * (sign == UInt8(ascii: "-") ? -1 : 1)
  }

  private static func daysIn(_ month: Int, _ year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  private static func daysSince1970(year: Int, month: Int, day: Int) -> Int {
    let shifted = month <= 2 ? year - 1 : year
    let era = (shifted >= 0 ? shifted : shifted - 399) / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  private static func civil(_ days: Int) -> (year: Int, month: Int, day: Int) {
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
  }
}
