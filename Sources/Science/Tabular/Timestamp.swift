import Values

/// Seconds since 1970-01-01T00:00:00Z of a text: RFC 3339 (`2025-03-01T12:30:00.5+01:00`, a blank for `T` allowed; without an
/// offset UTC is meant, without a time midnight), the same with points or slashes in the date, `01.03.2025` with the day first, or a
/// number, by its range (see `TimeForm`). Nil where it is none of them; so is `3/1/2025`, where month and day may be meant.
package func timestamp(in text: UnsafeBufferPointer<UInt8>) -> Double? {
  if let value = number(in: text) { return TimeForm.seconds(alone: value) }
  var reader = DigitReader(text: ValueReading.trimmed(text))
  guard let (year, month, day) = reader.date(), let date = CivilDay(year: year, month: month, day: day) else {
    return nil
  }
  var seconds = Double(date.number) * 86400
  if reader.isAtEnd { return seconds }
  guard reader.skip("T") || reader.skip("t") || reader.skip(" "), let hour = reader.digits(2), reader.skip(":"),
    let minute = reader.digits(2), hour < 24, minute < 60
  else { return nil }
  seconds += Double(hour * 3600 + minute * 60)
  if reader.skip(":") {
    guard let second = reader.digits(2), second <= 60 else { return nil }
    seconds += Double(second)
    if reader.skip(".") || reader.skip(",") {
      guard let fraction = reader.fraction() else { return nil }
      seconds += fraction
    }
  }
  if reader.isAtEnd { return seconds }
  _ = reader.skip(" ")
  if reader.skip("Z") || reader.skip("z") || reader.skipWord("UTC") || reader.skipWord("GMT") {
    return reader.isAtEnd ? seconds : nil
  }
  let isWest = reader.skip("-")
  guard isWest || reader.skip("+"), let hours = reader.digits(2), hours < 24 else { return nil }
  _ = reader.skip(":")
  let minutes = reader.isAtEnd ? 0 : reader.digits(2)
  guard let minutes, minutes < 60, reader.isAtEnd else { return nil }
  let offset = Double(hours * 3600 + minutes * 60)
  return isWest ? seconds + offset : seconds - offset
}

package func timestamp(in text: String) -> Double? {
  var text = text
  return text.withUTF8 { timestamp(in: $0) }
}

/// RFC 3339 in UTC, with milliseconds where there are any: `2025-03-01T12:30:00Z`. What lies outside of the years 0 … 9999,
/// which is all that the format can say, becomes the nearest of their moments; NaN the first.
package func timestampText(_ secondsSince1970: Double) -> String {
  let bounded =
    secondsSince1970 > -62_167_219_200 ? min(secondsSince1970, 253_402_300_799.999) : -62_167_219_200
  let milliseconds = Int((bounded * 1000).rounded())
  let isWhole = milliseconds.isMultiple(of: 1000)
  return RFC3339.text(ofTicks: isWhole ? milliseconds / 1000 : milliseconds, digits: isWhole ? 0 : 3)
}

private struct DigitReader {
  let text: UnsafeBufferPointer<UInt8>
  var position = 0

  init(text: UnsafeBufferPointer<UInt8>) { self.text = text }

  var isAtEnd: Bool { position == text.count }

  mutating func skip(_ character: Unicode.Scalar) -> Bool {
    guard position < text.count, text[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  mutating func skipWord(_ word: StaticString) -> Bool {
    let count = word.utf8CodeUnitCount
    guard position + count <= text.count else { return false }
    for offset in 0..<count where text[position + offset] != word.utf8Start[offset] { return false }
    position += count
    return true
  }

  /// `2025-03-01`, `2025/03/01`, `2025.03.01`, or `1.3.2025` with the day first.
  mutating func date() -> (year: Int, month: Int, day: Int)? {
    if text.prefix(3).contains(UInt8(ascii: ".")) {
      guard let day = digits(2) ?? digits(1), skip("."), let month = digits(2) ?? digits(1), skip("."),
        let year = digits(4)
      else { return nil }
      return (year, month, day)
    }
    guard let year = digits(4), position < text.count else { return nil }
    let separator = Unicode.Scalar(text[position])
    guard separator == "-" || separator == "/" || separator == ".", skip(separator), let month = digits(2),
      skip(separator), let day = digits(2)
    else { return nil }
    return (year, month, day)
  }

  mutating func digits(_ count: Int) -> Int? {
    guard position + count <= text.count else { return nil }
    var value = 0
    for offset in 0..<count {
      let byte = text[position + offset]
      guard byte >= 0x30, byte <= 0x39 else { return nil }
      value = value * 10 + Int(byte - 0x30)
    }
    position += count
    return value
  }

  /// The digits after the point; those after the fifteenth do not count.
  mutating func fraction() -> Double? {
    var value = 0.0
    var scale = 1.0
    let start = position
    while position < text.count, text[position] >= 0x30, text[position] <= 0x39 {
      if scale < 1e15 {
        value = value * 10 + Double(text[position] - 0x30)
        scale *= 10
      }
      position += 1
    }
    return position > start ? value / scale : nil
  }
}
