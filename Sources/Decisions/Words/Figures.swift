/// Numbers in sentences for people.
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
  package static func percent(_ share: Double) -> String { share.isFinite ? "\(Int((share * 100).rounded()))%" : "-" }

  package static func fixed(_ value: Double, _ digits: Int) -> String {
    guard value.isFinite, abs(value) < 1e9 else { return "\(value)" }
    var scale = 1
    for _ in 0..<digits { scale *= 10 }
    let scaled = Int((abs(value) * Double(scale)).rounded())
    let fraction = String(scaled % scale)
    let sign = value < 0 && scaled > 0 ? "-" : ""
    return "\(sign)\(scaled / scale)." + String(repeating: "0", count: digits - fraction.count) + fraction
  }
}
