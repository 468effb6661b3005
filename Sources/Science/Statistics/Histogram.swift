/// Counts in fixed bins, mergeable: the profile of one column that machines can make apart and put together.
package struct Histogram: Codable, Sendable, Equatable {
  package let bins: QuantileBins
  package private(set) var counts: [Int]
  /// Values that were no number.
  package private(set) var missing = 0

  package init(bins: QuantileBins) {
    self.bins = bins
    counts = [Int](repeating: 0, count: bins.count)
  }

  package mutating func add(_ value: Double) {
    if value.isNaN { missing += 1 } else { counts[bins.index(of: value)] += 1 }
  }

  /// False, and nothing happens, where the bins differ.
  package mutating func merge(_ other: Histogram) -> Bool {
    guard other.bins == bins else { return false }
    for index in counts.indices { counts[index] += other.counts[index] }
    missing += other.missing
    return true
  }
}
