/// Bins of about equal share of a reference sample, closed on the right; the first and the last are open outwards.
package struct QuantileBins: Codable, Sendable, Equatable {
  /// Inner bounds, ascending and distinct; `edges.count + 1` bins.
  package var edges: [Double]

  package init(edges: [Double]) { self.edges = edges }

  /// `count` bins of the sample's quantiles (`numpy.quantile`, linear). A value that several quantiles share gets one
  /// bin of its own, so there can be fewer or, at the ends, one more; a constant has three: below, at it, above.
  /// - Parameter sorted: Ascending, without NaN.
  package init(sorted: [Double], count: Int) {
    guard !sorted.isEmpty, count > 1 else {
      edges = []
      return
    }
    let quantiles = (0...count).map { quantile(ofSorted: sorted, Double($0) / Double(count)) }
    var edges: [Double] = []
    var position = 0
    while position <= count {
      let value = quantiles[position]
      var end = position
      while end < count, quantiles[end + 1] == value { end += 1 }
      let isRepeated = end > position
      let isInner = position > 0 && end < count
      if isRepeated { edges.append(value.nextDown) }
      if isRepeated || isInner { edges.append(value) }
      position = end + 1
    }
    self.edges = edges
  }

  package var count: Int { edges.count + 1 }

  /// The bin of a number.
  package func index(of value: Double) -> Int {
    var low = 0
    var high = edges.count
    while low < high {
      let middle = (low + high) / 2
      if edges[middle] < value { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// How many values lie in each bin.
  /// - Parameter sorted: Ascending, without NaN.
  package func counts(ofSorted sorted: [Double]) -> [Int] {
    var counts: [Int] = []
    counts.reserveCapacity(count)
    var start = 0
    for edge in edges {
      let end = countAtMost(edge, inSorted: sorted)
      counts.append(end - start)
      start = end
    }
    counts.append(sorted.count - start)
    return counts
  }
}

/// How many values of the ascending sample are ≤ `bound`.
package func countAtMost(_ bound: Double, inSorted sorted: [Double]) -> Int {
  var low = 0
  var high = sorted.count
  while low < high {
    let middle = (low + high) / 2
    if sorted[middle] <= bound { low = middle + 1 } else { high = middle }
  }
  return low
}

/// The quantile of an ascending, non-empty sample, between neighbours linear: `numpy.quantile(sample, share)`.
package func quantile(ofSorted sorted: [Double], _ share: Double) -> Double {
  guard let last = sorted.indices.last else { return .nan }
  let position = min(max(share, 0), 1) * Double(last)
  let low = Int(position)
  let fraction = position - Double(low)
  guard low < last, fraction > 0 else { return sorted[low] }
  return sorted[low] + (sorted[low + 1] - sorted[low]) * fraction
}
