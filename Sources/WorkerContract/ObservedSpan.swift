/// A span of time by when predictions were made: what a part of a check looked at.
public struct ObservedSpan: Codable, Sendable, Hashable, CustomStringConvertible {
  /// RFC 3339, inclusive.
  public var from: String
  /// RFC 3339, exclusive.
  public var to: String

  public init(from: String, to: String) {
    self.from = from
    self.to = to
  }

  public var description: String { "\(from) to \(to)" }
}
