/// The finite number that the bytes write in decimal (`-1.5`, `.5`, `2e-3`), spaces around it allowed; nil where they
/// write none. Exact: short numbers by one multiplication or division of exact values (W. Clinger, 1990), others
/// by the standard library's correctly rounded reading.
package func number(in text: UnsafeBufferPointer<UInt8>) -> Double? {
  guard let base = text.baseAddress else { return nil }
  var position = 0
  var end = text.count
  while position < end, base[position] == 0x20 || base[position] == 0x09 { position += 1 }
  while end > position, base[end - 1] == 0x20 || base[end - 1] == 0x09 { end -= 1 }
  let start = position
  guard position < end else { return nil }
  let isNegative = base[position] == UInt8(ascii: "-")
  if isNegative || base[position] == UInt8(ascii: "+") { position += 1 }

  var mantissa: UInt64 = 0
  var digits = 0
  var exponent = 0
  var seenPoint = false
  while position < end {
    let byte = base[position]
    if byte >= 0x30, byte <= 0x39 {
      digits += 1
      if digits <= 18 { mantissa = mantissa &* 10 &+ UInt64(byte &- 0x30) }
      if seenPoint { exponent -= 1 }
    } else if byte == UInt8(ascii: "."), !seenPoint {
      seenPoint = true
    } else {
      break
    }
    position += 1
  }
  guard digits > 0 else { return nil }
  if position < end {
    guard base[position] | 0x20 == UInt8(ascii: "e"), position + 1 < end else { return nil }
    position += 1
    var isDown = false
    if base[position] == UInt8(ascii: "-") || base[position] == UInt8(ascii: "+") {
      isDown = base[position] == UInt8(ascii: "-")
      position += 1
    }
    var power = 0
    guard position < end else { return nil }
    while position < end {
      let byte = base[position]
      guard byte >= 0x30, byte <= 0x39 else { return nil }
      if power < 10_000 { power = power * 10 + Int(byte - 0x30) }
      position += 1
    }
    exponent += isDown ? -power : power
  }
  if digits <= 18, mantissa < 1 << 53, exponent >= -22, exponent <= 22 {
    let value = exponent < 0 ? Double(mantissa) / powersOfTen[-exponent] : Double(mantissa) * powersOfTen[exponent]
    return isNegative ? -value : value
  }
  guard let value = Double(String(decoding: text[start..<end], as: UTF8.self)), value.isFinite else { return nil }
  return value
}

package func number(in text: String) -> Double? {
  var text = text
  return text.withUTF8 { number(in: $0) }
}

/// Those that a Double holds exactly.
private let powersOfTen: [Double] = [
  1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
  1e21, 1e22,
]
