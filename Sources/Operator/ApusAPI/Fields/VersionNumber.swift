import KubernetesModel
package import WorkerContract

/// The number of one of a model's versions. Documents, labels and people write it `v7`.
package struct VersionNumber: Hashable, Comparable, Sendable {
  /// 1 or more for a version; 0 stands before the first.
  package let value: Int

  /// A version's name has at most twelve characters.
  package static let highest = 99_999_999_999

  package init(_ value: Int) { self.value = value }

  /// Behind the highest of them it stays where it is.
  package var next: VersionNumber { VersionNumber(value < Self.highest ? value + 1 : value) }

  /// A number that stands in somebody else's object. Whoever writes such an object may write any number: those that leave no room
  /// for the numbers to come count as none.
  package init(foreign value: Int) { self.value = (0...Self.highest / 2).contains(value) ? value : 0 }

  package static func < (one: VersionNumber, other: VersionNumber) -> Bool { one.value < other.value }
}

extension VersionNumber: LosslessStringConvertible {
  /// nil: not `v` and a number from 1 on, without sign and leading zeros.
  package init?(_ text: String) {
    let digits = text.utf8.dropFirst()
    guard text.utf8.first == UInt8(ascii: "v"), let first = digits.first, first != UInt8(ascii: "0"),
      digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let value = Int(Substring(digits))
    else { return nil }
    guard value <= Self.highest else { return nil }
    self.init(value)
  }

  package var description: String { "v\(value)" }
}

extension RoutingTable.Entry {
  package var number: VersionNumber? { VersionNumber(version) }
}
