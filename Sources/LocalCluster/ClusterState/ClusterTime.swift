import Values

/// A moment of the cluster's clock, UTC, to the microsecond. It comes in as an argument: the state has no clock.
package struct ClusterTime: Sendable, Hashable, Comparable {
  /// Microseconds since 1970-01-01T00:00:00Z.
  package var microseconds: Int64

  package init(microseconds: Int64) { self.microseconds = microseconds }
  package init(seconds: Int64) { self.init(microseconds: seconds * 1_000_000) }

  package var seconds: Int64 { microseconds.flooredQuotient(1_000_000) }

  package static func < (left: Self, right: Self) -> Bool { left.microseconds < right.microseconds }

  /// `2025-03-01T09:30:00Z`, as `metadata.creationTimestamp` has it.
  package var text: String { RFC3339.text(ofTicks: Int(seconds), digits: 0) }

  /// `2025-03-01T09:30:00.000000Z`, as Leases and events have it.
  package var microText: String { RFC3339.text(ofTicks: Int(microseconds), digits: 6) }

  /// Reads an RFC 3339 time with `Z` or a numeric offset; nil when it is none. What is finer than a microsecond is cut off.
  package init?(_ text: String) {
    guard !text.utf8.contains(0x20), let moment = RFC3339.Moment(text),
      let fraction = Int64((moment.fractionDigits + "000000").prefix(6))
    else { return nil }
    self.init(microseconds: Int64(moment.seconds) * 1_000_000 + fraction)
  }
}

extension Int64 {
  fileprivate func flooredQuotient(_ divisor: Int64) -> Int64 {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
  }
}
