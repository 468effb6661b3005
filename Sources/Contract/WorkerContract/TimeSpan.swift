import JSON
package import Schema

/// A length of time as people write it: `200ms`, `30s`, `10m`, `6h`, `90d`, or sums such as `1h30m`.
public struct TimeSpan: Codable, Sendable, Hashable, Comparable, CustomStringConvertible {
  /// Length in seconds, never negative.
  public var seconds: Double

  public init(seconds: Double) {
    self.seconds = seconds
  }

  /// The span that `text` describes, or nil where it is not one.
  public init?(_ text: String) {
    var total = 0.0
    var rest = Substring(text)
    guard !rest.isEmpty else { return nil }
    while !rest.isEmpty {
      let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
      rest = rest.dropFirst(digits.count)
      let unit = rest.prefix { $0.isASCII && $0.isLetter }
      rest = rest.dropFirst(unit.count)
      guard let value = Double(digits), let scale = Self.scales[String(unit)] else { return nil }
      total += value * scale
    }
    self.seconds = total
  }

  private static let scales: [String: Double] = ["ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604_800]

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let span = TimeSpan(text) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "'\(text)' is not a length of time; write for example 30s, 10m, 6h or 90d")
    }
    self = span
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }

  public static func < (left: TimeSpan, right: TimeSpan) -> Bool { left.seconds < right.seconds }

  /// The shortest exact form, largest units first: `1h30m`, `200ms`, `0s`.
  public var description: String {
    var milliseconds = Int((seconds * 1000).rounded())
    guard milliseconds != 0 else { return "0s" }
    var text = ""
    for (unit, scale) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)] {
      let count = milliseconds / scale
      if count > 0 { text += "\(count)\(unit)" }
      milliseconds -= count * scale
    }
    return text
  }
}

extension TimeSpan {
  /// Every length of time that people write must be longer than nothing, unless `zero` is allowed.
  package func problems(at path: String, allowsZero: Bool = false) -> [Problem] {
    guard seconds.isFinite, seconds >= 0, allowsZero || seconds > 0 else {
      return [Problem(path, "\(description) is no length of time", mend: "write more than 0, for example 10m")]
    }
    return []
  }
}
