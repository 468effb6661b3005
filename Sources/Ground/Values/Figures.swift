/// Numbers as text: in sentences for people, and of a fixed width.
package enum Figures {
  /// `1 row`, `2 rows`.
  package static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }

  /// The subject of a sentence and its verb: `1 of 2 servers is`, `none of 3 servers is`, `the server is`, `the server is not`.
  package static func part(_ number: Int, of all: Int, _ noun: String, _ verb: (one: String, many: String)) -> String {
    switch (number, all) {
    case (1, 1): "the \(noun) \(verb.one)"
    case (0, 1): "the \(noun) \(verb.one) not"
    case (0, _): "none of \(Figures.count(all, noun)) \(verb.one)"
    case (1, _): "1 of \(Figures.count(all, noun)) \(verb.one)"
    default: "\(number) of \(Figures.count(all, noun)) \(verb.many)"
    }
  }

  /// Three digits after the point: `0.873`.
  package static func metric(_ value: Double) -> String { fixed(value, 3) }

  /// Four digits: `0.0041`.
  package static func difference(_ value: Double) -> String { fixed(value, 4) }

  /// Whole percent of a share: `62%`.
  package static func percent(_ share: Double) -> String { share.isFinite ? fixed(share * 100, 0) + "%" : "-" }

  /// With so many digits after the point, 0 … 15; without any there is no point. Numbers too large for that, and those that
  /// are not finite, are written as Swift does.
  package static func fixed(_ value: Double, _ digits: Int) -> String {
    let scale = (0..<digits).reduce(1) { scale, _ in scale * 10 }
    let rounded = (abs(value) * Double(scale)).rounded()
    guard rounded < 1e15 else { return "\(value)" }
    let scaled = Int(rounded)
    let sign = value < 0 && scaled > 0 ? "-" : ""
    guard digits > 0 else { return "\(sign)\(scaled)" }
    return "\(sign)\(scaled / scale).\(padded(scaled % scale, to: digits))"
  }

  /// With zeros in front up to `width` digits; longer numbers stay whole.
  package static func padded(_ value: some BinaryInteger, to width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
  }

  /// Two lower-case hexadecimal digits for each byte.
  package static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  /// 16 lower-case hexadecimal digits.
  package static func hexadecimal(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.utf8.count) + digits
  }
}
