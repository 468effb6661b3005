import KubernetesModel
package import WorkerContract

/// The number of one of a model's versions. Documents, labels and people write it `v7`.
package struct VersionNumber: Hashable, Comparable, Sendable {
  /// 1 or more for a version; 0 stands before the first.
  package let value: Int

  package init(_ value: Int) { self.value = value }

  package static func < (one: VersionNumber, other: VersionNumber) -> Bool { one.value < other.value }
}

extension VersionNumber: LosslessStringConvertible {
  /// nil: not `v` and a number from 1 on, without sign and leading zeros.
  package init?(_ text: String) {
    let digits = text.utf8.dropFirst()
    guard text.utf8.first == UInt8(ascii: "v"), let first = digits.first, first != UInt8(ascii: "0"),
      digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let value = Int(Substring(digits))
    else { return nil }
    self.init(value)
  }

  package var description: String { "v\(value)" }
}

extension RoutingTable.Entry {
  package var number: VersionNumber? { VersionNumber(version) }
}
