import JSON
package import Schema

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

extension ObservedSpan: SchemaDescribed {
  package static let schema = Schema.object(
    "A span of time by when predictions were made.",
    [
      .required("from", .string("RFC 3339, inclusive.", maximum: 64)),
      .required("to", .string("RFC 3339, exclusive.", maximum: 64)),
    ])
}
