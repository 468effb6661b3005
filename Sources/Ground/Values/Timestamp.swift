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
    guard let moment = RFC3339.Moment(text) else { return nil }
    secondsSince1970 = moment.rounded
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
  public var description: String { RFC3339.text(ofSeconds: secondsSince1970, digits: 0) }
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

  public var description: String { RFC3339.text(ofSeconds: time.secondsSince1970, digits: 6) }
}
