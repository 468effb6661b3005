package import WorkerContract

/// Which version answers which request.
///
/// Guarantees: a key always gets the same version while weights do not change; when the weight of the canary grows, no
/// key leaves it. For that the canaries take the low end of the hash's range, in the order of their names.
package struct TrafficSplit: Sendable, Equatable {
  /// Positions in the table's entries and the end of each one's share, ascending, the last is 1.
  private let shares: [(entry: Int, end: Double)]

  /// Throws what is wrong with the table's entries.
  package init(_ entries: [RoutingTable.Entry]) throws(RoutingError) {
    var versions: Set<String> = []
    for entry in entries {
      guard versions.insert(entry.version).inserted else {
        throw .invalidTable("version \(entry.version) is listed twice")
      }
      guard (0...100).contains(entry.weight) else {
        throw .invalidTable("version \(entry.version) has weight \(entry.weight); a weight is 0 … 100")
      }
      guard entry.weight == 0 || entry.role == .production || entry.role == .canary else {
        throw .invalidTable(
          "version \(entry.version) has weight \(entry.weight) but its role \(entry.role) answers nothing")
      }
    }
    let sum = entries.reduce(0) { $0 + $1.weight }
    guard sum == 100 else { throw .invalidTable("the weights add up to \(sum), not to 100") }
    let order = entries.indices.filter { entries[$0].weight > 0 }.sorted {
      let left = entries[$0]
      let right = entries[$1]
      return (left.role == .canary ? 0 : 1, left.version) < (right.role == .canary ? 0 : 1, right.version)
    }
    var weight = 0
    shares = order.map { position in
      weight += entries[position].weight
      return (position, Double(weight) / 100)
    }
  }

  /// The position of the entry that answers a request with this key.
  package func entry(for key: String) -> Int {
    guard shares.count > 1 else { return shares[0].entry }
    let fraction = RequestHash.fraction(key, for: .routing)
    for share in shares where fraction < share.end { return share.entry }
    return shares[shares.count - 1].entry
  }

  package static func == (left: Self, right: Self) -> Bool {
    left.shares.elementsEqual(right.shares) { $0.entry == $1.entry && $0.end == $1.end }
  }
}
